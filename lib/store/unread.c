/* lib/store/unread.c -- see unread.h. */
#include "store/unread.h"

void
tq_unread(struct tq_claimed *got, size_t i, const struct tq_err *why)
{
	struct tq_err *copy = tq_arena_alloc(got->arena, sizeof(*copy));

	if (got->unread == NULL)
		got->unread = tq_arena_alloc(got->arena,
		    got->n * sizeof(*got->unread));
	*copy = *why;
	got->unread[i] = copy;
}

static struct tq_finish
end_of(struct tq_store *st, const struct tq_task *t, const struct tq_err *why)
{
	bool missing = why->code == TQ_E_NOTFOUND;
	struct tq_verdict v = tq_verdict_of(t, missing ? TQ_END_ERROR :
	    TQ_END_PERMANENT, -1, tq_wall_ms(st->env),
	    tq_random_u64(st->env));

	return (struct tq_finish){ .id = t->id, .queue = t->queue,
	    .token = t->token, .claim = t->claim, .how = v.how,
	    .not_before = v.not_before, .reason = why->msg,
	    .err_stage = TQ_AT_FETCH,
	    .err_code = missing ? "payload-missing" : "payload-damaged" };
}

int
tq_unread_end(struct tq_store *st, struct tq_claimed *got,
    struct tq_err *err)
{
	struct tq_finish *f;
	struct tq_answer *out;
	size_t i, n = 0, kept = 0;

	if (got->unread == NULL)
		return 0;
	f = tq_arena_alloc(got->arena, got->n * sizeof(*f));
	out = tq_arena_alloc(got->arena, got->n * sizeof(*out));
	for (i = 0; i < got->n; i++)
		if (got->unread[i] != NULL)
			f[n++] = end_of(st, &got->tasks[i], got->unread[i]);
		else
			got->tasks[kept++] = got->tasks[i];
	got->n = kept;
	got->more = true;
	got->unread = NULL;
	return st->ops->finish(st, f, n, out, NULL, NULL, err);
}
