/* cmd/tq-dlq/again.c -- a verb on tasks as they were read. */
#include "dlq.h"
#include "store/as_read.h"

struct verb {
	struct dlq	*d;
	dlq_verb_fn	*fn;
};

static int
act(void *arg, size_t at, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	const struct verb *v = arg;

	(void)at;
	(void)err;		/* the tool's own */
	return v->fn(v->d, refs, n, out);
}

int
dlq_do(struct dlq *d, dlq_verb_fn *fn, const struct tq_task *tasks, size_t n,
    struct tq_answer *out)
{
	struct verb v = { d, fn };

	return tq_do_as_read(d->st, act, &v, tasks, n, out, &d->cli->err);
}

int
dlq_set_drained(struct dlq *d, const struct tq_ref *refs, size_t n,
    bool drained, struct tq_answer *out)
{
	const struct tq_task to = { .drained = drained };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_edit *e = tq_arena_alloc(&a, n * sizeof(*e));
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		e[i] = (struct tq_edit){ refs[i], TQ_SET_DRAINED, &to };
	rc = tq_store_edit(d->st, e, n, out, &d->cli->err);
	tq_arena_free(&a);
	return rc;
}
