/*
 * lib/store/aws/message/batch.c -- messages sent, hidden and deleted: many
 * at once, ten in a call.  All is best effort: what fails says so, and the
 * sweep or the message's next delivery puts it right.
 */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "store/aws/message/message.h"
#include "util/json.h"

#define TRIES	2	/* of entries that the service put into Failed[] */

/* One call and the items that it is about. */
struct batch {
	const char	*queue;
	size_t		 which[TQ_SQS_BATCH];
	size_t		 n;
	struct tq_sqs_out out[TQ_SQS_BATCH];
};

/* A call for some of the messages. */
struct lot {
	bool		 dlq;
	const char	*what;
	struct aq_doorbell	*rings;		/* either these */
	struct aq_receipt	*notes;		/* or these */
	size_t		 n;
	struct tq_err	*err;		/* why one was not; may be NULL */
	int		(*build)(const struct lot *, struct batch *,
			    struct tq_aws_req *, const char *base,
			    const char *url, struct tq_arena *,
			    struct tq_err *);
	int		(*read)(const struct tq_http_res *,
			    const struct batch *, struct tq_sqs_result *,
			    struct tq_err *);
};

/* Whose queue has something left to be done; NULL: nothing is. */
static const char *
queue_of(const struct lot *l, size_t i)
{
	if (l->rings != NULL)
		return l->rings[i].sent || l->rings[i].refused ? NULL :
		    l->rings[i].t->queue;
	return l->notes[i].done || l->notes[i].refused ||
	    l->notes[i].receipt == NULL ? NULL : l->notes[i].queue;
}

/* The next items of one queue, ten at most; false when there are no more. */
static bool
next_batch(const struct lot *l, size_t *from, struct batch *b)
{
	const char *queue;

	b->n = 0;
	for (; *from < l->n && b->n < TQ_SQS_BATCH; ++*from) {
		if ((queue = queue_of(l, *from)) == NULL)
			continue;
		if (b->n > 0 && strcmp(queue, b->queue) != 0)
			break;
		b->queue = queue;
		b->which[b->n++] = *from;
	}
	return b->n > 0;
}

static void
take(const struct lot *l, const struct batch *b,
    const struct tq_sqs_result *res)
{
	bool refused;
	size_t i;

	for (i = 0; i < b->n; i++) {
		refused = !res[i].ok && !res[i].again;
		if (!res[i].ok)
			tq_err_set(l->err, TQ_AT_SEND, TQ_E_UNAVAILABLE,
			    "%s: %s: %s", l->what, res[i].code,
			    res[i].message);
		if (l->rings == NULL) {
			l->notes[b->which[i]].done = res[i].ok;
			l->notes[b->which[i]].refused = refused;
			continue;
		}
		l->rings[b->which[i]].sent = res[i].ok;
		l->rings[b->which[i]].refused = refused;
		memcpy(l->rings[b->which[i]].id, res[i].id, sizeof(res[i].id));
	}
}

bool
aq_unreachable(const struct tq_err *err)
{
	return err->code == TQ_E_UNAVAILABLE || err->code == TQ_E_TIMEOUT ||
	    err->code == TQ_E_INTR || err->stage == TQ_AT_CREDS;
}

/* How many calls what is left takes, of those sent at a time. */
static size_t
calls_for(const struct lot *l, size_t from)
{
	struct batch b;
	size_t n = 0;

	while (n < AQ_CALLS && next_batch(l, &from, &b))
		n++;
	return n;
}

/* As many calls as are sent at a time; false when the service is not there. */
static bool
some(struct aq *s, const struct lot *l, size_t *from, size_t max,
    struct tq_arena *a)
{
	struct batch *b = tq_arena_alloc(a, max * sizeof(*b));
	struct tq_aws_call *c = tq_arena_alloc(a, max * sizeof(*c));
	const char *base = tq_aws_base(s->a, TQ_AWS_SQS), *url;
	struct tq_sqs_result res[TQ_SQS_BATCH];
	struct tq_err err = TQ_ERR_INIT;
	size_t i, n = 0;
	bool there = true;

	while (n < max && there && next_batch(l, from, &b[n])) {
		c[n] = (struct tq_aws_call){ .service = TQ_AWS_SQS,
		    .what = l->what };
		if (aq_queue_url(s, s->a, b[n].queue, l->dlq, &url, &err) ==
		    -1)
			there = !aq_unreachable(&err);
		else if (l->build(l, &b[n], &c[n].req, base, url, a, &err) ==
		    0)
			n++;
		else
			tq_aws_call_free(&c[n]);
	}
	if (n > 0)
		tq_aws_call(s->a, c, n);
	for (i = 0; i < n; i++) {
		if (c[i].err.code == TQ_OK &&
		    l->read(&c[i].res, &b[i], res, &c[i].err) == 0)
			take(l, &b[i], res);
		if (c[i].err.code != TQ_OK)
			err = c[i].err;
		there &= !aq_unreachable(&c[i].err);
		tq_aws_call_free(&c[i]);
	}
	if (err.code != TQ_OK && l->err != NULL)
		*l->err = err;
	return there;
}

static void
all(struct aq *s, const struct lot *l)
{
	struct tq_arena a = TQ_ARENA_INIT;
	bool there = true;
	size_t from, n;
	int try;

	assert(l->n == 0 || (l->rings == NULL) != (l->notes == NULL));
	for (try = 0; there && try < TRIES; try++)
		for (from = 0; there && (n = calls_for(l, from)) > 0; ) {
			there = some(s, l, &from, n, &a);
			tq_arena_reset(&a);
		}
	tq_arena_free(&a);
}

/* -- sending -------------------------------------------------------------- */

/* {"v":1,"taskId":...,"type":...}; see docs/wire-format.md. */
static struct tq_span
body_of(const struct aq_doorbell *r, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_span text;

	tq_buf_chr(&b, '{');
	tq_json_member_int(&b, "v", TQ_MESSAGE_VERSION);
	tq_json_member_str(&b, "taskId", r->t->id);
	tq_json_member_str(&b, "type", r->t->type);
	if (r->dead != 0)
		tq_json_member_int(&b, "dead", (int64_t)r->dead);
	tq_buf_chr(&b, '}');
	text = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return text;
}

bool
aq_message_read(struct tq_span text, struct tq_arena *a, struct tq_message *m)
{
	struct tq_span v, id, type;
	int64_t n;

	if (tq_json_check(text, NULL) == -1 ||
	    tq_json_kind(text) != TQ_JSON_OBJECT ||
	    !tq_json_get(text, "taskId", &v) || !tq_json_str(v, a, &id) ||
	    !tq_json_get(text, "v", &v) || !tq_json_int(v, &n) || n < 1)
		return false;
	m->v = n < INT_MAX ? (int)n : INT_MAX;
	if (!tq_json_get(text, "type", &v) || !tq_json_str(v, a, &type) ||
	    !tq_name_ok(id.p))
		return false;
	m->task_id = id.p;
	if (tq_json_get(text, "dead", &v) && tq_json_int(v, &n))
		m->dead = (uint64_t)n;
	return true;
}

static int
build_send(const struct lot *l, struct batch *b, struct tq_aws_req *req,
    const char *base, const char *url, struct tq_arena *a,
    struct tq_err *err)
{
	const struct aq_doorbell *r;
	size_t i;

	for (i = 0; i < b->n; i++) {
		r = &l->rings[b->which[i]];
		b->out[i] = (struct tq_sqs_out){ .body = body_of(r, a),
		    .group = r->t->group,
		    .delay_s = (int)((r->delay_ms + 999) / 1000) };
	}
	return tq_sqs_send_batch(req, base, url, b->out, b->n, err);
}

static int
read_send(const struct tq_http_res *res, const struct batch *b,
    struct tq_sqs_result *out, struct tq_err *err)
{
	return tq_sqs_sent_batch(res, b->out, b->n, out, err);
}

void
aq_send(struct aq *s, bool dlq, struct aq_doorbell *rings, size_t n,
    struct tq_err *err)
{
	all(s, &(struct lot){ .dlq = dlq,
		   .what = "sqs SendMessageBatch",
		   .rings = rings,
		   .n = n,
		   .err = err,
		   .build = build_send,
		   .read = read_send });
}

/* -- deleting and hiding -------------------------------------------------- */

static int
read_change(const struct tq_http_res *res, const struct batch *b,
    struct tq_sqs_result *out, struct tq_err *err)
{
	return tq_sqs_changed_batch(res, b->n, out, err);
}

static int
build_delete(const struct lot *l, struct batch *b, struct tq_aws_req *req,
    const char *base, const char *url, struct tq_arena *a,
    struct tq_err *err)
{
	const char *receipts[TQ_SQS_BATCH];
	size_t i;

	(void)a;
	for (i = 0; i < b->n; i++)
		receipts[i] = l->notes[b->which[i]].receipt;
	return tq_sqs_delete_batch(req, base, url, receipts, b->n, err);
}

void
aq_delete_all(struct aq *s, bool dlq, struct aq_receipt *notes, size_t n)
{
	size_t i;

	for (i = 0; !dlq && aq_pushed(s) && i < n; i++)
		notes[i].done = notes[i].receipt != NULL &&
		    aq_pushed_gone(s, notes[i].receipt);
	all(s, &(struct lot){ .dlq = dlq, .what = "sqs DeleteMessageBatch",
	    .notes = notes, .n = n, .build = build_delete,
	    .read = read_change });
}

static int
build_hide(const struct lot *l, struct batch *b, struct tq_aws_req *req,
    const char *base, const char *url, struct tq_arena *a,
    struct tq_err *err)
{
	const char *receipts[TQ_SQS_BATCH];
	int seconds[TQ_SQS_BATCH];
	int64_t ms;
	size_t i;

	(void)a;
	for (i = 0; i < b->n; i++) {
		receipts[i] = l->notes[b->which[i]].receipt;
		ms = l->notes[b->which[i]].hide_ms;
		if (ms > TQ_SQS_VISIBILITY_MAX * INT64_C(1000))
			ms = TQ_SQS_VISIBILITY_MAX * INT64_C(1000);
		seconds[i] = (int)((ms + 999) / 1000);
	}
	return tq_sqs_visibility_batch(req, base, url, receipts, seconds,
	    b->n, err);
}

void
aq_hide_all(struct aq *s, bool dlq, struct aq_receipt *notes, size_t n)
{
	all(s, &(struct lot){ .dlq = dlq,
	    .what = "sqs ChangeMessageVisibilityBatch", .notes = notes,
	    .n = n, .build = build_hide, .read = read_change });
}

bool
aq_unsend(struct aq *s, const char *queue, bool dlq, const char *receipt)
{
	struct aq_receipt n = { .queue = queue, .receipt = receipt };

	aq_delete_all(s, dlq, &n, 1);
	return n.done;
}
