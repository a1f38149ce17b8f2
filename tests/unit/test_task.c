/* tests/unit/test_task.c -- states, names, checks and the fingerprint. */
#include "t.h"

#include <limits.h>

#include "task/bound.h"
#include "task/edge.h"
#include "task/input.h"
#include "task/request.h"
#include "task/turn.h"
#include "util/limits.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

/* As tq(7) has it. */
static const char *const table[][2] = {
	{ "PENDING", "RUNNING CANCELLED" },
	{ "RUNNING", "COMPLETED RETRYING FAILED CANCELLED PENDING RUNNING" },
	{ "RETRYING", "RUNNING FAILED CANCELLED" },
	{ "BLOCKED", "PENDING CANCELLED" },
	{ "COMPLETED", "PENDING BLOCKED" },
	{ "FAILED", "PENDING BLOCKED" },
	{ "CANCELLED", "PENDING BLOCKED" },
};

static bool
in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; *list != '\0'; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == n && strncmp(list, word, n) == 0)
			return true;
	return false;
}

static void
test_transitions(void)
{
	enum tq_status from;
	int to, legal = 0;
	size_t i;

	T_INT(ROWS(table), TQ_STATUS_MAX);
	for (i = 0; i < ROWS(table); i++) {
		T_MUST(tq_status_parse(table[i][0], &from) == 0);
		for (to = 0; to < TQ_STATUS_MAX; to++) {
			bool want = in_list(table[i][1],
			    tq_status_name((enum tq_status)to));

			if (tq_status_may(from, (enum tq_status)to) != want)
				T_FAIL("%s to %s", table[i][0],
				    tq_status_name((enum tq_status)to));
			legal += want;
		}
	}
	T_INT(legal, 19);
}

static void
test_status_names(void)
{
	enum tq_status s = TQ_RUNNING, got;
	int i;

	for (i = 0; i < TQ_STATUS_MAX; i++) {
		T_INT(tq_status_parse(tq_status_name((enum tq_status)i), &got),
		    0);
		T_INT(got, i);
	}
	T_INT(tq_status_parse("failed", &s), 0);
	T_INT(s, TQ_FAILED);
	T_INT(tq_status_parse("", &s), -1);
	T_INT(tq_status_parse("DONE", &s), -1);
	T_INT(tq_status_parse("FAILED ", &s), -1);
	T_INT(s, TQ_FAILED);
	T_STR(tq_status_name((enum tq_status)99), "?");
}

/* ${n} times ${c}. */
static const char *
run_of(char c, size_t n)
{
	static char s[300];

	memset(s, c, n);
	s[n] = '\0';
	return s;
}

static void
test_names(void)
{
	static const char *const good[] = {
		"a", "0", "Z", "image.grayscale", "a:b", "a-b_c.d", "a..",
		"019c11c7-4d7b-7000-8000-000000000000",
	};
	static const char *const bad[] = {
		"", ".a", "_a", ":a", "-a", "a b", "a/b", "a\n", "gr\xc3\xbcn",
		"a\xff", "a,b", "a*", "../x", "a\\",
	};
	size_t i;

	for (i = 0; i < ROWS(good); i++)
		if (!tq_name_ok(good[i]))
			T_FAIL("\"%s\" is refused", good[i]);
	for (i = 0; i < ROWS(bad); i++)
		if (tq_name_ok(bad[i]))
			T_FAIL("\"%s\" is taken", bad[i]);
	T_OK(tq_name_ok(run_of('x', 128)));
	T_OK(!tq_name_ok(run_of('x', 129)));
}

static void
test_queues(void)
{
	static const char *const good[] = { "a", "-", "_", "default", "A-9_z" };
	static const char *const bad[] = {
		"", "a.b", "a:b", "a b", "a/b", "gr\xc3\xbcn", "a\t", "..",
	};
	size_t i;

	for (i = 0; i < ROWS(good); i++)
		if (!tq_queue_ok(good[i]))
			T_FAIL("\"%s\" is refused", good[i]);
	for (i = 0; i < ROWS(bad); i++)
		if (tq_queue_ok(bad[i]))
			T_FAIL("\"%s\" is taken", bad[i]);
	T_OK(tq_queue_ok(run_of('x', 64)));
	T_OK(!tq_queue_ok(run_of('x', 65)));
}

static struct tq_task
plain(void)
{
	return (struct tq_task){ .queue = "default", .type = "thumb",
	    .payload = tq_span_of("{}"), .payload_kind = TQ_KIND_JSON };
}

static void
test_check_good(void)
{
	static const char *const inputs[] = {
		"blob:default/a/in", "http://h/x", "https://h/x", "s3://buc/k",
		"data:,x",
	};
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task t = plain();
	size_t i;

	T_INT(tq_task_check(&t, &err), 0);
	t.id = "my-id";
	t.group = "g1";
	t.parent = "p1";
	t.prio = 9;
	t.max_attempts = 1000;
	t.payload.n = TQ_PAYLOAD_MAX;
	t.labels = (struct tq_span){ "", TQ_LABELS_MAX };
	for (i = 0; i < ROWS(inputs); i++) {
		t.input = inputs[i];
		if (tq_task_check(&t, &err) != 0)
			T_FAIL("%s: %s", inputs[i], err.msg);
	}
	T_INT(err.code, TQ_OK);
}

static void
bad(const struct tq_task *t, enum tq_code code, const char *start)
{
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_task_check(t, &err), -1);
	T_INT(err.code, code);
	T_INT(err.stage, TQ_AT_PARSE);
	if (strncmp(err.msg, start, strlen(start)) != 0)
		T_FAIL("\"%s\" does not start with %s", err.msg, start);
}

/* One field of a good task made bad. */
#define BAD(code, start, ...) do {					\
	struct tq_task t = plain();					\
	__VA_ARGS__;							\
	bad(&t, code, start);						\
} while (0)

static void
test_check_bad(void)
{
	BAD(TQ_E_DATA, "queue \"a b\": must be 1 to 64 of", t.queue = "a b");
	BAD(TQ_E_DATA, "queue \"\": ", t.queue = "");
	BAD(TQ_E_DATA, "\"type\" is missing", t.type = NULL);
	BAD(TQ_E_DATA, "type \"-x\": must be 1 to 128 of", t.type = "-x");
	BAD(TQ_E_DATA, "type \"\": ", t.type = "");
	BAD(TQ_E_DATA, "taskId \"a/b\": ", t.id = "a/b");
	BAD(TQ_E_DATA, "group \" \": ", t.group = " ");
	BAD(TQ_E_DATA, "parent \"..\": ", t.parent = "..");
	BAD(TQ_E_TOOBIG, "payload: 16777217 bytes is over",
	    t.payload.n = TQ_PAYLOAD_MAX + 1);
	BAD(TQ_E_TOOBIG, "labels: 1025 bytes is over",
	    t.labels = ((struct tq_span){ "", TQ_LABELS_MAX + 1 }));
	BAD(TQ_E_DATA, "input \"/etc/passwd\": must be", t.input =
	    "/etc/passwd");
	BAD(TQ_E_DATA, "input \"file:///x\": must be", t.input = "file:///x");
	BAD(TQ_E_DATA, "input \"ftp://h/x\": must be", t.input = "ftp://h/x");
	BAD(TQ_E_DATA, "input \"HTTP:x\": must be", t.input = "HTTP:x");
	BAD(TQ_E_DATA, "inputName \"../x\": must be", t.input_name = "../x");
	BAD(TQ_E_DATA, "prio -1: must be 0 to 9", t.prio = -1);
	BAD(TQ_E_DATA, "prio 10: must be 0 to 9", t.prio = 10);
	BAD(TQ_E_DATA, "maxAttempts -1: must be", t.max_attempts = -1);
	BAD(TQ_E_DATA, "maxAttempts 1001: must be", t.max_attempts = 1001);
}

static void
test_check_long(void)
{
	char trace[258];

	memset(trace, '0', sizeof(trace));
	trace[257] = '\0';
	BAD(TQ_E_TOOBIG, "traceparent: ", t.traceparent = trace);
	/* A name of the attacker's choice is shown escaped and cut. */
	BAD(TQ_E_DATA, "type \"\\x1b[2J\": ", t.type = "\x1b[2J");
	BAD(TQ_E_DATA, "type \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxx...\": must be", t.type = run_of('x', 129));
}

/* The file name of an input; "-" stands for none. */
static void
test_input_name(void)
{
	static const struct {
		const char	*path, *name;
	} rows[] = {
		{ "photo.jpg", "photo.jpg" }, { "/a/b/my photo.jpg",
		"my photo.jpg" }, { "dir/", "-" }, { "/", "-" }, { "", "-" },
		{ "a/..", "-" }, { ".", "-" }, { "...", "..." },
		{ "a\nb\x1b[2J", "a_b_[2J" }, { "bad\xff\xc3", "bad__" },
		{ "gr\xc3\xbc\xc3\x9f" "e", "gr\xc3\xbc\xc3\x9f" "e" },
		{ "\xe2\x80\xae" "gpj.exe", "___gpj.exe" },
		{ "a\\b\"c", "a\\b\"c" },
	};
	struct tq_arena a = TQ_ARENA_INIT;
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		name = tq_input_name(rows[i].path, &a);
		T_STR(name == NULL ? "-" : name, rows[i].name);
		T_OK(name == NULL || tq_input_name_ok(name));
	}
	T_OK(tq_input_name(run_of('x', 255), &a) != NULL);
	T_OK(tq_input_name(run_of('x', 256), &a) == NULL);
	T_OK(!tq_input_name_ok("a/b") && !tq_input_name_ok("a\nb"));
	tq_arena_free(&a);
}

static void
test_defaults(void)
{
	struct tq_task t = plain();

	T_INT(tq_task_max_attempts(&t), 3);
	T_INT(tq_task_timeout_ms(&t), 3600000);
	t.max_attempts = 7;
	t.timeout_ms = 5;
	T_INT(tq_task_max_attempts(&t), 7);
	T_INT(tq_task_timeout_ms(&t), 5);
}

static void
test_labels(void)
{
	struct tq_task t = plain();

	T_OK(!tq_task_label(&t, "a", NULL));
	t.labels = tq_span_of("{\"a\":\"1\", \"city\":\"K\\u00f6ln\","
	    "\"gr\\u00fcn\":\"\",\"b\":\"a\"}");
	T_OK(tq_task_label(&t, "a", NULL));
	T_OK(tq_task_label(&t, "a", "1"));
	T_OK(!tq_task_label(&t, "a", "2"));
	T_OK(!tq_task_label(&t, "a", "11"));
	T_OK(!tq_task_label(&t, "1", NULL));
	T_OK(tq_task_label(&t, "city", "K\xc3\xb6ln"));
	T_OK(tq_task_label(&t, "gr\xc3\xbcn", ""));
	T_OK(tq_task_label(&t, "gr\xc3\xbcn", NULL));
}

static const char *
print_of(const struct tq_task *t, const char *sha)
{
	static char out[2][33];
	static int turn;

	turn = !turn;
	tq_task_fingerprint(t, sha, out[turn]);
	return out[turn];
}

/* With one field changed, the fingerprint must differ / must stay. */
#define DIFFERS(...) do {						\
	struct tq_task t = plain(), u = plain();			\
	__VA_ARGS__;							\
	if (strcmp(print_of(&t, NULL), print_of(&u, NULL)) == 0)	\
		T_FAIL("no difference: %s", #__VA_ARGS__);		\
} while (0)

#define SAME(...) do {							\
	struct tq_task t = plain(), u = plain();			\
	__VA_ARGS__;							\
	if (strcmp(print_of(&t, NULL), print_of(&u, NULL)) != 0)	\
		T_FAIL("a difference: %s", #__VA_ARGS__);		\
} while (0)

static void
test_fingerprint_of(void)
{
	DIFFERS(t.queue = "other");
	DIFFERS(t.type = "other");
	DIFFERS(t.payload = tq_span_of("{ }"));
	DIFFERS(t.payload_kind = TQ_KIND_TEXT);
	DIFFERS(t.input = "data:,x");
	DIFFERS(t.argv = tq_span_of("[\"ls\"]"));
	DIFFERS(t.labels = tq_span_of("{\"a\":\"b\"}"));
	DIFFERS(t.group = "g");
	DIFFERS(t.max_attempts = 4);
	DIFFERS(t.timeout_ms = 1);
	DIFFERS(t.backoff_ms = -1);
	DIFFERS(t.backoff_cap_ms = 1);
	DIFFERS(t.prio = 1);
	/* The text of one field does not count for its neighbour. */
	DIFFERS(t.argv = tq_span_of("[]"), u.labels = tq_span_of("[]"));
	DIFFERS(t.queue = "ab", t.type = "c", u.queue = "a", u.type = "bc");
}

static void
test_fingerprint_not_of(void)
{
	SAME(t.id = "a");
	SAME(t.submit_id = "0123456789abcdef");
	SAME(t.fingerprint = "x");
	SAME(t.not_before = 1);
	SAME(t.expires_at = 1);
	SAME(t.created_at = 1);
	SAME(t.updated_at = 1);
	SAME(t.status = TQ_FAILED);
	SAME(t.attempts = 2);
	SAME(t.token = 2);
	SAME(t.rev = 2);
}

static void
test_fingerprint_input(void)
{
	struct tq_task t = plain(), u = plain();
	char keep[33];

	t.input = "blob:default/a/in";
	u.input = "blob:default/b/in";
	snprintf(keep, sizeof(keep), "%s", print_of(&t, "aaaa"));
	T_INT(strlen(keep), 32);
	T_INT(strspn(keep, "0123456789abcdef"), 32);
	T_STR(print_of(&u, "aaaa"), keep);
	T_OK(strcmp(print_of(&u, "bbbb"), keep) != 0);
	T_OK(strcmp(print_of(&t, NULL), print_of(&u, NULL)) != 0);
}

/* What older workers can't read says so, each for itself. */
static void
test_version(void)
{
	static const struct tq_task two[] = {
		{ .status = TQ_BLOCKED }, { .held = true }, { .edges = 1 },
		{ .waits = 1 }, { .parents = 1 }, { .delay_ms = 1 },
		{ .keep_ms = 1 }, { .cwd = "/" }, { .umask = "22" },
		{ .env = { "{}", 2 } }, { .out_log = "l" },
		{ .input_name = "i" }, { .input_size = 1 },
		{ .payload_crc = 1 }, { .result_crc = 1 },
		{ .input_crc = 1 }, { .output_crc = 1 },
		{ .history = { "[]", 2 } },
	};
	const struct tq_task one = { .id = "a", .queue = "q", .type = "x",
	    .prio = 9, .reason = "r", .result = { "1", 1 } };
	size_t i;

	T_INT(tq_task_version(&one), 1);
	for (i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (tq_task_version(&two[i]) != 2)
			T_FAIL("row %zu is of version 1", i);
}

/* Prints are stored: those of requests that can be there must not change. */
static void
test_fingerprint_stays(void)
{
	struct tq_task t = plain();

	T_STR(print_of(&t, NULL), "1b609ba89cab7b273c19bfa69e5c9479");
	t.after = tq_span_of("[\"a\"]");
	T_STR(print_of(&t, NULL), "e4080ef7e5706cdb50256b7121366d2a");
}

/* What others may have written into a store's record. */
static void
test_bound(void)
{
	const struct tq_task good = { .prio = 9, .attempts = 3, .parents = 7,
	    .backoff_ms = -1, .created_at = INT64_C(1769824800000),
	    .keep_ms = 60000, .payload_kind = TQ_KIND_TEXT,
	    .labels = tq_span_of("{\"a\":\"b\"}"),
	    .argv = tq_span_of("[\"ls\"]"), .env = tq_span_of("{}"),
	    .progress = tq_span_of("{\"done\":1}"),
	    .history = tq_span_of("[]") };
	struct tq_task t = good;

	tq_task_bound(&t);
	T_OK(memcmp(&t, &good, sizeof(t)) == 0);
	t = (struct tq_task){ .prio = INT_MIN, .attempts = -1,
	    .parents = INT_MAX, .crashes = INT_MAX, .backoff_ms = INT64_MIN,
	    .delay_ms = INT64_MAX, .expires_at = INT64_MIN,
	    .lease_until = INT64_MAX, .output_size = -1,
	    .payload_kind = (enum tq_kind)3, .result_kind = (enum tq_kind)3,
	    .labels = tq_span_of("{x"), .argv = tq_span_of("{}"),
	    .env = tq_span_of("[]"), .progress = tq_span_of("1"),
	    .history = tq_span_of("[\"") };
	tq_task_bound(&t);
	T_INT(t.prio, 0);
	T_INT(t.attempts, 0);
	T_INT(t.parents, TQ_PARENTS_MAX);
	T_OK(t.crashes > 0 && t.crashes + 1 > t.crashes);
	T_INT(t.backoff_ms, -1);
	T_INT(t.delay_ms, INT64_C(36525) * 86400000);
	T_INT(t.expires_at, 0);
	T_INT(t.lease_until, INT64_C(253402300799000));
	T_INT(t.output_size, 0);
	T_INT(t.payload_kind, TQ_KIND_TEXT);
	T_INT(t.result_kind, TQ_KIND_TEXT);
	T_OK(t.labels.n + t.argv.n + t.env.n + t.progress.n + t.history.n ==
	    0);
}

T_MAIN(
    { "bound: numbers, times and JSON of a record that others wrote",
      test_bound },
    { "version: 2 for each field that version 1 has not", test_version },
    { "fingerprint: that of a stored request never changes",
      test_fingerprint_stays },
    { "status: every pair is legal or not as tq(7) says",
      test_transitions },
    { "status: names are read back in either case", test_status_names },
    { "names: types and ids, 1 to 128, ASCII, no odd start", test_names },
    { "names: queues, 1 to 64", test_queues },
    { "check: a good task passes, also at its limits", test_check_good },
    { "check: each bad field is named", test_check_bad },
    { "check: long and hostile values are shown cut and escaped",
      test_check_long },
    { "input name: the last part of a path, what can't be printed as _",
      test_input_name },
    { "defaults: apply where the task has no value", test_defaults },
    { "labels: compared decoded, keys and values", test_labels },
    { "fingerprint: differs when the request differs", test_fingerprint_of },
    { "fingerprint: not of ids, times and what became of it",
      test_fingerprint_not_of },
    { "fingerprint: an input's digest stands for its address",
      test_fingerprint_input },
)
