/* tests/unit/test_edge.c -- tasks that wait for other tasks. */
#include "t.h"

#include "task/edge.h"
#include "task/request.h"
#include "task/turn.h"
#include "util/json.h"
#include "task/hook.h"
#include "util/str.h"

#define NOW	INT64_C(1790000000000)

static struct tq_arena mem;

static struct tq_task
asks(const char *after, const char *after_ended)
{
	return (struct tq_task){ .id = "c", .queue = "q", .type = "x",
	    .after = tq_span_of(after), .after_ended = tq_span_of(after_ended) };
}

static void
test_edges_of(void)
{
	struct tq_task t = asks("[\"b\",\"a\",\"b\"]", "[\"a\",\"d\"]");
	struct tq_edge *v;
	size_t n;

	T_INT(tq_edges_of(&t, &mem, &v, &n, NULL), 0);
	T_MUST(n == 3);
	T_STR(v[0].id, "b");
	T_STR(v[1].id, "a");
	T_OK(!v[1].ended);
	T_STR(v[2].id, "d");
	T_OK(v[2].ended);
	t = asks(NULL, NULL);
	T_INT(tq_edges_of(&t, &mem, &v, &n, NULL), 0);
	T_INT(n, 0);
}

static void
test_bad_edges(void)
{
	static const char *const bad[] = { "[1]", "[\"\"]", "[\"a b\"]",
	    "[\"c\"]" };
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	struct tq_edge *v;
	struct tq_task t;
	struct tq_err err;
	size_t i, n;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = asks(bad[i], NULL);
		T_INT(tq_task_check(&t, &err), -1);
		T_INT(err.code, TQ_E_DATA);
	}
	for (i = 0; i <= TQ_PARENTS_MAX; i++)
		tq_buf_fmt(&b, "%c\"p%zu\"", i == 0 ? '[' : ',', i);
	tq_buf_chr(&b, ']');
	t = asks(b.data, NULL);
	T_INT(tq_edges_of(&t, &mem, &v, &n, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	tq_buf_free(&b);
}

static void
test_states(void)
{
	static const struct {
		enum tq_status		status;
		bool			gone;
		enum tq_edge_state	after, ended;
	} rows[] = {
		{ TQ_PENDING, false, TQ_EDGE_OPEN, TQ_EDGE_OPEN },
		{ TQ_RUNNING, false, TQ_EDGE_OPEN, TQ_EDGE_OPEN },
		{ TQ_BLOCKED, false, TQ_EDGE_OPEN, TQ_EDGE_OPEN },
		{ TQ_COMPLETED, false, TQ_EDGE_MET, TQ_EDGE_MET },
		{ TQ_FAILED, false, TQ_EDGE_OPEN, TQ_EDGE_MET },
		{ TQ_CANCELLED, false, TQ_EDGE_BROKEN, TQ_EDGE_MET },
		{ TQ_FAILED, true, TQ_EDGE_BROKEN, TQ_EDGE_MET },
		{ TQ_COMPLETED, true, TQ_EDGE_BROKEN, TQ_EDGE_MET },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		T_INT(tq_edge_state(false, rows[i].status, rows[i].gone),
		    rows[i].after);
		T_INT(tq_edge_state(true, rows[i].status, rows[i].gone),
		    rows[i].ended);
	}
}

static void
test_delay(void)
{
	struct tq_task t = asks("[\"a\"]", NULL);

	t.waits = 1;
	t.delay_ms = 5000;
	t.not_before = NOW + 5000;
	tq_turn_new(&t, NOW);
	T_INT(t.status, TQ_BLOCKED);
	T_INT(t.not_before, 0);
	T_OK(!tq_due(&t, NOW + 99999));
	T_INT(tq_turn_unblock(&t, NOW + 60000).code, TQ_OK);
	T_INT(t.status, TQ_PENDING);
	T_INT(t.not_before, NOW + 65000);
	/* A time is a time. */
	t = asks("[\"a\"]", NULL);
	t.waits = 1;
	t.not_before = NOW + 5000;
	tq_turn_new(&t, NOW);
	tq_turn_unblock(&t, NOW + 1000);
	T_INT(t.not_before, NOW + 5000);
	/* And nothing waits without a reason. */
	t = asks(NULL, NULL);
	t.delay_ms = 5000;
	t.not_before = NOW + 5000;
	tq_turn_new(&t, NOW);
	T_INT(t.not_before, NOW + 5000);
	T_INT(t.delay_ms, 0);
	T_INT(tq_task_version(&t), 1);
}

/* Each that an older worker would not heed alone makes a record of version 2. */
static void
test_version(void)
{
	const struct tq_task twos[] = { { .status = TQ_BLOCKED },
	    { .held = true }, { .edges = 1 }, { .waits = 1 }, { .parents = 1 },
	    { .delay_ms = 1 }, { .keep_ms = 1 }, { .cwd = "/" },
	    { .umask = "022" }, { .env = { "{}", 2 } }, { .input_name = "x" },
	    { .input_size = 1 }, { .payload_crc = 1 }, { .result_crc = 1 },
	    { .input_crc = 1 }, { .output_crc = 1 }, { .history = { "[]", 2 } } };
	const struct tq_task one = { .id = "a", .payload = { "1", 1 } };
	size_t i;

	T_INT(tq_task_version(&one), 1);
	for (i = 0; i < sizeof(twos) / sizeof(twos[0]); i++)
		if (tq_task_version(&twos[i]) != 2)
			T_FAIL("row %zu is of version 1", i);
}

static void
test_break(void)
{
	struct tq_task t = asks("[\"a\"]", NULL);

	t.waits = 1;
	tq_turn_new(&t, NOW);
	T_INT(tq_turn_break(&t, "a", true, NOW, &mem).code, TQ_OK);
	T_INT(t.status, TQ_CANCELLED);
	T_INT(t.token, 2);
	T_STR(t.reason, "it waited for task a, which was purged");
	T_INT(tq_turn_break(&t, "a", true, NOW, &mem).code, TQ_E_STATE);
	t.waits = 1;
	T_INT(tq_turn_redrive(&t, NOW).code, TQ_OK);
	T_INT(t.status, TQ_BLOCKED);
}

static void
test_mark(void)
{
	struct tq_task t = asks(NULL, NULL);
	uint64_t rev, token;

	tq_turn_new(&t, NOW);
	tq_turn_cancel(&t, NOW);
	T_OK(tq_turn_gone(&t, NOW + 2 * TQ_KEEP_MS));
	rev = t.rev;
	token = t.token;
	T_OK(tq_turn_mark(&t).write);
	T_INT(t.rev, rev + 1);
	T_INT(t.token, token);
	T_OK(!tq_turn_gone(&t, NOW + 2 * TQ_KEEP_MS));
}

static void
test_print(void)
{
	struct tq_task t = asks(NULL, NULL), u = asks("[\"a\"]", NULL);
	struct tq_task v = asks(NULL, "[\"a\"]");
	char a[TQ_FINGERPRINT], b[TQ_FINGERPRINT], c[TQ_FINGERPRINT];

	tq_task_fingerprint(&t, NULL, a);
	tq_task_fingerprint(&u, NULL, b);
	tq_task_fingerprint(&v, NULL, c);
	T_OK(strcmp(a, b) != 0);
	T_OK(strcmp(b, c) != 0);
}

static int
read_line(const char *line, struct tq_task *t, struct tq_err *err)
{
	struct tq_task def = { .queue = "q" };
	const char *key = NULL;

	return tq_task_parse(tq_span_of(line), &def, NOW, &mem, t, &key, err);
}

static void
test_notify(void)
{
	static const char *const bad[] = { "7", "[]", "{}", "{\"url\":7}",
		"{\"uri\":\"https://h/\"}", "\"\"", "\"ftp://h/\"",
		"\"https://u:p@h/\"", "\"https://h/a b\"", "\"s3://b/k\"",
		"{\"url\":\"https://h/\",\"body\":1}",
		"{\"body\":1,\"url\":\"https://h/\"}" };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task t, u, none;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_line(tq_arena_fmt(&mem, "{\"type\":\"x\",\"notify\":"
		    "%s}", bad[i]), &t, &err) == 0 || err.code != TQ_E_DATA ||
		    !tq_str_starts(err.msg, "notify: "))
			T_FAIL("%s: %s", bad[i], err.msg);
	T_INT(read_line("{\"type\":\"x\",\"notify\":\"https://h/e\"}", &t,
	    &err), 0);
	T_INT(read_line("{\"type\":\"x\",\"notify\":{\"url\":"
	    "\"https://h/e\"}}", &u, &err), 0);
	T_STR(t.notify, "https://h/e");
	T_STR(u.notify, "https://h/e");
	T_INT(read_line("{\"type\":\"x\",\"notify\":null}", &none, &err), 0);
	T_OK(none.notify == NULL);
}

static void
test_hook(void)
{
	struct tq_task t = asks(NULL, NULL), u = t, hook, other;
	char a[TQ_FINGERPRINT], b[TQ_FINGERPRINT];

	T_OK(tq_hook_id(&t, &mem) == NULL);
	tq_task_fingerprint(&t, NULL, a);
	t.notify = "https://h/\"";
	t.submit_id = "0123456789abcdef";
	tq_task_fingerprint(&t, NULL, b);
	T_OK(strcmp(a, b) != 0);
	tq_hook_of(&t, &mem, &hook);
	T_STR(hook.id, tq_hook_id(&t, &mem));
	T_STR(hook.queue, "q");
	T_STR(hook.type, "http.post");
	T_OK(tq_span_eq(hook.payload, "{\"url\":\"https://h/\\\"\"}"));
	T_OK(tq_span_eq(hook.after_ended, "[\"c\"]"));
	T_STR(hook.submit_id, "0123456789abcdef");
	T_INT(tq_task_check(&hook, NULL), 0);
	u.id = "d";
	u.notify = t.notify;
	tq_hook_of(&u, &mem, &other);
	T_OK(strcmp(hook.id, other.id) != 0);
	u.id = "c";
	u.notify = "https://h/2";
	tq_hook_of(&u, &mem, &other);
	T_STR(hook.id, other.id);
	T_OK(strcmp(hook.fingerprint, other.fingerprint) != 0);
}

static void
test_json(void)
{
	static const char line[] = "{\"type\":\"x\",\"after\":\"a\","
	    "\"afterEnded\":[\"b\",\"c\"],\"delay\":\"5s\"}";
	struct tq_task def = { .queue = "q" }, t;
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *key = NULL;
	struct tq_err err;

	T_INT(tq_task_parse(tq_span_of(line), &def, NOW, &mem, &t, &key, &err),
	    0);
	T_OK(tq_span_eq(t.after, "[\"a\"]"));
	T_OK(tq_span_eq(t.after_ended, "[\"b\",\"c\"]"));
	T_INT(t.delay_ms, 5000);
	t.id = "i";
	tq_task_write(&t, &b);
	T_OK(strstr(b.data, "\"after\":[\"a\"],\"afterEnded\":[\"b\",\"c\"]") !=
	    NULL);
	tq_buf_free(&b);
	T_INT(tq_task_parse(tq_span_of("{\"type\":\"x\",\"after\":7}"), &def,
	    NOW, &mem, &t, &key, &err), -1);
	T_STR(err.msg, "after: must be a task id, or an array of them");
}

/* The file that tells a task how its parents ended. */
static void
test_after_line(void)
{
	struct tq_buf b = TQ_BUF_INIT(200);

	tq_after_line(&b, "a", TQ_COMPLETED);
	tq_after_line(&b, "b", TQ_FAILED);
	T_STR(b.data, "a\tCOMPLETED\nb\tFAILED\n");
	tq_buf_free(&b);
}

T_MAIN(
	{ "a request names each parent once", test_edges_of },
	{ "what is no id, the task itself, and too many are refused",
	    test_bad_edges },
	{ "each status of a parent meets, leaves or breaks an edge",
	    test_states },
	{ "a delay counts from the unblocking", test_delay },
	{ "a broken wait cancels with the reason, and a redrive waits again",
	    test_break },
	{ "a mark changes nothing but the revision, and keeps the record",
	    test_mark },
	{ "a key's request includes what it waits for", test_print },
	{ "what only newer workers heed makes a record of version 2",
	    test_version },
	{ "after and afterEnded are read from JSON and printed", test_json },
	{ "notify is a URL that an input could be fetched from, and nothing "
	    "else", test_notify },
	{ "a hook waits for the end of its task, under an id made of that's",
	    test_hook },
	{ "a task's file of its parents has a line for each", test_after_line },
)
