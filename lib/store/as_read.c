/* lib/store/as_read.c -- see as_read.h. */
#include "store/as_read.h"

#define TRIES	5	/* a task has fewer such writes ahead of it */

bool
tq_as_read(const struct tq_task *was, const struct tq_task *now)
{
	return now != NULL && now->status == was->status &&
	    now->token == was->token && now->created_at == was->created_at &&
	    now->updated_at == was->updated_at;
}

static int
once_more(struct tq_store *st, tq_as_read_fn *fn, void *arg,
    const struct tq_task *tasks, size_t at, struct tq_answer *out,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const struct tq_task *t = &tasks[at];
	struct tq_task *now;
	struct tq_ref ref;
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0 && out->code == TQ_E_LOST; i++) {
		tq_arena_reset(&a);
		rc = tq_store_get(st, &t->id, 1, 0, &a, &now, err);
		if (rc == -1 || !tq_as_read(t, now))
			break;
		ref = (struct tq_ref){ t->id, now->rev };
		rc = fn(arg, at, &ref, 1, out, err);
	}
	tq_arena_free(&a);
	return rc;
}

int
tq_do_as_read(struct tq_store *st, tq_as_read_fn *fn, void *arg,
    const struct tq_task *tasks, size_t n, struct tq_answer *out,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_ref *refs = tq_arena_alloc(&a, (n + 1) * sizeof(*refs));
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		refs[i] = (struct tq_ref){ tasks[i].id, tasks[i].rev };
	rc = fn(arg, 0, refs, n, out, err);
	for (i = 0; i < n && rc == 0; i++)
		rc = once_more(st, fn, arg, tasks, i, &out[i], err);
	tq_arena_free(&a);
	return rc;
}
