/* lib/store/aws/record/record.c -- an item of DynamoDB <-> struct tq_task. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "task/bound.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

/*
 * How an attribute is stored: TIME as RFC 3339 text, RAW as JSON text; HAND:
 * by code of its own below.
 */
enum kind { STR, INT, NUM, TIME, RAW, BOOL, HAND };

struct field {
	const char	*name;
	enum kind	 kind;
	size_t		 offset;	/* in struct aq_rec; HAND: by_hand */
};

/* Values as they came. */
struct by_hand {
	struct tq_span	v, status, ttl, until, deadline, not_before,
			due_since, error, payload, payload_kind, result,
			result_kind, gsi, ours;
};

#define F(name, kind, field) { name, kind, offsetof(struct aq_rec, field) }
#define H(name, field)	{ name, HAND, offsetof(struct by_hand, field) }

static const struct field fields[] = {
	F("taskId", STR, t.id), F("queue", STR, t.queue),
	F("type", STR, t.type), F("input", STR, t.input),
	F("labels", RAW, t.labels), F("prio", INT, t.prio),
	F("maxAttempts", INT, t.max_attempts),
	F("timeoutMs", NUM, t.timeout_ms), F("backoffMs", NUM, t.backoff_ms),
	F("backoffCapMs", NUM, t.backoff_cap_ms),
	F("delayMs", NUM, t.delay_ms), F("keepMs", NUM, t.keep_ms),
	F("group", STR, t.group),
	F("parent", STR, t.parent), F("parents", INT, t.parents),
	F("traceparent", STR, t.traceparent),
	F("submitId", STR, t.submit_id),
	F("fingerprint", STR, t.fingerprint), F("argv", RAW, t.argv),
	F("cwd", STR, t.cwd), F("chdir", BOOL, t.chdir), F("umask", STR, t.umask), F("env", RAW, t.env),
	F("inputName", STR, t.input_name), F("inputSize", NUM, t.input_size),
	F("inputCrc", NUM, t.input_crc), F("payloadSize", NUM, t.payload_size),
	F("payloadCrc", NUM, t.payload_crc),
	F("payloadAt", STR, payload_at),
	F("attempts", INT, t.attempts), F("crashes", INT, t.crashes),
	F("stops", INT, t.stops), F("waits", INT, t.waits),
	F("held", BOOL, t.held), F("edges", INT, t.edges),
	F("token", NUM, t.token), F("claim", NUM, t.claim),
	F("rev", NUM, t.rev), F("leaseUntil", TIME, t.lease_until),
	F("createdAt", TIME, t.created_at),
	F("updatedAt", TIME, t.updated_at),
	F("startedAt", TIME, t.started_at),
	F("finishedAt", TIME, t.finished_at),
	F("giveUpAt", TIME, t.give_up_at),
	F("cancelRequested", BOOL, t.cancel_requested),
	F("drained", BOOL, t.drained), F("worker", STR, t.worker),
	F("progress", RAW, t.progress),
	F("resultSize", NUM, t.result_size), F("resultCrc", NUM, t.result_crc),
	F("resultAt", STR, result_at), F("output", STR, t.output),
	F("outputSize", NUM, t.output_size),
	F("outputCrc", NUM, t.output_crc), F("history", RAW, t.history),
	F("log", STR, t.log), F("stdout", STR, t.out_log), F("failureReason", STR, t.reason),
	F("ringAt", NUM, t.ring_at), F("rings", INT, t.rings),
	F("bell", STR, t.bell), F("dlqOwed", BOOL, t.dlq_owed),
	F("alone", BOOL, t.alone), F("prefetched", BOOL, t.prefetched),
	F("open", RAW, open), F("lookOwed", INT, look_owed),
	F("unblockOwed", BOOL, unblock_owed), F("purging", BOOL, purging),
	F("slot", STR, permit), F("writeId", STR, write_id),
	H("v", v), H("status", status), H("expiresAt", ttl),
	H("expiresAtMs", until), H("deadlineMs", deadline),
	H("notBefore", not_before), H("dueSince", due_since),
	H("error", error), H("payload", payload),
	H("payloadKind", payload_kind), H("result", result),
	H("resultKind", result_kind), H("pk", ours), H("gsi", gsi),
};
#define NFIELDS	(sizeof(fields) / sizeof(fields[0]))

/* The fields by name, for those who come with one. */
static const struct field *by_name[NFIELDS];

static int
field_order(const void *a, const void *b)
{
	return strcmp((*(const struct field *const *)a)->name,
	    (*(const struct field *const *)b)->name);
}

static void
sort_fields(void)
{
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		by_name[i] = &fields[i];
	qsort(by_name, NFIELDS, sizeof(by_name[0]), field_order);
}

/* NULL: an attribute that this version does not know. */
static const struct field *
field_of(struct tq_span key, struct tq_arena *a)
{
	size_t lo = 0, hi = NFIELDS, at;
	int c;

	if (memchr(key.p, '\\', key.n) != NULL &&
	    !tq_json_str((struct tq_span){ key.p - 1, key.n + 2 }, a, &key))
		return NULL;
	while (lo < hi) {
		at = lo + (hi - lo) / 2;
		c = strncmp(by_name[at]->name, key.p, key.n);
		if (c == 0 && by_name[at]->name[key.n] == '\0')
			return by_name[at];
		if (c < 0)
			lo = at + 1;
		else
			hi = at;
	}
	return NULL;
}

static void
write_field(struct tq_buf *b, const struct field *f, const struct aq_rec *r)
{
	const char *p = (const char *)r + f->offset, *s;
	char text[TQ_TIME_TEXT];
	struct tq_span raw;
	int64_t n = 0;
	bool yes;
	int i;

	switch (f->kind) {
	case HAND:
		return;
	case STR:
		memcpy(&s, p, sizeof(s));
		if (s != NULL)
			tq_item_text(b, f->name, s);
		return;
	case RAW:
		memcpy(&raw, p, sizeof(raw));
		if (raw.n > 0)
			tq_item_str(b, f->name, raw);
		return;
	case BOOL:
		memcpy(&yes, p, sizeof(yes));
		if (yes)
			tq_item_bool(b, f->name, true);
		return;
	case INT:
		memcpy(&i, p, sizeof(i));
		n = i;
		break;
	default:
		memcpy(&n, p, sizeof(n));
	}
	if (n == 0)
		return;
	if (f->kind == TIME)
		tq_item_text(b, f->name, tq_time_text(n, text));
	else
		tq_item_int(b, f->name, n);
}

/* A value of another type than it should have is as if it were not there. */
static void
read_field(const struct field *f, struct tq_span typed, struct tq_arena *a,
    struct aq_rec *r, struct by_hand *hand)
{
	char *p = f->kind == HAND ? (char *)hand : (char *)r;
	struct tq_span s;
	int64_t n;
	bool yes;
	int i;

	p += f->offset;
	switch (f->kind) {
	case HAND:
		memcpy(p, &typed, sizeof(typed));
		return;
	case STR:
		if (tq_item_as_str(typed, a, &s))
			memcpy(p, &s.p, sizeof(s.p));
		return;
	case RAW:
		if (tq_item_as_str(typed, a, &s))
			memcpy(p, &s, sizeof(s));
		return;
	case BOOL:
		if (tq_item_as_bool(typed, &yes))
			memcpy(p, &yes, sizeof(yes));
		return;
	case INT:
		if (!tq_item_as_int(typed, &n))
			return;
		i = (int)n;
		memcpy(p, &i, sizeof(i));
		return;
	case TIME:
		if (tq_item_as_str(typed, a, &s) &&
		    tq_time_parse(s.p, 0, &n) == 0)
			memcpy(p, &n, sizeof(n));
		return;
	case NUM:
		if (tq_item_as_int(typed, &n))
			memcpy(p, &n, sizeof(n));
	}
}

/* All of the item in one walk; what is not known is kept as it came. */
static void
read_all(struct tq_span item, struct tq_arena *a, struct aq_rec *r,
    struct by_hand *hand)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	struct tq_buf unknown = TQ_BUF_INIT(TQ_DDB_ITEM_MAX);
	struct tq_json_iter it;
	struct tq_span key, typed;
	const struct field *f;

	pthread_once(&once, sort_fields);
	for (it = tq_json_iter(item); tq_json_next(&it, &key, &typed); ) {
		if ((f = field_of(key, a)) != NULL) {
			read_field(f, typed, a, r, hand);
			continue;
		}
		/* Quotes, escapes and all. */
		tq_buf_chr(&unknown, ',');
		tq_buf_add(&unknown, key.p - 1, key.n + 2);
		tq_buf_chr(&unknown, ':');
		tq_buf_add(&unknown, typed.p, typed.n);
	}
	if (unknown.len > 0)
		r->unknown = tq_arena_span(a, tq_buf_span(&unknown));
	tq_buf_free(&unknown);
}

static const char *const kinds[] = {
	[TQ_KIND_JSON] = "json", [TQ_KIND_TEXT] = "text"
};

static void
write_bytes(struct tq_buf *b, const char *name, const char *kind_name,
    struct tq_span bytes, enum tq_kind kind, const char *at)
{
	if (kind == TQ_KIND_NONE)
		return;
	tq_item_text(b, kind_name, kinds[kind]);
	if (at != NULL)
		return;
	tq_item_bytes(b, name, bytes);
}

static void
read_bytes(struct tq_span typed, struct tq_span typed_kind,
    struct tq_arena *a, struct tq_span *bytes, enum tq_kind *kind,
    size_t *size)
{
	struct tq_span k;

	if (tq_item_as_str(typed, a, bytes) || tq_item_as_bin(typed, a, bytes))
		*size = bytes->n;
	if (!tq_item_as_str(typed_kind, a, &k))
		*kind = bytes->n > 0 ? TQ_KIND_JSON : TQ_KIND_NONE;
	else
		*kind = tq_span_eq(k, "text") ? TQ_KIND_TEXT : TQ_KIND_JSON;
	/* By hand: whoever is shown the record reads JSON. */
	if (*kind == TQ_KIND_JSON && bytes->p != NULL &&
	    tq_json_check(*bytes, NULL) == -1)
		*kind = TQ_KIND_TEXT;
}

static void
read_error(struct tq_span typed, struct tq_arena *a, struct tq_task *t)
{
	struct tq_span error;
	const char *s;
	size_t i;

	if (!tq_item_as_map(typed, &error))
		return;
	t->err_code = tq_item_get_text(error, "code", a);
	s = tq_item_get_text(error, "stage", a);
	for (i = 1; s != NULL && i < TQ_STAGE_MAX; i++)
		if (strcmp(tq_stage_name((enum tq_stage)i), s) == 0)
			t->err_stage = (enum tq_stage)i;
}

static bool
ended(const struct tq_task *t)
{
	return (TQ_BIT(t->status) & TQ_FINISHED) != 0;
}

static int64_t
as_time(struct tq_span typed, struct tq_arena *a)
{
	struct tq_span s;
	int64_t ms = 0;

	if (tq_item_as_str(typed, a, &s))
		tq_time_parse(s.p, 0, &ms);
	return ms;
}

/*
 * expiresAtMs is the deadline for a start while a task waits or runs, and
 * until when it is kept once it has ended: an older tq, which knows no other,
 * then does no harm.  notBefore, which the index has, says since when a task
 * is due when it was no delay, that is, not ahead of the last change; without
 * it that is since it was made.
 */
static void
read_times(const struct by_hand *hand, struct tq_arena *a, struct tq_task *t)
{
	int64_t at = as_time(hand->not_before, a), until = 0;

	t->due_since = as_time(hand->due_since, a);
	if ((TQ_BIT(t->status) & TQ_FINISHED) == 0 && at > t->updated_at)
		t->not_before = at;
	else if (t->due_since == 0)
		t->due_since = at;
	if (t->status == TQ_RUNNING && t->due_since == 0)
		t->due_since = t->created_at;
	if (!tq_item_as_int(hand->until, &until) &&
	    tq_item_as_int(hand->ttl, &until))
		until = until < 0 ? 0 : until < INT64_MAX / 1000 ?
		    until * 1000 : INT64_MAX;
	if (!ended(t)) {
		t->expires_at = until;
		return;
	}
	t->keep_until = until;
	tq_item_as_int(hand->deadline, &t->expires_at);
}

/*
 * The index has notBefore, and dueSince it has not: microseconds of 001, which
 * no reader of times minds, say there that the record has one.
 */
#define PUT_OFF	"001Z"

static void
mark_put_off(char text[TQ_TIME_TEXT])
{
	size_t n = strlen(text);

	if (n > 0 && text[n - 1] == 'Z')
		snprintf(text + n - 1, TQ_TIME_TEXT - n + 1, PUT_OFF);
}

bool
aq_is_put_off(const char *text)
{
	const char *frac = strchr(text, '.');

	return frac != NULL && strlen(frac) == strlen(".123" PUT_OFF) &&
	    strcmp(frac + 4, PUT_OFF) == 0;
}

static void
write_times(const struct aq_rec *r, struct tq_buf *b)
{
	const struct tq_task *t = &r->t;
	int64_t until = ended(t) ? t->keep_until : t->expires_at;
	int64_t at = t->not_before != 0 ? t->not_before :
	    t->due_since != t->created_at ? t->due_since : 0;
	char text[TQ_TIME_TEXT];

	if (at != 0 && t->due_since != 0 && t->due_since != at) {
		tq_item_text(b, "dueSince", tq_time_text(t->due_since, text));
		tq_time_text(at, text);
		mark_put_off(text);
		tq_item_text(b, "notBefore", text);
	} else if (at != 0) {
		tq_item_text(b, "notBefore", tq_time_text(at, text));
	}
	if (until != 0)
		tq_item_int(b, "expiresAtMs", until);
	if (ended(t) && t->expires_at != 0)
		tq_item_int(b, "deadlineMs", t->expires_at);
	if (ended(t) && until != 0 && !aq_rec_owns(r))
		tq_item_int(b, "expiresAt", (until + 999) / 1000);
}

/* "QUEUE#STATUS#SHARD" */
static void
read_place(struct tq_span typed, struct tq_arena *a, struct aq_rec *r)
{
	char *status, *shard;
	struct tq_span s;

	r->stands = r->t.status;
	if (!tq_item_as_str(typed, a, &s) ||
	    (status = strchr(s.p, '#')) == NULL ||
	    (shard = strchr(++status, '#')) == NULL)
		return;
	*shard++ = '\0';
	r->shard = (int)strtol(shard, NULL, 10);
	/* Others are where they stand: see aq_rec_write(). */
	if (r->t.status == TQ_RUNNING &&
	    tq_status_parse(status, &r->stands) == -1)
		r->stands = TQ_RUNNING;
}

bool
aq_rec_read(struct tq_span item, struct tq_arena *a, struct aq_rec *r)
{
	struct by_hand hand = { .v = TQ_SPAN_NONE };
	struct tq_span status;
	int64_t n = 1;

	*r = (struct aq_rec){ .v = 1 };
	read_all(item, a, r, &hand);
	if (tq_item_as_int(hand.v, &n))
		r->v = (int)n;
	if (r->t.id == NULL || r->t.queue == NULL || r->t.type == NULL ||
	    !tq_name_ok(r->t.id) || !tq_queue_ok(r->t.queue) ||
	    !tq_name_ok(r->t.type) || !tq_item_as_str(hand.status, a, &status) ||
	    tq_status_parse(status.p, &r->t.status) == -1)
		return false;
	read_times(&hand, a, &r->t);
	read_place(hand.gsi, a, r);
	if (r->t.token == 0)
		r->t.token = 1;	/* written by hand: docs/wire-format.md */
	r->unnumbered = r->t.rev == 0;
	if (r->unnumbered)
		r->t.rev = 1;
	read_error(hand.error, a, &r->t);
	read_bytes(hand.payload, hand.payload_kind, a, &r->t.payload,
	    &r->t.payload_kind, &r->t.payload_size);
	read_bytes(hand.result, hand.result_kind, a, &r->t.result,
	    &r->t.result_kind, &r->t.result_size);
	tq_task_bound(&r->t);
	return true;
}

void
aq_rec_write(const struct aq_rec *r, struct tq_buf *b)
{
	const struct tq_task *t = &r->t;
	char text[2 * TQ_QUEUE_MAX + TQ_NAME_MAX];
	int v = tq_task_version(t);
	size_t i;

	tq_item_open(b, NULL);
	snprintf(text, sizeof(text), "t#%s", t->id);
	tq_item_text(b, "pk", text);
	/* An older tq knows one shard only. */
	v = r->shard > 0 && v < TQ_TASK_VERSION ? TQ_TASK_VERSION : v;
	tq_item_int(b, "v", r->v > v ? r->v : v);
	tq_item_text(b, "status", tq_status_name(t->status));
	snprintf(text, sizeof(text), "%s#%s#%d", t->queue,
	    tq_status_name(t->status == TQ_RUNNING ? r->stands : t->status),
	    r->shard);
	tq_item_text(b, "gsi", text);
	for (i = 0; i < NFIELDS; i++)
		write_field(b, &fields[i], r);
	write_times(r, b);
	if (t->err_stage != TQ_AT_NONE || t->err_code != NULL) {
		tq_item_open(b, "error");
		tq_item_text(b, "stage", tq_stage_name(t->err_stage));
		if (t->err_code != NULL)
			tq_item_text(b, "code", t->err_code);
		tq_item_close(b, "error");
	}
	write_bytes(b, "payload", "payloadKind", t->payload, t->payload_kind,
	    r->payload_at);
	write_bytes(b, "result", "resultKind", t->result, t->result_kind,
	    r->result_at);
	tq_buf_add(b, r->unknown.p, r->unknown.n);
	tq_item_close(b, NULL);
}

int64_t
aq_due(const struct tq_task *t)
{
	int64_t since = t->due_since > t->created_at ? t->due_since :
	    t->created_at;

	return t->not_before > since ? t->not_before : since;
}

bool
aq_overdue(const struct tq_task *t, int64_t now)
{
	return tq_verb_to(TQ_V_EXPIRE, t->status) != 0 &&
	    t->expires_at != 0 && t->expires_at <= now;
}
