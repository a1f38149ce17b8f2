/* lib/store/sqlite/claim.c -- who gets what next. */
#include <string.h>

#include "store/sqlite/fill.h"
#include "store/unread.h"
#include "task/control.h"
#include "task/rate.h"

/* -- the queue's rate ---------------------------------------------------------- */

static int
bucket_read(struct sq *s, const struct tq_control *c, struct tq_bucket *b,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BUCKET_GET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, c->queue, -1, SQLITE_STATIC);
	if (sq_step_one(s, q, err) == -1)
		return -1;
	b->tokens = sqlite3_column_double(q, 0);
	b->filled = sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return 0;
}

static int
bucket_write(struct sq *s, const struct tq_control *c,
    const struct tq_bucket *b, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BUCKET_SET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, c->queue, -1, SQLITE_STATIC);
	sqlite3_bind_double(q, 2, b->tokens);
	sqlite3_bind_int64(q, 3, b->filled);
	return sq_run(s, q, err);
}

static int
claim_at_rate(struct sq_filling *f, struct tq_err *err)
{
	struct tq_bucket b;
	double whole;
	int64_t wait;

	if (bucket_read(f->s, f->control, &b, err) == -1)
		return -1;
	whole = tq_bucket_fill(&b, f->control->rate,
	    tq_burst(f->control->rate), f->s->boot);
	if (whole < 1) {
		f->got->limited = true;
		wait = tq_bucket_wait_ms(&b, f->control->rate);
		sq_fill_due(f->got, f->s->wall + wait);
		return 0;
	}
	if ((double)f->n > whole)
		f->n = (size_t)whole;
	if (sq_fill_next(f, err) == -1)
		return -1;
	b.tokens -= (double)f->got->n;
	return bucket_write(f->s, f->control, &b, err);
}

/* Before it says that nothing is due: is more on its way? */
static int
look_at_owed(struct sq *s, struct tq_claimed *got, struct tq_err *err)
{
	got->owed = s->owed > 0;
	return got->owed && got->n == 0 ? sq_owed_look(s, err) : 0;
}

int
sq_claim_in_txn(struct sq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct sq_row **rows, struct tq_err *err)
{
	struct tq_control control;
	struct tq_arena *a = got->arena;
	struct sq_filling f = { .s = s, .req = req, .got = got,
	    .control = &control, .n = req->n };

	*got = (struct tq_claimed){ .arena = a };
	f.worker = tq_arena_str(a, req->worker);
	if (s->wake != NULL)
		got->bell = __atomic_load_n(
		    &s->wake->bell[sq_bell_index(req->queue)],
		    __ATOMIC_SEQ_CST);
	if (sq_control_get(&s->base, req->queue, a, &control, err) == -1)
		return -1;
	got->tasks = tq_arena_room(a, req->n * sizeof(*got->tasks));
	f.rows = tq_arena_room(a, (req->n + 1) * sizeof(*f.rows));
	*rows = f.rows;
	if (control.paused) {
		got->paused = true;
		got->next_ms = control.until;
		return 0;
	}
	if (req->nids > 0)
		return sq_fill_ids(&f, err);
	if ((control.rate > 0 ? claim_at_rate(&f, err) :
	    sq_fill_next(&f, err)) == -1)
		return -1;
	return look_at_owed(s, got, err);
}

int
sq_claim_load(struct sq *s, struct tq_claimed *got, const struct sq_row *rows,
    struct tq_err *err)
{
	struct tq_err why;
	size_t i;

	for (i = 0; i < got->n; i++) {
		if (rows[i].place[SQ_PAYLOAD] == SQ_INLINE)
			continue;
		why = (struct tq_err)TQ_ERR_INIT;
		if (sq_body_load(s, &rows[i], SQ_PAYLOAD, got->arena,
		    &got->tasks[i].payload, &why) == 0)
			continue;
		if (why.stage != TQ_AT_FETCH) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		tq_unread(got, i, &why);
	}
	return 0;
}
