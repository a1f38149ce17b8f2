/*
 * lib/store/sqlite/txn.c -- one write transaction.
 *
 * Writers take turns by flock: SQLite's own busy handler sleeps while the
 * last winner locks again at once, so that one worker of two gets every task.
 * The kernel hands flock on in order and frees it when a holder is killed.
 * Nothing but SQL happens while it is held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/file.h>

#include "store/sqlite/meta.h"
#include "store/sqlite/record.h"

#define CHANGE_MS		120000	/* how long a change can be followed */
#define CHANGE_BLOCK		1024	/* after so many the old ones go */

void
sq_now(struct sq *s)
{
	s->wall = tq_wall_ms(s->base.env);
	s->boot = tq_boot_ms(s->base.env);
}

#define DEAF_MS	1000	/* a turn takes milliseconds: it is worth waiting for */

/* The signal came already: none will end another wait.  EINTR at ${until}. */
static int
take_turn_soon(struct sq *s, int64_t until)
{
	static const struct timespec nap = { 0, 10000000 };

	while (s->sys->flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (tq_boot_ms(s->base.env) >= until) {
			errno = EINTR;
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* A signal ends the wait only when whoever has the lock seems to keep it. */
static int
take_turn(struct sq *s, struct tq_err *err)
{
	int64_t since = tq_boot_ms(s->base.env);
	int rc, errnum;

	__atomic_store_n(&s->waits, since, __ATOMIC_RELAXED);
	do
		rc = s->sys->flock(s->lock_fd, LOCK_EX);
	while (rc == -1 && errno == EINTR && !tq_stopped(s->base.env) &&
	    tq_boot_ms(s->base.env) - since < DEAF_MS);
	if (rc == -1 && errno == EINTR && tq_stopped(s->base.env))
		rc = take_turn_soon(s, since + DEAF_MS);
	errnum = errno;
	__atomic_store_n(&s->waits, 0, __ATOMIC_RELAXED);
	if (rc == 0)
		return 0;
	return tq_err_sys(err, TQ_AT_STORE, errnum == EINTR ? TQ_E_INTR :
	    TQ_E_IO, errnum, "%s.lock", s->url.path);
}

int64_t
sq_waits(const struct tq_store *st)
{
	const struct sq *s = (const struct sq *)st;

	return __atomic_load_n(&s->waits, __ATOMIC_RELAXED);
}

static struct tq_clock
read_clock(sqlite3_stmt *q, int c)
{
	return (struct tq_clock){ sqlite3_column_int(q, c + 1) != 0,
	    sqlite3_column_int64(q, c + 2), sqlite3_column_int64(q, c + 3),
	    sqlite3_column_int64(q, c + 4), sqlite3_column_int64(q, c + 5) };
}

static bool
same_boot(struct sq *s, sqlite3_stmt *q, int c)
{
	const char *stored = (const char *)sqlite3_column_text(q, c);

	return stored != NULL && strcmp(stored,
	    s->base.env->boot_id(s->base.env->arg)) == 0;
}

int
sq_read_expiry(struct sq *s, struct tq_err *err)
{
	unsigned version = 0;
	sqlite3_stmt *q;

	sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_DATA_VERSION, &version);
	if (!s->clock_met || version != s->clock_version) {
		if ((q = sq_stmt(s, SQ_META, err)) == NULL ||
		    sq_step_one(s, q, err) == -1)
			return -1;
		s->clock = read_clock(q, SQ_M_CLOCK);
		s->clock_version = version;
		/* Until a writer has seen this boot, it depends on "now". */
		if (!(s->clock_met = same_boot(s, q, SQ_M_CLOCK)))
			tq_clock_boot(&s->clock, s->wall, s->boot);
		sqlite3_reset(q);
	}
	s->expiry = tq_clock_expiry(&s->clock, s->boot);
	return 0;
}

int
sq_read_begin(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;

	sq_now(s);
	if ((q = sq_stmt(s, SQ_BEGIN_READ, err)) == NULL ||
	    sq_run(s, q, err) == -1)
		return -1;
	/* The first read begins it: before, the data version is an older one. */
	s->clock_met = false;
	if (sq_read_expiry(s, err) == -1) {
		sq_read_end(s);
		return -1;
	}
	return 0;
}

void
sq_read_end(struct sq *s)
{
	sqlite3_stmt *q;

	if (!sqlite3_get_autocommit(s->db) &&
	    (q = sq_stmt(s, SQ_COMMIT, NULL)) != NULL)
		sq_run(s, q, NULL);
}

static int
write_clock(struct sq *s, const struct tq_clock *c, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_META_CLOCK, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, s->base.env->boot_id(s->base.env->arg), -1,
	    SQLITE_STATIC);
	sqlite3_bind_int(q, 2, c->known);
	sqlite3_bind_int64(q, 3, c->offset);
	sqlite3_bind_int64(q, 4, c->seen);
	sqlite3_bind_int64(q, 5, c->since);
	sqlite3_bind_int64(q, 6, c->high);
	return sq_run(s, q, err);
}

/* Leases of another boot are over: CLOCK_BOOTTIME has started anew. */
static int
check_clock(struct sq *s, struct tq_clock *c, bool same, struct tq_err *err)
{
	sqlite3_stmt *q;
	bool write;

	if (!same)
		tq_clock_boot(c, s->wall, s->boot);
	write = tq_clock_turn(c, s->wall, s->boot) || !same;
	s->expiry = tq_clock_expiry(c, s->boot);
	if (!same && ((q = sq_stmt(s, SQ_LEASES_VOID, err)) == NULL ||
	    sq_run(s, q, err) == -1))
		return -1;
	return write ? write_clock(s, c, err) : 0;
}

static int
check_meta(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_META, err);
	int min_writer;
	int64_t lanes_gen;
	struct tq_clock c;
	bool same;

	if (q == NULL)
		return -1;
	if (sq_step_one(s, q, err) == -1)
		return -1;
	min_writer = sqlite3_column_int(q, SQ_M_MIN_WRITER);
	s->seq = s->seq_begun = sqlite3_column_int64(q, SQ_M_SEQ);
	lanes_gen = sqlite3_column_int64(q, SQ_M_LANES_GEN);
	s->owed = sqlite3_column_int64(q, SQ_M_OWED);
	c = read_clock(q, SQ_M_CLOCK);
	same = same_boot(s, q, SQ_M_CLOCK);
	sqlite3_reset(q);
	if (min_writer > SQ_SCHEMA)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NEWER,
		    "%s: is used by a newer tq (schema %d, this tq writes "
		    "%d); upgrade tq here", s->base.name, min_writer,
		    SQ_SCHEMA);
	/* Somebody dropped lanes that this handle may know. */
	if (lanes_gen != s->lanes_gen)
		sq_lanes_free(s);
	s->lanes_gen = lanes_gen;
	s->followed = s->wake != NULL && s->boot <
	    __atomic_load_n(&s->wake->followers_until, __ATOMIC_RELAXED);
	return check_clock(s, &c, same, err);
}

int
sq_txn_begin(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (!s->writable)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_BUG,
		    "%s: opened for reading only", s->base.name);
	if (take_turn(s, err) == -1)
		return -1;
	s->in_txn = true;
	s->ndelta = 0;
	s->ntrash = 0;
	s->new_first = 0;
	s->owes = false;
	sq_now(s);
	if ((q = sq_stmt(s, SQ_BEGIN, err)) == NULL ||
	    sq_run(s, q, err) == -1 || check_meta(s, err) == -1) {
		sq_txn_abort(s);
		return -1;
	}
	return 0;
}

static int
write_tallies(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;
	size_t i;

	for (i = 0; i < s->ndelta; i++) {
		if (s->delta[i].n == 0)
			continue;
		if ((q = sq_stmt(s, SQ_TALLY_ADD, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, s->delta[i].lane);
		sqlite3_bind_int(q, 2, s->delta[i].status);
		sqlite3_bind_int64(q, 3, s->delta[i].n);
		if (sq_run(s, q, err) == -1)
			return -1;
	}
	return 0;
}

/* The last number, and for each block of new ones without two old blocks. */
static int
write_seq(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;
	int64_t blocks;

	if (!s->followed)
		return 0;
	if ((q = sq_stmt(s, SQ_META_SEQ, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, s->seq);
	if (sq_run(s, q, err) == -1)
		return -1;
	if ((blocks = s->seq / CHANGE_BLOCK - s->seq_begun / CHANGE_BLOCK) == 0)
		return 0;
	if ((q = sq_stmt(s, SQ_CHANGE_OLD, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, s->boot - CHANGE_MS);
	sqlite3_bind_int64(q, 2, 2 * CHANGE_BLOCK * blocks);
	return sq_run(s, q, err);
}

/*
 * The words are raised before COMMIT and under the lock, so that a claim that
 * sees the new word also sees the new tasks; a producer that is killed before
 * it wakes anybody leaves a word that waiters find by themselves in a second.
 */
static void
bump_words(struct sq *s)
{
	size_t i;

	if (s->wake == NULL)
		return;
	sq_word_bump(&s->wake->changes);
	for (i = 0; s->ring_any && i < SQ_BELLS; i++)
		if (s->rung[i])
			sq_word_bump(&s->wake->bell[i]);
	if (s->ring_cancels)
		sq_word_bump(&s->wake->cancels);
}

static void
wake_words(struct sq *s)
{
	size_t i;

	if (s->wake == NULL)
		return;
	/*
	 * Readers take no lock: one may have seen the raised word and still
	 * the old state.  So raise it once more.
	 */
	sq_word_bump(&s->wake->changes);
	s->sys->wake(&s->wake->changes);
	for (i = 0; s->ring_any && i < SQ_BELLS; i++)
		if (s->rung[i])
			s->sys->wake(&s->wake->bell[i]);
	if (s->ring_cancels)
		s->sys->wake(&s->wake->cancels);
}

static void
end_turn(struct sq *s)
{
	s->in_txn = false;
	s->sys->flock(s->lock_fd, LOCK_UN);
}

static void
clear_rung(struct sq *s)
{
	if (s->ring_any)
		memset(s->rung, 0, sizeof(s->rung));
	s->ring_any = s->ring_cancels = false;
}

/* All was written when the sync failed: the next who opens may find it.  On a
   full disk it was not. */
static void
unsure(struct tq_err *err)
{
	struct tq_err why = *err;

	tq_err_set(err, why.stage, why.code, "%s; it may be stored all the "
	    "same: look, or do it again (a submit with --key is done once)",
	    why.msg);
}

int
sq_txn_commit(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;
	size_t i;

	if (write_tallies(s, err) == -1 || write_seq(s, err) == -1 ||
	    (q = sq_stmt(s, SQ_COMMIT, err)) == NULL) {
		sq_txn_abort(s);
		return -1;
	}
	bump_words(s);
	if (sq_run(s, q, err) == -1) {
		if (err != NULL && err->code == TQ_E_IO &&
		    sqlite3_errcode(s->db) != SQLITE_FULL)
			unsure(err);
		sq_txn_abort(s);
		return -1;
	}
	end_turn(s);
	wake_words(s);
	clear_rung(s);
	sq_wal_spill(s);
	for (i = 0; i < s->ntrash; i++)
		sq_blob_del(&s->base, s->trash[i], NULL);
	s->ntrash = s->nends = 0;
	tq_arena_reset(&s->trash_arena);
	tq_arena_reset(&s->ends_arena);
	return 0;
}

void
sq_txn_abort(struct sq *s)
{
	if (!s->in_txn)
		return;
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	end_turn(s);
	clear_rung(s);
	s->ntrash = s->nends = 0;
	tq_arena_reset(&s->trash_arena);
	tq_arena_reset(&s->ends_arena);
	/* It may know lanes that were just rolled back. */
	sq_lanes_free(s);
}

static struct sq_delta *
delta_find(struct sq *s, int64_t lane, int status)
{
	struct sq_delta *grown;
	size_t i;

	for (i = s->ndelta; i-- > 0; )
		if (s->delta[i].lane == lane && s->delta[i].status == status)
			return &s->delta[i];
	if (s->ndelta == s->capdelta) {
		size_t cap = s->capdelta == 0 ? 16 : s->capdelta * 2;

		if ((grown = realloc(s->delta, cap * sizeof(*grown))) == NULL)
			return NULL;
		s->delta = grown;
		s->capdelta = cap;
	}
	s->delta[s->ndelta] = (struct sq_delta){ lane, status, 0 };
	return &s->delta[s->ndelta++];
}

int
sq_move(struct sq *s, int64_t lane, int from, int to, struct tq_err *err)
{
	struct sq_delta *d;

	if (from == to)
		return 0;
	if (from != -1) {
		if ((d = delta_find(s, lane, from)) == NULL)
			goto nomem;
		d->n--;
	}
	if (to != -1) {
		if ((d = delta_find(s, lane, to)) == NULL)
			goto nomem;
		d->n++;
	}
	return 0;
nomem:
	return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
}

void
sq_ring(struct sq *s, const char *queue)
{
	s->rung[sq_bell_index(queue)] = 1;
	s->ring_any = true;
}

int
sq_changed(struct sq *s, int64_t rid, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (!s->followed)
		return 0;
	if ((q = sq_stmt(s, SQ_CHANGE_ADD, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, ++s->seq);
	sqlite3_bind_int64(q, 2, rid);
	sqlite3_bind_int64(q, 3, s->boot);
	return sq_run(s, q, err);
}

void
sq_trash(struct sq *s, const char *name)
{
	const char **grown;

	if (s->ntrash == s->captrash) {
		size_t cap = s->captrash == 0 ? 16 : s->captrash * 2;

		/* A blob that can't be noted here is left to the sweep. */
		if ((grown = realloc(s->trash, cap * sizeof(*grown))) == NULL)
			return;
		s->trash = grown;
		s->captrash = cap;
	}
	s->trash[s->ntrash++] = tq_arena_str(&s->trash_arena, name);
}

void
sq_ended(struct sq *s, const char *id, enum tq_status status, bool gone)
{
	if (s->nends == s->capends) {
		s->capends = s->capends == 0 ? 16 : s->capends * 2;
		s->ends = tq_must(realloc(s->ends, s->capends *
		    sizeof(*s->ends)));
	}
	s->ends[s->nends++] = (struct sq_end){ tq_arena_str(&s->ends_arena,
	    id), status, gone };
}
