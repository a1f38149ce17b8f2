/* lib/store/sqlite/row.c -- a row of `task' <-> struct tq_task. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "task/id.h"

/* In the order of SQ_COLS. */
enum col {
	C_RID, C_ID, C_LANE, C_STATUS, C_AT, C_PRIO, C_TOKEN, C_CLAIM, C_REV,
	C_ATTEMPTS, C_FLAGS, C_CREATED, C_UPDATED, C_STARTED, C_WORKER,
	C_EXPIRES, C_SUBMIT_ID, C_ASKED, C_BECAME, C_PAYLOAD, C_RESULT
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
	const char *p = (const char *)sqlite3_column_text(q, c);

	return p == NULL ? NULL :
	    tq_arena_dup(a, p, (size_t)sqlite3_column_bytes(q, c));
}

/* The bytes in the row, or their number and where they are: bodies.c. */
static struct tq_span
read_bytes(sqlite3_stmt *q, int c, enum sq_place place, struct tq_arena *a,
    size_t *size, const char **blob)
{
	const char *p;
	char *end;

	if (sqlite3_column_type(q, c) == SQLITE_NULL)
		return TQ_SPAN_NONE;
	if (place == SQ_INLINE) {
		p = sqlite3_column_blob(q, c);
		*size = (size_t)sqlite3_column_bytes(q, c);
		return (struct tq_span){ tq_arena_dup(a, p, *size), *size };
	}
	*size = (size_t)sqlite3_column_int64(q, c);
	if (place == SQ_BLOB && (p = text(q, c, a)) != NULL) {
		*size = (size_t)strtoull(p, &end, 10);
		*blob = *end == ' ' ? end + 1 : end;
	}
	return TQ_SPAN_NONE;
}

static void
read_bodies(sqlite3_stmt *q, struct tq_arena *a, struct sq_row *row)
{
	struct tq_task *t = &row->t;

	t->payload_kind = SQ_GET_PKIND(row->flags);
	t->payload = read_bytes(q, C_PAYLOAD, SQ_GET_PPLACE(row->flags), a,
	    &t->payload_size, &row->blob[SQ_PAYLOAD]);
	t->result_kind = SQ_GET_RKIND(row->flags);
	t->result = read_bytes(q, C_RESULT, SQ_GET_RPLACE(row->flags), a,
	    &t->result_size, &row->blob[SQ_RESULT]);
}

/* What `at' means depends on the status. */
static void
read_times(const struct sq *s, sqlite3_stmt *q, struct sq_row *row)
{
	struct tq_task *t = &row->t;

	t->created_at = sqlite3_column_int64(q, C_CREATED);
	t->updated_at = sqlite3_column_int64(q, C_UPDATED);
	t->started_at = sqlite3_column_int64(q, C_STARTED);
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
	t->crashes = SQ_GET_CRASHES(row->flags);
	t->cancel_requested = (row->flags & SQ_CANCEL) != 0;
	t->drained = (row->flags & SQ_DRAINED) != 0;
	read_times(s, q, row);
	t->worker = text(q, C_WORKER, a);
	if (sqlite3_column_type(q, C_SUBMIT_ID) != SQLITE_NULL)
		t->submit_id = tq_arena_fmt(a, "%016llx", (unsigned long long)
		    sqlite3_column_int64(q, C_SUBMIT_ID));
	sq_read_asked((const char *)sqlite3_column_text(q, C_ASKED), a, t);
	sq_read_became((const char *)sqlite3_column_text(q, C_BECAME), a, t);
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
