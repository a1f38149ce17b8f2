/* tests/unit/test_aws_sqs.c -- SQS requests and answers. */
#include "t.h"

#include "aws/fault.h"
#include "aws/request.h"
#include "aws/sqs.h"
#include "t_reply.h"
#include "util/err.h"
#include "util/json.h"

#define BASE	"http://127.0.0.1:9324"
#define QUEUE	"http://127.0.0.1:9324/000000000000/q"
#define URL	"\"QueueUrl\":\"" QUEUE "\""

static struct tq_aws_req req;
static struct tq_err err;

/* The request must have worked; its body. */
static const char *
sent(int rc)
{
	static char body[8192];

	if (rc == -1)
		T_FAIL("%s", err.msg);
	snprintf(body, sizeof(body), "%.*s", (int)req.body.n, req.body.p);
	T_INT(tq_json_check(tq_span_of(body), NULL), 0);
	tq_aws_req_free(&req);
	return body;
}

static void
test_builders(void)
{
	static const char *const receipts[] = { "r1", "r\"2" };
	static const int seconds[] = { 0, 60 };
	static const char *const attrs[] = { "VisibilityTimeout", "60",
	    "RedrivePolicy", "{\"maxReceiveCount\":1000}", NULL };

	T_INT(tq_sqs_receive(&req, BASE, QUEUE, 20, 20, -1, &err), 0);
	T_STR(tq_aws_req_find(&req, "x-amz-target"),
	    "AmazonSQS.ReceiveMessage");
	T_STR(tq_aws_req_find(&req, "content-type"),
	    "application/x-amz-json-1.0");
	T_STR(req.path.data, "/");
	T_OK(strstr(sent(0), URL ",\"MaxNumberOfMessages\":10,"
	    "\"WaitTimeSeconds\":20,\"AttributeNames\"") != NULL);
	T_OK(strstr(sent(tq_sqs_receive(&req, BASE, QUEUE, 1, 0, 30, &err)),
	    "\"VisibilityTimeout\":30") != NULL);
	T_STR(sent(tq_sqs_delete(&req, BASE, QUEUE, "r\"1", &err)),
	    "{" URL ",\"ReceiptHandle\":\"r\\\"1\"}");
	T_STR(sent(tq_sqs_delete_batch(&req, BASE, QUEUE, receipts, 2, &err)),
	    "{" URL ",\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":\"r1\"},"
	    "{\"Id\":\"1\",\"ReceiptHandle\":\"r\\\"2\"}]}");
	T_STR(sent(tq_sqs_visibility(&req, BASE, QUEUE, "r", 5, &err)),
	    "{" URL ",\"ReceiptHandle\":\"r\",\"VisibilityTimeout\":5}");
	T_OK(strstr(sent(tq_sqs_visibility_batch(&req, BASE, QUEUE, receipts,
	    seconds, 2, &err)), "\"r1\",\"VisibilityTimeout\":0},") != NULL);
	T_STR(sent(tq_sqs_create_queue(&req, BASE, "q", attrs, &err)),
	    "{\"QueueName\":\"q\",\"Attributes\":{\"VisibilityTimeout\":"
	    "\"60\",\"RedrivePolicy\":\"{\\\"maxReceiveCount\\\":1000}\"}}");
	T_STR(sent(tq_sqs_create_queue(&req, BASE, "q", NULL, &err)),
	    "{\"QueueName\":\"q\"}");
	T_STR(sent(tq_sqs_get_attributes(&req, BASE, QUEUE, &err)),
	    "{" URL ",\"AttributeNames\":[\"All\"]}");
	T_STR(sent(tq_sqs_get_url(&req, BASE, "q", NULL, &err)),
	    "{\"QueueName\":\"q\"}");
	T_STR(sent(tq_sqs_get_url(&req, BASE, "q", "1", &err)),
	    "{\"QueueName\":\"q\",\"QueueOwnerAWSAccountId\":\"1\"}");
	T_STR(sent(tq_sqs_purge(&req, BASE, QUEUE, &err)), "{" URL "}");
}

static void
test_send(void)
{
	const struct tq_sqs_attr attrs[] = {
	    { "a", "String", tq_span_of("x\"") },
	    { "b", "Binary", { "\0\xff", 2 } } };
	struct tq_sqs_out m[2] = {
	    { tq_span_of("{\"taskId\":\"1\"}"), 0, NULL, NULL, NULL, 0 },
	    { tq_span_of("gr\xc3\xbcn\n"), 900, "tenant", "d", attrs, 2 } };

	T_STR(sent(tq_sqs_send(&req, BASE, QUEUE, &m[0], &err)), "{" URL
	    ",\"MessageBody\":\"{\\\"taskId\\\":\\\"1\\\"}\"}");
	T_STR(sent(tq_sqs_send_batch(&req, BASE, QUEUE, m, 2, &err)), "{" URL
	    ",\"Entries\":[{\"Id\":\"0\",\"MessageBody\":"
	    "\"{\\\"taskId\\\":\\\"1\\\"}\"},{\"Id\":\"1\",\"MessageBody\":"
	    "\"gr\xc3\xbcn\\n\",\"DelaySeconds\":900,\"MessageGroupId\":"
	    "\"tenant\",\"MessageDeduplicationId\":\"d\","
	    "\"MessageAttributes\":{\"a\":{\"DataType\":\"String\","
	    "\"StringValue\":\"x\\\"\"},\"b\":{\"DataType\":\"Binary\","
	    "\"BinaryValue\":\"AP8=\"}}}]}");
}

static void
test_refused(void)
{
	static const char *const bad[] = { "", "a\x01", "\xff", "\x1f",
	    "\xed\xa0\x80", "\xef\xbf\xbf", "\xef\xbf\xbe" };
	static char big[TQ_SQS_BODY_MAX + 1];
	struct tq_sqs_out m[2] = { 0 };
	size_t i;

	/* Full-width letters begin with the byte of the two that it takes not. */
	m[0].body = tq_span_of("\xef\xbc\xa1 \xef\xbf\xbd\t");
	T_OK(sent(tq_sqs_send(&req, BASE, QUEUE, m, &err)) != NULL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m[0].body = tq_span_of(bad[i]);
		T_INT(tq_sqs_send(&req, BASE, QUEUE, m, &err), -1);
		T_INT(err.code, TQ_E_DATA);
		tq_aws_req_free(&req);
	}
	memset(big, 'x', sizeof(big));
	m[0].body = (struct tq_span){ big, TQ_SQS_BODY_MAX };
	T_INT(tq_sqs_send(&req, BASE, QUEUE, m, &err), 0);
	tq_aws_req_free(&req);
	m[1].body = (struct tq_span){ big, 1 };
	T_INT(tq_sqs_send_batch(&req, BASE, QUEUE, m, 2, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	tq_aws_req_free(&req);
}

static void
test_md5(void)
{
	const struct tq_sqs_attr all[] = {
	    { "customNumberTypeAttrib", "Number.float",
	    tq_span_of("4563442423554324324264524243.32543234") },
	    { "binaryAttribute", "Binary",
	    tq_span_of("Hello binary world!") },
	    { "attribName1", "String", tq_span_of("attribValue 1") } };
	char hex[33];

	tq_sqs_attrs_md5(&all[2], 1, hex);
	T_STR(hex, "19e27d4e946b072f3f58da80d94fd778");
	tq_sqs_attrs_md5(&all[0], 1, hex);
	T_STR(hex, "9fe1b90bbd9965bdf77bac517c7d2495");
	tq_sqs_attrs_md5(&all[1], 1, hex);
	T_STR(hex, "31a92b15d92f8db860eda32aceb656c3");
	tq_sqs_attrs_md5(all, 3, hex);
	T_STR(hex, "c932db14a896c663f83c260297d594ff");
}

/* md5("hello") */
#define HELLO	"5d41402abc4b2a76b9719d911017c592"

static void
test_sent(void)
{
	struct tq_sqs_out m = { .body = tq_span_of("hello") };
	struct tq_http_res res = t_reply(200, NULL, "{\"MessageId\":\"id-1\","
	    "\"MD5OfMessageBody\":\"" HELLO "\"}");
	struct tq_sqs_result r;

	T_INT(tq_sqs_sent(&res, &m, &r, &err), 0);
	T_OK(r.ok);
	T_STR(r.id, "id-1");
	m.body = tq_span_of("hullo");
	T_INT(tq_sqs_sent(&res, &m, &r, &err), 0);
	T_OK(!r.ok && r.again);
	T_STR(r.code, "ChecksumMismatch");
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "{\"MessageId\":\"id");
	T_INT(tq_sqs_sent(&res, &m, &r, &err), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	T_OK(err.retryable);
	tq_http_res_free(&res);
}

static void
test_batches(void)
{
	struct tq_sqs_out m[4] = { { .body = tq_span_of("hello") },
	    { .body = tq_span_of("b") }, { .body = tq_span_of("c") },
	    { .body = tq_span_of("d") } };
	struct tq_http_res res = t_reply(200, NULL, "{\"Successful\":["
	    "{\"Id\":\"0\",\"MessageId\":\"m0\",\"MD5OfMessageBody\":\""
	    HELLO "\"}],\"Failed\":[{\"Id\":\"2\",\"SenderFault\":true,"
	    "\"Code\":\"InvalidMessageContents\",\"Message\":\"no\"},"
	    "{\"Id\":\"1\",\"SenderFault\":false,\"Code\":\"InternalError\"},"
	    "{\"Id\":\"77\",\"SenderFault\":false},5]}");
	struct tq_sqs_result r[4];

	T_INT(tq_sqs_sent_batch(&res, m, 4, r, &err), 0);
	T_OK(r[0].ok);
	T_OK(!r[1].ok && r[1].again);
	T_STR(r[1].code, "InternalError");
	T_OK(!r[2].ok && !r[2].again);
	T_STR(r[2].message, "no");
	T_OK(!r[3].ok && r[3].again);
	T_STR(r[3].code, "NoAnswer");
	tq_http_res_free(&res);
	/* Neither list must be there. */
	res = t_reply(200, NULL, "{\"Successful\":[{\"Id\":\"0\"},"
	    "{\"Id\":\"1\"}]}");
	T_INT(tq_sqs_changed_batch(&res, 2, r, &err), 0);
	T_OK(r[0].ok && r[1].ok);
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "[]");
	T_INT(tq_sqs_changed_batch(&res, 2, r, &err), -1);
	tq_http_res_free(&res);
}

static void
test_received(void)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_http_res res = t_reply(200, NULL, "{}");
	struct tq_sqs_msg *m;
	size_t n = 9;

	T_INT(tq_sqs_received(&res, &mem, &m, &n, &err), 0);
	T_INT(n, 0);
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "{\"Messages\":[{\"MessageId\":\"m\","
	    "\"ReceiptHandle\":\"r\",\"Body\":\"hello\",\"MD5OfBody\":\""
	    HELLO "\",\"Attributes\":{\"ApproximateReceiveCount\":\"3\","
	    "\"SentTimestamp\":\"1440938160000\",\"MessageGroupId\":\"g\","
	    "\"AWSTraceHeader\":\"Root=1-5-6\"},"
	    "\"MD5OfMessageAttributes\":\"31a92b15d92f8db860eda32aceb656c3\","
	    "\"MessageAttributes\":{\"binaryAttribute\":{\"DataType\":"
	    "\"Binary\",\"BinaryValue\":\"SGVsbG8gYmluYXJ5IHdvcmxkIQ==\"}}},"
	    "{\"MessageId\":\"n\",\"ReceiptHandle\":\"s\",\"Body\":\"hullo\","
	    "\"MD5OfBody\":\"" HELLO "\"},{\"MessageId\":\"o\","
	    "\"ReceiptHandle\":\"t\",\"Body\":\"a\\u0000\"}]}");
	T_INT(tq_sqs_received(&res, &mem, &m, &n, &err), 0);
	T_INT(n, 3);
	T_STR(m[0].id, "m");
	T_STR(m[0].body.p, "hello");
	T_INT(m[0].receives, 3);
	T_INT(m[0].sent_ms, INT64_C(1440938160000));
	T_STR(m[0].group, "g");
	T_STR(m[0].trace, "Root=1-5-6");
	T_OK(m[1].trace == NULL);
	T_OK(m[0].intact);
	T_INT(m[0].nattrs, 1);
	T_STR(m[0].attrs[0].name, "binaryAttribute");
	T_OK(tq_span_eq(m[0].attrs[0].value, "Hello binary world!"));
	T_OK(!m[1].intact);
	T_INT(m[1].receives, 0);
	T_OK(!m[2].intact);
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "{\"Messages\":[{\"MessageId\":\"m\"}]}");
	T_INT(tq_sqs_received(&res, &mem, &m, &n, &err), -1);
	tq_http_res_free(&res);
	tq_arena_free(&mem);
}

static void
test_queue_answers(void)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_http_res res = t_reply(200, NULL,
	    "{\"QueueUrl\":\"" QUEUE "\"}");
	const char *url = NULL;

	T_INT(tq_sqs_queue_url(&res, &mem, &url, &err), 0);
	T_STR(url, QUEUE);
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "{\"Attributes\":{\"VisibilityTimeout\":"
	    "\"30\"}}");
	T_STR(tq_sqs_attribute(&res, "VisibilityTimeout", &mem), "30");
	T_OK(tq_sqs_attribute(&res, "DelaySeconds", &mem) == NULL);
	T_INT(tq_sqs_queue_url(&res, &mem, &url, &err), -1);
	tq_http_res_free(&res);
	res = t_reply(200, NULL, "{\"QueueUrl\":\"\"}");
	T_INT(tq_sqs_queue_url(&res, &mem, &url, &err), -1);
	tq_http_res_free(&res);
	tq_arena_free(&mem);
}

static void
test_faults(void)
{
	static const struct {
		int status;
		const char *head, *body, *code;
		enum tq_code is;
		bool again;
	} t[] = {
		{ 400, NULL, "{\"__type\":\"com.amazonaws.sqs#"
		    "QueueDoesNotExist\",\"message\":\"gone\"}",
		    "QueueDoesNotExist", TQ_E_NOTFOUND, false },
		{ 400, "x-amzn-query-error: AWS.SimpleQueueService."
		    "NonExistentQueue;Sender\n", "{}", "QueueDoesNotExist",
		    TQ_E_NOTFOUND, false },
		{ 400, NULL, "{\"__type\":\"AWS.SimpleQueueService."
		    "NonExistentQueue\"}", "QueueDoesNotExist",
		    TQ_E_NOTFOUND, false },
		{ 403, "x-amzn-errortype: AccessDeniedException:http://x\n",
		    "{\"Message\":\"not you\"}", "AccessDeniedException",
		    TQ_E_DENIED, false },
		{ 403, NULL, "{\"__type\":\"RequestThrottled\"}",
		    "RequestThrottled", TQ_E_THROTTLED, true },
		{ 503, NULL, "<html>busy", "", TQ_E_UNAVAILABLE, true },
		{ 400, NULL, "{\"__type\":\"x#ReceiptHandleIsInvalid\"}",
		    "ReceiptHandleIsInvalid", TQ_E_LOST, false },
	};
	struct tq_aws_fault f;
	struct tq_http_res res;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		res = t_reply(t[i].status, t[i].head, t[i].body);
		tq_aws_fault_json(&res, &f);
		T_STR(f.code, t[i].code);
		T_INT(tq_aws_fault_err(&f, "sqs X", &err), -1);
		T_INT(err.code, t[i].is);
		T_INT(err.retryable, t[i].again);
		tq_http_res_free(&res);
	}
	res = t_reply(400, "x-amzn-RequestId: req-1\n",
	    "{\"__type\":\"a#B\",\"message\":\"line\\nbreak\"}");
	tq_aws_fault_json(&res, &f);
	tq_aws_fault_err(&f, "sqs X", &err);
	T_STR(err.msg, "sqs X: B: line break (request req-1)");
	tq_http_res_free(&res);
}

T_MAIN(
	{ "each call is one JSON object for its target", test_builders },
	{ "messages carry delay, group and typed attributes", test_send },
	{ "what SQS would refuse is refused here", test_refused },
	{ "the MD5 of attributes is the published one", test_md5 },
	{ "a send is checked by the MD5 the service computed", test_sent },
	{ "a batch has a result for each entry, named or not", test_batches },
	{ "messages are read and checked; an empty queue has no list",
	    test_received },
	{ "queue URLs and attributes are read", test_queue_answers },
	{ "errors are read in their dialects", test_faults }
)
