/*
 * cmd/tq-dlq/again.c -- a verb on tasks as they were read.
 *
 * A store also writes to a dead task for its own sake: that its message has
 * gone to the dead-letter queue, say.  Its rev moves on then, and updatedAt
 * does not: what was read is still what there is.
 */
#include "dlq.h"

#define TRIES	5	/* a task has fewer such writes ahead of it */

static int
once_more(struct dlq *d, dlq_verb_fn *fn, const struct tq_task *t,
    struct tq_answer *out)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *id = t->id;
	struct tq_task *now;
	struct tq_ref ref;
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0 && out->code == TQ_E_LOST; i++) {
		tq_arena_reset(&a);
		rc = tq_store_get(d->st, &id, 1, 0, &a, &now, &d->cli->err);
		if (rc == -1 || now == NULL || now->status != t->status ||
		    now->token != t->token || now->updated_at != t->updated_at)
			break;
		ref = (struct tq_ref){ id, now->rev };
		rc = fn(d, &ref, 1, out);
	}
	tq_arena_free(&a);
	return rc;
}

int
dlq_do(struct dlq *d, dlq_verb_fn *fn, const struct tq_task *tasks, size_t n,
    struct tq_answer *out)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_ref *refs = tq_arena_alloc(&a, n * sizeof(*refs));
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		refs[i] = (struct tq_ref){ tasks[i].id, tasks[i].rev };
	rc = fn(d, refs, n, out);
	for (i = 0; i < n && rc == 0; i++)
		rc = once_more(d, fn, &tasks[i], &out[i]);
	tq_arena_free(&a);
	return rc;
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
