/* tests/unit/test_serve.c -- the pure parts of the server. */
#include "t.h"

#include "serve/api/api.h"
#include "serve/api/dialect.h"
#include "serve/http/guard.h"
#include "serve/server/metrics.h"
#include "serve/http/mime.h"
#include "serve/http/multipart.h"
#include "serve/api/openapi.h"
#include "serve/http/problem.h"
#include "serve/server/route.h"
#include "serve/http/uri.h"
#include "util/hash.h"
#include "util/json.h"

/* -- guard ----------------------------------------------------------------- */

/* Does the library refuse what can be seen in the bytes only? */
static bool	strict;

/*
 * A head as libmicrohttpd leaves it: line ends, the colon and the blanks of
 * the first line are NUL; "\r\n" and ": " in ${text} are turned into those.
 */
static int
guard(const char *text, size_t n, struct tq_guard *g)
{
	static char buf[16384];
	static struct tq_field f[200];
	struct tq_head h = { .bytes = !strict, .fields = f };
	char *p = buf, *end = buf + n, *q;
	size_t fields = 0;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, text, n);
	h.method = p;
	q = strchr(p, ' ');
	*q = '\0';
	h.uri = p = q + 1;
	q = strrchr(p, ' ');
	for (q = p; *q != ' '; q++)
		;
	*q = '\0';
	h.uri_n = strlen(h.uri);
	h.version = p = q + 1;
	for (;;) {
		q = memchr(p, '\n', (size_t)(end - p));
		*q = '\0';
		if (q > p && q[-1] == '\r')
			q[-1] = '\0';
		p = q + 1;
		if (p >= end || *p == '\r' || *p == '\n')
			break;
		f[fields].name = p;
		q = strchr(p, ':');
		*q = '\0';
		f[fields].name_n = strlen(p);
		for (q++; *q == ' ' || *q == '\t'; q++)
			;
		f[fields].value = p = q;
		q = memchr(p, '\n', (size_t)(end - p));
		if (q[-1] == '\r')
			q--;
		f[fields].value_n = strnlen(p, (size_t)(q - p));
		fields++;
	}
	for (; p < end; p++)
		*p = '\0';
	h.nfields = fields;
	h.size = n;
	tq_guard_check(&h, g);
	return g->status;
}

#define GUARD(s)	guard(s, sizeof(s) - 1, &g)
#define HOST		"Host: localhost\r\n"

static void
test_guard_accepts(void)
{
	struct tq_guard g;

	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "\r\n"), 0);
	T_STR(g.host, "localhost");
	T_OK(!g.chunked && !g.has_length);
	T_INT(GUARD("POST /x HTTP/1.1\r\n" HOST "Content-Length: 17\r\n\r\n"),
	    0);
	T_INT(g.length, 17);
	strict = true;
	T_INT(GUARD("POST /x HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: Chunked\r\n\r\n"), 0);
	T_OK(g.chunked);
	strict = false;
	T_INT(GUARD("POST /x HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: Chunked\r\n\r\n"), 411);
	T_INT(GUARD("GET / HTTP/1.0\r\nHost: [::1]:80\r\nA:\t b\r\n\r\n"), 0);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST
	    "Expect: 100-continue\r\n\r\n"), 0);
}

static void
test_guard_refuses(void)
{
	struct tq_guard g;

	T_INT(GUARD("GET / HTTP/1.1\r\nA: b\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	    "Content-Length: 5\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n"),
	    400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.0\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\n"),
	    400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "A: b\001\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/2.0\r\n" HOST "\r\n"), 400);
	T_INT(GUARD("GET http://x/ HTTP/1.1\r\n" HOST "\r\n"), 400);
	T_INT(GUARD("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\n" HOST "Expect: gold\r\n\r\n"), 417);
}

static void
test_guard_layout(void)
{
	struct tq_guard g;

	T_INT(GUARD("GET / HTTP/1.1\n" HOST "\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nHost: localhost\n\r\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nHost: localhost\r\n\n"), 400);
	T_INT(GUARD("GET / HTTP/1.1\r\nA: b\0c\r\n" HOST "\r\n"), 400);
	T_INT(GUARD("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400);
}

static void
test_guard_host(void)
{
	static const char *const names[] = { "q.example.org", "a:81" };

	T_OK(tq_guard_host("localhost", NULL, 0));
	T_OK(tq_guard_host("LOCALHOST:80", NULL, 0));
	T_OK(tq_guard_host("x.localhost:80", NULL, 0));
	T_OK(tq_guard_host("127.1.2.3:80", NULL, 0));
	T_OK(tq_guard_host("[::1]:80", NULL, 0));
	T_OK(!tq_guard_host("127.0.0.1.evil.org", NULL, 0));
	T_OK(!tq_guard_host("evil.org", names, 2));
	T_OK(!tq_guard_host("localhost.evil.org", names, 2));
	T_OK(tq_guard_host("q.example.org:8080", names, 2));
	T_OK(tq_guard_host("a:81", names, 2));
	T_OK(!tq_guard_host("a:82", names, 2));
}

/* -- targets --------------------------------------------------------------- */

static int
uri(const char *raw, struct tq_uri *u)
{
	static struct tq_arena a;
	struct tq_err err = TQ_ERR_INIT;

	tq_arena_reset(&a);
	return tq_uri_parse(raw, &a, u, &err);
}

static void
test_uri(void)
{
	static const char *const bad[] = {
		"x", "/a//b", "/a/", "/a/../b", "/%2e%2e/b", "/a%2fb", "/a%5cb",
		"/a%00", "/a%0a", "/%zz", "/%4", "/a?x=%00", "/a?x=1&x=2",
		"/a b", "/a#b", "/\xc3\xa4", "/%ff", "/1/2/3/4/5/6/7/8/9",
	};
	struct tq_uri u;
	size_t i;

	T_INT(uri("/", &u), 0);
	T_INT(u.nsegments, 0);
	T_INT(uri("/v1/tasks/a%3Ab?x=1+2%2B&y&z=%C3%A4", &u), 0);
	T_INT(u.nsegments, 3);
	T_STR(u.segment[2], "a:b");
	T_STR(u.path, "/v1/tasks/a%3Ab");
	T_STR(tq_uri_param(&u, "x"), "1 2+");
	T_STR(tq_uri_param(&u, "y"), "");
	T_STR(tq_uri_param(&u, "z"), "\xc3\xa4");
	T_OK(tq_uri_param(&u, "w") == NULL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (uri(bad[i], &u) != -1)
			T_FAIL("%s was taken", bad[i]);
}

/* Escaped text comes back, and only letters and "-._~" stand for
   themselves. */
static void
test_uri_escape(void)
{
	struct tq_buf b = TQ_BUF_INIT(256);

	tq_uri_escape(&b, "aZ09-._~ /%+&?\xc3\xa4=");
	T_STR(b.data, "aZ09-._~%20%2F%25%2B%26%3F%C3%A4%3D");
	tq_buf_free(&b);
}

/* Each byte but NUL and controls, escaped and plain, is itself when it is read. */
static void
test_uri_round(void)
{
	/* The neighbours of hexadecimal digits are none. */
	static const char *const bad[] = { "/a?x=%/1", "/a?x=%:1", "/a?x=%@1",
	    "/a?x=%G1", "/a?x=%`1", "/a?x=%g1", "/a?x=%1/", "/a?x=%1:",
	    "/a?x=%1@", "/a?x=%1G", "/a?x=%1`", "/a?x=%1g", "/a?x=%", "/%1",
	    "/%7f", "/%1f", "/a?x=%4&y=1", "/a?%4=1" };
	struct tq_buf b = TQ_BUF_INIT(64);
	struct tq_uri u;
	char text[2] = "", target[16];
	int c;
	size_t i;

	for (c = 1; c < 0x80; c++) {
		text[0] = (char)c;
		tq_buf_clear(&b);
		tq_buf_str(&b, "/a?x=");
		tq_uri_escape(&b, text);
		T_INT(uri(b.data, &u), 0);
		T_STR(tq_uri_param(&u, "x"), text);
		/* Either case of the digits; a path has no controls. */
		snprintf(target, sizeof(target), "/%%%02x", c);
		T_INT(uri(target, &u), c < 0x20 || c == 0x7f ||
		    strchr("/\\.", c) != NULL ? -1 : 0);
		if (c > 0x20 && c < 0x7f && strchr("/\\.?#%", c) == NULL) {
			snprintf(target, sizeof(target), "/%c", c);
			T_INT(uri(target, &u), 0);
			T_STR(u.segment[0], text);
		}
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (uri(bad[i], &u) != -1)
			T_FAIL("%s was taken", bad[i]);
	tq_buf_free(&b);
}

/* As many segments and parameters as there may be, and one more. */
static void
test_uri_bounds(void)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct tq_uri u;
	int i;

	for (i = 0; i < TQ_URI_SEGMENTS; i++)
		tq_buf_str(&b, "/s");
	T_INT(uri(b.data, &u), 0);
	T_INT(u.nsegments, TQ_URI_SEGMENTS);
	tq_buf_str(&b, "/s");
	T_INT(uri(b.data, &u), -1);
	tq_buf_clear(&b);
	tq_buf_str(&b, "/?");
	for (i = 0; i < TQ_URI_PARAMS; i++)
		tq_buf_fmt(&b, "&p%d=%d", i, i);
	T_INT(uri(b.data, &u), 0);
	T_INT(u.nparams, TQ_URI_PARAMS);
	T_STR(tq_uri_param(&u, "p0"), "0");
	tq_buf_str(&b, "&p=1");
	T_INT(uri(b.data, &u), -1);
	tq_buf_free(&b);
}

static void
test_addresses(void)
{
	static const char *const allowed[] = { "pics/in", "all", "dir/",
	    "deep/a/" };

	T_OK(tq_s3_ok("s3://pics/in/x.jpg", allowed, 4));
	T_OK(tq_s3_ok("s3://pics/in/a..b/...", allowed, 4));
	T_OK(tq_s3_ok("s3://pics/in", allowed, 4));
	T_OK(tq_s3_ok("s3://all/x", allowed, 4));
	T_OK(tq_s3_ok("s3://dir/x", allowed, 4));
	T_OK(tq_s3_ok("s3://deep/a/b/c", allowed, 4));
	T_OK(!tq_s3_ok("s3://deep/ab", allowed, 4));
	T_OK(!tq_s3_ok("s3://deep/a", allowed, 4));
	T_OK(!tq_s3_ok("s3://pics/inside/x", allowed, 4));
	T_OK(!tq_s3_ok("s3://pics/in/../out", allowed, 4));
	T_OK(!tq_s3_ok("s3://pics/in/..", allowed, 4));
	T_OK(!tq_s3_ok("s3://pics/in/./x", allowed, 4));
	T_OK(!tq_s3_ok("s3://all/../x", allowed, 4));
	T_OK(!tq_s3_ok("s3://all/", allowed, 4));
	T_OK(!tq_s3_ok("s3://all", allowed, 4));
	T_OK(!tq_s3_ok("s3://allies/x", allowed, 4));
	T_OK(!tq_s3_ok("s3://all/x", NULL, 0));
	T_OK(tq_s3_allow_ok("all"));
	T_OK(tq_s3_allow_ok("all/"));
	T_OK(tq_s3_allow_ok("all/a/b"));
	T_OK(!tq_s3_allow_ok("s3://all"));
	T_OK(!tq_s3_allow_ok(""));
	T_OK(!tq_s3_allow_ok("/a"));
	T_OK(!tq_s3_allow_ok("no bucket"));
}

static void
test_header_values(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	int64_t ms = -1;

	T_STR(tq_sf_string("\"a b\"", &a), "a b");
	T_STR(tq_sf_string(" \"a\\\"\\\\\" ", &a), "a\"\\");
	T_OK(tq_sf_string("abc", &a) == NULL);
	T_STR(tq_sf_string("\" ~\"\t", &a), " ~");
	T_STR(tq_sf_string("\"\"", &a), "");
	T_OK(tq_sf_string("", &a) == NULL);
	T_OK(tq_sf_string("\"a\x1f\"", &a) == NULL);
	T_OK(tq_sf_string("\"a\x7f\"", &a) == NULL);
	T_OK(tq_sf_string("\"abc", &a) == NULL);
	T_OK(tq_sf_string("\"a\\b\"", &a) == NULL);
	T_OK(tq_sf_string("\"a\" b", &a) == NULL);
	T_OK(tq_sf_string("\"\xc3\xa4\"", &a) == NULL);
	T_OK(tq_prefer_wait("wait=5", &ms));
	T_INT(ms, 5000);
	T_OK(tq_prefer_wait("respond-async, wait=10; x", &ms));
	T_INT(ms, 10000);
	T_OK(tq_prefer_wait("wait=0\t", &ms));
	T_INT(ms, 0);
	T_OK(tq_prefer_wait("Wait=9999999", &ms));
	T_INT(ms, 9999999000);
	T_OK(!tq_prefer_wait("wait=10000000", &ms));
	T_OK(!tq_prefer_wait("wait=x", &ms));
	T_OK(!tq_prefer_wait("wait=", &ms));
	T_OK(!tq_prefer_wait("wait=5x", &ms));
	T_OK(!tq_prefer_wait("", &ms));
	T_OK(!tq_prefer_wait("handling=lenient", &ms));
	T_OK(tq_etag_match("\"3\"", "\"3\""));
	T_OK(tq_etag_match("W/\"2\", \"3\"", "\"3\""));
	T_OK(tq_etag_match("*", "\"3\""));
	T_OK(!tq_etag_match("\"33\"", "\"3\""));
	T_OK(!tq_etag_match("\"3", "\"3\""));
	T_OK(!tq_etag_match("3", "\"3\""));
	T_OK(!tq_etag_match("\"1\"3\"", "\"3\""));
	T_OK(tq_media_is("application/json; charset=utf-8",
	    "application/json"));
	T_OK(!tq_media_is("application/jsonp", "application/json"));
	T_OK(tq_media_is("image/png", "image/"));
	T_OK(!tq_media_is(NULL, "image/"));
	tq_arena_free(&a);
}

static void
test_ranges(void)
{
	static const struct {
		const char	*s;
		enum tq_range	 want;
		int64_t		 from, n;
	} rows[] = {
		{ "bytes=0-0", TQ_RANGE_PART, 0, 1 },
		{ "bytes=2-5", TQ_RANGE_PART, 2, 4 },
		{ "Bytes=9-", TQ_RANGE_PART, 9, 1 },
		{ "bytes=5-99", TQ_RANGE_PART, 5, 5 },
		{ "bytes=-3", TQ_RANGE_PART, 7, 3 },
		{ "bytes=-99", TQ_RANGE_PART, 0, 10 },
		{ "bytes=10-", TQ_RANGE_NONE, 0, 10 },
		{ "bytes=-0", TQ_RANGE_NONE, 0, 10 },
		{ "bytes=5-2", TQ_RANGE_ALL, 0, 10 },
		{ "bytes=-", TQ_RANGE_ALL, 0, 10 },
		{ "bytes=0-1,3-4", TQ_RANGE_ALL, 0, 10 },
		{ "lines=0-1", TQ_RANGE_ALL, 0, 10 },
		{ "bytes=0-99999999999999999999", TQ_RANGE_PART, 0, 10 },
		{ "bytes=-99999999999999999999", TQ_RANGE_PART, 0, 10 },
		{ "bytes=18446744073709551617-", TQ_RANGE_NONE, 0, 10 },
	};
	int64_t from, n;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		T_INT(tq_range(rows[i].s, 10, &from, &n), rows[i].want);
		T_INT(from, rows[i].from);
		T_INT(n, rows[i].n);
	}
	T_INT(tq_range("bytes=0-", 0, &from, &n), TQ_RANGE_NONE);
}

/* -- routes ---------------------------------------------------------------- */

static const struct sv_route *
route(const char *method, const char *path, const char **id, char allow[64])
{
	struct tq_uri u;

	if (uri(path, &u) == -1)
		return NULL;
	return sv_route_find(tq_serve_api(), method, &u, id, allow);
}

static void
test_routes(void)
{
	const struct sv_route *r;
	const char *id;
	char allow[64];

	T_MUST((r = route("GET", "/v1/tasks/x", &id, allow)) != NULL);
	T_STR(r->name, "getTask");
	T_STR(id, "x");
	T_MUST((r = route("HEAD", "/v1/tasks/x/output", &id, allow)) != NULL);
	T_STR(r->name, "getOutput");
	T_MUST((r = route("POST", "/v1/tasks/batch", &id, allow)) != NULL);
	T_STR(r->name, "submitBatch");
	T_MUST((r = route("POST", "/demo/tasks", &id, allow)) != NULL);
	T_STR(r->name, "demoTasksSubmit");
	T_STR(r->dialect->id_key, "taskId");
	T_MUST((r = route("GET", "/actuator/health", &id, allow)) != NULL);
	T_STR(r->name, "actuatorHealth");
	T_OK(route("PUT", "/v1/tasks", &id, allow) == NULL);
	T_STR(allow, "POST, GET, HEAD");
	T_OK(route("GET", "/v1/task", &id, allow) == NULL);
	T_STR(allow, "");
	T_OK(route("GET", "/v1/tasks/x/y", &id, allow) == NULL);
	T_OK(id == NULL);
}

static void
test_params(void)
{
	const struct sv_route *r;
	struct tq_uri u;
	const char *id, *bad = NULL;
	char allow[64];

	T_MUST((r = route("GET", "/v1/tasks", &id, allow)) != NULL);
	T_INT(uri("/v1/tasks?status=x&limit=1", &u), 0);
	T_OK(sv_route_param_ok(r, &u, &bad));
	T_INT(uri("/v1/tasks?limi=1", &u), 0);
	T_OK(!sv_route_param_ok(r, &u, &bad));
	T_STR(bad, "limi");
}

static void
test_openapi(void)
{
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_span paths, path, op, answers;
	const struct sv_route *r;
	char method[8], status[4] = "";
	const char *p;
	size_t i, j, n;

	tq_openapi_write(tq_serve_api(), &b);
	T_MUST(tq_json_check(tq_buf_span(&b), &err) == 0);
	T_MUST(tq_json_get(tq_buf_span(&b), "paths", &paths));
	r = tq_serve_api()->routes;
	n = tq_serve_api()->nroutes;
	for (i = 0; i < n; i++) {
		for (j = 0; r[i].method[j] != '\0'; j++)
			method[j] = (char)(r[i].method[j] | 0x20);
		method[j] = '\0';
		T_MUST(tq_json_get(paths, r[i].pattern, &path));
		T_MUST(tq_json_get(path, method, &op));
		T_OK(tq_json_get(op, "summary", &answers) && answers.n >=
		    strlen(r[i].summary) + 2);
		T_MUST(tq_json_get(op, "responses", &answers));
		for (p = r[i].answers; *p != '\0'; p += 3, p += *p == ' ') {
			memcpy(status, p, 3);
			T_OK(tq_json_get(answers, status, &op));
		}
	}
	tq_buf_free(&b);
}

/* -- problems -------------------------------------------------------------- */

static void
test_problem(void)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	char p[64];

	tq_problem_write(&b, TQ_P_DATA, "type: must be \"x\"", "/type", "r1");
	T_STR(b.data, "{\"type\":\"urn:tq:problem:data\",\"title\":\"Invalid "
	    "data\",\"status\":400,\"code\":\"data\",\"detail\":\"type: must "
	    "be \\\"x\\\"\",\"requestId\":\"r1\",\"errors\":[{\"pointer\":"
	    "\"/type\",\"detail\":\"type: must be \\\"x\\\"\"}]}\n");
	tq_buf_free(&b);
	T_OK(tq_problem_pointer("payload: byte 3: x", p, sizeof(p)));
	T_STR(p, "/payload");
	T_OK(tq_problem_pointer("\"type\" is missing", p, sizeof(p)));
	T_STR(p, "/type");
	T_OK(tq_problem_pointer("unknown key \"foo\"", p, sizeof(p)));
	T_STR(p, "/foo");
	T_OK(tq_problem_pointer("queue \"a b\": must be", p, sizeof(p)));
	T_STR(p, "/queue");
	T_OK(tq_problem_pointer("unknown key \"a/b~c.d\"", p, sizeof(p)));
	T_STR(p, "/a~1b~0c.d");
	T_OK(!tq_problem_pointer("form: has two files", p, sizeof(p)));
	T_OK(!tq_problem_pointer("over 10000 lines", p, sizeof(p)));
	T_OK(!tq_problem_pointer("unknown key \"cut", p, sizeof(p)));
	T_OK(!tq_problem_pointer("byte 17: not a value", p, sizeof(p)));
	T_OK(!tq_problem_pointer("not a JSON object", p, sizeof(p)));
	T_INT(tq_problems[tq_problem_of(TQ_E_TAKEN)].status, 409);
	T_INT(tq_problems[tq_problem_of(TQ_E_CONFLICT)].status, 422);
	T_INT(tq_problems[tq_problem_of(TQ_E_IO)].status, 503);
	T_INT(tq_problems[tq_problem_of(TQ_E_BUG)].status, 500);
}

/* -- dialects -------------------------------------------------------------- */

static int
parse(const char *prefix, const char *text, struct tq_task *t)
{
	static struct tq_arena a;
	struct tq_err err = TQ_ERR_INIT;
	const struct tq_dialect *d;
	size_t i;

	tq_arena_reset(&a);
	for (i = 0, d = tq_dialects; i < TQ_D_MAX; i++, d++)
		if (strcmp(d->prefix, prefix) == 0)
			return tq_dialect_parse(d, tq_span_of(text), &a, t,
			    &err);
	return -2;
}

static void
test_dialect_bodies(void)
{
	struct tq_task t;

	T_INT(parse("/tasks", "{\"inputImageUrl\":\"https://x/y.jpg\"}", &t),
	    0);
	T_STR(t.type, "image.grayscale");
	T_STR(t.input, "https://x/y.jpg");
	T_INT(parse("/tasks", "{\"inputImageUrl\":\"file:///etc/passwd\"}",
	    &t), -1);
	T_INT(parse("/tasks", "{\"taskId\":\"a\",\"payload\":{\"n\":1}}", &t),
	    0);
	T_STR(t.type, "simulate");
	T_STR(t.id, "a");
	T_OK(tq_span_eq(t.payload, "{\"n\":1}"));
	T_INT(parse("/jobs", "{\"type\":\"transformText\",\"payload\":\"x\"}",
	    &t), 0);
	T_STR(t.type, "text.transform");
	T_OK(tq_span_eq(t.payload, "\"x\""));
	T_INT(parse("/jobs", "{\"type\":\"a\",\"payload\":\"{\\\"n\\\":1}\"}",
	    &t), 0);
	T_OK(tq_span_eq(t.payload, "{\"n\":1}"));
	T_INT(parse("/jobs", "{\"payload\":\"x\"}", &t), -1);
	T_INT(parse("/jobs", "{\"type\":\"x\"}", &t), -1);
	T_INT(parse("/tasks/id", "{\"taskName\":\"n\",\"inputImageUrl\":"
	    "\"data:image/png;base64,AA==\"}", &t), 0);
	T_OK(tq_span_eq(t.labels, "{\"taskName\":\"n\"}"));
	T_OK(tq_span_eq(t.payload, "{\"format\":\"png\"}"));
	T_INT(parse("/tasks/id", "{\"taskName\":\"n\"}", &t), -1);
	T_INT(parse("/api/tasks", "{\"type\":\"e\",\"other\":1}", &t), 0);
	T_OK(t.id == NULL);
	T_INT(parse("/demo/tasks", "{\"taskId\":\"a\",\"payload\":{}}", &t),
	    0);
	T_STR(t.type, "simulate");
	T_INT(parse("/demo/tasks", "{\"payload\":{}}", &t), -1);
	T_INT(parse("/demo/tasks", "{\"taskId\":\"../a\"}", &t), -1);
	T_INT(parse("/demo/tasks", "[]", &t), -1);
	T_INT(parse("/demo/tasks", "{", &t), -1);
}

static void
shows(const char *prefix, const struct tq_task *t, const char *part)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	const struct tq_dialect *d;
	size_t i;

	for (i = 0, d = tq_dialects; i < TQ_D_MAX; i++, d++)
		if (strcmp(d->prefix, prefix) == 0)
			tq_dialect_task(d, t, "", &b);
	if (b.data == NULL || strstr(b.data, part) == NULL)
		T_FAIL("%s: no %s in %s", prefix, part,
		    b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
}

static void
test_dialect_words(void)
{
	struct tq_task t = { .id = "i", .type = "text.transform",
	    .status = TQ_RETRYING, .attempts = 2, .reason = "no luck",
	    .not_before = 1700000000000 };

	shows("/tasks", &t, "\"status\":\"FAILED\"");
	shows("/tasks", &t, "\"failureReason\":\"no luck\",\"willRetry\":true,"
	    "\"retryAt\":\"2023-11-14T22:13:20.000Z\"");
	shows("/jobs", &t, "\"jobId\":\"i\",\"type\":\"transformText\","
	    "\"status\":\"QUEUED\"");
	shows("/jobs", &t, "\"error\":\"no luck\"");
	shows("/api/tasks", &t, "\"status\":\"PENDING\"");
	shows("/api/tasks", &t, "\"retryCount\":1");
	shows("/demo/tasks", &t, "\"status\":\"FAILED_PENDING\"");
	shows("/demo/tasks", &t, "\"attempts\":2");
	/* One that waits for others waits. */
	t.status = TQ_BLOCKED;
	shows("/tasks", &t, "\"status\":\"PENDING\"");
	shows("/jobs", &t, "\"status\":\"QUEUED\"");
	shows("/api/tasks", &t, "\"status\":\"PENDING\"");
	shows("/demo/tasks", &t, "\"status\":\"SUBMITTED\"");
	shows("/tasks/id", &t, "\"status\":\"PENDING\"");
	t.status = TQ_COMPLETED;
	t.result = tq_span_of("{\"a\":1}");
	t.result_kind = TQ_KIND_JSON;
	shows("/jobs", &t, "\"status\":\"SUCCEEDED\"");
	shows("/api/tasks", &t, "\"status\":\"SUCCESS\"");
	shows("/demo/tasks", &t, "\"result\":{\"a\":1}");
	t.status = TQ_CANCELLED;
	t.reason = NULL;
	shows("/demo/tasks", &t, "\"status\":\"FAILED_FINAL\"");
	shows("/tasks", &t, "\"failureReason\":\"cancelled\"");
	t = (struct tq_task){ .id = "i", .type = "image.grayscale",
	    .created_at = 1700000000000 };
	shows("/tasks/id", &t, "{\"taskId\":\"i\",\"taskName\":null,"
	    "\"status\":\"PENDING\",\"inputImageUrl\":null,"
	    "\"outputImageUrl\":null,\"creationTimestamp\":"
	    "\"2023-11-14T22:13:20.000Z\",\"completionTimestamp\":null,"
	    "\"failureReason\":null}\n");
	t.labels = tq_span_of("{\"taskName\":\"a \\\"b\\\"\"}");
	shows("/tasks/id", &t, "\"taskName\":\"a \\\"b\\\"\"");
	t.labels = tq_span_of("{\"other\":\"a\"}");
	shows("/tasks/id", &t, "\"taskName\":null");
}

static void
test_dialect_errors(void)
{
	static const struct {
		int		 dialect;
		enum tq_problem_id id;
		const char	*detail;
		int		 status;
		const char	*body;
	} rows[] = {
		{ TQ_D_TASKS, TQ_P_TAKEN, "d", 409, "{\"message\":\"d\"}\n" },
		{ TQ_D_JOBS, TQ_P_NOT_FOUND, "d", 404, "{\"error\":\"d\"}\n" },
		{ TQ_D_JOBS, TQ_P_DATA, "d", 500, "Internal server error" },
		{ TQ_D_JOBS, TQ_P_DATA, "Missing required fields: type, "
		    "payload", 400, "Missing required fields: type, payload" },
		{ TQ_D_API_TASKS, TQ_P_TAKEN, "d", 409, "{\"timestamp\":"
		    "\"2023-11-14T22:13:20.000Z\",\"status\":409,"
		    "\"error\":\"The id is taken\",\"path\":\"/p\","
		    "\"message\":\"d\"}\n" },
		{ TQ_D_DEMO_TASKS, TQ_P_TAKEN, "d", 409,
		    "{\"message\":\"task already exists\"}\n" },
		{ TQ_D_DEMO_TASKS, TQ_P_DATA, "d", 500,
		    "{\"message\":\"Internal server error\"}\n" },
		{ TQ_D_DEMO_TASKS, TQ_P_UNAUTHORIZED, "d", 401,
		    "{\"message\":\"d\"}\n" },
		{ TQ_D_FRAMEWORK, TQ_P_DATA, "d", 409, "" },
		{ TQ_D_FRAMEWORK, TQ_P_NOT_FOUND, "d", 404, "" },
	};
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *type;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tq_buf_clear(&b);
		tq_buf_str(&b, "");
		T_INT(tq_dialect_error(&tq_dialects[rows[i].dialect],
		    rows[i].id, rows[i].detail, "/p", 1700000000000, &b,
		    &type), rows[i].status);
		T_STR(b.data, rows[i].body);
	}
	tq_buf_free(&b);
}

static void
test_idempotency_key(void)
{
	static char most[1026];
	struct tq_arena a = TQ_ARENA_INIT;

	T_STR(tq_idempotency_key("\"a b\"", &a), "a b");
	T_STR(tq_idempotency_key(" 8e03978e-40d5 ", &a), "8e03978e-40d5");
	T_OK(tq_idempotency_key("", &a) == NULL);
	T_OK(tq_idempotency_key("\"\"", &a) == NULL);
	T_OK(tq_idempotency_key("a b", &a) == NULL);
	T_OK(tq_idempotency_key("a,b", &a) == NULL);
	T_OK(tq_idempotency_key("a\\b", &a) == NULL);
	T_OK(tq_idempotency_key("a\x7f", &a) == NULL);
	T_STR(tq_idempotency_key("!~", &a), "!~");
	memset(most, 'k', sizeof(most) - 1);
	T_OK(tq_idempotency_key(most, &a) == NULL);
	most[1024] = '\0';
	T_STR(tq_idempotency_key(most, &a), most);
	T_OK(tq_idempotency_key("a\"b", &a) == NULL);
	T_OK(tq_idempotency_key("\"a\", \"b\"", &a) == NULL);
	tq_arena_free(&a);
}

/* -- multipart, bytes ------------------------------------------------------ */

struct seen {
	struct tq_buf	text;
};

static int
part_begin(void *arg, const struct tq_part *p, struct tq_err *err)
{
	struct seen *s = arg;

	(void)err;
	tq_buf_fmt(&s->text, "[%s|%s|%s:", p->name, p->filename ?
	    p->filename : "", p->type ? p->type : "");
	return 0;
}

static int
part_data(void *arg, struct tq_span data, struct tq_err *err)
{
	(void)err;
	return tq_buf_add(&((struct seen *)arg)->text, data.p, data.n);
}

static int
part_end(void *arg, struct tq_err *err)
{
	(void)err;
	return tq_buf_chr(&((struct seen *)arg)->text, ']');
}

/* Fed in pieces of ${step}; "" when it was refused. */
static const char *
form(const char *type, const char *text, size_t step)
{
	static const struct tq_multipart_fn fn = { part_begin, part_data,
	    part_end };
	static struct seen s = { TQ_BUF_INIT(65536) };
	struct tq_multipart m;
	struct tq_err err = TQ_ERR_INIT;
	size_t at, n = strlen(text);
	int rc;

	tq_buf_clear(&s.text);
	tq_buf_str(&s.text, "");
	rc = tq_multipart_init(&m, type, &fn, &s, &err);
	for (at = 0; rc == 0 && at < n; at += step)
		rc = tq_multipart_feed(&m, (struct tq_span){ text + at,
		    n - at < step ? n - at : step }, &err);
	if (rc == 0)
		rc = tq_multipart_end(&m, &err);
	tq_multipart_free(&m);
	return rc == 0 ? s.text.data : "";
}

#define FORM	"multipart/form-data; boundary=xy"
#define PART(head, data) "--xy\r\nContent-Disposition: form-data; " head \
    "\r\n\r\n" data "\r\n"

static void
test_multipart(void)
{
	static const char good[] = PART("name=\"a\"", "1\r\n--x")
	    PART("name=\"f\"; filename=\"p \\\"q\\\".png\"\r\n"
	    "Content-Type: image/png", "bytes\r\n") "--xy--\r\n";
	static const char want[] = "[a||:1\r\n--x]"
	    "[f|p \"q\".png|image/png:bytes\r\n]";
	size_t step;

	for (step = 1; step < sizeof(good); step++)
		T_STR(form(FORM, good, step), want);
	T_STR(form("multipart/form-data; boundary=\"xy\"", good, 7), want);
	T_STR(form("multipart/form-data", good, 99), "");
	T_STR(form("multipart/form-data; boundary=", good, 99), "");
	T_STR(form(FORM, "junk" "--xy--", 99), "");
	T_STR(form(FORM, PART("name=\"a\"", "1"), 99), "");
	T_STR(form(FORM, PART("name=\"a\"", "1") "--xy--\r\nmore", 99), "");
	T_STR(form(FORM, PART("nam=\"a\"", "1") "--xy--", 99), "");
	T_STR(form(FORM, PART("name=a", "1") "--xy--", 99), "");
	T_STR(form(FORM, "--xy\r\nX: y\r\n\r\n1\r\n--xy--", 99), "");
	T_STR(form(FORM, "--xyz\r\n", 99), "");
}

static void
test_mime(void)
{
	T_STR(tq_mime_sniff("\xff\xd8\xff\xe0", 4)->type, "image/jpeg");
	T_STR(tq_mime_sniff("<html><script>", 14)->type,
	    "text/plain; charset=utf-8");
	T_STR(tq_mime_sniff("{\"a\":\xc3", 6)->type,
	    "text/plain; charset=utf-8");
	T_STR(tq_mime_sniff("a\0b", 3)->type, "application/octet-stream");
	T_STR(tq_mime_sniff("", 0)->type, "application/octet-stream");
	T_STR(tq_mime_file("x.HTML"), "text/html; charset=utf-8");
	T_OK(tq_mime_file("x.sh") == NULL);
	T_OK(tq_mime_file("README") == NULL);
}

static void
test_metrics(void)
{
	static struct tq_metrics m;
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	struct tq_count row = { .queue = "q", .type = "t", .oldest_due = 500 };

	row.by_status[TQ_PENDING] = 3;
	m.api = tq_serve_api();
	T_OK(m.api->nroutes < TQ_METRIC_ROUTES);
	tq_metrics_request(&m, m.api->routes, 201, 2);
	tq_metrics_request(&m, NULL, 404, 1);
	tq_metrics_write(&m, &row, 1, 2000, &b);
	T_OK(strstr(b.data, "tq_http_requests_total{method=\"POST\","
	    "route=\"/v1/tasks\",status=\"201\"} 1\n") != NULL);
	T_OK(strstr(b.data, "route=\"other\",status=\"404\"} 1\n") != NULL);
	T_OK(strstr(b.data, "le=\"0.001\"} 0\n") != NULL);
	T_OK(strstr(b.data, "le=\"0.002\"} 1\n") != NULL);
	T_OK(strstr(b.data, "tq_tasks{queue=\"q\",type=\"t\",status="
	    "\"PENDING\"} 3\n") != NULL);
	T_OK(strstr(b.data, "tq_oldest_due_seconds{queue=\"q\",type=\"t\"} "
	    "1.500\n") != NULL);
	tq_buf_free(&b);
}

static void
test_metrics_bounded(void)
{
	static struct tq_metrics m;
	static struct tq_count rows[TQ_METRIC_TYPES + 10];
	static char names[TQ_METRIC_TYPES + 10][8];
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	const char *p;
	size_t i, n = sizeof(rows) / sizeof(rows[0]), lines = 0;

	for (i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "t%zu", i);
		rows[i] = (struct tq_count){ .queue = "q", .type = names[i],
		    .oldest_due = 2000 - (int64_t)i };
		rows[i].by_status[TQ_FAILED] = 1;
	}
	m.api = tq_serve_api();
	tq_metrics_write(&m, rows, n, 2000, &b);
	for (p = b.data; (p = strstr(p, "\ntq_tasks{")) != NULL; p++)
		lines++;
	T_INT(lines, (TQ_METRIC_TYPES + 1) * TQ_STATUS_MAX);
	T_OK(strstr(b.data, "tq_tasks{queue=\"\",type=\"other\",status="
	    "\"FAILED\"} 10\n") != NULL);
	T_OK(strstr(b.data, "tq_oldest_due_seconds{queue=\"\",type=\"other\"} "
	    "0.209\n") != NULL);
	T_OK(strstr(b.data, "\"t200\"") == NULL);
	tq_buf_free(&b);
}

T_MAIN(
	{ "the guard lets proper requests pass", test_guard_accepts },
	{ "the guard refuses what two servers may read differently",
	    test_guard_refuses },
	{ "the guard sees bare line feeds and NUL by the layout",
	    test_guard_layout },
	{ "only the loopback's names and ours are taken as Host",
	    test_guard_host },
	{ "targets are decoded strictly, and once", test_uri },
	{ "what a target can't hold is percent-encoded", test_uri_escape },
	{ "each byte is escaped and read back", test_uri_round },
	{ "a target has a bounded number of parts", test_uri_bounds },
	{ "input addresses are judged by their form", test_addresses },
	{ "header values are read by their grammars", test_header_values },
	{ "a range is part of what there is, or passed over", test_ranges },
	{ "routes are found, with 404 and 405 told apart", test_routes },
	{ "a query parameter must be known to its route", test_params },
	{ "the OpenAPI document has every route and answer", test_openapi },
	{ "problem documents name code and pointer", test_problem },
	{ "each dialect takes its own bodies", test_dialect_bodies },
	{ "each dialect shows its own words", test_dialect_words },
	{ "each dialect tells errors its own way", test_dialect_errors },
	{ "an idempotency key is quoted or bare", test_idempotency_key },
	{ "forms are read in pieces of any size", test_multipart },
	{ "no output is served as something a browser runs", test_mime },
	{ "metrics are Prometheus text", test_metrics },
	{ "types beyond 200 are one in the metrics", test_metrics_bounded }
)
