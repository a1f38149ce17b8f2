/* tests/unit/test_work.c -- the pure parts of lib/work. */
#include "t.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/store.h"
#include "util/err.h"
#include "work/handler/room.h"
#include "work/handler/dataurl.h"
#include "work/handler/fd3.h"
#include "work/handler/command.h"
#include "work/handlers.h"
#include "work/handlers_dir.h"
#include "work/outcome.h"
#include "work/worker.h"
#include "util/event.h"
#include "work/rate.h"
#include "work/handler/reason.h"
#include "work/handler/logbuf.h"
#include "work/handler/simulate.h"
#include "work/handler/stream.h"
#include "work/handler/text.h"

static struct tq_span
sp(const char *s)
{
	return tq_span_of(s);
}

/* -- descriptor 3 ---------------------------------------------------------- */

static const char *
fed(struct tq_fd3 *f, const char *bytes)
{
	static struct tq_buf b = TQ_BUF_INIT(4096);

	tq_fd3_init(f);
	tq_fd3_feed(f, bytes, strlen(bytes));
	tq_buf_clear(&b);
	tq_fd3_progress(f, &b);
	return b.data;
}

static void
fd3_progress(void)
{
	struct tq_fd3 f;

	T_STR(fed(&f, "progress 40/100 resizing it\n"),
	    "{\"done\":40,\"total\":100,\"text\":\"resizing it\"}");
	T_OK(f.progressed);
	T_STR(fed(&f, "progress 7\n"), "{\"done\":7}");
	T_STR(fed(&f, "progress 40%\n"), "{\"done\":40,\"total\":100}");
	T_STR(fed(&f, "progress half way\n"), "{\"text\":\"half way\"}");
	T_STR(fed(&f, "progress 4/x y\n"), "{\"text\":\"4/x y\"}");
	T_STR(fed(&f, "progress 1/2\nprogress 2/2\r\n"),
	    "{\"done\":2,\"total\":2}");
	T_STR(fed(&f, "progress 1/2\nprogress nearly\n"), "{\"text\":\"nearly\"}");
}

/* The reason that a child leaves in a file. */
static void
child_reasons(void)
{
	static const char *const bad[] = { "", "1", "x 2 0 0 why",
	    "-1 2 0 0 why", "1 -1 0 0 why" };
	struct batch b = { .arena = TQ_ARENA_INIT };
	struct job j = { .batch = &b };
	struct child c = { .result_fd = memfd_create("result", MFD_CLOEXEC) };
	struct tq_spawn_exit e = { 0 };
	struct tq_err err = TQ_ERR_INIT, got = TQ_ERR_INIT;
	int64_t after = 0;
	char text[64];
	size_t i;

	err.retryable = true;
	tq_err_set(&err, TQ_STAGE_MAX - 1, TQ_CODE_MAX - 1, "why 1\n2");
	e.wstatus = tq_child_fails(c.result_fd, &err, 1500) << 8;
	T_OK(tq_child_failed(&c, &j, &e, &got, &after));
	T_INT(got.stage, TQ_STAGE_MAX - 1);
	T_INT(got.code, TQ_CODE_MAX - 1);
	T_STR(got.msg, err.msg);
	T_INT(after, 1500);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]) + 2; i++) {
		snprintf(text, sizeof(text), "%d %d 0 0 why", i % 2 == 0 ? TQ_STAGE_MAX :
		    1, i % 2 == 0 ? 1 : TQ_CODE_MAX);
		T_INT(ftruncate(c.result_fd, 0), 0);
		T_OK(pwrite(c.result_fd, i < 5 ? bad[i] : text, strlen(i < 5 ?
		    bad[i] : text), 0) != -1);
		if (tq_child_failed(&c, &j, &e, &got, &after))
			T_FAIL("taken for a reason: %s", i < 5 ? bad[i] : text);
	}
	e.wstatus = 0;
	T_OK(!tq_child_failed(&c, &j, &e, &got, &after));
	close(c.result_fd);
	tq_arena_free(&b.arena);
}

static void
fd3_others(void)
{
	struct tq_fd3 f;

	fed(&f, "retry-after 30s\noutput /tmp/a b\nfuture thing\n");
	T_INT(f.retry_after, 30000);
	T_STR(f.output, "/tmp/a b");
	T_OK(!f.progressed);
	fed(&f, "retry-after 90\n");
	T_INT(f.retry_after, 90000);
	fed(&f, "retry-after soon\n");
	T_INT(f.retry_after, -1);
	fed(&f, "output /no/line/feed");
	T_STR(f.output, "");
}

static void
fd3_pieces(void)
{
	const char *text = "progress 1/2 a\nretry-after 5s\n";
	struct tq_fd3 f;
	size_t i;

	tq_fd3_init(&f);
	for (i = 0; i < strlen(text); i++)
		tq_fd3_feed(&f, text + i, 1);
	T_INT(f.done, 1);
	T_INT(f.retry_after, 5000);
}

static void
fd3_long_line(void)
{
	static char junk[20000];
	struct tq_fd3 f;

	memset(junk, 'x', sizeof(junk));
	tq_fd3_init(&f);
	tq_fd3_feed(&f, "output ", 7);
	tq_fd3_feed(&f, junk, sizeof(junk));
	tq_fd3_feed(&f, "\nprogress 3/4\n", 14);
	T_STR(f.output, "");
	T_INT(f.done, 3);
}

/* -- leases ---------------------------------------------------------------- */

static void
keeper_due(void)
{
	/* A sixth of a lease after the loop should have; not before next. */
	T_INT(tq_keeper_due(20000, 0, 60000), 30000);
	T_INT(tq_keeper_due(20000, 45000, 60000), 45000);
	T_INT(tq_keeper_due(667, 0, 2000), 1000);
}

/* -- rate and prefetch ----------------------------------------------------- */

static void
prefetch(void)
{
	T_INT(tq_prefetch(-1, 2), 0);
	T_INT(tq_prefetch(1000, 1), 50);
	T_INT(tq_prefetch(1000, 2), 100);
	T_INT(tq_prefetch(5, 2), 2048);
	T_INT(tq_prefetch(0, 2), 2048);
	T_INT(tq_prefetch(1e6, 2), 0);
	T_INT(tq_prefetch(60000, 1), 0);
}

static void
ewma(void)
{
	T_INT(tq_ewma(-1, 100), 100);
	T_OK(tq_ewma(100, 200) > 100 && tq_ewma(100, 200) < 200);
}

/* -- the log's ring -------------------------------------------------------- */

static void
ring_keeps_the_end(void)
{
	struct tq_logbuf r = { .max = 8192 };
	struct tq_span s[2];
	char line[64], last[64];
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		T_MUST(tq_logbuf_add(&r, line, strlen(line)) == 0);
	}
	tq_logbuf_spans(&r, s);
	T_INT(s[0].n + s[1].n, 8192);
	T_STR(tq_logbuf_last_line(&r, last, sizeof(last)), "line 1999");
	T_INT(s[1].p[s[1].n - 1], '\n');
	tq_logbuf_add(&r, "\n  \n", 4);
	T_STR(tq_logbuf_last_line(&r, last, sizeof(last)), "line 1999");
	T_STR(tq_logbuf_last_line(&r, last, 6), "line ");
	tq_logbuf_clear(&r);
	T_STR(tq_logbuf_last_line(&r, last, sizeof(last)), "");
	tq_logbuf_free(&r);
}

static void
ring_takes_more_than_it_holds(void)
{
	struct tq_logbuf r = { .max = 100 };
	static char big[1000];
	struct tq_span s[2];

	memset(big, 'a', sizeof(big));
	big[999] = 'z';
	T_INT(tq_logbuf_add(&r, big, sizeof(big)), 0);
	tq_logbuf_spans(&r, s);
	T_INT(s[0].n + s[1].n, 100);
	T_INT(s[0].p[99], 'z');
	T_INT(r.total, 1000);
	tq_logbuf_free(&r);
}

/* -- reasons --------------------------------------------------------------- */

static struct tq_task
task(void)
{
	return (struct tq_task){ .id = "t1", .queue = "q", .type = "thumb",
	    .attempts = 2, .max_attempts = 3 };
}

static void
reason_exit(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task t = task();

	T_STR(tq_reason_exit(&a, &t, "thumb", 3 << 8, "no such file"),
	    "exec: thumb exited with status 3 on attempt 2 of 3: no such file");
	T_STR(tq_reason_exit(&a, &t, "thumb", 3 << 8, ""),
	    "exec: thumb exited with status 3 on attempt 2 of 3");
	T_STR(tq_reason_exit(&a, &t, "thumb", 9, ""),
	    "exec: thumb was killed by signal 9 (SIGKILL) on attempt 2 of 3");
	T_STR(tq_reason_exit(&a, &t, "thumb", 65 << 8, "no such user"),
	    "exec: thumb exited with status 65 (never again): no such user");
	T_STR(tq_reason_final(&a, &t, "decode", "no image"),
	    "decode: thumb: no image (never again)");
	T_STR(tq_exit_code_text(&a, 3 << 8), "exit-3");
	T_STR(tq_exit_code_text(&a, 9), "signal-9");
	tq_arena_free(&a);
}

static void
reason_is_harmless_and_bounded(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task t = task();
	static char big[5000];
	const char *s;

	memset(big, '\x1b', sizeof(big) - 1);
	s = tq_reason_exit(&a, &t, "thumb", 1 << 8, big);
	T_OK(strchr(s, '\x1b') == NULL);
	T_OK(strlen(s) <= 1000);
	T_STR(tq_reason_timeout(&a, &t, 90000, "bad\xff"),
	    "timeout: thumb was stopped after 1m30s on attempt 2 of 3: "
	    "bad\\xff");
	T_STR(tq_reason_text(&a, &t, "fetch", "gone"),
	    "fetch: thumb: gone on attempt 2 of 3");
	tq_arena_free(&a);
}

/* -- text.transform -------------------------------------------------------- */

static void
transform(void)
{
	static const struct { const char *in, *want; } v[] = {
		{ "", "{\"originalLength\":0,\"upper\":\"\",\"wordCount\":0}" },
		{ "hello world",
		  "{\"originalLength\":11,\"upper\":\"HELLO WORLD\",\"wordCount\":2}" },
		{ "stra\xc3\x9f" "e",
		  "{\"originalLength\":6,\"upper\":\"STRASSE\",\"wordCount\":1}" },
		{ "\xef\xac\x81x", /* the ligature fi */
		  "{\"originalLength\":2,\"upper\":\"FIX\",\"wordCount\":1}" },
		{ "i\xc4\xb1", /* no language: dotless i has I too */
		  "{\"originalLength\":2,\"upper\":\"II\",\"wordCount\":1}" },
		{ "e\xcc\x81", /* e and a combining acute */
		  "{\"originalLength\":2,\"upper\":\"E\xcc\x81\",\"wordCount\":1}" },
		{ "\xf0\x9f\x98\x80 a",
		  "{\"originalLength\":3,\"upper\":\"\xf0\x9f\x98\x80 A\",\"wordCount\":2}" },
		/* NO-BREAK SPACE and IDEOGRAPHIC SPACE are White_Space, */
		{ "a\xc2\xa0" "b\xe3\x80\x80" "c",
		  "{\"originalLength\":5,\"upper\":\"A\xc2\xa0" "B\xe3\x80\x80" "C\",\"wordCount\":3}" },
		/* ZERO WIDTH SPACE is not. */
		{ "a\xe2\x80\x8b" "b",
		  "{\"originalLength\":3,\"upper\":\"A\xe2\x80\x8b" "B\",\"wordCount\":1}" },
		/* The information separators split, as Python has it; others don't. */
		{ "a\x1c" "b\x1f" "c\x1b" "d",
		  "{\"originalLength\":7,\"upper\":\"A\\u001cB\\u001fC\\u001bD\",\"wordCount\":3}" },
		{ " \t\n ",
		  "{\"originalLength\":4,\"upper\":\" \\t\\n \",\"wordCount\":0}" },
		{ "\xce\xb1\xcc\x81\xcd\x85", /* alpha, acute, iota subscript */
		  "{\"originalLength\":3,\"upper\":\"\xce\x91\xcc\x81\xce\x99\",\"wordCount\":1}" },
	};
	struct tq_buf b = TQ_BUF_INIT(4096);
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		tq_buf_clear(&b);
		T_INT(tq_text_transform(sp(v[i].in), &b), 0);
		T_STR(b.data, v[i].want);
	}
	tq_buf_free(&b);
}

static void
transform_long(void)
{
	static char text[100000];
	struct tq_buf b = TQ_BUF_INIT(1 << 20), small = TQ_BUF_INIT(100);
	size_t i;

	for (i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	T_INT(tq_text_transform((struct tq_span){ text, sizeof(text) }, &b),
	    0);
	T_OK(strncmp(b.data, "{\"originalLength\":50000,\"upper\":\"\xc3\x89",
	    34) == 0);
	T_INT(tq_text_transform((struct tq_span){ text, sizeof(text) },
	    &small), -1);
	tq_buf_free(&b);
	tq_buf_free(&small);
}

/* -- simulate -------------------------------------------------------------- */

static void
simulate_parse(void)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_simulate s;
	struct tq_span r;

	T_INT(tq_simulate_parse(&s, sp("{}"), 0.3, &err), 0);
	T_INT(s.ms, 1000);
	T_OK(s.failure_rate == 0.3);
	T_INT(tq_simulate_parse(&s, sp("{\"seconds\":0.25,"
	    "\"failure_rate\":1}"), 0.3, &err), 0);
	T_INT(s.ms, 250);
	T_OK(s.failure_rate == 1);
	r = tq_simulate_result(&s, &a);
	T_OK(tq_span_eq(r, "{\"seconds\":0.25}"));
	T_INT(tq_simulate_parse(&s, sp("{\"seconds\":-1}"), 0, &err), -1);
	T_INT(err.code, TQ_E_DATA);
	T_INT(tq_simulate_parse(&s, sp("{\"seconds\":\"1\"}"), 0, &err), -1);
	T_INT(tq_simulate_parse(&s, sp("{\"failure_rate\":2}"), 0, &err), -1);
	tq_arena_free(&a);
}

static void
simulate_toss(void)
{
	T_OK(!tq_simulate_fails(0, 0));
	T_OK(tq_simulate_fails(1, UINT64_MAX));
	T_OK(tq_simulate_fails(0.5, UINT64_MAX / 4));
	T_OK(!tq_simulate_fails(0.5, UINT64_MAX / 4 * 3));
}

static void
simulate_rate(void)
{
	double rate = 7;
	static const char *const wrong[] = { "", "x", "0.5x", "-0.1", "1.1",
	    "nan" };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		T_OK(!tq_simulate_rate(wrong[i], &rate));
	T_OK(rate == 7);
	T_OK(tq_simulate_rate("0.25", &rate) && rate == 0.25);
	T_OK(tq_simulate_rate("1", &rate) && rate == 1);
}

/* -- memory that slots share ----------------------------------------------- */

static void
room_shared(void)
{
	struct tq_room r;
	int i;

	tq_room_init(&r, 1000, 4);
	T_INT(r.share, 250);
	for (i = 0; i < 4; i++)
		T_OK(tq_room_take(&r, r.share));
	T_OK(!tq_room_take(&r, 1));
	T_OK(tq_room_take(&r, 0));
	tq_room_give(&r, 250);
	T_OK(!tq_room_take(&r, 251));
	T_OK(!tq_room_take(&r, UINT64_MAX));
	T_OK(tq_room_take(&r, 250));
	T_OK(tq_room_fits(&r, 1000));
	T_OK(!tq_room_fits(&r, 1001));
	T_OK(!tq_room_fits(&r, UINT64_MAX));
}

/* -- data: URLs ------------------------------------------------------------ */

static const char *
data(const char *url, size_t max, enum tq_code *code)
{
	static struct tq_buf b;
	struct tq_err err = TQ_ERR_INIT;

	tq_buf_free(&b);
	b = (struct tq_buf)TQ_BUF_INIT(max);
	tq_buf_str(&b, "");
	*code = tq_dataurl_decode(url, &b, &err) == 0 ? TQ_OK : err.code;
	return b.data;
}

static void
dataurl(void)
{
	enum tq_code code;

	T_STR(data("data:,a%20b%2Bc", 100, &code), "a b+c");
	T_INT(code, TQ_OK);
	T_STR(data("data:text/plain;base64,aGVsbG8=", 100, &code), "hello");
	T_STR(data("DATA:;BASE64,aGVsbG8", 100, &code), "hello");
	T_STR(data("data:;base64,aGVsbG8%3D", 100, &code), "hello");
	T_INT(code, TQ_OK);
	T_STR(data("data:,base64,x", 100, &code), "base64,x");
	data("data:text/plain", 100, &code);
	T_INT(code, TQ_E_DATA);
	T_STR(data("data:;base64,aGVsbG8=%z", 100, &code), "");
	T_INT(code, TQ_E_DATA);
	data("data:;base64,!!", 100, &code);
	T_INT(code, TQ_E_DATA);
	data("data:,%4", 100, &code);
	T_INT(code, TQ_E_DATA);
	data("data:,%zz", 100, &code);
	T_INT(code, TQ_E_DATA);
	data("data:,12345678901", 10, &code);
	T_INT(code, TQ_E_TOOBIG);
}

/* -- handlers -------------------------------------------------------------- */

static void
spec(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *type, *cmd;

	T_MUST(tq_spec_split("thumb=convert - -x=1", &a, &type, &cmd));
	T_STR(type, "thumb");
	T_STR(cmd, "convert - -x=1");
	T_OK(!tq_spec_split("thumb", &a, &type, &cmd));
	T_OK(!tq_spec_split("thumb=", &a, &type, &cmd));
	T_OK(!tq_spec_split("thumb=  ", &a, &type, &cmd));
	T_OK(!tq_spec_split("=cat", &a, &type, &cmd));
	T_OK(!tq_spec_split("a b=cat", &a, &type, &cmd));
	tq_arena_free(&a);
}

static void
words(void)
{
	static const char *const shell[] = { "a | b", "a > b", "echo $X",
	    "a 'b'", "a; b", "A=1 b", "exit 3", "cd /", "ls *", "~/bin/x",
	    "a\nb", "", "  ", "! a", ". x", "a \"b\"", "if a" };
	struct tq_arena a = TQ_ARENA_INIT;
	const char **v;
	size_t i;

	T_MUST(tq_command_words(" cat -n\t--x=1,2:3 @f ", &a, &v));
	T_STR(v[0], "cat");
	T_STR(v[1], "-n");
	T_STR(v[2], "--x=1,2:3");
	T_STR(v[3], "@f");
	T_OK(v[4] == NULL);
	for (i = 0; i < sizeof(shell) / sizeof(shell[0]); i++)
		if (tq_command_words(shell[i], &a, &v))
			T_FAIL("needs a shell: \"%s\"", shell[i]);
	tq_arena_free(&a);
}

static int
handlers(const struct tq_work_opts *o, struct tq_handlers *h, char **msg)
{
	static struct tq_err err;

	memset(&err, 0, sizeof(err));
	*msg = err.msg;
	return tq_handlers_init(h, o, "/usr/bin:/bin", &err);
}

static void
handlers_of_options(void)
{
	static const char *const on[] = { "a=cat", "b=cat | cat" };
	struct tq_work_opts o = { 0 };
	struct tq_handlers h;
	char *msg;

	T_MUST(handlers(&o, &h, &msg) == 0);
	T_INT(h.n, 3);
	T_OK(tq_handlers_find(&h, "image.grayscale") != NULL);
	tq_handlers_free(&h);

	o.on = (struct tq_work_list){ on, 2 };
	T_MUST(handlers(&o, &h, &msg) == 0);
	T_INT(h.n, 2);
	T_STR(tq_handlers_find(&h, "a")->argv[0], "cat");
	T_STR(tq_handlers_find(&h, "b")->argv[2], "cat | cat");
	T_OK(tq_handlers_find(&h, "simulate") == NULL);
	tq_handlers_free(&h);

	o.builtin = "simulate";
	T_MUST(handlers(&o, &h, &msg) == 0);
	T_INT(h.n, 3);
	tq_handlers_free(&h);
}

static void
handlers_refused(void)
{
	static const char *const twice[] = { "a=cat", "a=dog" };
	static const char *const bad[] = { "cat" };
	static const char *const limit[] = { "a=0" };
	struct tq_work_opts o = { .on = { twice, 2 } };
	struct tq_handlers h;
	char *msg;

	T_INT(handlers(&o, &h, &msg), -1);
	T_STR(msg, "type a has two handlers");
	o.on = (struct tq_work_list){ bad, 1 };
	T_INT(handlers(&o, &h, &msg), -1);
	T_STR(msg, "--on wants TYPE=COMMAND, not \"cat\"");
	o.on = (struct tq_work_list){ twice, 1 };
	o.builtin = "nope";
	T_INT(handlers(&o, &h, &msg), -1);
	o.builtin = NULL;
	o.max_running = (struct tq_work_list){ limit, 1 };
	T_INT(handlers(&o, &h, &msg), -1);
	T_STR(msg, "--max-running wants TYPE=N with N from 1, not \"a=0\"");
}

static int
conf(const char *text, struct tq_conf *c)
{
	char line[128];

	snprintf(line, sizeof(line), "%s", text);
	return tq_conf_line(line, c, NULL);
}

static void
conf_lines(void)
{
	struct tq_conf c = { 0, 0, false };

	T_INT(conf("  # nothing\n", &c), 0);
	T_INT(conf("\n", &c), 0);
	T_INT(conf("timeout = 5m\n", &c), 0);
	T_INT(c.timeout_ms, 300000);
	T_INT(conf("max-running=3", &c), 0);
	T_INT(c.max_running, 3);
	T_INT(conf("stream = yes\r\n", &c), 0);
	T_OK(c.stream);
	T_INT(conf("timeout = soon", &c), -1);
	T_INT(conf("max-running = 0", &c), -1);
	T_INT(conf("stream = perhaps", &c), -1);
	T_INT(conf("colour = red", &c), -1);
	T_INT(conf("timeout", &c), -1);
}

/* -- streams --------------------------------------------------------------- */

static void
stream_replies(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_reply r;

	T_INT(tq_stream_reply(sp("{\"ok\":true,\"result\":{\"a\": 1.10},"
	    "\"output\":\"/tmp/x\"}"), &a, &r, &err), 0);
	T_OK(r.ok);
	T_OK(tq_span_eq(r.result, "{\"a\": 1.10}"));
	T_STR(r.output, "/tmp/x");
	T_INT(tq_stream_reply(sp("{\"ok\":false,\"error\":\"no\","
	    "\"permanent\":true,\"retryAfter\":\"30s\"}"), &a, &r, &err), 0);
	T_OK(!r.ok && r.permanent && !r.later);
	T_STR(r.error, "no");
	T_INT(r.retry_after, 30000);
	T_INT(tq_stream_reply(sp("{\"ok\":false,\"later\":true}"), &a, &r, &err), 0);
	T_OK(!r.ok && r.later && !r.permanent && r.retry_after == -1);
	T_INT(tq_stream_reply(sp("{\"ok\":false,\"later\":1}"), &a, &r, &err), -1);
	T_INT(tq_stream_reply(sp("{\"ok\":true,\"output\":null}"), &a, &r,
	    &err), 0);
	T_INT(tq_stream_reply(sp("hello"), &a, &r, &err), -1);
	T_INT(err.code, TQ_E_DATA);
	T_INT(tq_stream_reply(sp("{}"), &a, &r, &err), -1);
	T_INT(tq_stream_reply(sp("{\"ok\":1}"), &a, &r, &err), -1);
	T_INT(tq_stream_reply(sp("{\"ok\":true}{}"), &a, &r, &err), -1);
	T_INT(tq_stream_reply(sp("{\"ok\":true,\"error\":1}"), &a, &r, &err),
	    -1);
	T_INT(tq_stream_reply(sp("{\"ok\":false,\"retryAfter\":\"x\"}"), &a,
	    &r, &err), -1);
	tq_arena_free(&a);
}

static void
stream_lines(void)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct tq_task t = task();

	t.payload = sp("{\"x\":\n1}");
	t.payload_kind = TQ_KIND_JSON;
	tq_stream_line(&t, NULL, "/tmp/out", &b);
	T_OK(b.data[b.len - 1] == '\n');
	T_OK(strchr(b.data, '\n') == b.data + b.len - 1);
	T_OK(strstr(b.data, "\"outputFile\":\"/tmp/out\"}") != NULL);
	T_OK(strstr(b.data, "inputFile") == NULL);
	tq_buf_clear(&b);
	tq_stream_line(&t, "/tmp/in", "/tmp/out", &b);
	T_OK(strstr(b.data, "\"inputFile\":\"/tmp/in\"") != NULL);
	tq_buf_free(&b);
}

/* -- log lines ------------------------------------------------------------- */

static void
log_lines(void)
{
	struct tq_event e = { "dead", "t1", "thumb", 3, "exec", 1500,
	    "h:1:2", "Root=1", "it said \"no\"\x1b[31m" };
	struct tq_buf b = TQ_BUF_INIT(4096);
	enum tq_log_format f;

	T_OK(tq_log_name("human", &f) && f == TQ_LOG_HUMAN);
	T_OK(tq_log_name("json", &f) && f == TQ_LOG_JSON);
	T_OK(!tq_log_name("jso", &f) && !tq_log_name("", &f));
	tq_log_event(&b, TQ_LOG_LOGFMT, 1000, &e);
	T_STR(b.data, "time=1970-01-01T00:00:01.000Z event=dead taskId=t1 "
	    "type=thumb attempt=3 stage=exec durationMs=1500 worker=h:1:2 "
	    "trace=\"Root=1\" "
	    "text=\"it said \\\"no\\\"\\x1b[31m\"\n");
	tq_buf_clear(&b);
	tq_log_event(&b, TQ_LOG_JSON, 1000, &e);
	T_STR(b.data, "{\"time\":\"1970-01-01T00:00:01.000Z\",\"event\":"
	    "\"dead\",\"taskId\":\"t1\",\"type\":\"thumb\",\"attempt\":3,"
	    "\"stage\":\"exec\",\"durationMs\":1500,\"worker\":\"h:1:2\","
	    "\"trace\":\"Root=1\","
	    "\"text\":\"it said \\\"no\\\"\\u001b[31m\"}\n");
	tq_buf_clear(&b);
	tq_log_event(&b, TQ_LOG_HUMAN, 1000, &e);
	T_OK(strchr(b.data, '\x1b') == NULL);
	T_OK(strstr(b.data, "thumb t1") != NULL);
	tq_buf_clear(&b);
	e.text = "exec: thumb: no way";
	tq_log_event(&b, TQ_LOG_HUMAN, 1000, &e);
	T_OK(strstr(b.data, "thumb t1 (1s): exec: no way\n") != NULL);
	tq_buf_free(&b);
}

static void
slots_fit(void)
{
	T_INT(tq_slots_fit(1024, 0), 196);
	T_INT(tq_slots_fit(64, 0), 4);
	T_INT(tq_slots_fit(64, 2), 1);
	T_INT(tq_slots_fit(3, 0), 0);
	T_INT(tq_slots_fit(tq_slots_need(0) - 1, 0), 0);
	T_INT(tq_slots_fit(tq_slots_need(0), 0), 1);
	T_INT(tq_slots_fit(tq_slots_need(7) - 1, 7), 0);
	T_INT(tq_slots_fit(tq_slots_need(7), 7), 1);
	T_INT(tq_slots_fit(UINT64_MAX, 0), TQ_JOBS_MAX);
}

static void
ends_of_errors(void)
{
	struct tq_err err = TQ_ERR_INIT;

	tq_err_sys(&err, TQ_AT_STORE, TQ_E_IO, EIO, "out");
	T_INT(tq_outcome_end_of(&err), TQ_END_ERROR);
	tq_err_sys(&err, TQ_AT_STORE, TQ_E_IO, ENOSPC, "out");
	T_INT(tq_outcome_end_of(&err), TQ_END_LATER);
	tq_err_sys(&err, TQ_AT_STORE, TQ_E_IO, EDQUOT, "out");
	T_INT(tq_outcome_end_of(&err), TQ_END_LATER);
	tq_err_set(&err, TQ_AT_STORE, TQ_E_TOOBIG, "out");
	T_INT(tq_outcome_end_of(&err), TQ_END_PERMANENT);
}

T_MAIN(
	{ "an output that a full disk does not take uses no attempt",
	    ends_of_errors },
	{ "so many slots as there are descriptors for, at least one", slots_fit },
	{ "fd 3: progress as counts, percent or words", fd3_progress },
	{ "fd 3: retry-after and output; unknown lines pass", fd3_others },
	{ "a child's reason is read back, and nothing else for one", child_reasons },
	{ "fd 3: lines come in pieces", fd3_pieces },
	{ "fd 3: a line too long is passed over whole", fd3_long_line },
	{ "the keeper renews when the loop is overdue", keeper_due },
	{ "prefetch is 50 ms of work, at most 2048", prefetch },
	{ "the average moves towards what was measured", ewma },
	{ "the ring keeps the end and finds the last line",
	    ring_keeps_the_end },
	{ "the ring takes a piece larger than itself",
	    ring_takes_more_than_it_holds },
	{ "a reason says who ended how on which attempt", reason_exit },
	{ "a reason is harmless to terminals and bounded",
	    reason_is_harmless_and_bounded },
	{ "text.transform: Unicode upper case, code points, words",
	    transform },
	{ "text.transform: long texts and full buffers", transform_long },
	{ "simulate reads its payload", simulate_parse },
	{ "simulate fails as often as it was told", simulate_toss },
	{ "a failure rate is a number from 0 to 1", simulate_rate },
	{ "memory: a slot's share is always there, more only when others "
	    "leave it", room_shared },
	{ "data: URLs, percent and base64", dataurl },
	{ "--on TYPE=COMMAND", spec },
	{ "a command needs a shell, or not", words },
	{ "handlers come from the options, else the built-in ones",
	    handlers_of_options },
	{ "wrong handler options are refused by name", handlers_refused },
	{ "TYPE.conf, line by line", conf_lines },
	{ "stream replies are read strictly", stream_replies },
	{ "a task is one line for a stream", stream_lines },
	{ "log lines escape what they carry", log_lines },
)
