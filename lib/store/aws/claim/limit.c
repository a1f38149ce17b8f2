/*
 * lib/store/aws/claim/limit.c -- limits that hold across workers.
 *
 * The part of them that a claim needs: for how many tasks of a type there is
 * room, by the permits that are free (permits.c).
 */
#include <inttypes.h>
#include <string.h>

#include "aws/item.h"
#include "store/aws/claim/claim.h"
#include "store/aws/record/table.h"

#define LOOK_ALL	1000	/* permits of a limit that are all looked at */
#define LOOK_MIN	60	/* of a higher one: so many, and for each task */
#define LOOK_EACH	4	/* that is claimed so many more */

/* The limit in force for ${type}; TQ_NO_LIMIT: none. */
static int64_t
limit_of(const struct claiming *c, const char *type)
{
	return tq_limit_of(c->req->limits, c->req->nlimits, c->control, type);
}

/*
 * How many permits of a limit of ${max} a claim looks at, and from which on.  Of
 * very many it is enough to see some that are free: then any stretch will do.
 */
static int64_t
stretch(struct claiming *c, int64_t max, int64_t *from)
{
	int64_t some = LOOK_MIN + LOOK_EACH * (int64_t)c->req->n;

	*from = 0;
	if (max <= LOOK_ALL || max <= some)
		return max;
	*from = (int64_t)(tq_random_u64(c->s->base.env) % (uint64_t)max);
	return some;
}

/* Read which permits of these types are free, all at once. */
static int
look(struct claiming *c, const char *const *types, size_t n,
    struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	const char **pks;
	struct tq_span *items;
	struct aq_room *r, **of;
	size_t i, m = 0, all = 0, had = c->nrooms;
	int64_t until, max, from, some, k;

	for (i = 0; i < n; i++)
		if ((max = limit_of(c, types[i])) != TQ_NO_LIMIT)
			all += (size_t)stretch(c, max, &from);
	pks = tq_arena_alloc(a, (all + 1) * sizeof(*pks));
	of = tq_arena_alloc(a, (all + 1) * sizeof(*of));
	items = tq_arena_alloc(a, (all + 1) * sizeof(*items));
	for (i = 0; i < n; i++) {
		if ((max = limit_of(c, types[i])) == TQ_NO_LIMIT)
			continue;
		some = stretch(c, max, &from);
		r = &c->rooms[c->nrooms++];
		*r = (struct aq_room){ .type = types[i], .free =
		    tq_arena_alloc(a, (size_t)(some + 1) * sizeof(*r->free)) };
		for (k = 0; k < some; k++) {
			pks[m] = tq_arena_fmt(a, "l#%s#%s#%" PRId64,
			    c->req->queue, types[i], (from + k) % max);
			of[m] = r;
			m += !aq_leases_have_permit(c->s, pks[m]);
		}
	}
	if (aq_items(c->s, pks, m, a, items, err) == -1) {
		c->nrooms = had;
		return -1;
	}
	for (i = 0; i < m; i++) {
		until = 0;
		if (items[i].n == 0 || (tq_item_get_int(items[i], "until",
		    &until) && until <= aq_now(c->s)))
			of[i]->free[of[i]->n++] = (struct aq_free){ pks[i],
			    until };
	}
	return 0;
}

int
aq_rooms(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;

	if (req->nids > 0)
		return 0;
	c->rooms = tq_arena_alloc(c->got->arena, (req->ntypes + req->nothers +
	    1) * sizeof(*c->rooms));
	return look(c, req->types, req->ntypes, err);
}

/* NULL: no limit, or it is not known. */
static struct aq_room *
room_of(struct claiming *c, const char *type)
{
	size_t i;

	if (type == NULL || c->rooms == NULL ||
	    limit_of(c, type) == TQ_NO_LIMIT)
		return NULL;
	for (i = 0; i < c->nrooms; i++)
		if (strcmp(c->rooms[i].type, type) == 0)
			return &c->rooms[i];
	/* Of another claim: only asked about when such a task is met. */
	return aq_wants_otherwise(c->req, type) && look(c, &type, 1, NULL) ==
	    0 ? &c->rooms[c->nrooms - 1] : NULL;
}

bool
aq_full(struct claiming *c, const char *type)
{
	const struct aq_room *r = room_of(c, type);

	return r != NULL && r->n == 0;
}

size_t
aq_room(struct claiming *c)
{
	const struct aq_room *r;
	size_t i, n = 0;

	for (i = 0; i < c->req->ntypes; i++) {
		if ((r = room_of(c, c->req->types[i])) == NULL)
			return SIZE_MAX;
		n += r->n;
	}
	return n;
}

bool
aq_some_full(struct claiming *c)
{
	size_t i;

	for (i = 0; i < c->req->ntypes; i++)
		if (aq_full(c, c->req->types[i]))
			return true;
	return false;
}

bool
aq_all_full(struct claiming *c)
{
	size_t i;

	if (aq_room(c) > 0)
		return false;
	for (i = 0; i < c->req->nothers; i++)
		if (!aq_full(c, c->req->others[i]))
			return false;
	return true;
}

int
aq_permit_take(struct claiming *c, const struct tq_task *t, const char **permit,
    struct tq_err *err)
{
	struct aq_room *r = room_of(c, t->type);
	struct aq_free f;
	int rc = 0;

	if (r == NULL)
		return 1;
	while (r->n > 0 && rc == 0) {
		f = *r->free++;
		r->n--;
		rc = aq_permit_write(c->s, f.pk, t, c->now + c->req->lease_ms +
		    AQ_MARGIN_MS, f.until, err);
		if (rc == 1)
			*permit = f.pk;
	}
	return rc;
}
