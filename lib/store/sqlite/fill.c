/* lib/store/sqlite/fill.c -- which tasks a claim takes. */
#include <string.h>

#include "store/sqlite/fill.h"
#include "store/unread.h"
#include "task/control.h"

#define CLAIM_BYTES_MAX	(32u * 1024 * 1024)
#define LIMITED_MS	500	/* when to look again under a limit */
#define ENDED_MAX	1000	/* tasks past their deadline that one claim
				   ends on its way */

void
sq_fill_due(struct tq_claimed *got, int64_t wall)
{
	if (got->next_ms == 0 || wall < got->next_ms)
		got->next_ms = wall;
}

/* Random numbers are asked of the kernel in handfuls. */
static uint64_t
fresh(struct sq *s)
{
	if (s->nrnd == 0) {
		s->nrnd = sizeof(s->rnd) / sizeof(s->rnd[0]);
		tq_random(s->base.env, s->rnd, sizeof(s->rnd));
	}
	return s->rnd[--s->nrnd];
}

/* How a row leaves its table: by itself, or with those before it. */
enum leave { LEAVE_ALONE, LEAVE_TOGETHER, TAKEN_OVER };

/* Lease ${row} to the caller, if its life allows. */
static int
take(struct sq_filling *f, struct sq_row *row, enum leave how,
    struct tq_err *err)
{
	bool take_over = how == TAKEN_OVER;
	struct tq_lease lease = { f->worker, f->req->lease_ms,
	    f->got->n >= f->req->slots, fresh(f->s) };
	struct sq_row *to = &f->rows[f->got->n];
	struct tq_turned turned;

	*to = *row;
	turned = (take_over ? tq_turn_take_over : tq_turn_claim)(&to->t, &lease,
	    f->s->wall, f->s->expiry, f->got->arena);
	if (turned.write && (how == LEAVE_TOGETHER ?
	    sq_put_moved(f->s, row, &to->t, err) :
	    sq_put(f->s, row, &to->t, NULL, err)) == -1)
		return -1;
	if (turned.code != TQ_OK) {
		f->ended += turned.write;
		if (turned.write)
			tq_passed(f->got, &to->t);
		return 0;
	}
	/* The wait of a task that was taken over is nobody's delay. */
	f->got->tasks[f->got->n] = to->t;
	if (take_over)
		f->got->tasks[f->got->n].due_since = 0;
	if (!take_over)
		sq_memo_keep(f->s, row, &to->t);
	f->got->n++;
	f->bytes += to->t.payload_size;
	f->full = f->full || tq_claim_alone(&to->t);
	return 0;
}

static bool
has_room(const struct sq_filling *f)
{
	return !f->full && f->got->n < f->n && f->bytes < CLAIM_BYTES_MAX;
}

/* -- leases that ran out ----------------------------------------------------- */

/* The lane's longest expired lease: 1 one was met, 0 none, -1. */
static int
expired_row(struct sq_filling *f, int64_t lane, struct sq_row *row,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_EXPIRED, err);
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int64(q, 2, f->s->boot);
	if ((rc = sq_step(f->s, q, err)) == 1 &&
	    sq_row_read(f->s, q, f->got->arena, row, err) == -1)
		rc = -1;
	sqlite3_reset(q);
	return rc;
}

/* Take one over, or end those that are not to go on. */
static int
take_expired(struct sq_filling *f, int64_t lane, struct tq_err *err)
{
	struct sq_row row;
	int rc;

	while (f->got->n == 0 && f->ended < ENDED_MAX) {
		if ((rc = expired_row(f, lane, &row, err)) != 1)
			return rc;
		if (take(f, &row, TAKEN_OVER, err) == -1)
			return -1;
	}
	return 0;
}

/* When does the lane's next lease run out? */
static int
note_next_lease(struct sq_filling *f, int64_t lane, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_NEXT_LEASE, err);
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	if ((rc = sq_step(f->s, q, err)) == 1)
		sq_fill_due(f->got, f->s->wall + sqlite3_column_int64(q, 0) -
		    f->s->boot);
	sqlite3_reset(q);
	return rc == -1 ? -1 : 0;
}

/* -- what waits --------------------------------------------------------------- */

/* How many more of ${type} may run now; -1 on failure. */
static int64_t
room(struct sq_filling *f, int64_t lane, const char *type, struct tq_err *err)
{
	int64_t max = tq_limit_of(f->req->limits, f->req->nlimits, f->control,
	    type), running;
	sqlite3_stmt *q;

	if (max == TQ_NO_LIMIT)
		return max;
	if ((q = sq_stmt(f->s, SQ_LEASED_N, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	if (sq_step_one(f->s, q, err) == -1)
		return -1;
	running = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (running >= max)
		f->got->limited = true;
	return running >= max ? 0 : max - running;
}

/* A lane's best waiting priority at most ${below}; -1 none, -2 failure. */
static int
top_prio(struct sq_filling *f, int64_t lane, int below, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_READY_TOP, err);
	int prio = -1, rc;

	if (q == NULL)
		return -2;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int(q, 2, below);
	if ((rc = sq_step(f->s, q, err)) == 1)
		prio = sqlite3_column_int(q, 0);
	sqlite3_reset(q);
	return rc == -1 ? -2 : prio;
}

/*
 * Read up to ${max} rows of one half of (lane, prio): those that wait for the
 * clock (${late}; the first that is not due bounds the wait), or the others.
 * They are read before any is moved, because that is the table being walked.
 */
static int
read_half(struct sq_filling *f, int64_t lane, int prio, int late,
    struct sq_row *rows, size_t max, size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(f->s, SQ_READY, err);
	int rc = 0;

	*n = 0;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int(q, 2, prio);
	sqlite3_bind_int(q, 3, late);
	sqlite3_bind_int64(q, 4, (int64_t)max + late);
	while (*n < max && (rc = sq_step(f->s, q, err)) == 1) {
		if (sq_row_read(f->s, q, f->got->arena, &rows[*n], err) ==
		    -1) {
			rc = -1;
			break;
		}
		if (late && rows[*n].key.at > f->s->wall) {
			sq_fill_due(f->got, rows[*n].key.at);
			break;
		}
		++*n;
	}
	sqlite3_reset(q);
	return rc == -1 ? -1 : 0;
}

/* Up to ${max} due rows of (lane, prio), the longest due first. */
static int
read_ready(struct sq_filling *f, int64_t lane, int prio, struct sq_row *rows,
    size_t max, size_t *n, struct tq_err *err)
{
	struct sq_row *both;
	size_t i = 0, k, nlate, nfree;

	if (read_half(f, lane, prio, 1, rows, max, &nlate, err) == -1)
		return -1;
	both = rows + nlate;
	if (read_half(f, lane, prio, 0, both, max, &nfree, err) == -1)
		return -1;
	*n = nlate + nfree;
	if (nlate == 0 || nfree == 0)
		return 0;
	both = tq_arena_room(f->got->arena, *n * sizeof(*both));
	memcpy(both, rows, *n * sizeof(*both));
	for (k = nlate, *n = 0; *n < max && (i < nlate || k < nlate + nfree); )
		if (k == nlate + nfree || (i < nlate &&
		    both[i].key.at <= both[k].key.at))
			rows[(*n)++] = both[i++];
		else
			rows[(*n)++] = both[k++];
	return 0;
}

struct lane_pick {
	int64_t	lane;
	int64_t	room;
	int	prio;		/* the next priority to look at; -1: done */
};

/*
 * One look at (lane, prio): how many rows were there to be taken?  They are
 * read from the heads of its two halves, so those that were taken, or ended,
 * leave `ready' with one statement for each half.
 */
static int
fill_page(struct sq_filling *f, struct lane_pick *l, struct sq_row *rows,
    size_t want, size_t *n, struct tq_err *err)
{
	const struct sq_row *last[2] = { NULL, NULL };
	size_t k, before;

	if (read_ready(f, l->lane, l->prio, rows, want, n, err) == -1)
		return -1;
	for (k = 0; k < *n && has_room(f); k++) {
		/* One that is to be alone waits until it would be. */
		if (f->got->n > 0 && tq_claim_alone(&rows[k].t)) {
			f->full = f->got->more = true;
			break;
		}
		before = f->got->n;
		if (take(f, &rows[k], LEAVE_TOGETHER, err) == -1)
			return -1;
		l->room -= f->got->n > before;
		last[rows[k].key.late] = &rows[k];
	}
	for (k = 0; k < 2; k++)
		if (last[k] != NULL && sq_ready_taken(f->s, last[k], err) ==
		    -1)
			return -1;
	return 0;
}

/*
 * Fill from one (lane, prio).  Rows past their deadline are ended on the way
 * and others read in their place, so that what is behind them is found.
 */
static int
fill_lane(struct sq_filling *f, struct lane_pick *l, struct tq_err *err)
{
	struct sq_row *rows;
	size_t n, want, ended;

	do {
		want = f->n - f->got->n;
		if ((int64_t)want > l->room)
			want = (size_t)l->room;
		rows = tq_arena_room(f->got->arena, (2 * want + 1) *
		    sizeof(*rows));
		ended = f->ended;
		if (fill_page(f, l, rows, want, &n, err) == -1)
			return -1;
	} while (n == want && f->ended > ended && f->ended < ENDED_MAX &&
	    has_room(f) && l->room > 0);
	if (f->ended >= ENDED_MAX)
		f->got->more = true;
	return 0;
}

/* Fill from all lanes, the highest priority first, lanes in turn. */
static int
fill_ready(struct sq_filling *f, struct lane_pick *lanes, size_t nlanes,
    struct tq_err *err)
{
	size_t i;
	int prio;

	for (prio = 9; prio >= 0 && has_room(f); prio--)
		for (i = 0; i < nlanes && has_room(f); i++) {
			if (lanes[i].prio != prio || lanes[i].room == 0)
				continue;
			if (fill_lane(f, &lanes[i], err) == -1)
				return -1;
			if (!has_room(f) || f->got->more)
				break;
			lanes[i].prio = top_prio(f, lanes[i].lane, prio - 1,
			    err);
			if (lanes[i].prio == -2)
				return -1;
		}
	return 0;
}

/* Claim by name: these tasks, due or not. */
int
sq_fill_ids(struct sq_filling *f, struct tq_err *err)
{
	struct sq_row row;
	size_t i;
	int rc;

	for (i = 0; i < f->req->nids && has_room(f); i++) {
		rc = sq_row_by_id(f->s, f->req->ids[i], f->got->arena, &row,
		    err);
		if (rc == -1)
			return -1;
		if (rc == 0 || strcmp(row.t.queue, f->req->queue) != 0)
			continue;
		if (take(f, &row, LEAVE_ALONE, err) == -1)
			return -1;
	}
	return 0;
}

int
sq_fill_next(struct sq_filling *f, struct tq_err *err)
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
	if (f->ended >= ENDED_MAX)
		f->got->more = true;
	/* A slot that another worker frees rings no bell. */
	if (f->got->limited)
		sq_fill_due(f->got, f->s->wall + LIMITED_MS);
	for (k = 0; f->got->n == 0 && k < n; k++)
		if (note_next_lease(f, lanes[k].lane, err) == -1)
			return -1;
	return 0;
}
