/* lib/lambda/work.c -- see work.h. */
#include "lambda/work.h"

#include <string.h>

#include "lambda/parts.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/json.h"
#include "util/str.h"

static bool
member(struct tq_span obj, const char *key, enum tq_json_kind kind,
    struct tq_span *v)
{
	return tq_json_kind(obj) == TQ_JSON_OBJECT &&
	    tq_json_get(obj, key, v) && tq_json_kind(*v) == kind;
}

static int64_t
number(struct tq_span obj, const char *key, struct tq_arena *a)
{
	const char *s = lm_text(obj, key, a);
	int64_t n;

	return s != NULL && tq_str_int(s, 0, INT64_MAX, &n) == 0 ? n : 0;
}

/* The value of a message's attribute, as bytes. */
static struct tq_span
value_of(struct tq_span attr, struct tq_arena *a)
{
	const char *text = lm_text(attr, "stringValue", a);
	unsigned char *bytes;
	long n;

	if (text != NULL)
		return tq_span_of(text);
	if ((text = lm_text(attr, "binaryValue", a)) == NULL)
		return TQ_SPAN_NONE;
	bytes = tq_arena_alloc(a, strlen(text) + 1);
	n = tq_base64_decode(text, strlen(text), bytes);
	return n < 0 ? TQ_SPAN_NONE : (struct tq_span){ (char *)bytes,
	    (size_t)n };
}

static void
read_attrs(struct tq_span record, struct tq_pushed *m, struct tq_arena *a)
{
	struct tq_span attrs, key, val, name;
	struct tq_pushed_attr *out;
	struct tq_json_iter it;
	const char *type;
	size_t n = 0;

	if (!member(record, "messageAttributes", TQ_JSON_OBJECT, &attrs))
		return;
	for (it = tq_json_iter(attrs); tq_json_next(&it, &key, &val); )
		n++;
	m->attrs = out = tq_arena_alloc(a, (n + 1) * sizeof(*out));
	for (it = tq_json_iter(attrs); tq_json_next(&it, &key, &val); ) {
		/* With its quotes around it, the key is a string to decode. */
		if (tq_json_kind(val) == TQ_JSON_OBJECT &&
		    tq_json_str((struct tq_span){ key.p - 1, key.n + 2 }, a,
		    &name) && (type = lm_text(val, "dataType", a)) != NULL)
			out[m->nattrs++] = (struct tq_pushed_attr){ name.p,
			    type, value_of(val, a) };
	}
}

/* What stands behind the last colon of an ARN. */
static const char *
name_in(const char *arn)
{
	const char *colon = strrchr(arn, ':');

	return colon != NULL ? colon + 1 : arn;
}

static int
read_message(struct tq_span record, struct tq_arena *a, struct tq_pushed *m,
    struct tq_err *err)
{
	const char *from, *arn, *md5;
	char hex[2 * TQ_MD5_LEN + 1];
	struct tq_span body, attrs;

	if (tq_json_kind(record) != TQ_JSON_OBJECT ||
	    (from = lm_text(record, "eventSource", a)) == NULL ||
	    strcmp(from, "aws:sqs") != 0)
		return lm_bad(err, "records, but none of SQS");
	*m = (struct tq_pushed){ .id = lm_text(record, "messageId", a),
	    .receipt = lm_text(record, "receiptHandle", a) };
	arn = lm_text(record, "eventSourceARN", a);
	if (m->id == NULL || *m->id == '\0' || m->receipt == NULL ||
	    arn == NULL || !tq_json_get(record, "body", &body) ||
	    !tq_json_str(body, a, &m->body))
		return lm_bad(err, "a message without its id, receipt, queue "
		    "or body");
	m->source = name_in(arn);
	tq_md5_hex(m->body.p, m->body.n, hex);
	md5 = lm_text(record, "md5OfBody", a);
	m->intact = md5 == NULL || strcmp(md5, hex) == 0;
	read_attrs(record, m, a);
	if (!member(record, "attributes", TQ_JSON_OBJECT, &attrs))
		return 0;
	m->receives = number(attrs, "ApproximateReceiveCount", a);
	m->sent_ms = number(attrs, "SentTimestamp", a);
	m->group = lm_text(attrs, "MessageGroupId", a);
	m->trace = lm_text(attrs, "AWSTraceHeader", a);
	return 0;
}

int
tq_lambda_work_read(struct tq_span event, struct tq_arena *a,
    struct tq_lambda_work *out, struct tq_err *err)
{
	struct tq_span records, key, val;
	struct tq_json_iter it;
	const char *word;
	size_t n = 0;

	*out = (struct tq_lambda_work){ .sweep = false };
	if (tq_json_check(event, err) == -1)
		return -1;
	if (!member(event, "Records", TQ_JSON_ARRAY, &records)) {
		word = tq_json_kind(event) == TQ_JSON_OBJECT ?
		    lm_text(event, "tq", a) : NULL;
		out->sweep = word != NULL && strcmp(word, "sweep") == 0;
		return out->sweep ? 0 : lm_bad(err, "neither messages of SQS "
		    "nor {\"tq\":\"sweep\"}");
	}
	for (it = tq_json_iter(records); tq_json_next(&it, &key, &val); )
		n++;
	out->msgs = tq_arena_alloc(a, (n + 1) * sizeof(*out->msgs));
	for (it = tq_json_iter(records); tq_json_next(&it, &key, &val); )
		if (read_message(val, a, &out->msgs[out->n++], err) == -1)
			return -1;
	return 0;
}
