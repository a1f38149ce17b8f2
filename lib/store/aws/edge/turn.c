/* lib/store/aws/edge/turn.c -- children are unblocked, or cancelled. */
#include <string.h>

#include "store/aws/edge/edge.h"
#include "util/json.h"

struct turning {
	struct aq_turn	*turns;
	struct tq_arena	*a;
};

static bool
is_closed(const struct aq_turn *t, int64_t set)
{
	size_t i;

	for (i = 0; i < t->nclosed; i++)
		if ((int64_t)t->closed[i] == set)
			return true;
	return false;
}

/* Take the closed sets out of `open'; did that change it? */
static bool
close_sets(struct aq_rec *r, const struct aq_turn *turn, struct tq_arena *a)
{
	struct tq_json_iter it = tq_json_iter(r->open);
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	struct tq_span k, v;
	bool changed = false;
	int64_t set;

	while (r->open.n > 0 && tq_json_next(&it, &k, &v)) {
		if (!tq_json_int(v, &set) || is_closed(turn, set)) {
			changed = true;
			continue;
		}
		tq_buf_fmt(&b, "%c%lld", b.len == 0 ? '[' : ',',
		    (long long)set);
	}
	if (changed && b.len > 0) {
		tq_buf_chr(&b, ']');
		r->open = tq_arena_span(a, tq_buf_span(&b));
	} else if (changed) {
		r->open = TQ_SPAN_NONE;
	}
	tq_buf_free(&b);
	return changed;
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct turning *w = arg;
	struct aq_turn *turn = &w->turns[i];
	struct aq_rec *r = &ups[i].rec;
	int64_t now = aq_now(s);
	bool changed;

	turn->unblocked = false;
	if (!ups[i].found || strcmp(aq_tag(&r->t), turn->tag) != 0)
		return AQ_NOTHING;
	changed = close_sets(r, turn, w->a);
	if (turn->looked && r->look_owed != 0) {
		r->look_owed = 0;
		changed = true;
	}
	if (r->t.status != TQ_BLOCKED)
		return changed ? AQ_WRITE : AQ_NOTHING;
	if (tq_turn_expire(&r->t, now, w->a))
		changed = true;
	else if (turn->broken != NULL)
		changed = tq_turn_break(&r->t, turn->broken, turn->gone, now,
		    w->a).write;
	else if (r->open.n == 0 && r->look_owed == 0)
		changed = turn->unblocked = tq_turn_unblock(&r->t, now).write;
	if (!changed)
		return AQ_NOTHING;
	aq_rec_place(s, r, now);
	return AQ_WRITE;
}

int
aq_children_turn(struct aq *s, struct aq_turn *turns, size_t n,
    struct tq_arena *a, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	struct aq_update **ring = tq_arena_alloc(a, (n + 1) * sizeof(*ring));
	struct turning w = { turns, a };
	size_t i, m = 0;
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = turns[i].id;
	rc = aq_update(s, ups, n, decide, &w, a, err);
	for (i = 0; i < n; i++)
		if (ups[i].wrote && turns[i].unblocked &&
		    !ups[i].rec.t.held)
			ring[m++] = &ups[i];
	aq_doorbells_send(s, ring, m, a, NULL);
	return rc;
}
