/* lib/store/sqlite/row.c -- a row of `task' <-> struct tq_task. */
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "task/id.h"

/* In the order of SQ_COLS. */
enum col {
	C_RID, C_ID, C_LANE, C_STATUS, C_AT, C_PRIO, C_TOKEN, C_CLAIM, C_REV,
	C_ATTEMPTS, C_CRASHES, C_FLAGS, C_CREATED, C_UPDATED, C_STARTED,
	C_WORKER, C_MAX_ATTEMPTS, C_TIMEOUT, C_BACKOFF, C_BACKOFF_CAP,
	C_EXPIRES, C_GIVE_UP, C_PSIZE, C_RSIZE, C_STAGE, C_CODE, C_REASON,
	C_INPUT, C_OUTPUT, C_OUTPUT_SIZE, C_LOG, C_LABELS, C_GRP, C_PARENT,
	C_TRACEPARENT, C_NOTIFY, C_WAITS_FOR, C_ARGV, C_SUBMIT_ID,
	C_FINGERPRINT, C_PROGRESS, C_PAYLOAD, C_RESULT
};

void
sq_bind_id(sqlite3_stmt *q, int i, const char *id)
{
	uint8_t raw[16];

	if (tq_uuid_parse(id, raw))
		sqlite3_bind_blob(q, i, raw, sizeof(raw), SQLITE_TRANSIENT);
	else
		sqlite3_bind_text(q, i, id, -1, SQLITE_STATIC);
}

static const char *
id_text(sqlite3_stmt *q, int c, struct tq_arena *a)
{
	char text[TQ_UUID_TEXT];

	if (sqlite3_column_type(q, c) != SQLITE_BLOB ||
	    sqlite3_column_bytes(q, c) != 16)
		return tq_arena_str(a, (const char *)sqlite3_column_text(q, c));
	tq_uuid_text(sqlite3_column_blob(q, c), text);
	return tq_arena_dup(a, text, sizeof(text) - 1);
}

static const char *
text(sqlite3_stmt *q, int c, struct tq_arena *a)
{
	const char *p;

	if (sqlite3_column_type(q, c) == SQLITE_NULL)
		return NULL;
	p = (const char *)sqlite3_column_text(q, c);
	return p == NULL ? NULL :
	    tq_arena_dup(a, p, (size_t)sqlite3_column_bytes(q, c));
}

static struct tq_span
span(sqlite3_stmt *q, int c, struct tq_arena *a)
{
	const char *p;
	size_t n;

	if (sqlite3_column_type(q, c) == SQLITE_NULL)
		return TQ_SPAN_NONE;
	p = sqlite3_column_blob(q, c);
	n = (size_t)sqlite3_column_bytes(q, c);
	return (struct tq_span){ tq_arena_dup(a, p, n), n };
}

/* Bytes in the row, or the name of the blob that has them. */
static struct tq_span
read_bytes(sqlite3_stmt *q, int c, enum sq_place place, struct tq_arena *a,
    const char **blob)
{
	if (place == SQ_INLINE)
		return span(q, c, a);
	if (place == SQ_BLOB && (*blob = text(q, c, a)) == NULL)
		*blob = "missing";
	return TQ_SPAN_NONE;
}

static void
read_bodies(sqlite3_stmt *q, struct tq_arena *a, struct sq_row *row)
{
	enum sq_place p = SQ_GET_PPLACE(row->flags);
	enum sq_place r = SQ_GET_RPLACE(row->flags);
	struct tq_task *t = &row->t;

	t->payload_kind = SQ_GET_PKIND(row->flags);
	t->payload = read_bytes(q, C_PAYLOAD, p, a, &row->blob[SQ_PAYLOAD]);
	t->payload_size = p == SQ_INLINE ? t->payload.n :
	    (size_t)sqlite3_column_int64(q, C_PSIZE);
	t->result_kind = SQ_GET_RKIND(row->flags);
	t->result = read_bytes(q, C_RESULT, r, a, &row->blob[SQ_RESULT]);
	t->result_size = r == SQ_INLINE ? t->result.n :
	    (size_t)sqlite3_column_int64(q, C_RSIZE);
}

/* What `at' means depends on the status. */
static void
read_times(const struct sq *s, sqlite3_stmt *q, struct sq_row *row)
{
	struct tq_task *t = &row->t;

	t->created_at = sqlite3_column_int64(q, C_CREATED);
	t->updated_at = sqlite3_column_int64(q, C_UPDATED);
	t->started_at = sqlite3_column_int64(q, C_STARTED);
	t->give_up_at = sqlite3_column_int64(q, C_GIVE_UP);
	if (TQ_BIT(t->status) & TQ_FINISHED) {
		t->finished_at = row->at;
		t->expires_at = row->at + (t->status == TQ_FAILED ?
		    TQ_KEEP_DEAD_MS : TQ_KEEP_MS);
	} else if (t->status == TQ_RUNNING) {
		t->lease_until = s->wall + (row->at - s->boot);
	} else {
		t->expires_at = sqlite3_column_int64(q, C_EXPIRES);
		if (row->at > t->created_at)
			t->not_before = row->at;
	}
}

static void
read_rare(sqlite3_stmt *q, struct tq_arena *a, struct tq_task *t)
{
	t->input = text(q, C_INPUT, a);
	t->labels = span(q, C_LABELS, a);
	t->group = text(q, C_GRP, a);
	t->parent = text(q, C_PARENT, a);
	t->traceparent = text(q, C_TRACEPARENT, a);
	t->notify = text(q, C_NOTIFY, a);
	t->waits_for = span(q, C_WAITS_FOR, a);
	t->argv = span(q, C_ARGV, a);
	t->submit_id = text(q, C_SUBMIT_ID, a);
	t->fingerprint = text(q, C_FINGERPRINT, a);
	t->progress = span(q, C_PROGRESS, a);
}

static void
read_outcome(sqlite3_stmt *q, struct tq_arena *a, struct tq_task *t)
{
	t->worker = text(q, C_WORKER, a);
	t->err_stage = (enum tq_stage)sqlite3_column_int(q, C_STAGE);
	t->err_code = text(q, C_CODE, a);
	t->reason = text(q, C_REASON, a);
	t->output = text(q, C_OUTPUT, a);
	t->output_size = sqlite3_column_int64(q, C_OUTPUT_SIZE);
	t->log = text(q, C_LOG, a);
}

int
sq_row_read(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	const struct sq_lane *l;
	struct tq_task *t = &row->t;

	memset(row, 0, sizeof(*row));
	row->rid = sqlite3_column_int64(q, C_RID);
	row->lane = sqlite3_column_int64(q, C_LANE);
	row->at = sqlite3_column_int64(q, C_AT);
	row->flags = sqlite3_column_int(q, C_FLAGS);
	if ((l = sq_lane_get(s, row->lane, err)) == NULL)
		return -1;
	t->id = id_text(q, C_ID, a);
	t->queue = tq_arena_str(a, l->queue);
	t->type = tq_arena_str(a, l->type);
	t->status = (enum tq_status)sqlite3_column_int(q, C_STATUS);
	t->prio = sqlite3_column_int(q, C_PRIO);
	t->token = (uint64_t)sqlite3_column_int64(q, C_TOKEN);
	t->claim = (uint64_t)sqlite3_column_int64(q, C_CLAIM);
	t->rev = (uint64_t)sqlite3_column_int64(q, C_REV);
	t->attempts = sqlite3_column_int(q, C_ATTEMPTS);
	t->crashes = sqlite3_column_int(q, C_CRASHES);
	t->max_attempts = sqlite3_column_int(q, C_MAX_ATTEMPTS);
	t->timeout_ms = sqlite3_column_int64(q, C_TIMEOUT);
	t->backoff_ms = sqlite3_column_int64(q, C_BACKOFF);
	t->backoff_cap_ms = sqlite3_column_int64(q, C_BACKOFF_CAP);
	t->cancel_requested = (row->flags & SQ_CANCEL) != 0;
	t->drained = (row->flags & SQ_DRAINED) != 0;
	read_times(s, q, row);
	read_rare(q, a, t);
	read_outcome(q, a, t);
	read_bodies(q, a, row);
	if (t->id == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	return 0;
}

bool
sq_expired(const struct sq *s, const struct sq_row *row)
{
	return row->t.status != TQ_RUNNING && row->t.expires_at != 0 &&
	    row->t.expires_at <= s->wall;
}

int
sq_row_by_id(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BY_ID, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		rc = sq_row_read(s, q, a, row, err) == -1 ? -1 :
		    !sq_expired(s, row);
	} else {
		rc = rc == SQLITE_DONE ? 0 : sq_fail(s, err, "read");
	}
	sqlite3_reset(q);
	return rc;
}

int
sq_tally_status(int status, int flags)
{
	return status == TQ_FAILED && (flags & SQ_DRAINED) != 0 ?
	    SQ_STATUS_DRAINED : status;
}
