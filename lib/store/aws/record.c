/* lib/store/aws/record.c -- an item of DynamoDB <-> struct tq_task. */
#include <stdio.h>
#include <string.h>

#include "aws/item.h"
#include "store/aws/aws.h"
#include "util/str.h"
#include "util/time.h"

/* How an attribute is stored: TIME as RFC 3339 text, RAW as JSON text. */
enum kind { STR, INT, NUM, TIME, RAW, BOOL };

struct field {
	const char	*name;
	enum kind	 kind;
	size_t		 offset;
};

#define F(name, kind, field) { name, kind, offsetof(struct aq_rec, field) }

static const struct field fields[] = {
	F("taskId", STR, t.id), F("queue", STR, t.queue),
	F("type", STR, t.type), F("input", STR, t.input),
	F("labels", RAW, t.labels), F("prio", INT, t.prio),
	F("maxAttempts", INT, t.max_attempts),
	F("timeoutMs", NUM, t.timeout_ms), F("backoffMs", NUM, t.backoff_ms),
	F("backoffCapMs", NUM, t.backoff_cap_ms),
	F("notBefore", TIME, t.not_before),
	F("expiresAtMs", NUM, t.expires_at), F("group", STR, t.group),
	F("parent", STR, t.parent), F("waitsFor", RAW, t.waits_for),
	F("notify", STR, t.notify), F("traceparent", STR, t.traceparent),
	F("submitId", STR, t.submit_id),
	F("fingerprint", STR, t.fingerprint), F("argv", RAW, t.argv),
	F("payloadSize", NUM, t.payload_size),
	F("payloadAt", STR, payload_at),
	F("attempts", INT, t.attempts), F("crashes", INT, t.crashes),
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
	F("resultSize", NUM, t.result_size), F("resultAt", STR, result_at),
	F("output", STR, t.output), F("outputSize", NUM, t.output_size),
	F("log", STR, t.log), F("failureReason", STR, t.reason),
	F("ringAt", NUM, t.ring_at), F("rings", INT, t.rings),
	F("bell", STR, t.bell), F("dlqOwed", BOOL, t.dlq_owed),
	F("alone", BOOL, alone), F("prefetched", BOOL, prefetched),
	F("slot", STR, slot), F("writeId", STR, write_id),
};
#define NFIELDS	(sizeof(fields) / sizeof(fields[0]))

/* Attributes that are written by hand below. */
static const char *const others[] = {
	"pk", "v", "gsi", "status", "expiresAt", "error", "payload",
	"payloadKind", "result", "resultKind",
};
#define NOTHERS	(sizeof(others) / sizeof(others[0]))

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

static void
read_field(struct tq_span item, const struct field *f, struct tq_arena *a,
    struct aq_rec *r)
{
	char *p = (char *)r + f->offset;
	struct tq_span raw = TQ_SPAN_NONE;
	const char *s;
	int64_t n = 0;
	bool yes = false;
	int i;

	switch (f->kind) {
	case STR:
		s = tq_item_get_text(item, f->name, a);
		memcpy(p, &s, sizeof(s));
		return;
	case RAW:
		tq_item_get_str(item, f->name, a, &raw);
		memcpy(p, &raw, sizeof(raw));
		return;
	case BOOL:
		tq_item_get_bool(item, f->name, &yes);
		memcpy(p, &yes, sizeof(yes));
		return;
	case INT:
		tq_item_get_int(item, f->name, &n);
		i = (int)n;
		memcpy(p, &i, sizeof(i));
		return;
	case TIME:
		s = tq_item_get_text(item, f->name, a);
		if (s == NULL || tq_time_parse(s, 0, &n) == -1)
			n = 0;
		memcpy(p, &n, sizeof(n));
		return;
	case NUM:
		tq_item_get_int(item, f->name, &n);
		memcpy(p, &n, sizeof(n));
	}
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
	if (tq_utf8_valid(bytes))
		tq_item_str(b, name, bytes);
	else
		tq_item_bin(b, name, bytes);
}

static void
read_bytes(struct tq_span item, const char *name, const char *kind_name,
    struct tq_arena *a, struct tq_span *bytes, enum tq_kind *kind,
    size_t *size)
{
	const char *k = tq_item_get_text(item, kind_name, a);

	if (!tq_item_get_str(item, name, a, bytes) &&
	    !tq_item_get_bin(item, name, a, bytes))
		*bytes = TQ_SPAN_NONE;
	else
		*size = bytes->n;
	*kind = k == NULL ? bytes->n > 0 ? TQ_KIND_JSON : TQ_KIND_NONE :
	    strcmp(k, "text") == 0 ? TQ_KIND_TEXT : TQ_KIND_JSON;
}

bool
aq_rec_read(struct tq_span item, struct tq_arena *a, struct aq_rec *r)
{
	struct tq_span error;
	const char *s;
	int64_t n = 1;
	size_t i;

	*r = (struct aq_rec){ .item = tq_arena_span(a, item) };
	item = r->item;
	for (i = 0; i < NFIELDS; i++)
		read_field(item, &fields[i], a, r);
	tq_item_get_int(item, "v", &n);
	r->v = (int)n;
	s = tq_item_get_text(item, "status", a);
	if (r->t.id == NULL || r->t.queue == NULL || r->t.type == NULL ||
	    s == NULL || tq_status_parse(s, &r->t.status) == -1)
		return false;
	if (r->t.expires_at == 0 && tq_item_get_int(item, "expiresAt", &n))
		r->t.expires_at = n * 1000;
	if (r->t.token == 0)
		r->t.token = 1;	/* written by hand: docs/wire-format.md */
	if (r->t.rev == 0)
		r->t.rev = 1;
	if (tq_item_get_map(item, "error", &error)) {
		r->t.err_code = tq_item_get_text(error, "code", a);
		s = tq_item_get_text(error, "stage", a);
		for (i = 1; s != NULL && i < TQ_STAGE_MAX; i++)
			if (strcmp(tq_stage_name((enum tq_stage)i), s) == 0)
				r->t.err_stage = (enum tq_stage)i;
	}
	read_bytes(item, "payload", "payloadKind", a, &r->t.payload,
	    &r->t.payload_kind, &r->t.payload_size);
	read_bytes(item, "result", "resultKind", a, &r->t.result,
	    &r->t.result_kind, &r->t.result_size);
	return true;
}

void
aq_rec_write(const struct aq_rec *r, struct tq_buf *b)
{
	const char *known[NFIELDS + NOTHERS];
	const struct tq_task *t = &r->t;
	char text[2 * TQ_QUEUE_MAX + TQ_NAME_MAX];
	size_t i;

	tq_item_open(b, NULL);
	snprintf(text, sizeof(text), "t#%s", t->id);
	tq_item_text(b, "pk", text);
	tq_item_int(b, "v", r->v > 0 ? r->v : TQ_TASK_VERSION);
	tq_item_text(b, "status", tq_status_name(t->status));
	snprintf(text, sizeof(text), "%s#%s#0", t->queue,
	    tq_status_name(t->status));
	tq_item_text(b, "gsi", text);
	for (i = 0; i < NFIELDS; i++)
		write_field(b, &fields[i], r);
	/* DynamoDB's own expiry must not take a record that runs. */
	if (t->expires_at != 0 && t->status != TQ_RUNNING)
		tq_item_int(b, "expiresAt", (t->expires_at + 999) / 1000);
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
	for (i = 0; i < NFIELDS; i++)
		known[i] = fields[i].name;
	memcpy(known + NFIELDS, others, sizeof(others));
	if (r->item.n > 0)
		tq_item_put_unknown(b, r->item, known, NFIELDS + NOTHERS);
	tq_item_close(b, NULL);
}

int64_t
aq_due(const struct tq_task *t)
{
	return t->not_before > t->created_at ? t->not_before : t->created_at;
}

bool
aq_expired(const struct tq_task *t, int64_t now)
{
	return t->status != TQ_RUNNING && t->expires_at != 0 &&
	    t->expires_at <= now;
}
