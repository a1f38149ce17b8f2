/* lib/store/sqlite/control.c -- control records and worker presence. */
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "util/time.h"

#define PRESENT_MS	60000	/* unseen for so long: gone */

/* A row of SQ_CONTROL_GET or SQ_CONTROL_ALL. */
static void
read_control(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct tq_control *c)
{
	c->ver = (uint64_t)sqlite3_column_int64(q, 0);
	c->paused = sqlite3_column_int(q, 1) != 0;
	c->reason = tq_arena_str(a, (const char *)sqlite3_column_text(q, 2));
	c->until = sqlite3_column_int64(q, 3);
	c->rate = sqlite3_column_double(q, 4);
	tq_limits_read(c, tq_span_of((const char *)sqlite3_column_text(q, 5)),
	    a);
	tq_control_now(c, s->wall);
}

int
sq_control_get(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_control *c, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	sqlite3_stmt *q = sq_stmt(s, SQ_CONTROL_GET, err);
	int rc;

	*c = (struct tq_control){ .queue = queue };
	if (q == NULL)
		return -1;
	if (!s->in_txn)
		sq_now(s);
	sqlite3_bind_text(q, 1, queue, -1, SQLITE_STATIC);
	if ((rc = sq_step(s, q, err)) != 1)
		return rc;
	read_control(s, q, a, c);
	sqlite3_reset(q);
	return 0;
}

int
sq_control_list(struct tq_store *st, struct tq_arena *a,
    struct tq_control **out, size_t *n, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	sqlite3_stmt *q = sq_stmt(s, SQ_CONTROL_ALL, err);
	struct tq_control *c;
	int rc;

	if (q == NULL)
		return -1;
	sq_now(s);
	*n = 0;
	*out = NULL;
	while ((rc = sq_step(s, q, err)) == 1) {
		*out = tq_arena_more(a, *out, *n, sizeof(*c));
		c = &(*out)[(*n)++];
		*c = (struct tq_control){ .queue = tq_arena_str(a,
		    (const char *)sqlite3_column_text(q, 6)) };
		read_control(s, q, a, c);
	}
	return rc;
}

int
sq_control_set(struct tq_store *st, const struct tq_control *c,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct tq_buf limits = TQ_BUF_INIT(64 * 1024);
	sqlite3_stmt *q;

	tq_limits_write(c, &limits);
	if (sq_txn_begin(s, err) == -1)
		goto fail;
	if ((q = sq_stmt(s, c->ver == 0 ? SQ_CONTROL_ADD : SQ_CONTROL_SET,
	    err)) == NULL)
		goto fail;
	sqlite3_bind_text(q, 1, c->queue, -1, SQLITE_STATIC);
	if (c->ver != 0)
		sqlite3_bind_int64(q, 2, (int64_t)c->ver);
	sqlite3_bind_int(q, 3, c->paused);
	sqlite3_bind_text(q, 4, c->reason, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 5, c->until);
	sqlite3_bind_double(q, 6, c->rate);
	sqlite3_bind_text(q, 7, limits.data, -1, SQLITE_STATIC);
	if (sq_run(s, q, err) == -1)
		goto fail;
	if (sqlite3_changes(s->db) == 0) {
		tq_err_set(err, TQ_AT_UPDATE, TQ_E_LOST,
		    "queue %s: its control record was changed meanwhile",
		    c->queue);
		goto fail;
	}
	sq_ring(s, c->queue);
	tq_buf_free(&limits);
	return sq_txn_commit(s, err);
fail:
	sq_txn_abort(s);
	tq_buf_free(&limits);
	return -1;
}

int
sq_present(struct tq_store *st, const struct tq_presence *p, bool gone,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);
	sqlite3_stmt *q;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	if ((q = sq_stmt(s, gone ? SQ_WORKER_DEL : SQ_WORKER_PUT, err)) == NULL)
		goto fail;
	sqlite3_bind_text(q, 1, p->worker, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, p->queue, -1, SQLITE_STATIC);
	if (!gone) {
		sqlite3_bind_text(q, 3, p->types, -1, SQLITE_STATIC);
		sqlite3_bind_int(q, 4, p->slots);
		sqlite3_bind_int(q, 5, p->busy);
		sqlite3_bind_int64(q, 6, p->started_at);
		sqlite3_bind_int64(q, 7, s->wall);
	}
	if (sq_run(s, q, err) == -1)
		goto fail;
	return sq_txn_commit(s, err);
fail:
	sq_txn_abort(s);
	return -1;
}

int
sq_workers(struct tq_store *st, struct tq_arena *a, struct tq_presence **out,
    size_t *n, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	sqlite3_stmt *q = sq_stmt(s, SQ_WORKER_ALL, err);
	struct tq_presence *p;
	int rc;

	if (q == NULL)
		return -1;
	sq_now(s);
	*n = 0;
	*out = NULL;
	sqlite3_bind_int64(q, 1, s->wall - PRESENT_MS);
	while ((rc = sq_step(s, q, err)) == 1) {
		*out = tq_arena_more(a, *out, *n, sizeof(*p));
		p = &(*out)[(*n)++];
		p->worker = tq_arena_str(a,
		    (const char *)sqlite3_column_text(q, 0));
		p->queue = tq_arena_str(a,
		    (const char *)sqlite3_column_text(q, 1));
		p->types = tq_arena_str(a,
		    (const char *)sqlite3_column_text(q, 2));
		p->slots = sqlite3_column_int(q, 3);
		p->busy = sqlite3_column_int(q, 4);
		p->started_at = sqlite3_column_int64(q, 5);
		p->seen_at = sqlite3_column_int64(q, 6);
	}
	return rc;
}
