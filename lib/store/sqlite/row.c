/* lib/store/sqlite/row.c -- a row of `task' and its state <-> struct tq_task. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/record.h"
#include "task/bound.h"
#include "task/id.h"
#include "util/hash.h"

/* In the order of SQ_TASK_COLS and of what follows them. */
enum col {
	C_RID, C_ID, C_LANE, C_CREATED, C_INFO, C_SUBMIT_ID, C_ASKED, C_PAYLOAD,
	C_PRIO, C_LATE, C_KEY_AT, C_EXPIRES,
	C_HOME, C_STATUS, C_AT, C_TOKEN, C_CLAIM, C_REV, C_ATTEMPTS, C_FLAGS,
	C_UPDATED, C_STARTED, C_WORKER, C_BECAME, C_RESULT
};

/* In the order of SQ_HELD_LEASE. */
enum lease_col {
	L_RID, L_LANE, L_AT, L_TOKEN, L_CLAIM, L_REV, L_ATTEMPTS, L_FLAGS,
	L_UPDATED, L_STARTED, L_WORKER, L_BECAME
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

const char *
sq_id_text(sqlite3_stmt *q, int c, struct tq_arena *a)
{
	char text[TQ_UUID_TEXT];

	if (sqlite3_column_type(q, c) != SQLITE_BLOB ||
	    sqlite3_column_bytes(q, c) != 16)
		return tq_arena_str(a, (const char *)sqlite3_column_text(q, c));
	tq_uuid_text(sqlite3_column_blob(q, c), text);
	return tq_arena_dup(a, text, sizeof(text) - 1);
}

/* 16 hex digits. */
static const char *
hex_text(uint64_t n, struct tq_arena *a)
{
	uint8_t raw[8];
	char text[17];
	int i;

	for (i = 0; i < 8; i++)
		raw[i] = (uint8_t)(n >> (56 - 8 * i));
	tq_hex(raw, sizeof(raw), text);
	return tq_arena_dup(a, text, 16);
}

static const char *
text(sqlite3_stmt *q, int c, struct tq_arena *a)
{
	const char *p = (const char *)sqlite3_column_text(q, c);

	return p == NULL ? NULL :
	    tq_arena_dup(a, p, (size_t)sqlite3_column_bytes(q, c));
}

/* "SIZE[,CRC][ NAME]", as sq_bind_body() writes it. */
static void
read_place(const char *p, struct tq_arena *a, size_t *size, uint64_t *crc,
    const char **blob)
{
	char *end;

	*size = (size_t)strtoull(p, &end, 10);
	if (*end == ',')
		*crc = TQ_CRC_KNOWN | strtoull(end + 1, &end, 16);
	if (*end == ' ')
		*blob = tq_arena_str(a, end + 1);
}

/* The bytes in the row, or their number and where they are. */
static struct tq_span
read_bytes(sqlite3_stmt *q, int c, enum sq_place place, struct tq_arena *a,
    size_t *size, uint64_t *crc, const char **blob)
{
	const char *p;

	if (sqlite3_column_type(q, c) == SQLITE_NULL)
		return TQ_SPAN_NONE;
	if (place == SQ_INLINE) {
		p = sqlite3_column_blob(q, c);
		*size = (size_t)sqlite3_column_bytes(q, c);
		return (struct tq_span){ tq_arena_dup(a, p, *size), *size };
	}
	if ((p = (const char *)sqlite3_column_text(q, c)) != NULL)
		read_place(p, a, size, crc, blob);
	return TQ_SPAN_NONE;
}

static void
read_flags(struct sq_row *row, int flags)
{
	struct tq_task *t = &row->t;

	t->alone = (flags & SQ_ALONE) != 0;
	t->prefetched = (flags & SQ_PREFETCHED) != 0;
	t->cancel_requested = (flags & SQ_CANCEL) != 0;
	t->edges = (flags & SQ_EDGES) != 0;
	t->crashes = SQ_GET_CRASHES(flags);
	t->stops = SQ_GET_STOPS(flags);
	t->result_kind = SQ_GET_RKIND(flags);
	row->place[SQ_RESULT] = SQ_GET_RPLACE(flags);
}

/* The times in a key of `ready'. */
static void
read_key(struct sq_row *row)
{
	struct tq_task *t = &row->t;

	if (TQ_BIT(t->status) & TQ_FINISHED)
		return;
	if (row->key.late)
		t->not_before = row->key.at;
	else if (row->key.at != t->created_at)
		t->due_since = row->key.at;
	/* Of a lease it is how long it waited. */
	if (t->status == TQ_RUNNING) {
		if (t->due_since == 0)
			t->due_since = row->key.at;
		t->not_before = 0;
	}
}

/* When a lease ends, whose row says ${at} of the boot clock. */
static int64_t
lease_end(const struct sq *s, int64_t at)
{
	const int64_t never = INT64_C(1) << 52;

	return s->wall + ((at < 0 ? 0 : at < never ? at : never) - s->boot);
}

static void
read_state(const struct sq *s, sqlite3_stmt *q, struct sq_row *row)
{
	struct tq_task *t = &row->t;
	int64_t at = sqlite3_column_int64(q, C_AT);
	int status = sqlite3_column_int(q, C_STATUS);

	row->home = (enum sq_home)sqlite3_column_int(q, C_HOME);
	t->drained = status == SQ_STATUS_DRAINED;
	t->status = t->drained ? TQ_FAILED : (enum tq_status)status;
	t->held = row->home == SQ_IN_PARKED && (t->status != TQ_BLOCKED ||
	    (sqlite3_column_int(q, C_FLAGS) & SQ_HELD) != 0);
	t->token = (uint64_t)sqlite3_column_int64(q, C_TOKEN);
	t->claim = (uint64_t)sqlite3_column_int64(q, C_CLAIM);
	t->rev = (uint64_t)sqlite3_column_int64(q, C_REV);
	t->attempts = sqlite3_column_int(q, C_ATTEMPTS);
	read_flags(row, sqlite3_column_int(q, C_FLAGS));
	t->updated_at = sqlite3_column_int64(q, C_UPDATED);
	t->started_at = sqlite3_column_int64(q, C_STARTED);
	if (row->home == SQ_IN_LEASE)
		t->lease_until = lease_end(s, at);
	if (row->home == SQ_IN_ENDED)
		t->finished_at = at;
}

static void
read_asked(sqlite3_stmt *q, struct tq_arena *a, struct sq_row *row)
{
	struct tq_task *t = &row->t;
	int info = sqlite3_column_int(q, C_INFO);

	t->id = sq_id_text(q, C_ID, a);
	t->created_at = sqlite3_column_int64(q, C_CREATED);
	t->expires_at = sqlite3_column_int64(q, C_EXPIRES);
	row->key.prio = t->prio = sqlite3_column_int(q, C_PRIO);
	row->key.late = sqlite3_column_int(q, C_LATE);
	row->key.at = sqlite3_column_int64(q, C_KEY_AT);
	if (sqlite3_column_type(q, C_SUBMIT_ID) != SQLITE_NULL)
		t->submit_id = hex_text((uint64_t)sqlite3_column_int64(q,
		    C_SUBMIT_ID), a);
	t->payload_kind = SQ_INFO_KIND(info);
	row->place[SQ_PAYLOAD] = SQ_INFO_PLACE(info);
	t->payload = read_bytes(q, C_PAYLOAD, row->place[SQ_PAYLOAD], a,
	    &t->payload_size, &t->payload_crc, &row->blob[SQ_PAYLOAD]);
	sq_read_asked((const char *)sqlite3_column_text(q, C_ASKED), a, t);
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
	if ((l = sq_lane_get(s, row->lane, err)) == NULL)
		return -1;
	t->queue = tq_arena_str(a, l->queue);
	t->type = tq_arena_str(a, l->type);
	read_asked(q, a, row);
	read_state(s, q, row);
	/* Each table has its own: what follows counts on it. */
	if ((unsigned)t->status >= TQ_STATUS_MAX || sq_home_of(t) != row->home)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT, "%s: row %lld "
		    "is damaged: its table has no such status", s->url.path,
		    (long long)row->rid);
	t->worker = text(q, C_WORKER, a);
	sq_read_became((const char *)sqlite3_column_text(q, C_BECAME), a, t);
	t->result = read_bytes(q, C_RESULT, row->place[SQ_RESULT], a,
	    &t->result_size, &t->result_crc, &row->blob[SQ_RESULT]);
	read_key(row);
	tq_task_bound(t);
	if (row->home == SQ_IN_ENDED)
		t->keep_until = tq_keep_until(t);
	return 0;
}

void
sq_row_read_lease(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *row)
{
	struct tq_task *t = &row->t;

	memset(row, 0, sizeof(*row));
	row->partial = true;
	row->home = SQ_IN_LEASE;
	row->rid = sqlite3_column_int64(q, L_RID);
	row->lane = sqlite3_column_int64(q, L_LANE);
	t->status = TQ_RUNNING;
	t->token = (uint64_t)sqlite3_column_int64(q, L_TOKEN);
	t->claim = (uint64_t)sqlite3_column_int64(q, L_CLAIM);
	t->rev = (uint64_t)sqlite3_column_int64(q, L_REV);
	t->attempts = sqlite3_column_int(q, L_ATTEMPTS);
	read_flags(row, sqlite3_column_int(q, L_FLAGS));
	/* To be read whole before it ends: it has a --keep. */
	t->keep_ms = (sqlite3_column_int(q, L_FLAGS) & SQ_KEEPS) != 0;
	t->updated_at = sqlite3_column_int64(q, L_UPDATED);
	t->started_at = sqlite3_column_int64(q, L_STARTED);
	t->lease_until = lease_end(s, sqlite3_column_int64(q, L_AT));
	t->worker = text(q, L_WORKER, a);
	sq_read_became((const char *)sqlite3_column_text(q, L_BECAME), a, t);
	tq_task_bound(t);
}

struct sq_key
sq_key_of(const struct tq_task *t)
{
	if (t->not_before != 0)
		return (struct sq_key){ t->prio, 1, t->not_before };
	return (struct sq_key){ t->prio, 0, t->due_since != 0 ?
	    t->due_since : t->created_at };
}

enum sq_home
sq_home_of(const struct tq_task *t)
{
	if (TQ_BIT(t->status) & TQ_FINISHED)
		return SQ_IN_ENDED;
	if (t->status == TQ_RUNNING)
		return SQ_IN_LEASE;
	return t->held || t->status == TQ_BLOCKED ? SQ_IN_PARKED :
	    SQ_IN_READY;
}

int
sq_tally_of(const struct tq_task *t)
{
	return t->status == TQ_FAILED && t->drained ? SQ_STATUS_DRAINED :
	    (int)t->status;
}
