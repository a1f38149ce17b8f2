/* lib/store/stuck.c -- see stuck.h. */
#include "store/stuck.h"

#include <string.h>

#define LOOKS_MAX	10000	/* tasks whose parents are asked for */
#define DEPTH_MAX	64
#define PAGE		500

/* The graver first: one that needs somebody before one that will end. */
static int
gravity(const struct tq_parent *p)
{
	return p->met ? 0 : p->status == TQ_FAILED ? 3 : p->gone ||
	    p->status == TQ_CANCELLED ? 2 : 1;
}

int
tq_blocker(struct tq_store *st, const struct tq_task *t, struct tq_arena *a,
    struct tq_parent *out, uint64_t *more, struct tq_err *err)
{
	struct tq_parent *v;
	size_t i, n;

	*out = (struct tq_parent){ .met = true };
	*more = 0;
	if (tq_store_parents(st, t->id, a, &v, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (!v[i].met)
			++*more;
		if (gravity(&v[i]) > gravity(out))
			*out = v[i];
	}
	if (*more > 0)
		--*more;
	return 0;
}

struct looking {
	struct tq_store	*st;
	struct tq_arena	*a;
	size_t		 looks;
	struct tq_err	*err;
};

/* Does ${id}, which is BLOCKED, wait for one that needs somebody?  -1. */
static int
is_stuck(struct looking *l, const char *id, int depth)
{
	struct tq_task *t;
	struct tq_parent *v;
	size_t i, n;
	int rc = 0;

	if (depth == DEPTH_MAX || l->looks++ >= LOOKS_MAX)
		return 0;
	if (tq_store_parents(l->st, id, l->a, &v, &n, l->err) == -1)
		return -1;
	for (i = 0; rc == 0 && i < n; i++) {
		if (v[i].met)
			continue;
		if (gravity(&v[i]) > 1)
			return 1;
		if (v[i].status != TQ_BLOCKED && v[i].status != TQ_PENDING)
			continue;
		if (tq_store_get(l->st, &v[i].id, 1, 0, l->a, &t, l->err) ==
		    -1)
			return -1;
		rc = t != NULL && t->held;
		if (rc == 0 && v[i].status == TQ_BLOCKED)
			rc = is_stuck(l, v[i].id, depth + 1);
	}
	return rc;
}

static bool
of_types(const char *type, const char *const *types, size_t n)
{
	size_t i;

	for (i = 0; i < n && strcmp(types[i], type) != 0; i++)
		;
	return n == 0 || i < n;
}

int
tq_stuck_count(struct tq_store *st, const char *queue,
    const char *const *types, size_t ntypes, uint64_t *n, uint64_t *all,
    struct tq_err *err)
{
	struct tq_arena a[2] = { TQ_ARENA_INIT, TQ_ARENA_INIT };
	struct tq_list req = { .filter = { .queue = queue,
	    .statuses = TQ_BIT(TQ_BLOCKED) }, .limit = PAGE };
	struct tq_page page;
	size_t i;
	int turn = 0, rc = 0, stuck;

	*n = *all = 0;
	do {
		struct looking l = { st, &a[turn], 0, err };

		tq_arena_reset(&a[turn]);
		rc = tq_store_list(st, &req, &a[turn], &page, err);
		for (i = 0; rc == 0 && i < page.n; i++) {
			if (!of_types(page.tasks[i].type, types, ntypes))
				continue;
			l.looks = (size_t)*all;
			stuck = page.tasks[i].held ? 1 : is_stuck(&l,
			    page.tasks[i].id, 0);
			if (stuck == -1)
				rc = -1;
			*n += stuck == 1;
			++*all;
		}
		/* The cursor lives in the arena of the page before. */
		req.cursor = page.cursor;
		turn = !turn;
	} while (rc == 0 && page.cursor != NULL);
	tq_arena_free(&a[0]);
	tq_arena_free(&a[1]);
	return rc;
}
