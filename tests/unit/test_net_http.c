/* lib/net/http: what is sent, what comes back, and what is kept open. */
#include "net/http.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t.h"
#include "util/env.h"
#include "../net/server.h"

static struct tq_http *http;

static struct tq_http *
client(size_t conns)
{
	struct tq_http_opts o = { .conns = conns, .user_agent = "test/1" };
	struct tq_http *h = NULL;

	if (tq_http_new(&o, &h, NULL) == -1)
		abort();
	return h;
}

/* One request; returns the status, 0 when there was no answer. */
static int
send_one(struct tq_http_req r, struct tq_http_res *res)
{
	char method[16];

	snprintf(method, sizeof(method), "%s", r.method);
	r.method = method;
	T_INT(tq_http_perform(http, &r, 1, res), res->status == 0);
	return res->status;
}

#define REQ(m, path, ...) ((struct tq_http_req){ .method = m,		\
	.url = server_url("127.0.0.1", path), .timeout_ms = 60000,	\
	__VA_ARGS__ })

static void
expect_echo(struct tq_http_req r, const char *line, const char *rest)
{
	struct tq_http_res res;
	char text[4000];

	T_INT(send_one(r, &res), 200);
	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "User-Agent: test/1\r\n%s", line, server.port, rest);
	T_STR(res.body.data, text);
	tq_http_res_free(&res);
}

static void
test_bytes(void)
{
	static const struct tq_http_header h[] = {
		{ "X-A", "one" }, { "x-empty", "" },
		{ "Content-Type", "application/x-amz-json-1.0" } };

	expect_echo(REQ("GET", "/echo/../x?a=b&c", 0),
	    "GET /echo/../x?a=b&c", "\r\n");
	expect_echo(REQ("POST", "/echo", .headers = h, .nheaders = 3,
	    .body = tq_span_of("{}")),
	    "POST /echo",
	    "X-A: one\r\nx-empty:\r\n"
	    "Content-Type: application/x-amz-json-1.0\r\n"
	    "Content-Length: 2\r\n\r\n{}");
	expect_echo(REQ("PUT", "/echo", .body = tq_span_of("hi")),
	    "PUT /echo", "Content-Length: 2\r\n\r\nhi");
	expect_echo(REQ("PUT", "/echo", 0),
	    "PUT /echo", "Content-Length: 0\r\n\r\n");
	expect_echo(REQ("DELETE", "/echo", 0), "DELETE /echo", "\r\n");
}

static void
test_answer(void)
{
	struct tq_http_res res;

	T_INT(send_one(REQ("GET", "/echo", 0), &res), 200);
	T_STR(tq_http_get(&res, "X-TWICE"), "one");
	T_OK(tq_http_get(&res, "x-twic") == NULL);
	T_OK(tq_http_get(&res, "HTTP/1.1 200 OK") == NULL);
	T_INT(res.date_ms, INT64_C(784111777000));
	tq_http_res_free(&res);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("GET", "/status/503?9", 0), &res), 503);
	T_STR(res.body.data, "sad\n");
	T_STR(tq_http_get(&res, "retry-after"), "9");
	T_INT(res.err.code, TQ_OK);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("HEAD", "/ok/77", 0), &res), 200);
	T_STR(tq_http_get(&res, "content-length"), "77");
	T_INT(res.body.len, 0);
	tq_http_res_free(&res);

	/* Whoever signs a request must sign it again for another place. */
	T_INT(send_one(REQ("GET", "/redirect?/ok/1", 0), &res), 302);
	tq_http_res_free(&res);
}

static void
test_files(void)
{
	int in = memfd_create("in", 0), out = memfd_create("out", 0);
	struct tq_http_upload up = { in, 5, 300000 };
	struct tq_http_res res;
	struct stat sb;
	char *data = malloc(400000);

	memset(data, 'z', 400000);
	T_INT(write(in, data, 400000), 400000);
	T_INT(send_one(REQ("PUT", "/echo", .upload = &up, .to_fd = true,
	    .fd = out), &res), 200);
	T_INT(res.body.len, 0);
	T_INT(fstat(out, &sb), 0);
	T_OK(sb.st_size > 300000 && sb.st_size < 301000);
	T_INT(pread(out, data, 1, sb.st_size - 300000 - 1), 1);
	T_INT(data[0], '\n');
	tq_http_res_free(&res);

	/* A body that is not the resource does not get into the file. */
	T_INT(ftruncate(out, 0), 0);
	T_INT(send_one(REQ("GET", "/status/404", .to_fd = true, .fd = out),
	    &res), 404);
	T_STR(res.body.data, "sad\n");
	T_INT(fstat(out, &sb), 0);
	T_INT(sb.st_size, 0);
	tq_http_res_free(&res);

	up.at = 399999;		/* more is promised than is there */
	T_INT(send_one(REQ("PUT", "/echo", .upload = &up), &res), 0);
	T_INT(res.err.code, TQ_E_IO);
	tq_http_res_free(&res);
	free(data);
	close(in);
	close(out);
}

static void
test_batch(void)
{
	struct tq_http_req r[40];
	struct tq_http_res res[40];
	struct tq_http *h = client(4);
	char url[40][100];
	size_t i, round;

	server_saw("");
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 40; i++) {
			snprintf(url[i], sizeof(url[i]),
			    "http://127.0.0.1:%d/ok/%zu", server.port, i);
			r[i] = (struct tq_http_req){ .method = "GET",
			    .url = url[i] };
		}
		T_INT(tq_http_perform(h, r, 40, res), 0);
		for (i = 0; i < 40; i++) {
			T_INT(res[i].status, 200);
			T_INT(res[i].body.len, i);
			tq_http_res_free(&res[i]);
		}
	}
	T_INT(server_saw("connect"), 4);
	T_INT(tq_http_perform(h, r, 0, res), 0);
	tq_http_free(h);
}

static void
test_failures(void)
{
	struct tq_http_header bad = { "X", "a\r\nY: b" };
	struct tq_http_res res;

	T_INT(send_one((struct tq_http_req){ .method = "GET",
	    .url = "http://127.0.0.1:1/x?secret" }, &res), 0);
	T_INT(res.err.code, TQ_E_UNAVAILABLE);
	T_OK(res.err.retryable && !res.sent);
	T_OK(strstr(res.err.msg, "http://127.0.0.1:1/x: ") == res.err.msg);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("POST", "/drop", .body = tq_span_of("x")), &res),
	    0);
	T_INT(res.err.code, TQ_E_UNAVAILABLE);
	T_OK(res.err.retryable && res.sent);
	T_INT(res.err.stage, TQ_AT_SEND);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("GET", "/length/99", 0), &res), 0);
	T_INT(res.err.code, TQ_E_UNAVAILABLE);
	tq_http_res_free(&res);

	T_INT(send_one((struct tq_http_req){ .method = "GET",
	    .url = server_url("127.0.0.1", "/slow-header"),
	    .timeout_ms = 100 }, &res), 0);
	T_INT(res.err.code, TQ_E_TIMEOUT);
	T_OK(res.err.retryable && res.sent);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("GET", "/ok/1001", .body_max = 1000), &res), 0);
	T_INT(res.err.code, TQ_E_TOOBIG);
	tq_http_res_free(&res);
	T_INT(send_one(REQ("GET", "/endless-headers", 0), &res), 0);
	T_INT(res.err.code, TQ_E_TOOBIG);
	tq_http_res_free(&res);

	T_INT(send_one(REQ("GET", "/ok/1", .headers = &bad, .nheaders = 1),
	    &res), 0);
	T_INT(res.err.code, TQ_E_DATA);
	tq_http_res_free(&res);
	T_INT(send_one((struct tq_http_req){ .method = "GET",
	    .url = "file:///etc/passwd" }, &res), 0);
	T_INT(res.err.code, TQ_E_DATA);
	T_INT(res.body.len, 0);
	tq_http_res_free(&res);
}

static bool
stop_now(void *arg)
{
	(void)arg;
	return true;
}

/* What is answered soon is not lost by that. */
static void
test_stop(void)
{
	static const struct tq_env env = { .stop = stop_now };
	struct tq_http_req r[2] = { REQ("GET", "/slow-header", 0),
	    REQ("GET", "/echo", 0) };
	struct tq_http_opts o = { .conns = 1, .env = &env };
	struct tq_http_res res[2];
	struct tq_http *h, *other = NULL;
	int64_t from = tq_mono_us();

	T_MUST(tq_http_new(&o, &h, NULL) == 0);
	T_MUST(tq_http_sibling(h, &other, NULL) == 0);
	T_INT(tq_http_perform(h, r + 1, 1, res), 0);
	tq_http_res_free(&res[0]);
	T_INT(tq_http_perform(other, r, 2, res), 2);
	T_INT(res[0].err.code, TQ_E_INTR);
	T_INT(res[1].err.code, TQ_E_INTR);
	T_OK(tq_mono_us() - from < 50000000);
	tq_http_res_free(&res[0]);
	tq_http_res_free(&res[1]);
	tq_http_free(other);
	tq_http_free(h);
}

static void *
wake_when_asked(void *h)
{
	while (server_saw("GET /slow-header") == 0)
		usleep(5000);
	tq_http_wake(h);
	return NULL;
}

static void
test_wake(void)
{
	struct tq_http_req r[3] = { REQ("GET", "/slow-header", 0),
	    REQ("GET", "/ok/1", 0), REQ("GET", "/ok/2", 0) };
	struct tq_http *h = client(1), *poll = NULL;
	struct tq_http_res res[3];
	pthread_t thread;
	size_t i;

	T_MUST(tq_http_sibling(h, &poll, NULL) == 0);
	tq_http_free(h);	/* what they share is still the other's */
	server_saw("");
	pthread_create(&thread, NULL, wake_when_asked, poll);
	T_INT(tq_http_perform(poll, r, 3, res), 3);
	pthread_join(thread, NULL);
	for (i = 0; i < 3; i++) {
		T_INT(res[i].err.code, TQ_E_INTR);
		T_INT(res[i].sent, i == 0);
		tq_http_res_free(&res[i]);
	}
	/* A wake that came too late or too early is for the next one. */
	tq_http_wake(poll);
	T_INT(tq_http_perform(poll, r + 1, 1, res), 1);
	tq_http_res_free(res);
	T_INT(tq_http_perform(poll, r + 1, 1, res), 0);
	T_INT(res[0].body.len, 1);
	tq_http_res_free(res);
	tq_http_free(poll);
}

/* One after the other, they would all use one connection. */
static void
test_together(void)
{
	struct tq_http *h = client(0);
	struct tq_http_req r[6];
	struct tq_http_res res[6];
	size_t i;

	for (i = 0; i < 6; i++)
		r[i] = REQ("GET", "/later/200", 0);
	server_saw("");
	T_INT(tq_http_perform(h, r, 6, res), 0);
	for (i = 0; i < 6; i++) {
		T_STR(res[i].body.data, "late");
		T_OK(res[i].took_ms >= 200);
		tq_http_res_free(&res[i]);
	}
	T_INT(server_saw("connect"), 6);
	tq_http_free(h);
}

static void
test_proxy(void)
{
	struct tq_http_req r = REQ("GET", "/ok/1", 0);
	char proxied[200];
	struct tq_http_res res;

	snprintf(proxied, sizeof(proxied), "GET %s", r.url);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	setenv("http_proxy", server_url("127.0.0.2", ""), 1);
	server_saw("");
	T_INT(send_one(r, &res), 404);	/* the server is no proxy */
	T_INT(server_saw(proxied), 1);
	tq_http_res_free(&res);
	r.direct = true;
	T_INT(send_one(r, &res), 200);
	T_INT(server_saw("GET /ok/1"), 1);
	tq_http_res_free(&res);
	unsetenv("http_proxy");
}

static void
set_up(void)
{
	server_start();
	T_OK(server.port > 0);
	http = client(0);
}

static void
tear_down(void)
{
	tq_http_free(http);
	tq_http_free(NULL);
	server_stop();
	T_OK(kill(server.pid, 0) == -1);
}

T_MAIN(
    { "the server starts", set_up },
    { "a request is sent as asked, and nothing is added", test_bytes },
    { "an answer has status, headers, date and body", test_answer },
    { "bodies come from files and go to files", test_files },
    { "a batch shares its few connections, and keeps them", test_batch },
    { "a batch is in flight at once", test_together },
    { "failures say if they may pass and if anything was sent",
	test_failures },
    { "a wake ends a long poll", test_wake },
    { "who waits for us to end has what comes within a second, and no more", test_stop },
    { "a proxy of the environment is used, but not for metadata",
	test_proxy },
    { "the server stops", tear_down })
