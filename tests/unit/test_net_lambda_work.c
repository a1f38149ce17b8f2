/* tests/unit/test_net_lambda_work.c -- Lambda's events for a worker. */
#include "t.h"

#include "lambda/work.h"
#include "util/err.h"

static struct tq_arena a;
static struct tq_lambda_work w;
static struct tq_err err = TQ_ERR_INIT;

/* A record of an event source mapping; ${more} are further members. */
#define RECORD(more)							\
	"{\"messageId\":\"m1\",\"receiptHandle\":\"r1\",\"body\":\"a\\u0062c\","\
	"\"eventSource\":\"aws:sqs\",\"awsRegion\":\"eu-west-1\","		\
	"\"eventSourceARN\":\"arn:aws:sqs:eu-west-1:123456789012:jobs-mail\""	\
	more "}"
#define EVENT(records)	"{\"Records\":[" records "]}"

static int
take(const char *text)
{
	tq_arena_reset(&a);
	return tq_lambda_work_read(tq_span_of(text), &a, &w, &err);
}

static void
messages(void)
{
	T_MUST(take(EVENT(RECORD(",\"md5OfBody\":"
	    "\"900150983cd24fb0d6963f7d28e17f72\",\"attributes\":{"
	    "\"ApproximateReceiveCount\":\"3\",\"SentTimestamp\":"
	    "\"1520621625029\",\"MessageGroupId\":\"g\",\"AWSTraceHeader\":"
	    "\"Root=1-5759e988-bd862e3fe1be46a994272793\"}") ","
	    RECORD("")) "\n") == 0);
	T_OK(!w.sweep);
	T_INT(w.n, 2);
	T_STR(w.msgs[0].source, "jobs-mail");
	T_STR(w.msgs[0].id, "m1");
	T_STR(w.msgs[0].receipt, "r1");
	T_OK(tq_span_eq(w.msgs[0].body, "abc"));
	T_OK(w.msgs[0].intact && !w.msgs[0].gone);
	T_INT(w.msgs[0].receives, 3);
	T_INT(w.msgs[0].sent_ms, INT64_C(1520621625029));
	T_STR(w.msgs[0].group, "g");
	T_STR(w.msgs[0].trace, "Root=1-5759e988-bd862e3fe1be46a994272793");
	T_OK(w.msgs[1].intact && w.msgs[1].trace == NULL);
	T_INT(w.msgs[1].receives, 0);
	T_MUST(take(EVENT("")) == 0);
	T_INT(w.n, 0);
}

static void
damaged(void)
{
	T_MUST(take(EVENT(RECORD(",\"md5OfBody\":"
	    "\"00000000000000000000000000000000\""))) == 0);
	T_OK(!w.msgs[0].intact);
}

static void
attributes(void)
{
	const struct tq_pushed_attr *x;

	T_MUST(take(EVENT(RECORD(",\"messageAttributes\":{\"a\\u0041\":"
	    "{\"stringValue\":\"1\",\"dataType\":\"Number\","
	    "\"stringListValues\":[]},\"b\":{\"binaryValue\":\"aGk=\","
	    "\"dataType\":\"Binary\"},\"c\":7}"))) == 0);
	T_MUST(w.msgs[0].nattrs == 2);
	x = w.msgs[0].attrs;
	T_STR(x[0].name, "aA");
	T_STR(x[0].type, "Number");
	T_OK(tq_span_eq(x[0].value, "1"));
	T_STR(x[1].type, "Binary");
	T_OK(tq_span_eq(x[1].value, "hi"));
}

static void
schedule(void)
{
	T_MUST(take("{\"tq\":\"sweep\"}") == 0);
	T_OK(w.sweep && w.n == 0);
}

static void
others(void)
{
	static const char *const bad[] = { "", "[]", "7", "{}",
	    "{\"tq\":\"dance\"}", "{\"tq\":1}", EVENT("7"), EVENT("{}"),
	    "{\"Records\":{}}", EVENT("{\"eventSource\":\"aws:s3\"}"),
	    EVENT("{\"eventSource\":\"aws:sqs\",\"messageId\":\"m\","
		"\"body\":\"\"}"),
	    EVENT(RECORD("") ",{\"eventSource\":\"aws:kinesis\"}"),
	    "{\"version\":\"2.0\",\"rawPath\":\"/\"}" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (take(bad[i]) != -1 || err.code != TQ_E_DATA)
			T_FAIL("%s was taken", bad[i]);
	}
}

T_MAIN(
	{ "an event's messages are those that SQS sent", messages },
	{ "a body whose MD5 is another's came damaged", damaged },
	{ "attributes come as text and as bytes", attributes },
	{ "a schedule's word is a sweep", schedule },
	{ "other events are refused", others },
)
