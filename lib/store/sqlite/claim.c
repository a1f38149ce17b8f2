/* lib/store/sqlite/claim.c -- who gets what next. */
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "util/json.h"

#define CLAIM_BYTES_MAX	(32u * 1024 * 1024)
#define LIMITED_MS	500	/* when to look again under a limit */

/* The state of one claim as it fills up. */
struct filling {
	struct sq		*s;
	const struct tq_claim	*req;
	struct tq_claimed	*got;
	const struct tq_control	*control;
	const char		*worker;	/* in the caller's arena */
	size_t			 bytes;
};

static void
due_at(struct tq_claimed *got, int64_t wall)
{
	if (got->next_ms == 0 || wall < got->next_ms)
		got->next_ms = wall;
}

/* Random numbers are asked of the kernel in handfuls. */
static uint64_t
fresh_claim(struct sq *s)
{
	if (s->nrnd == 0) {
		s->nrnd = sizeof(s->rnd) / sizeof(s->rnd[0]);
		tq_random(s->base.env, s->rnd, sizeof(s->rnd));
	}
	return s->rnd[--s->nrnd] >> 1;
}

/* What a claim makes of a record. */
static void
lease(struct filling *f, struct sq_row *row, bool take_over, bool prefetch)
{
	struct tq_task *t = &row->t;
	bool given_back = take_over && (row->flags & SQ_PREFETCHED) != 0;

	/* One that was only held ahead did not kill its worker. */
	if (take_over && (row->flags & SQ_ALONE) != 0 && !given_back)
		t->crashes++;
	row->flags &= ~(SQ_ALONE | SQ_PREFETCHED | SQ_CRASHES_MASK);
	row->flags |= (take_over ? SQ_ALONE : 0) |
	    (prefetch ? SQ_PREFETCHED : 0) | SQ_CRASHES(t->crashes);
	t->token++;
	t->rev++;
	t->claim = fresh_claim(f->s);
	t->attempts += !given_back;
	t->status = TQ_RUNNING;
	t->worker = f->worker;
	t->lease_until = f->s->wall + f->req->lease_ms;
	t->started_at = t->updated_at = f->s->wall;
	/* In the answer it says since when the task was due. */
	t->not_before = take_over ? 0 : row->at;
	t->expires_at = 0;
	t->progress = TQ_SPAN_NONE;
}

static void
bind_claim(struct filling *f, sqlite3_stmt *q, const struct sq_row *row)
{
	const struct tq_task *t = &row->t;

	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int64(q, 2, f->s->boot + f->req->lease_ms);
	sqlite3_bind_int64(q, 3, (int64_t)t->token);
	sqlite3_bind_int64(q, 4, (int64_t)t->claim);
	sqlite3_bind_int(q, 5, t->attempts);
	sqlite3_bind_int(q, 6, row->flags);
	sqlite3_bind_int64(q, 7, f->s->wall);
	sqlite3_bind_text(q, 8, t->worker, -1, SQLITE_STATIC);
	sq_bind_became(q, 9, t, &f->s->text[0]);
	sq_bind_seq(f->s, q, 10);
}

/* Lease one row to the caller. */
static int
take(struct filling *f, struct sq_row *row, bool take_over,
    struct tq_err *err)
{
	int from = (int)row->t.status;
	sqlite3_stmt *q = sq_stmt(f->s, SQ_CLAIM, err);

	if (q == NULL)
		return -1;
	lease(f, row, take_over, f->got->n >= f->req->slots);
	bind_claim(f, q, row);
	if (sq_run(f->s, q, err) == -1 ||
	    sq_move(f->s, row->lane, from, TQ_RUNNING, err) == -1 ||
	    sq_body_load(f->s, row, SQ_PAYLOAD, f->got->arena,
	    &row->t.payload, err) == -1)
		return -1;
	f->bytes += row->t.payload.n;
	f->got->tasks[f->got->n++] = row->t;
	return 0;
}

int
sq_end_expired(struct sq *s, const struct sq_row *row, enum tq_expired rule,
    const char *reason, struct tq_err *err)
{
	int to = rule == TQ_EXPIRED_CANCEL ? TQ_CANCELLED : TQ_FAILED;
	struct tq_task t = row->t;
	sqlite3_stmt *q = sq_stmt(s, SQ_END, err);

	if (q == NULL)
		return -1;
	if (to == TQ_FAILED) {
		t.reason = reason;
		t.err_stage = TQ_AT_PROCESS;
		t.err_code = "lease-expired";
	}
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, to);
	sqlite3_bind_int64(q, 3, s->wall);
	sqlite3_bind_int(q, 4, t.attempts);
	sqlite3_bind_int(q, 5, row->flags & ~(SQ_ALONE | SQ_PREFETCHED));
	sqlite3_bind_int64(q, 6, s->wall);
	sq_bind_became(q, 7, &t, &s->text[0]);
	sq_bind_seq(s, q, 8);
	if (sq_run(s, q, err) == -1)
		return -1;
	return sq_move(s, row->lane, TQ_RUNNING, to, err);
}

/* The lane's longest expired lease: 1 one was met, 0 none, -1. */
static int
expired_row(struct filling *f, int64_t lane, struct sq_row *row,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_EXPIRED, err);
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int64(q, 2, f->s->boot);
	if ((rc = sqlite3_step(q)) == SQLITE_ROW)
		rc = sq_row_read(f->s, q, f->got->arena, row, err) == -1 ?
		    -1 : 1;
	else
		rc = rc == SQLITE_DONE ? 0 : sq_fail(f->s, err, "read");
	sqlite3_reset(q);
	return rc;
}

/* Take over one expired lease of this lane; end those the rule ends. */
static int
take_expired(struct filling *f, int64_t lane, struct tq_err *err)
{
	char reason[TQ_REASON_MAX];
	struct sq_row row;
	enum tq_expired rule;
	int rc;

	while ((rc = expired_row(f, lane, &row, err)) == 1) {
		rule = tq_expired_rule(&row.t, (row.flags & SQ_ALONE) != 0,
		    (row.flags & SQ_PREFETCHED) != 0, reason, sizeof(reason));
		if (rule == TQ_EXPIRED_TAKE)
			return take(f, &row, true, err);
		if (sq_end_expired(f->s, &row, rule, reason, err) == -1)
			return -1;
	}
	return rc;
}

/* When will this lane's next lease run out? */
static int
note_next_lease(struct filling *f, int64_t lane, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_NEXT_LEASE, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	if (sqlite3_step(q) == SQLITE_ROW)
		due_at(f->got, f->s->wall + sqlite3_column_int64(q, 0) -
		    f->s->boot);
	sqlite3_reset(q);
	return 0;
}

/* How many more of this type may run: -1 on failure. */
static int64_t
room(struct filling *f, int64_t lane, const char *type, struct tq_err *err)
{
	int64_t max = INT64_MAX, running;
	sqlite3_stmt *q;
	size_t i;

	for (i = 0; i < f->req->nlimits; i++)
		if (strcmp(f->req->limits[i].type, type) == 0 &&
		    f->req->limits[i].max < max)
			max = f->req->limits[i].max;
	for (i = 0; i < f->control->nlimits; i++)
		if (strcmp(f->control->limits[i].type, type) == 0 &&
		    f->control->limits[i].max < max)
			max = f->control->limits[i].max;
	if (max == INT64_MAX)
		return max;
	if ((q = sq_stmt(f->s, SQ_LEASED_N, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	if (sqlite3_step(q) != SQLITE_ROW)
		return sq_fail(f->s, err, "read");
	running = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (running >= max)
		f->got->limited = true;
	return running >= max ? 0 : max - running;
}

/* A lane's best waiting priority at most ${below}; -1 none, -2 failure. */
static int
top_prio(struct filling *f, int64_t lane, int below, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_READY_TOP, err);
	int prio = -1;

	if (q == NULL)
		return -2;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int(q, 2, below);
	if (sqlite3_step(q) == SQLITE_ROW)
		prio = sqlite3_column_int(q, 0);
	sqlite3_reset(q);
	return prio;
}

/*
 * Read up to ${max} due rows of (lane, prio) into ${rows}; the first that is
 * not due bounds the wait.  They are read before any is updated, because an
 * update moves rows of the index that is being walked.
 */
static int
read_ready(struct filling *f, int64_t lane, int prio, struct sq_row *rows,
    size_t max, size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_READY, err);
	int rc;

	if (q == NULL)
		return -1;
	*n = 0;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int(q, 2, prio);
	sqlite3_bind_int64(q, 3, (int64_t)max + 1);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		int64_t at = sqlite3_column_int64(q, 4);

		if (at > f->s->wall || *n == max) {
			due_at(f->got, at);
			break;
		}
		if (sq_row_read(f->s, q, f->got->arena, &rows[*n], err) == -1) {
			sqlite3_reset(q);
			return -1;
		}
		/* Expired while it waited: the sweep removes it. */
		if (!sq_expired(f->s, &rows[*n]))
			++*n;
	}
	sqlite3_reset(q);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 :
	    sq_fail(f->s, err, "read");
}

struct lane_pick {
	int64_t	lane;
	int64_t	room;
	int	prio;		/* the next priority to look at; -1: done */
};

/* Fill from all lanes, the highest priority first, lanes in turn. */
static int
fill_ready(struct filling *f, struct lane_pick *lanes, size_t nlanes,
    struct tq_err *err)
{
	struct sq_row *rows;
	size_t i, n, want;
	int prio;

	rows = tq_arena_alloc(f->got->arena, f->req->n * sizeof(*rows));
	for (prio = 9; prio >= 0 && f->got->n < f->req->n; prio--) {
		for (i = 0; i < nlanes && f->got->n < f->req->n; i++) {
			if (lanes[i].prio != prio || lanes[i].room == 0)
				continue;
			want = f->req->n - f->got->n;
			if ((int64_t)want > lanes[i].room)
				want = (size_t)lanes[i].room;
			if (read_ready(f, lanes[i].lane, prio, rows, want, &n,
			    err) == -1)
				return -1;
			for (size_t k = 0; k < n &&
			    f->bytes < CLAIM_BYTES_MAX; k++) {
				if (take(f, &rows[k], false, err) == -1)
					return -1;
				lanes[i].room--;
			}
			if (f->got->n == f->req->n)
				break;
			lanes[i].prio = top_prio(f, lanes[i].lane, prio - 1,
			    err);
			if (lanes[i].prio == -2)
				return -1;
		}
	}
	return 0;
}

/* Claim by name: these tasks, due or not. */
static int
claim_ids(struct filling *f, struct tq_err *err)
{
	struct sq_row row;
	size_t i;
	int rc;

	for (i = 0; i < f->req->nids && f->got->n < f->req->n; i++) {
		rc = sq_row_by_id(f->s, f->req->ids[i], f->got->arena, &row,
		    err);
		if (rc == -1)
			return -1;
		if (rc == 0 || (TQ_BIT(row.t.status) & TQ_WAITING) == 0 ||
		    strcmp(row.t.queue, f->req->queue) != 0)
			continue;
		if (take(f, &row, false, err) == -1)
			return -1;
	}
	return 0;
}

static int
claim_next(struct filling *f, struct tq_err *err)
{
	const struct tq_claim *req = f->req;
	struct lane_pick *lanes;
	size_t i, n = 0, k;
	int rc;

	lanes = tq_arena_alloc(f->got->arena, req->ntypes * sizeof(*lanes));
	for (i = 0; i < req->ntypes; i++) {
		rc = sq_lane_find(f->s, req->queue, req->types[i], false,
		    &lanes[n].lane, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		if (take_expired(f, lanes[n].lane, err) == -1)
			return -1;
		if (f->got->n > 0)
			return 0;	/* a take-over is claimed alone */
		lanes[n].room = room(f, lanes[n].lane, req->types[i], err);
		lanes[n].prio = top_prio(f, lanes[n].lane, 9, err);
		if (lanes[n].room == -1 || lanes[n].prio == -2)
			return -1;
		n++;
	}
	if (fill_ready(f, lanes, n, err) == -1)
		return -1;
	/* A slot that another worker frees rings no bell. */
	if (f->got->limited)
		due_at(f->got, f->s->wall + LIMITED_MS);
	for (k = 0; f->got->n == 0 && k < n; k++)
		if (note_next_lease(f, lanes[k].lane, err) == -1)
			return -1;
	return 0;
}

/*
 * The queue's rate is a token bucket that all workers share; it holds a tenth
 * of a second's worth, at least one, so that a pause earns no burst.
 */
static int
bucket_read(struct sq *s, const struct tq_control *c, double *tokens,
    struct tq_err *err)
{
	double most = c->rate > 10 ? c->rate / 10 : 1;
	sqlite3_stmt *q = sq_stmt(s, SQ_BUCKET_GET, err);
	int64_t filled;

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, c->queue, -1, SQLITE_STATIC);
	if (sqlite3_step(q) != SQLITE_ROW)
		return sq_fail(s, err, "read");
	filled = sqlite3_column_int64(q, 1);
	*tokens = most;
	/* Later than now: it was filled in another boot. */
	if (filled <= s->boot)
		*tokens = sqlite3_column_double(q, 0) +
		    (double)(s->boot - filled) * c->rate / 1000;
	if (*tokens > most)
		*tokens = most;
	sqlite3_reset(q);
	return 0;
}

static int
bucket_write(struct sq *s, const struct tq_control *c, double tokens,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BUCKET_SET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, c->queue, -1, SQLITE_STATIC);
	sqlite3_bind_double(q, 2, tokens);
	sqlite3_bind_int64(q, 3, s->boot);
	return sq_run(s, q, err);
}

static int
claim_at_rate(struct filling *f, struct tq_err *err)
{
	const struct tq_claim *req = f->req;
	struct tq_claim fewer = *req;
	double tokens = 0;
	int rc;

	if (bucket_read(f->s, f->control, &tokens, err) == -1)
		return -1;
	if (tokens < 1) {
		f->got->limited = true;
		due_at(f->got, f->s->wall + 1 +
		    (int64_t)((1 - tokens) * 1000 / f->control->rate));
		return 0;
	}
	if ((double)fewer.n > tokens)
		fewer.n = (size_t)tokens;
	f->req = &fewer;
	rc = claim_next(f, err);
	f->req = req;
	return rc == -1 ? -1 : bucket_write(f->s, f->control,
	    tokens - (double)f->got->n, err);
}

int
sq_claim_in_txn(struct sq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err)
{
	struct tq_control control;
	struct filling f = { s, req, got, &control, NULL, 0 };
	struct tq_arena *a = got->arena;

	*got = (struct tq_claimed){ .arena = a };
	f.worker = tq_arena_str(a, req->worker);
	if (s->wake != NULL)
		got->bell = __atomic_load_n(
		    &s->wake->bell[sq_bell_index(req->queue)],
		    __ATOMIC_SEQ_CST);
	if (sq_control_get(&s->base, req->queue, a, &control, err) == -1)
		return -1;
	got->tasks = tq_arena_alloc(a, req->n * sizeof(*got->tasks));
	if (control.paused) {
		got->paused = true;
		got->next_ms = control.until;
		return 0;
	}
	if (req->nids > 0)
		return claim_ids(&f, err);
	return control.rate > 0 ? claim_at_rate(&f, err) :
	    claim_next(&f, err);
}
