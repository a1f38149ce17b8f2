/* lib/aws/sqs.c -- the builders; see sqs.h. */
#include "aws/sqs.h"

#include <string.h>

#include "aws/request.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/json.h"
#include "util/str.h"

static int
start(struct tq_aws_req *r, const char *base, const char *action,
    struct tq_err *err)
{
	return tq_aws_rpc_begin(r, base, "AmazonSQS", action, err);
}

static int
start_queue(struct tq_aws_req *r, const char *base, const char *action,
    const char *queue_url, struct tq_err *err)
{
	if (start(r, base, action, err) == -1)
		return -1;
	tq_json_member_str(&r->text, "QueueUrl", queue_url);
	return 0;
}

/* XML's characters: what SQS takes. */
static bool
text_ok(struct tq_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return false;
		/* U+FFFE and U+FFFF */
		if (c == 0xef && s.n - i > 2 && (uint8_t)s.p[i + 1] == 0xbf &&
		    (uint8_t)s.p[i + 2] >= 0xbe)
			return false;
	}
	return tq_utf8_valid(s);
}

static bool
is_binary(const struct tq_sqs_attr *a)
{
	return strncmp(a->type, "Binary", 6) == 0;
}

static void
put_attrs(struct tq_buf *b, const struct tq_sqs_out *m)
{
	const struct tq_sqs_attr *a;

	if (m->nattrs == 0)
		return;
	tq_json_key(b, "MessageAttributes");
	tq_buf_chr(b, '{');
	for (a = m->attrs; a < m->attrs + m->nattrs; a++) {
		tq_json_key(b, a->name);
		tq_buf_chr(b, '{');
		tq_json_member_str(b, "DataType", a->type);
		if (is_binary(a)) {
			tq_json_key(b, "BinaryValue");
			tq_buf_chr(b, '"');
			tq_base64_put(b, a->value.p, a->value.n);
			tq_buf_chr(b, '"');
		} else {
			tq_json_key(b, "StringValue");
			tq_json_put_str(b, a->value);
		}
		tq_buf_chr(b, '}');
	}
	tq_buf_chr(b, '}');
}

static int
put_message(struct tq_buf *b, const struct tq_sqs_out *m, size_t *total,
    struct tq_err *err)
{
	size_t i;

	*total += m->body.n;
	for (i = 0; i < m->nattrs; i++)
		*total += strlen(m->attrs[i].name) + strlen(m->attrs[i].type) +
		    m->attrs[i].value.n;
	if (*total > TQ_SQS_BODY_MAX)
		return tq_err_set(err, TQ_AT_SEND, TQ_E_TOOBIG,
		    "message: %zu bytes, SQS takes %d at a time", *total,
		    TQ_SQS_BODY_MAX);
	if (m->body.n == 0 || !text_ok(m->body))
		return tq_err_set(err, TQ_AT_SEND, TQ_E_DATA,
		    "message: empty, or no text as SQS takes it");
	tq_json_key(b, "MessageBody");
	tq_json_put_str(b, m->body);
	if (m->delay_s > 0)
		tq_json_member_int(b, "DelaySeconds", m->delay_s);
	if (m->group != NULL)
		tq_json_member_str(b, "MessageGroupId", m->group);
	if (m->dedup != NULL)
		tq_json_member_str(b, "MessageDeduplicationId", m->dedup);
	put_attrs(b, m);
	return 0;
}

int
tq_sqs_send(struct tq_aws_req *r, const char *base, const char *queue_url,
    const struct tq_sqs_out *m, struct tq_err *err)
{
	size_t total = 0;

	if (start_queue(r, base, "SendMessage", queue_url, err) == -1 ||
	    put_message(&r->text, m, &total, err) == -1)
		return -1;
	return tq_aws_rpc_end(r, err);
}

/* The next entry, up to its own members; its id is its place. */
static void
entry(struct tq_buf *b, size_t i)
{
	tq_buf_fmt(b, "%s{\"Id\":\"%zu\"", i > 0 ? "," : "", i);
}

int
tq_sqs_send_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const struct tq_sqs_out *m, size_t n,
    struct tq_err *err)
{
	size_t i, total = 0;

	if (start_queue(r, base, "SendMessageBatch", queue_url, err) == -1)
		return -1;
	tq_json_key(&r->text, "Entries");
	tq_buf_chr(&r->text, '[');
	for (i = 0; i < n; i++) {
		entry(&r->text, i);
		if (put_message(&r->text, &m[i], &total, err) == -1)
			return -1;
		tq_buf_chr(&r->text, '}');
	}
	tq_buf_chr(&r->text, ']');
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_receive(struct tq_aws_req *r, const char *base, const char *queue_url,
    int max, int wait_s, int visibility_s, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start_queue(r, base, "ReceiveMessage", queue_url, err) == -1)
		return -1;
	tq_json_member_int(b, "MaxNumberOfMessages",
	    max < TQ_SQS_BATCH ? max : TQ_SQS_BATCH);
	tq_json_member_int(b, "WaitTimeSeconds", wait_s);
	if (visibility_s >= 0)
		tq_json_member_int(b, "VisibilityTimeout", visibility_s);
	/* The old name, which every stand-in knows, means the same. */
	tq_json_member_raw(b, "AttributeNames", tq_span_of("[\"All\"]"));
	tq_json_member_raw(b, "MessageSystemAttributeNames",
	    tq_span_of("[\"All\"]"));
	tq_json_member_raw(b, "MessageAttributeNames",
	    tq_span_of("[\"All\"]"));
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_delete(struct tq_aws_req *r, const char *base, const char *queue_url,
    const char *receipt, struct tq_err *err)
{
	if (start_queue(r, base, "DeleteMessage", queue_url, err) == -1)
		return -1;
	tq_json_member_str(&r->text, "ReceiptHandle", receipt);
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_visibility(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *receipt, int seconds,
    struct tq_err *err)
{
	if (start_queue(r, base, "ChangeMessageVisibility", queue_url, err) ==
	    -1)
		return -1;
	tq_json_member_str(&r->text, "ReceiptHandle", receipt);
	tq_json_member_int(&r->text, "VisibilityTimeout", seconds);
	return tq_aws_rpc_end(r, err);
}

static int
receipts_batch(struct tq_aws_req *r, const char *base, const char *action,
    const char *queue_url, const char *const *receipts, const int *seconds,
    size_t n, struct tq_err *err)
{
	size_t i;

	if (start_queue(r, base, action, queue_url, err) == -1)
		return -1;
	tq_json_key(&r->text, "Entries");
	tq_buf_chr(&r->text, '[');
	for (i = 0; i < n; i++) {
		entry(&r->text, i);
		tq_json_member_str(&r->text, "ReceiptHandle", receipts[i]);
		if (seconds != NULL)
			tq_json_member_int(&r->text, "VisibilityTimeout",
			    seconds[i]);
		tq_buf_chr(&r->text, '}');
	}
	tq_buf_chr(&r->text, ']');
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_delete_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *receipts, size_t n,
    struct tq_err *err)
{
	return receipts_batch(r, base, "DeleteMessageBatch", queue_url,
	    receipts, NULL, n, err);
}

int
tq_sqs_visibility_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *receipts, const int *seconds,
    size_t n, struct tq_err *err)
{
	return receipts_batch(r, base, "ChangeMessageVisibilityBatch",
	    queue_url, receipts, seconds, n, err);
}

static void
put_queue_attrs(struct tq_buf *b, const char *const *attrs)
{
	if (attrs == NULL || *attrs == NULL)
		return;
	tq_json_key(b, "Attributes");
	tq_buf_chr(b, '{');
	for (; *attrs != NULL; attrs += 2)
		tq_json_member_str(b, attrs[0], attrs[1]);
	tq_buf_chr(b, '}');
}

int
tq_sqs_create_queue(struct tq_aws_req *r, const char *base, const char *name,
    const char *const *attrs, struct tq_err *err)
{
	if (start(r, base, "CreateQueue", err) == -1)
		return -1;
	tq_json_member_str(&r->text, "QueueName", name);
	put_queue_attrs(&r->text, attrs);
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_set_attributes(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *attrs, struct tq_err *err)
{
	if (start_queue(r, base, "SetQueueAttributes", queue_url, err) == -1)
		return -1;
	put_queue_attrs(&r->text, attrs);
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_get_attributes(struct tq_aws_req *r, const char *base,
    const char *queue_url, struct tq_err *err)
{
	if (start_queue(r, base, "GetQueueAttributes", queue_url, err) == -1)
		return -1;
	tq_json_member_raw(&r->text, "AttributeNames",
	    tq_span_of("[\"All\"]"));
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_get_url(struct tq_aws_req *r, const char *base, const char *name,
    const char *owner, struct tq_err *err)
{
	if (start(r, base, "GetQueueUrl", err) == -1)
		return -1;
	tq_json_member_str(&r->text, "QueueName", name);
	if (owner != NULL)
		tq_json_member_str(&r->text, "QueueOwnerAWSAccountId", owner);
	return tq_aws_rpc_end(r, err);
}

int
tq_sqs_purge(struct tq_aws_req *r, const char *base, const char *queue_url,
    struct tq_err *err)
{
	if (start_queue(r, base, "PurgeQueue", queue_url, err) == -1)
		return -1;
	return tq_aws_rpc_end(r, err);
}
