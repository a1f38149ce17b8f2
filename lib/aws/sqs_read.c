/* lib/aws/sqs_read.c -- the readers; see sqs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/fault.h"
#include "aws/sqs.h"
#include "net/http.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/json.h"
#include "util/str.h"

#define MD5_HEX	(2 * TQ_MD5_LEN + 1)

static int
corrupt(const char *what, const char *why, struct tq_err *err)
{
	tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT, "sqs %s: %s", what, why);
	if (err != NULL)
		err->retryable = true;
	return -1;
}

/* A member that is a string, or NULL. */
static const char *
str(struct tq_span obj, const char *key, struct tq_arena *mem)
{
	struct tq_span v, s;

	if (!tq_json_get(obj, key, &v) || !tq_json_str(v, mem, &s))
		return NULL;
	return s.p;
}

static void
failed(struct tq_sqs_result *r, bool again, const char *code,
    const char *message)
{
	r->ok = false;
	r->again = again;
	snprintf(r->code, sizeof(r->code), "%s", code ? code : "Unknown");
	snprintf(r->message, sizeof(r->message), "%s",
	    message != NULL ? message : "");
}

static int64_t
number(struct tq_span obj, const char *key, struct tq_arena *mem)
{
	const char *s = str(obj, key, mem);
	int64_t n;

	return s != NULL && tq_str_int(s, 0, INT64_MAX, &n) == 0 ? n : 0;
}

static int
attr_cmp(const void *va, const void *vb)
{
	const struct tq_sqs_attr *const *a = va, *const *b = vb;

	return strcmp((*a)->name, (*b)->name);
}

static void
put_sized(struct tq_buf *b, const void *p, size_t n)
{
	const char size[4] = { (char)(n >> 24), (char)(n >> 16),
	    (char)(n >> 8), (char)n };

	tq_buf_add(b, size, sizeof(size));
	tq_buf_add(b, p, n);
}

void
tq_sqs_attrs_md5(const struct tq_sqs_attr *attrs, size_t n, char hex[33])
{
	struct tq_buf b = TQ_BUF_INIT(2 * TQ_SQS_BODY_MAX);
	struct tq_arena mem = TQ_ARENA_INIT;
	const struct tq_sqs_attr **sorted;
	size_t i;

	sorted = tq_arena_alloc(&mem, (n + 1) * sizeof(*sorted));
	for (i = 0; i < n; i++)
		sorted[i] = &attrs[i];
	qsort(sorted, n, sizeof(*sorted), attr_cmp);
	for (i = 0; i < n; i++) {
		const struct tq_sqs_attr *a = sorted[i];

		put_sized(&b, a->name, strlen(a->name));
		put_sized(&b, a->type, strlen(a->type));
		tq_buf_chr(&b, strncmp(a->type, "Binary", 6) == 0 ? 2 : 1);
		put_sized(&b, a->value.p, a->value.n);
	}
	tq_md5_hex(b.data, b.len, hex);
	tq_buf_free(&b);
	tq_arena_free(&mem);
}

/* Is the sum the service computed, if it says one, that of what we sent? */
static bool
sums_right(struct tq_span obj, const struct tq_sqs_out *m,
    struct tq_arena *mem)
{
	const char *body = str(obj, "MD5OfMessageBody", mem);
	const char *attrs = str(obj, "MD5OfMessageAttributes", mem);
	char hex[MD5_HEX];

	tq_md5_hex(m->body.p, m->body.n, hex);
	if (body != NULL && strcmp(body, hex) != 0)
		return false;
	if (m->nattrs == 0 || attrs == NULL)
		return true;
	tq_sqs_attrs_md5(m->attrs, m->nattrs, hex);
	return strcmp(attrs, hex) == 0;
}

static void
take_sent(struct tq_span obj, const struct tq_sqs_out *m,
    struct tq_sqs_result *r, struct tq_arena *mem)
{
	const char *id = str(obj, "MessageId", mem);

	*r = (struct tq_sqs_result){ .ok = true };
	snprintf(r->id, sizeof(r->id), "%s", id != NULL ? id : "");
	if (m != NULL && !sums_right(obj, m, mem))
		failed(r, true, "ChecksumMismatch",
		    "the service got other bytes than were sent");
}

static void
take_failed(struct tq_span obj, struct tq_sqs_result *r,
    struct tq_arena *mem)
{
	struct tq_span v;
	bool ours = false;

	*r = (struct tq_sqs_result){ 0 };
	if (tq_json_get(obj, "SenderFault", &v))
		tq_json_bool(v, &ours);
	failed(r, !ours, str(obj, "Code", mem), str(obj, "Message", mem));
}

int
tq_sqs_sent(const struct tq_http_res *res, const struct tq_sqs_out *m,
    struct tq_sqs_result *result, struct tq_err *err)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	int rc = -1;

	if (tq_aws_body(res, "sqs SendMessage", err) == 0) {
		take_sent(tq_buf_span(&res->body), m, result, &mem);
		rc = result->id[0] != '\0' ? 0 :
		    corrupt("SendMessage", "no MessageId", err);
	}
	tq_arena_free(&mem);
	return rc;
}

/* Hand each entry of a list to its result, by the id that is its place. */
static void
each(struct tq_span body, const char *list, const struct tq_sqs_out *m,
    size_t n, struct tq_sqs_result *results, bool *seen,
    struct tq_arena *mem)
{
	bool ok = strcmp(list, "Successful") == 0;
	struct tq_json_iter it;
	struct tq_span v, key, obj;
	const char *id;
	int64_t i;

	if (!tq_json_get(body, list, &v) || tq_json_kind(v) != TQ_JSON_ARRAY)
		return;
	for (it = tq_json_iter(v); tq_json_next(&it, &key, &obj);) {
		if (tq_json_kind(obj) != TQ_JSON_OBJECT ||
		    (id = str(obj, "Id", mem)) == NULL ||
		    tq_str_int(id, 0, (int64_t)n - 1, &i) == -1)
			continue;
		seen[i] = true;
		if (ok)
			take_sent(obj, m != NULL ? &m[i] : NULL, &results[i],
			    mem);
		else
			take_failed(obj, &results[i], mem);
	}
}

static int
batch(const struct tq_http_res *res, const struct tq_sqs_out *m, size_t n,
    struct tq_sqs_result *results, struct tq_err *err)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	bool seen[TQ_SQS_BATCH] = { false };
	size_t i;

	if (tq_aws_body(res, "sqs batch", err) == -1)
		return -1;
	each(tq_buf_span(&res->body), "Successful", m, n, results, seen,
	    &mem);
	each(tq_buf_span(&res->body), "Failed", m, n, results, seen, &mem);
	for (i = 0; i < n; i++) {
		if (seen[i])
			continue;
		results[i] = (struct tq_sqs_result){ 0 };
		failed(&results[i], true, "NoAnswer",
		    "the answer leaves the entry out");
	}
	tq_arena_free(&mem);
	return 0;
}

int
tq_sqs_sent_batch(const struct tq_http_res *res, const struct tq_sqs_out *m,
    size_t n, struct tq_sqs_result *results, struct tq_err *err)
{
	return batch(res, m, n, results, err);
}

int
tq_sqs_changed_batch(const struct tq_http_res *res, size_t n,
    struct tq_sqs_result *results, struct tq_err *err)
{
	return batch(res, NULL, n, results, err);
}

static struct tq_span
attr_value(struct tq_span obj, struct tq_arena *mem)
{
	struct tq_span v, s = TQ_SPAN_NONE;
	unsigned char *raw;
	long n;

	if (tq_json_get(obj, "StringValue", &v) && tq_json_str(v, mem, &s))
		return s;
	if (!tq_json_get(obj, "BinaryValue", &v) || !tq_json_str(v, mem, &s))
		return TQ_SPAN_NONE;
	raw = tq_arena_alloc(mem, s.n / 4 * 3 + 4);
	if ((n = tq_base64_decode(s.p, s.n, raw)) == -1)
		return TQ_SPAN_NONE;
	return (struct tq_span){ (char *)raw, (size_t)n };
}

static void
take_attrs(struct tq_span list, struct tq_sqs_msg *m, struct tq_arena *mem)
{
	struct tq_json_iter it;
	struct tq_span key, obj, name, quoted;
	size_t n = 0;

	for (it = tq_json_iter(list); tq_json_next(&it, &key, &obj);)
		n++;
	m->attrs = tq_arena_alloc(mem, (n + 1) * sizeof(*m->attrs));
	for (it = tq_json_iter(list); tq_json_next(&it, &key, &obj);) {
		/* The raw key with its quotes is a JSON string. */
		quoted = (struct tq_span){ key.p - 1, key.n + 2 };
		if (tq_json_kind(obj) != TQ_JSON_OBJECT ||
		    !tq_json_str(quoted, mem, &name))
			continue;
		m->attrs[m->nattrs] = (struct tq_sqs_attr){ name.p,
		    str(obj, "DataType", mem), attr_value(obj, mem) };
		if (m->attrs[m->nattrs].type != NULL)
			m->nattrs++;
	}
}

static bool
intact(struct tq_span obj, const struct tq_sqs_msg *m, struct tq_arena *mem)
{
	const char *body = str(obj, "MD5OfBody", mem);
	const char *attrs = str(obj, "MD5OfMessageAttributes", mem);
	char hex[MD5_HEX];

	tq_md5_hex(m->body.p, m->body.n, hex);
	if (body != NULL && strcmp(body, hex) != 0)
		return false;
	tq_sqs_attrs_md5(m->attrs, m->nattrs, hex);
	return attrs == NULL || m->nattrs == 0 || strcmp(attrs, hex) == 0;
}

static bool
take_message(struct tq_span obj, struct tq_sqs_msg *m, struct tq_arena *mem)
{
	struct tq_span v;
	bool text;

	*m = (struct tq_sqs_msg){ 0 };
	m->id = str(obj, "MessageId", mem);
	m->receipt = str(obj, "ReceiptHandle", mem);
	if (m->id == NULL || m->receipt == NULL)
		return false;
	text = tq_json_get(obj, "Body", &v) && tq_json_str(v, mem, &m->body);
	if (tq_json_get(obj, "Attributes", &v) &&
	    tq_json_kind(v) == TQ_JSON_OBJECT) {
		m->receives = number(v, "ApproximateReceiveCount", mem);
		m->sent_ms = number(v, "SentTimestamp", mem);
		m->group = str(v, "MessageGroupId", mem);
		m->trace = str(v, "AWSTraceHeader", mem);
	}
	if (tq_json_get(obj, "MessageAttributes", &v) &&
	    tq_json_kind(v) == TQ_JSON_OBJECT)
		take_attrs(v, m, mem);
	m->intact = text && intact(obj, m, mem);
	return true;
}

int
tq_sqs_received(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_sqs_msg **msgs, size_t *n, struct tq_err *err)
{
	struct tq_span list, key, obj;
	struct tq_json_iter it;
	size_t got = 0;

	if (tq_aws_body(res, "sqs ReceiveMessage", err) == -1)
		return -1;
	*n = 0;
	*msgs = tq_arena_alloc(mem, TQ_SQS_BATCH * sizeof(**msgs));
	/* An empty queue answers without the list. */
	if (!tq_json_get(tq_buf_span(&res->body), "Messages", &list) ||
	    tq_json_kind(list) != TQ_JSON_ARRAY)
		return 0;
	for (it = tq_json_iter(list); got < TQ_SQS_BATCH &&
	    tq_json_next(&it, &key, &obj); got++)
		if (tq_json_kind(obj) != TQ_JSON_OBJECT ||
		    !take_message(obj, &(*msgs)[got], mem))
			return corrupt("ReceiveMessage",
			    "a message without id or receipt", err);
	*n = got;
	return 0;
}

int
tq_sqs_queue_url(const struct tq_http_res *res, struct tq_arena *mem,
    const char **url, struct tq_err *err)
{
	const char *s;

	if (tq_aws_body(res, "sqs GetQueueUrl", err) == -1)
		return -1;
	s = str(tq_buf_span(&res->body), "QueueUrl", mem);
	if (s == NULL || *s == '\0')
		return corrupt("GetQueueUrl", "no QueueUrl", err);
	*url = s;
	return 0;
}

const char *
tq_sqs_attribute(const struct tq_http_res *res, const char *name,
    struct tq_arena *mem)
{
	struct tq_span v;

	if (tq_aws_body(res, "sqs GetQueueAttributes", NULL) == -1 ||
	    !tq_json_get(tq_buf_span(&res->body), "Attributes", &v) ||
	    tq_json_kind(v) != TQ_JSON_OBJECT)
		return NULL;
	return str(v, name, mem);
}
