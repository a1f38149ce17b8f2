/* lib/store/sqlite/wait.c -- sleeping until something changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/meta.h"
#include "store/sqlite/record.h"

#define NAP_MS		1000	/* how late a wake-up that got lost is noticed */
#define LOOK_MS		5000	/* ... when its sender was killed in between */
#define FOLLOW_MS	60000	/* how long a cursor stays good unused */

int
sq_wait_ready(struct tq_store *st, const char *queue, uint64_t bell,
    int64_t timeout_ms, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms, left;
	const uint32_t *word;

	(void)err;
	word = &s->wake->bell[sq_bell_index(queue)];
	for (;;) {
		left = end - tq_boot_ms(st->env);
		if (sq_word_wait(s->sys, word, (uint32_t)bell,
		    left < NAP_MS ? left : NAP_MS))
			return 1;
		if (left <= 0)
			return 0;
	}
}

int
sq_wait_cancel(struct tq_store *st, uint64_t *bell, int64_t timeout_ms)
{
	struct sq *s = sq_of(st);
	const uint32_t *word = &s->wake->cancels;
	int rang;

	rang = sq_word_wait(s->sys, word, (uint32_t)*bell,
	    timeout_ms < NAP_MS ? timeout_ms : NAP_MS);
	*bell = __atomic_load_n(word, __ATOMIC_SEQ_CST);
	return rang;
}

void
sq_store_wake(struct tq_store *st)
{
	struct sq *s = sq_of(st);
	size_t i;

	if (!s->wake_rw)
		return;
	for (i = 0; i < SQ_BELLS; i++) {
		sq_word_bump(&s->wake->bell[i]);
		s->sys->wake(&s->wake->bell[i]);
	}
	/* Not raised: other workers would renew their leases for nothing. */
	s->sys->wake(&s->wake->cancels);
}

/*
 * Sleep until there was a commit, at most ${ms}.  Without the wake file (a
 * reader that may not open it): a tenth of a second.  1 on a commit, 0 at
 * the end of the time, 2 after a signal.
 */
static int
nap(struct sq *s, uint32_t seen, int64_t ms)
{
	static const uint32_t never;
	const uint32_t *word = s->wake != NULL ? &s->wake->changes : &never;
	int64_t most = s->wake != NULL ? NAP_MS : 100;

	errno = 0;
	if (sq_word_wait(s->sys, word, s->wake != NULL ? seen : 0,
	    ms < most ? ms : most))
		return 1;
	return errno == EINTR ? 2 : s->wake == NULL;
}

static uint32_t
changes_now(const struct sq *s)
{
	return s->wake == NULL ? 0 :
	    __atomic_load_n(&s->wake->changes, __ATOMIC_SEQ_CST);
}

/*
 * Is the record of ${ref} still at its rev?  1, 0, or -1.  A waiting one may
 * have passed its deadline without a write, so only those that run or have
 * ended are known by their rev alone.
 */
static int
unchanged(struct sq *s, const struct tq_ref *ref, struct tq_err *err)
{
	static const enum sq_stmt homes[] = { SQ_REV_ENDED, SQ_REV_LEASE };
	sqlite3_stmt *q;
	int64_t rid;
	size_t i;
	int rc = ref->rev == 0 ? 0 : sq_rid(s, ref->id, &rid, err);

	if (rc != 1)
		return rc;
	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		if ((q = sq_stmt(s, homes[i], err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, rid);
		if ((rc = sq_step(s, q, err)) == 0)
			continue;
		rc = rc == -1 ? -1 :
		    (uint64_t)sqlite3_column_int64(q, 0) == ref->rev;
		sqlite3_reset(q);
		return rc;
	}
	return 0;
}

/* As unchanged(), and else the record, or an empty one, in *${out}. */
static int
look_at(struct sq *s, const struct tq_ref *ref, struct tq_arena *a,
    int64_t *deadline, struct tq_task **out, struct tq_err *err)
{
	struct sq_row *row;
	int rc = unchanged(s, ref, err);

	*out = NULL;
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	row = tq_arena_alloc(a, sizeof(*row));
	if ((rc = sq_row_by_id(s, ref->id, a, row, err)) == -1)
		return -1;
	if (rc == 0 || !sq_as_of_now(s, row, a))	/* tq_is_gone() */
		memset(row, 0, sizeof(*row));
	else if (ref->rev == row->t.rev) {
		/* It changes by itself when its deadline passes. */
		if (row->t.expires_at != 0 && (TQ_BIT(row->t.status) &
		    TQ_FINISHED) == 0 && row->t.status != TQ_RUNNING &&
		    row->t.expires_at < *deadline)
			*deadline = row->t.expires_at;
		return 0;
	}
	*out = &row->t;
	return 1;
}

/* How many changed; *${deadline}: when one does by itself. */
static int
look(struct sq *s, const struct tq_ref *refs, size_t n, struct tq_arena *a,
    int64_t *deadline, struct tq_task **out, struct tq_err *err)
{
	int changed = 0, rc;
	size_t i;

	*deadline = INT64_MAX;
	for (i = 0; i < n; i++) {
		rc = look_at(s, &refs[i], a, deadline, &out[i], err);
		if (rc == -1)
			return -1;
		changed += rc;
	}
	return changed;
}

static int
look_once(struct sq *s, const struct tq_ref *refs, size_t n,
    struct tq_arena *a, int64_t *deadline, struct tq_task **out,
    struct tq_err *err)
{
	int rc = sq_read_begin(s, err) == -1 ? -1 :
	    look(s, refs, n, a, deadline, out, err);

	sq_read_end(s);
	return rc;
}

int
sq_wait_ids(struct tq_store *st, const struct tq_ref *refs, size_t n,
    int64_t timeout_ms, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms, before, now, deadline;
	uint32_t seen;
	int rc;

	for (;;) {
		seen = changes_now(s);
		before = tq_boot_ms(st->env);
		if ((rc = look_once(s, refs, n, a, &deadline, out, err)) != 0)
			return rc;
		now = tq_boot_ms(st->env);
		/* On the store's time for expiry. */
		deadline = deadline == INT64_MAX ? INT64_MAX :
		    deadline > s->expiry ? now + (deadline - s->expiry) : now;
		/* A look at many ids is not worth repeating at every commit. */
		if (now - before > 2 && end - now > 5 * (now - before))
			sq_word_wait(s->sys, &(uint32_t){ 0 }, 0,
			    5 * (now - before));
		do {
			now = tq_boot_ms(st->env);
			if (now >= end)
				return 0;
			if (now >= deadline)
				break;
			rc = nap(s, seen, (end < deadline ? end : deadline) -
			    now);
			if (rc == 0 && sq_there(st, err) == -1)
				return -1;
		} while (rc == 0 && now - before < LOOK_MS);
		if (rc == 2)
			return 0;
	}
}

/* Ask writers to number their changes for the next while. */
static void
announce(struct sq *s)
{
	int64_t until = s->boot + FOLLOW_MS + 5000;

	if (__atomic_load_n(&s->wake->followers_until, __ATOMIC_SEQ_CST) <
	    until - 1000)
		__atomic_store_n(&s->wake->followers_until, until,
		    __ATOMIC_SEQ_CST);
}

/* The cursor's number when nothing has been seen yet. */
static int
seq_now(struct sq *s, int64_t *seq, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_META, err);

	if (q == NULL)
		return -1;
	if (sq_step_one(s, q, err) == -1)
		return -1;
	*seq = sqlite3_column_int64(q, SQ_M_SEQ);
	sqlite3_reset(q);
	return 0;
}

#define CHANGES_MAX	256

/* Up to CHANGES_MAX (rid) of changes behind *${seq}, each record once. */
static int
changed_rids(struct sq *s, int64_t *seq, int64_t *rids, size_t *n,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_CHANGED, err);
	size_t i;
	int rc;

	*n = 0;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, *seq);
	sqlite3_bind_int(q, 2, CHANGES_MAX);
	while ((rc = sq_step(s, q, err)) == 1) {
		*seq = sqlite3_column_int64(q, 0);
		rids[*n] = sqlite3_column_int64(q, 1);
		/* It is told in its present state: only its last place counts. */
		for (i = 0; i < *n; i++)
			if (rids[i] == rids[*n]) {
				memmove(&rids[i], &rids[i + 1], (*n - i) *
				    sizeof(*rids));
				--*n;
				break;
			}
		++*n;
	}
	return rc;
}

/* The row of a record that has changed: 1, 0 when nobody asks for it, or -1. */
static int
read_changed(struct sq *s, int64_t rid, bool ended, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q;
	int rc;

	if (ended) {
		if ((q = sq_stmt(s, SQ_REV_ENDED, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, rid);
		rc = sq_step(s, q, err);
		sqlite3_reset(q);
		if (rc != 1)
			return rc;
	}
	return sq_row_by_rid(s, rid, a, row, err);
}

static int
fill_changes(struct sq *s, const char *queue, bool ended, int64_t *seq,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	int64_t rids[CHANGES_MAX + 1];
	struct sq_row row;
	size_t i, n;
	int rc;

	if (changed_rids(s, seq, rids, &n, err) == -1)
		return -1;
	page->seen += n;
	page->tasks = tq_arena_alloc(a, n * sizeof(*page->tasks));
	for (i = 0; i < n; i++) {
		if ((rc = read_changed(s, rids[i], ended, a, &row, err)) == -1)
			return -1;
		if (rc == 1 && sq_as_of_now(s, &row, a) && (queue == NULL ||
		    strcmp(row.t.queue, queue) == 0))
			page->tasks[page->n++] = row.t;
	}
	return 0;
}

static int
read_changes(struct sq *s, const char *queue, bool ended, int64_t *seq,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	int rc = sq_read_begin(s, err) == -1 ? -1 :
	    fill_changes(s, queue, ended, seq, a, page, err);

	sq_read_end(s);
	return rc;
}

static int
parse_cursor(struct sq *s, const char *cursor, int64_t *seq,
    struct tq_err *err)
{
	long long n, when;

	if (sscanf(cursor, "c1.%lld.%lld", &n, &when) != 2)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", cursor);
	if (when < s->boot - FOLLOW_MS || when > s->boot)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_LOST,
		    "the cursor was not used for over a minute: changes may "
		    "have been missed");
	*seq = n;
	return 0;
}

int
sq_wait_changes(struct tq_store *st, const char *queue, bool ended,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms, seq, from;
	uint32_t seen;

	*page = (struct tq_page){ 0 };
	if (!s->wake_rw)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DENIED,
		    "%s.wake: following changes needs to write it",
		    s->url.path);
	sq_now(s);
	announce(s);
	if (cursor == NULL) {
		if (seq_now(s, &seq, err) == -1)
			return -1;
		goto done;
	}
	if (parse_cursor(s, cursor, &seq, err) == -1)
		return -1;
	for (;;) {
		seen = changes_now(s);
		from = seq;
		if (sq_there(st, err) == -1 ||
		    read_changes(s, queue, ended, &seq, a, page, err) == -1)
			return -1;
		sq_now(s);
		if (page->n > 0 || (ended && page->seen > 0) || s->boot >= end)
			break;
		announce(s);
		if (seq == from && nap(s, seen, end - s->boot) == 2)
			break;
	}
done:
	sq_now(s);
	page->cursor = tq_arena_fmt(a, "c1.%lld.%lld", (long long)seq,
	    (long long)s->boot);
	return 0;
}
