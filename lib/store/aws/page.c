/* lib/store/aws/page.c -- see page.h. */
#include "store/aws/page.h"

#include <string.h>

#include "store/filter.h"

const struct aq_list_part aq_list_parts[AQ_PARTS] = {
	{ TQ_RUNNING, TQ_RUNNING }, { TQ_PENDING, TQ_RUNNING },
	{ TQ_RETRYING, TQ_RUNNING }, { TQ_RETRYING, TQ_RETRYING },
	{ TQ_PENDING, TQ_PENDING }, { TQ_BLOCKED, TQ_BLOCKED },
	{ TQ_FAILED, TQ_FAILED },
	{ TQ_RETRYING, TQ_FAILED }, { TQ_CANCELLED, TQ_CANCELLED },
	{ TQ_PENDING, TQ_CANCELLED }, { TQ_BLOCKED, TQ_CANCELLED },
	{ TQ_COMPLETED, TQ_COMPLETED },
};

bool
aq_part_wanted(const struct aq_paging *p, size_t part)
{
	unsigned want = p->req->filter.statuses;

	return want == 0 || (want & TQ_BIT(aq_list_parts[part].is)) != 0;
}

bool
aq_part_left(size_t part)
{
	const struct aq_list_part *l = &aq_list_parts[part];

	return l->is == TQ_RUNNING && l->stands != TQ_RUNNING;
}

int64_t
aq_part_since(const struct aq_paging *p, size_t part, int64_t since)
{
	return aq_part_left(part) && since < p->now ? p->now : since;
}

int64_t
aq_part_until(const struct aq_paging *p, size_t part, int64_t until)
{
	const struct aq_list_part *l = &aq_list_parts[part];
	/* An overdue task has its place before now. */
	int64_t last = aq_part_left(part) ? p->now + AQ_LEFT_MS : p->now;

	return l->stands != l->is && (until == 0 || until > last) ? last :
	    until;
}

bool
aq_entry_wanted(const struct aq_paging *p, size_t part,
    const struct aq_entry *e)
{
	const struct aq_list_part *l = &aq_list_parts[part];
	const struct tq_filter *f = &p->req->filter;
	bool left = aq_part_left(part);
	bool overdue = (TQ_BIT(l->stands) & TQ_FINISHED) == 0 &&
	    l->stands != TQ_RUNNING && e->expires_at != 0 && e->expires_at <= p->now;

	return e->id != NULL && e->drained == f->drained &&
	    overdue == (l->stands != l->is && !left) &&
	    (!left || aq_entry_may_run(e, l->stands, p->now)) && (f->type == NULL ||
	    (e->type != NULL && strcmp(e->type, f->type) == 0));
}

int
aq_page_add(struct aq_paging *p, const char *const *ids, size_t n,
    unsigned statuses, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(p->a, (n + 1) * sizeof(*ups));
	struct aq_rec **recs = tq_arena_alloc(p->a, (n + 1) * sizeof(*recs));
	struct aq_rec *r;
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		ups[i] = (struct aq_update){ .id = ids[i] };
	if (aq_fetch(p->s, ups, n, p->a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		r = &ups[i].rec;
		if (!ups[i].found)
			continue;
		tq_turn_expire(&r->t, p->now, p->a);
		if ((statuses == 0 || (statuses & TQ_BIT(r->t.status)) != 0) &&
		    tq_filter_matches(&p->req->filter, &r->t))
			recs[m++] = r;
	}
	/* What can't be read is left out: the record says its size. */
	if (aq_recs_load(p->s, recs, m, p->req->with, p->a, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		p->page->tasks[p->page->n++] = recs[i]->t;
	return 0;
}
