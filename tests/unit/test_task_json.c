/* tests/unit/test_task_json.c -- a task as JSON, and back. */
#include "t.h"

#include "task/task.h"
#include "util/json.h"
#include "util/time.h"

#define NOW	INT64_C(1769824800000)	/* 2026-01-31T02:00:00Z */
#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static struct tq_arena arena;
static const struct tq_task def = { .queue = "default" };

/* Parse ${text} into ${t}; the message of a refusal, "" when it was taken. */
static const char *
parse_span(struct tq_span text, struct tq_task *t, const char **key,
    enum tq_code *code)
{
	static struct tq_err err;

	err = (struct tq_err)TQ_ERR_INIT;
	if (tq_task_parse(text, &def, NOW, &arena, t, key, &err) == 0)
		err.msg[0] = '\0';
	else if (err.stage != TQ_AT_PARSE)
		T_FAIL("stage %s", tq_stage_name(err.stage));
	if (code != NULL)
		*code = err.code;
	return err.msg;
}

static const char *
parse(const char *text, struct tq_task *t)
{
	const char *key;

	return parse_span(tq_span_of(text), t, &key, NULL);
}

static const char *
write_of(const struct tq_task *t)
{
	static struct tq_buf b = TQ_BUF_INIT(1 << 16);

	tq_buf_clear(&b);
	tq_task_write(t, &b);
	T_OK(!b.failed);
	return b.data;
}

static struct tq_task
full(void)
{
	return (struct tq_task){
	    .id = "my:id", .queue = "mail", .type = "image.grayscale",
	    .payload = tq_span_of("{\"a\":[1,2]}"),
	    .payload_kind = TQ_KIND_JSON, .input = "https://h/x?a=\"b\"",
	    .labels = tq_span_of("{\"k\":\"v\"}"), .prio = 9,
	    .max_attempts = 7, .timeout_ms = 90500, .backoff_ms = 2000,
	    .backoff_cap_ms = 60000, .not_before = NOW + 123,
	    .expires_at = NOW + 5000, .group = "tenant-1", .parent = "p.1",
	    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-"
	    "b7ad6b7169203331-01", .argv = tq_span_of("[\"ls\",\"-l\"]") };
}

static bool
same(struct tq_span a, struct tq_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void
test_round_trip(void)
{
	struct tq_task t = full(), u;

	T_STR(parse(write_of(&t), &u), "");
	T_STR(u.id, t.id);
	T_STR(u.queue, t.queue);
	T_STR(u.type, t.type);
	T_OK(same(u.payload, t.payload));
	T_INT(u.payload_kind, TQ_KIND_JSON);
	T_INT(u.payload_size, t.payload.n);
	T_STR(u.input, t.input);
	T_OK(same(u.labels, t.labels));
	T_INT(u.prio, t.prio);
	T_INT(u.max_attempts, t.max_attempts);
	T_INT(u.timeout_ms, t.timeout_ms);
	T_INT(u.backoff_ms, t.backoff_ms);
	T_INT(u.backoff_cap_ms, t.backoff_cap_ms);
	T_INT(u.not_before, t.not_before);
	T_INT(u.expires_at, t.expires_at);
	T_STR(u.group, t.group);
	T_STR(u.parent, t.parent);
	T_STR(u.traceparent, t.traceparent);
	T_OK(same(u.argv, t.argv));
}

static void
test_write(void)
{
	struct tq_task t = full();

	t.attempts = 2;
	t.rev = 5;
	T_STR(write_of(&t), "{\"taskId\":\"my:id\",\"queue\":\"mail\","
	    "\"type\":\"image.grayscale\",\"status\":\"PENDING\","
	    "\"payload\":{\"a\":[1,2]},\"input\":\"https://h/x?a=\\\"b\\\"\","
	    "\"attempts\":2,\"maxAttempts\":7,"
	    "\"notBefore\":\"2026-01-31T02:00:00.123Z\","
	    "\"labels\":{\"k\":\"v\"},\"prio\":9,\"timeout\":\"90500ms\","
	    "\"backoff\":\"2s\",\"backoffCap\":\"60s\","
	    "\"group\":\"tenant-1\",\"parent\":\"p.1\",\"traceparent\":"
	    "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\","
	    "\"argv\":[\"ls\",\"-l\"],"
	    "\"expiresAt\":\"2026-01-31T02:00:05.000Z\",\"rev\":5,\"v\":1}");
}

static void
test_write_outcome(void)
{
	struct tq_task t = { .id = "a", .queue = "q", .type = "t",
	    .status = TQ_FAILED, .attempts = 3, .reason = "said \"no\"\n",
	    .err_stage = TQ_AT_EXEC, .err_code = "exit-1",
	    .result = tq_span_of("two\nlines"), .result_kind = TQ_KIND_TEXT,
	    .output = "blob:q/a/1/out", .output_size = 12, .worker = "w",
	    .lease_until = NOW, .created_at = NOW, .updated_at = NOW + 1,
	    .started_at = NOW + 2, .finished_at = NOW + 3,
	    .progress = tq_span_of("{\"done\":1}"), .drained = true,
	    .cancel_requested = true };

	T_STR(write_of(&t), "{\"taskId\":\"a\",\"queue\":\"q\",\"type\":\"t\","
	    "\"status\":\"FAILED\",\"result\":\"two\\nlines\","
	    "\"resultKind\":\"text\",\"output\":\"blob:q/a/1/out\","
	    "\"outputSize\":12,\"attempts\":3,\"maxAttempts\":3,"
	    "\"failureReason\":\"said \\\"no\\\"\\n\",\"error\":{"
	    "\"stage\":\"exec\",\"code\":\"exit-1\","
	    "\"message\":\"said \\\"no\\\"\\n\"},"
	    "\"createdAt\":\"2026-01-31T02:00:00.000Z\","
	    "\"updatedAt\":\"2026-01-31T02:00:00.001Z\","
	    "\"startedAt\":\"2026-01-31T02:00:00.002Z\","
	    "\"finishedAt\":\"2026-01-31T02:00:00.003Z\",\"worker\":\"w\","
	    "\"progress\":{\"done\":1},\"cancelRequested\":true,"
	    "\"drained\":true,\"rev\":0,\"v\":1}");
	t.status = TQ_RUNNING;
	T_OK(strstr(write_of(&t),
	    "\"leaseUntil\":\"2026-01-31T02:00:00.000Z\"") != NULL);
}

/* Output of tq-status --json is taken by tq-submit --batch, as a new task. */
static void
test_outcome_passed_over(void)
{
	struct tq_task t = full(), u;

	t.status = TQ_FAILED;
	t.attempts = 3;
	t.reason = "no";
	t.err_stage = TQ_AT_EXEC;
	t.err_code = "x";
	t.result = tq_span_of("1");
	t.result_kind = TQ_KIND_TEXT;
	t.output = "blob:x";
	t.worker = "w";
	t.rev = 9;
	t.created_at = t.updated_at = t.started_at = t.finished_at = NOW;
	t.progress = tq_span_of("{}");
	t.drained = t.cancel_requested = true;
	T_STR(parse(write_of(&t), &u), "");
	T_INT(u.status, TQ_PENDING);
	T_INT(u.attempts, 0);
	T_INT(u.rev, 0);
	T_OK(u.reason == NULL && u.worker == NULL && u.output == NULL);
	T_INT(u.result.n, 0);
	T_INT(u.created_at, 0);
	T_OK(!u.drained && !u.cancel_requested);
	T_INT(u.max_attempts, 7);
	t.status = TQ_RUNNING;
	t.lease_until = NOW;
	T_STR(parse(write_of(&t), &u), "");
}

static void
test_payload_bytes(void)
{
	static const char *const rows[] = {
		"12345678901234567890", "1.10", "-0.0e+00", "null", "false",
		"\"\\u0041\\/\\u0000\"", "[]", "[ 1 ,\t2 ]",
		"{\"z\":1,\"a\":2, \"m\" : {\"b\":1.50}}",
		"\"gr\xc3\xbcn\"",
	};
	char text[200], keep[200];
	struct tq_task t;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		snprintf(text, sizeof(text),
		    "{\"type\":\"t\",\"payload\": %s }", rows[i]);
		T_STR(parse(text, &t), "");
		/* A copy: the text may go. */
		memset(text, 'x', sizeof(text) - 1);
		if (!tq_span_eq(t.payload, rows[i]))
			T_FAIL("%s is now %.*s", rows[i], (int)t.payload.n,
			    t.payload.p);
		snprintf(keep, sizeof(keep), "\"payload\":%s,", rows[i]);
		T_OK(strstr(write_of(&t), keep) != NULL);
	}
}

static void
test_payload_lines(void)
{
	struct tq_task t = { .id = "a", .queue = "q", .type = "t",
	    .payload = tq_span_of("{\n  \"a\": 1.0,\r\n  \"b\": 2\n}"),
	    .payload_kind = TQ_KIND_JSON, .labels = tq_span_of("{\n}"),
	    .argv = tq_span_of("[\n\"x\"]") };
	const char *s = write_of(&t);

	T_OK(strpbrk(s, "\r\n") == NULL);
	T_OK(strstr(s, "\"payload\":{   \"a\": 1.0,    \"b\": 2 }") != NULL);
}

static void
test_payload_none(void)
{
	struct tq_task t;

	T_STR(parse("{\"type\":\"t\"}", &t), "");
	T_OK(tq_span_eq(t.payload, "{}"));
	T_INT(t.payload_kind, TQ_KIND_JSON);
	T_INT(t.payload_size, 2);
}

static void
test_text(void)
{
	struct tq_task t, u;

	T_STR(parse("{\"payload\":\"a\\n\\\"b\\\" \\u00fc\",\"type\":\"t\","
	    "\"payloadKind\":\"text\"}", &t), "");
	T_INT(t.payload_kind, TQ_KIND_TEXT);
	T_OK(tq_span_eq(t.payload, "a\n\"b\" \xc3\xbc"));
	T_INT(t.payload_size, 8);
	T_OK(strstr(write_of(&t), "\"payload\":\"a\\n\\\"b\\\" \xc3\xbc\","
	    "\"payloadKind\":\"text\"") != NULL);
	T_STR(parse(write_of(&t), &u), "");
	T_INT(u.payload_kind, TQ_KIND_TEXT);
	T_OK(same(u.payload, t.payload));
	T_STR(parse("{\"payloadKind\":\"json\",\"payload\":\"a\","
	    "\"type\":\"t\"}", &t), "");
	T_INT(t.payload_kind, TQ_KIND_JSON);
	T_OK(tq_span_eq(t.payload, "\"a\""));
}

static void
test_refused(void)
{
	static const struct {
		const char	*text, *msg;
	} rows[] = {
		{ "", "byte 0: ends too early" },
		{ "{\"type\":\"t\"} x", "byte 13: bytes behind the value" },
		{ "[]", "not a JSON object" }, { "\"t\"", "not a JSON object" },
		{ "{}", "\"type\" is missing" },
		{ "{\"type\":null}", "\"type\" is missing" },
		{ "{\"type\":\"t\",\"Type\":1}", "unknown key \"Type\"" },
		{ "{\"type\":\"t\",\"paylod\":{}}",
		    "unknown key \"paylod\"" },
		{ "{\"\":1}", "unknown key \"\"" },
		{ "{\"\xe2\x80\xae\":1}", "unknown key \"\\u202e\"" },
		{ "{\"type\":1}", "type: must be a string" },
		{ "{\"type\":\"a\\u0000\"}", "type: must be a string" },
		{ "{\"taskId\":1}", "taskId: must be a string" },
		{ "{\"queue\":[]}", "queue: must be a string" },
		{ "{\"input\":{}}", "input: must be a string" },
		{ "{\"group\":true}", "group: must be a string" },
		{ "{\"parent\":2}", "parent: must be a string" },
		{ "{\"traceparent\":2}", "traceparent: must be a string" },
		{ "{\"key\":2}", "key: must be a string" },
		{ "{\"key\":\"\"}", "key: must be 1 to 1024 bytes" },
		{ "{\"labels\":[]}", "labels: must be an object of strings" },
		{ "{\"labels\":{\"a\":1}}",
		    "labels: must be an object of strings" },
		{ "{\"argv\":\"ls\"}", "argv: must be an array of strings" },
		{ "{\"argv\":[1]}", "argv: must be an array of strings" },
		{ "{\"argv\":[]}",
		    "argv: must be an array of strings, not empty" },
		{ "{\"prio\":\"1\"}", "prio: must be a whole number" },
		{ "{\"prio\":1.5}", "prio: must be a whole number" },
		{ "{\"maxAttempts\":null}",
		    "maxAttempts: must be a whole number" },
		{ "{\"maxAttempts\":0}", "maxAttempts: must be 1 to 1000" },
		{ "{\"payloadKind\":\"xml\"}",
		    "payloadKind: must be \"json\" or \"text\"" },
		{ "{\"payloadKind\":null}",
		    "payloadKind: must be \"json\" or \"text\"" },
		{ "{\"type\":\"t\",\"payloadKind\":\"text\"}",
		    "payload: must be a string, as payloadKind is \"text\"" },
		{ "{\"payload\":1,\"payloadKind\":\"text\"}",
		    "payload: must be a string, as payloadKind is \"text\"" },
		{ "{\"payload\":\"\\u0000\",\"payloadKind\":\"text\"}",
		    "payload: must be a string, as payloadKind is \"text\"" },
		{ "{\"v\":0}", "v: must be a version number" },
		{ "{\"v\":\"1\"}", "v: must be a version number" },
		{ "{\"type\":\"a b\"}", "type \"a b\": must be 1 to 128 of "
		    "A-Z a-z 0-9 . _ : -, starting with a letter or digit" },
		{ "{\"type\":\"t\",\"prio\":10}", "prio 10: must be 0 to 9" },
		{ "{\"type\":\"t\",\"input\":\"/etc/passwd\"}",
		    "input \"/etc/passwd\": must be a blob:, http(s)://, "
		    "s3:// or data: address" },
	};
	enum tq_code code;
	const char *key;
	struct tq_task t;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		T_STR(parse_span(tq_span_of(rows[i].text), &t, &key, &code),
		    rows[i].msg);
		T_INT(code, TQ_E_DATA);
	}
}

static void
test_durations_refused(void)
{
	static const char *const keys[] = {
		"timeout", "backoff", "backoffCap", "delay",
	};
	static const char *const values[] = {
		"null", "true", "-1", "1e10", "\"\"", "\"5\"", "\"1 s\"", "[]",
	};
	char text[100], want[100];
	struct tq_task t;
	size_t i, j;

	for (i = 0; i < ROWS(keys); i++)
		for (j = 0; j < ROWS(values); j++) {
			snprintf(text, sizeof(text), "{\"%s\":%s}", keys[i],
			    values[j]);
			snprintf(want, sizeof(want), "%s: must be a duration "
			    "such as \"90s\" or a number of seconds", keys[i]);
			T_STR(parse(text, &t), want);
		}
	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "{\"%s\":\"2026\"}",
		    i == 0 ? "notBefore" : "expiresAt");
		snprintf(want, sizeof(want), "%s: must be a time such as "
		    "2026-01-31T02:00:00Z", i == 0 ? "notBefore" :
		    "expiresAt");
		T_STR(parse(text, &t), want);
	}
}

static void
test_durations(void)
{
	struct tq_task t;

	T_STR(parse("{\"type\":\"t\",\"timeout\":\"1h30m\",\"backoff\":1.5,"
	    "\"backoffCap\":\"250ms\",\"delay\":\"1m\"}", &t), "");
	T_INT(t.timeout_ms, 5400000);
	T_INT(t.backoff_ms, 1500);
	T_INT(t.backoff_cap_ms, 250);
	T_INT(t.not_before, NOW + 60000);
	T_STR(parse("{\"type\":\"t\",\"backoff\":0,\"delay\":0.25}", &t), "");
	T_INT(t.backoff_ms, -1);
	T_INT(t.not_before, NOW + 250);
	T_OK(strstr(write_of(&t), "\"backoff\":\"0\"") != NULL);
	T_STR(parse("{\"type\":\"t\",\"notBefore\":\"@1800000000\","
	    "\"expiresAt\":\"2027-02-01T00:00:00+01:00\"}", &t), "");
	T_INT(t.not_before, INT64_C(1800000000000));
	T_INT(t.expires_at, INT64_C(1801436400000));
}

static void
test_newer(void)
{
	static const char *const rows[] = {
		"{\"type\":\"t\",\"v\":3}",
		"{\"type\":\"t\",\"notYetKnown\":1,\"v\":3}",
		"{\"type\":\"t\",\"timeout\":{\"soft\":1},\"v\":3}",
	};
	enum tq_code code;
	const char *key;
	struct tq_task t;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		T_STR(parse_span(tq_span_of(rows[i]), &t, &key, &code),
		    "v: 3 is newer than this tq understands (2)");
		T_INT(code, TQ_E_NEWER);
	}
	T_STR(parse("{\"type\":\"t\",\"v\":1}", &t), "");
	T_STR(parse("{\"type\":\"t\",\"v\":2}", &t), "");
}

static void
test_key(void)
{
	struct tq_buf b = TQ_BUF_INIT(2000);
	const char *key = "old";
	struct tq_task t;
	int i;

	T_STR(parse_span(tq_span_of("{\"type\":\"t\"}"), &t, &key, NULL), "");
	T_OK(key == NULL);
	T_STR(parse_span(tq_span_of("{\"type\":\"t\",\"key\":\"n\\u00fc-1\"}"),
	    &t, &key, NULL), "");
	T_STR(key, "n\xc3\xbc-1");
	T_STR(parse_span(tq_span_of("{\"type\":\"t\",\"key\":null}"), &t, &key,
	    NULL), "");
	T_OK(key == NULL);
	tq_buf_str(&b, "{\"type\":\"t\",\"key\":\"");
	for (i = 0; i < 1024; i++)
		tq_buf_chr(&b, 'k');
	tq_buf_str(&b, "\"}");
	T_STR(parse_span(tq_buf_span(&b), &t, &key, NULL), "");
	T_INT(strlen(key), 1024);
	b.len -= 2;
	tq_buf_str(&b, "k\"}");
	T_STR(parse_span(tq_buf_span(&b), &t, &key, NULL),
	    "key: must be 1 to 1024 bytes");
	tq_buf_free(&b);
}

static void
test_defaults(void)
{
	struct tq_task d = { .queue = "mail", .type = "send", .prio = 4,
	    .max_attempts = 2, .payload = tq_span_of("[]"),
	    .payload_kind = TQ_KIND_JSON };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task t;
	const char *key;

	T_INT(tq_task_parse(tq_span_of("{\"prio\":5,\"queue\":null}"), &d,
	    NOW, &arena, &t, &key, &err), 0);
	T_STR(t.queue, "mail");
	T_STR(t.type, "send");
	T_INT(t.prio, 5);
	T_INT(t.max_attempts, 2);
}

/* The command line refuses these, too: what it says is in asked.c. */
static void
test_times_that_cant_be(void)
{
	static const struct { const char *members, *want; } rows[] = {
		{ "\"delay\":\"5s\",\"notBefore\":\"2027-01-01T00:00:00Z\"",
		    "delay and notBefore exclude each other" },
		{ "\"notBefore\":\"2027-01-01T00:00:00Z\",\"delay\":5",
		    "delay and notBefore exclude each other" },
		{ "\"timeout\":\"0\"", "timeout: must be at least 1ms" },
		{ "\"timeout\":0.0001", "timeout: must be at least 1ms" },
		{ "\"expiresAt\":\"2026-01-31T02:00:00Z\"",
		    "expiresAt: has passed" },
		{ "\"status\":\"PENDING\",\"expiresAt\":\"@1\"",
		    "expiresAt: has passed" },
		{ "\"expiresAt\":\"2026-01-31T02:00:00.001Z\"", "" },
		{ "\"expiresAt\":\"2026-01-31T02:00:05Z\",\"delay\":\"5s\"",
		    "expiresAt: is not after notBefore, so it would never run" },
		{ "\"delay\":\"4999ms\",\"expiresAt\":\"2026-01-31T02:00:05Z\"", "" },
	};
	char text[200];
	struct tq_task t;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"t\",%s}",
		    rows[i].members);
		T_STR(parse(text, &t), rows[i].want);
	}
}

/* So that what was drained long ago goes in again; before or behind it. */
static void
test_deadline_of_an_ended_record(void)
{
	struct tq_task t;

	T_STR(parse("{\"type\":\"t\",\"expiresAt\":\"@1\","
	    "\"status\":\"FAILED\"}", &t), "");
	T_INT(t.expires_at, 0);
	T_STR(parse("{\"type\":\"t\",\"status\":\"CANCELLED\","
	    "\"expiresAt\":\"@1800000000\"}", &t), "");
	T_INT(t.expires_at, INT64_C(1800000000000));
}

static void
test_nul_in_a_command(void)
{
	struct tq_task t;

	T_STR(parse("{\"type\":\"exec\",\"argv\":[\"ls\",\"a\\u0000b\"]}",
	    &t), "argv: holds a NUL, which no program can be given");
	T_STR(parse("{\"type\":\"exec\",\"argv\":[\"ls\"],"
	    "\"env\":{\"A\":\"\\u0000\"}}", &t),
	    "env: holds a NUL, which no program can be given");
	T_STR(parse("{\"type\":\"exec\",\"argv\":[\"ls\",\"a\\\\u0000b\"]}",
	    &t), "");
}

/* Keys spelled with escapes, as some programs write them. */
static void
test_escaped_keys(void)
{
	struct tq_task t;

	T_STR(parse("{\"\\u0074ype\":\"t\",\"pr\\u0069o\":3}", &t), "");
	T_STR(t.type, "t");
	T_INT(t.prio, 3);
}

T_MAIN(
    { "json: every field that can be asked for makes the round trip",
      test_round_trip },
    { "json: the record is written in fixed order, unset fields left out",
      test_write },
    { "json: what became of the task is written", test_write_outcome },
    { "json: what became of the task is passed over when read",
      test_outcome_passed_over },
    { "payload: its bytes are the user's", test_payload_bytes },
    { "payload: line breaks become blanks, so that a task is one line",
      test_payload_lines },
    { "payload: {} when there is none", test_payload_none },
    { "payload: text is decoded when read, a JSON string when written",
      test_text },
    { "parse: what is wrong is named", test_refused },
    { "parse: durations and times of no known form are refused by key",
      test_durations_refused },
    { "parse: durations, delays and times", test_durations },
    { "parse: times that can't be are refused, as on the command line",
      test_times_that_cant_be },
    { "parse: what had ended has no deadline that has passed",
	test_deadline_of_an_ended_record },
    { "parse: a NUL in a command is refused", test_nul_in_a_command },
    { "parse: a newer version is told from a bad task", test_newer },
    { "parse: key is handed out, 1 to 1024 bytes", test_key },
    { "parse: keys not given keep the default", test_defaults },
    { "parse: a key may be spelled with escapes", test_escaped_keys },
)
