/* lib/store/unread.c -- see unread.h. */
#include "store/unread.h"

#include <string.h>

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

void
tq_passed(struct tq_claimed *got, const struct tq_task *t)
{
	struct tq_passed *grown;
	size_t n = got->npassed;

	if ((n & (n + 1)) == 0) {	/* full: room for twice as many */
		grown = tq_arena_alloc(got->arena, 2 * (n + 1) *
		    sizeof(*grown));
		if (n > 0)
			memcpy(grown, got->passed, n * sizeof(*grown));
		got->passed = grown;
	}
	got->passed[got->npassed++] = (struct tq_passed){ t->id, t->type,
	    t->status, t->reason };
}

static struct tq_finish
end_of(struct tq_store *st, const struct tq_task *t, const struct tq_err *why)
{
	bool missing = why->code == TQ_E_NOTFOUND,
	    denied = why->code == TQ_E_DENIED;
	struct tq_verdict v = tq_verdict_of(t, denied ? TQ_END_LATER :
	    missing ? TQ_END_ERROR : TQ_END_PERMANENT, -1,
	    tq_wall_ms(st->env), tq_random_u64(st->env));

	return (struct tq_finish){ .id = t->id, .queue = t->queue,
	    .token = t->token, .claim = t->claim, .how = v.how,
	    .not_before = v.not_before, .give_up_at = v.give_up_at,
	    .give_back = v.give_back, .reason = why->msg,
	    .err_stage = TQ_AT_FETCH,
	    .err_code = denied ? "payload-denied" : missing ?
	    "payload-missing" : "payload-damaged" };
}

void
tq_unread_end(struct tq_store *st, struct tq_claimed *got)
{
	struct tq_finish *f;
	struct tq_answer *out;
	struct tq_task *bad;
	size_t i, n = 0, kept = 0;

	if (got->unread == NULL)
		return;
	f = tq_arena_alloc(got->arena, got->n * sizeof(*f));
	out = tq_arena_alloc(got->arena, got->n * sizeof(*out));
	bad = tq_arena_alloc(got->arena, got->n * sizeof(*bad));
	for (i = 0; i < got->n; i++)
		if (got->unread[i] != NULL) {
			bad[n] = got->tasks[i];
			f[n] = end_of(st, &bad[n], got->unread[i]);
			n++;
		} else {
			got->tasks[kept++] = got->tasks[i];
		}
	got->unread = NULL;
	got->more = true;
	got->n = kept;
	if (st->ops->finish(st, f, n, out, NULL, NULL, NULL) == -1)
		return;
	for (i = 0; i < n; i++)
		if (out[i].code == TQ_OK) {
			bad[i].status = out[i].status;
			bad[i].reason = f[i].reason;
			tq_passed(got, &bad[i]);
		}
}

void
tq_unread_release(struct tq_store *st, const struct tq_claimed *got)
{
	struct tq_finish *f;
	struct tq_answer *out;
	size_t i;

	f = tq_arena_alloc(got->arena, got->n * sizeof(*f));
	out = tq_arena_alloc(got->arena, got->n * sizeof(*out));
	for (i = 0; i < got->n; i++)
		f[i] = (struct tq_finish){ .id = got->tasks[i].id,
		    .queue = got->tasks[i].queue,
		    .token = got->tasks[i].token,
		    .claim = got->tasks[i].claim, .how = TQ_RELEASE,
		    .give_back = true };
	st->ops->finish(st, f, got->n, out, NULL, NULL, NULL);
}
