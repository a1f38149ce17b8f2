/* tests/unit/test_net_lambda.c -- Lambda's events as requests, and answers. */
#include "t.h"

#include "lambda/event.h"
#include "util/err.h"

static struct tq_arena a;
static struct tq_lambda_event e;
static struct tq_err err = TQ_ERR_INIT;

#define EVENT(head, context, tail)					\
	"{\"version\":\"2.0\",\"rawPath\":\"/v1/tasks\"," head			\
	"\"requestContext\":{\"domainName\":\"api.example.org\"," context	\
	"\"http\":{\"method\":\"POST\",\"path\":\"/v1/tasks\","		\
	"\"sourceIp\":\"192.0.2.7\"}}" tail "}"

static int
take(const char *text)
{
	tq_arena_reset(&a);
	return tq_lambda_event_read(tq_span_of(text), 8080, &a, &e, &err);
}

static const char *
header(const char *name)
{
	size_t i;

	for (i = 0; i < e.nheaders; i++)
		if (strcmp(e.headers[i].name, name) == 0)
			return e.headers[i].value;
	return NULL;
}

static void
a_request(void)
{
	T_MUST(take(EVENT("\"rawQueryString\":\"type=a%20b&wait=2m&x\","
	    "\"cookies\":[\"a=1\",\"b=2\"],\"headers\":{\"accept\":\"*/*\","
	    "\"host\":\"api.example.org\",\"content-length\":\"2\","
	    "\"x-forwarded-for\":\"203.0.113.9\","
	    "\"origin\":\"https://api.example.org\"},", "",
	    ",\"body\":\"e30=\",\"isBase64Encoded\":true")) == 0);
	T_STR(e.method, "POST");
	T_STR(e.target, "/v1/tasks?type=a%20b&wait=25000ms&x");
	T_OK(tq_span_eq(e.body, "{}"));
	T_STR(header("accept"), "*/*");
	T_STR(header("Cookie"), "a=1; b=2");
	T_STR(header("X-Forwarded-For"), "192.0.2.7");
	T_STR(header("X-Forwarded-Proto"), "https");
	T_STR(header("origin"), "http://localhost:8080");
	T_OK(header("host") == NULL && header("content-length") == NULL);
	T_OK(header("x-forwarded-for") == NULL);
	T_OK(!e.authorized && !e.stream);
}

static void
waits(void)
{
	static const struct {
		const char	*query, *want;
	} cases[] = {
		{ "wait", "/v1/tasks?wait=5000ms" },
		{ "wait=3s&waiter=1", "/v1/tasks?wait=3000ms&waiter=1" },
		{ "wait=soon", "/v1/tasks?wait=soon" },
		{ "", "/v1/tasks" },
	};
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), EVENT("\"rawQueryString\":\"%s\",",
		    "", ""), cases[i].query);
		T_MUST(take(text) == 0);
		T_STR(e.target, cases[i].want);
	}
}

static void
other_origins_stay(void)
{
	T_MUST(take(EVENT("\"headers\":{\"origin\":"
	    "\"https://evil.example\"},", "", "")) == 0);
	T_STR(header("origin"), "https://evil.example");
	T_MUST(take(EVENT("\"headers\":{\"accept\":"
	    "\"text/event-stream\"},", "", "")) == 0);
	T_OK(e.stream);
	T_MUST(take("{\"rawPath\":\"/v1/tasks/x/events\",\"requestContext\":"
	    "{\"http\":{\"method\":\"GET\"}}}") == 0);
	T_OK(e.stream);
}

static void
authorizers(void)
{
	static const struct {
		const char	*authorizer;
		bool		 authorized;
		unsigned	 scopes;
	} cases[] = {
		{ "{\"jwt\":{\"claims\":{\"scope\":\"openid tq/read\"},"
		    "\"scopes\":[\"submit\"]}}", true,
		    TQ_LAMBDA_READ | TQ_LAMBDA_SUBMIT },
		{ "{\"jwt\":{\"claims\":{\"scope\":\"tq/operate\"}}}", true,
		    TQ_LAMBDA_OPERATE },
		{ "{\"jwt\":{\"claims\":{\"sub\":\"x\"},\"scopes\":null}}", true,
		    0 },
		{ "{\"lambda\":{\"scope\":\"tq/admin\"}}", true,
		    TQ_LAMBDA_ADMIN },
		{ "{\"lambda\":{\"scope\":\"administrator tq/tq/read\"}}", true,
		    0 },
		{ "{\"iam\":{\"userArn\":\"arn:aws:iam::1:user/x\"}}", true,
		    TQ_LAMBDA_ADMIN | TQ_LAMBDA_OPERATE },
		{ "{}", false, 0 }, { "null", false, 0 },
		{ "{\"jwt\":\"tq/admin\"}", false, 0 },
	};
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), EVENT("", "\"authorizer\":%s,",
		    ""), cases[i].authorizer);
		T_MUST(take(text) == 0);
		T_INT(e.authorized, cases[i].authorized);
		T_INT(e.scopes, cases[i].scopes);
	}
	/* A client can't say it itself. */
	T_MUST(take(EVENT("\"authorizer\":{\"iam\":{}},\"headers\":"
	    "{\"authorizer\":\"tq/admin\"},", "", "")) == 0);
	T_OK(!e.authorized);
}

static void
rest_api(void)
{
	T_MUST(take("{\"httpMethod\":\"POST\",\"path\":\"/v1/tasks\","
	    "\"multiValueQueryStringParameters\":{\"type\":[\"a b&c\"],"
	    "\"wait\":[\"2m\"],\"x\":[\"1\",\"2\"]},\"headers\":{\"A\":\"no\"},"
	    "\"multiValueHeaders\":{\"A\":[\"1\",\"2\"],\"Host\":[\"h\"],"
	    "\"Cookie\":[\"c=1\"],\"X-Forwarded-For\":[\"203.0.113.9\"]},"
	    "\"requestContext\":{\"domainName\":\"h\",\"identity\":"
	    "{\"sourceIp\":\"192.0.2.7\"},\"authorizer\":{\"claims\":"
	    "{\"scope\":\"tq/read\"}}},\"body\":null}") == 0);
	T_INT(e.form, TQ_LAMBDA_REST);
	T_STR(e.method, "POST");
	T_STR(e.target, "/v1/tasks?type=a%20b%26c&wait=25000ms&x=1&x=2");
	T_INT(e.nheaders, 5);
	T_STR(e.headers[1].value, "2");
	T_STR(header("Cookie"), "c=1");
	T_STR(header("X-Forwarded-For"), "192.0.2.7");
	T_OK(e.authorized && e.scopes == TQ_LAMBDA_READ);
	/* An HTTP API that speaks 1.0 has an object of nulls there. */
	T_MUST(take("{\"httpMethod\":\"GET\",\"path\":\"/x/events\","
	    "\"queryStringParameters\":null,\"headers\":null,"
	    "\"requestContext\":{\"authorizer\":{\"claims\":null,"
	    "\"scopes\":null}}}") == 0);
	T_STR(e.target, "/x/events");
	T_OK(!e.authorized && e.stream);
	T_MUST(take("{\"httpMethod\":\"GET\",\"path\":\"/\",\"requestContext\":"
	    "{\"authorizer\":{\"principalId\":\"p\",\"scope\":"
	    "\"tq/submit\"}}}") == 0);
	T_OK(e.authorized && e.scopes == TQ_LAMBDA_SUBMIT);
}

static void
load_balancer(void)
{
	/* Its parameters come encoded; nobody has verified its word. */
	T_MUST(take("{\"requestContext\":{\"elb\":{\"targetGroupArn\":\"x\"},"
	    "\"authorizer\":{\"claims\":{\"scope\":\"tq/admin\"}}},"
	    "\"httpMethod\":\"GET\",\"path\":\"/v1/tasks\","
	    "\"queryStringParameters\":{\"label\":\"a%3Db\",\"limit\":\"1\"},"
	    "\"headers\":{\"host\":\"lb\",\"x-forwarded-for\":"
	    "\"6.6.6.6, 192.0.2.7\",\"x-forwarded-proto\":\"http\","
	    "\"origin\":\"https://lb\",\"x-amzn-oidc-data\":\"x\"},"
	    "\"body\":\"\",\"isBase64Encoded\":false}") == 0);
	T_INT(e.form, TQ_LAMBDA_BALANCER);
	T_STR(e.target, "/v1/tasks?label=a%3Db&limit=1");
	T_STR(header("X-Forwarded-For"), "192.0.2.7");
	T_STR(header("X-Forwarded-Proto"), "http");
	T_STR(header("origin"), "http://localhost:8080");
	T_OK(!e.authorized && e.scopes == 0);
}

static void
answers_by_form(void)
{
	static const char head[] = "HTTP/1.1 200 OK\0A: 1\0"
	    "Set-Cookie: a=1\0Set-Cookie: b=2";
	struct tq_lambda_event to = { .form = TQ_LAMBDA_REST };
	struct tq_http_res res = { .status = 200,
	    .head = TQ_BUF_INIT(4096), .body = TQ_BUF_INIT(4096) };
	struct tq_buf out = TQ_BUF_INIT(64 * 1024);

	tq_buf_add(&res.head, head, sizeof(head));
	tq_lambda_answer(&to, &res, &out);
	T_STR(out.data, "{\"statusCode\":200,\"multiValueHeaders\":{\"A\":[\"1\"],"
	    "\"Set-Cookie\":[\"a=1\",\"b=2\"]},\"isBase64Encoded\":true,"
	    "\"body\":\"\"}");
	tq_buf_clear(&out);
	to.form = TQ_LAMBDA_BALANCER;
	tq_lambda_answer(&to, &res, &out);
	T_STR(out.data, "{\"statusCode\":200,\"headers\":{\"A\":\"1\","
	    "\"Set-Cookie\":\"a=1\"},\"isBase64Encoded\":true,\"body\":\"\"}");
	tq_buf_clear(&out);
	to.multi = true;
	tq_lambda_problem(&to, 501, "no", "none", &out);
	T_OK(strstr(out.data, "{\"statusCode\":501,\"multiValueHeaders\":"
	    "{\"Content-Type\":[\"application/problem+json\"]}"));
	tq_buf_free(&out);
	tq_buf_free(&res.head);
	tq_buf_free(&res.body);
}

static void
no_request(void)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"Records\":[]}",
		"{\"requestContext\":{\"http\":{\"method\":\"GET\"}}}",
		"{\"rawPath\":\"x\",\"requestContext\":{\"http\":"
		    "{\"method\":\"GET\"}}}",
		EVENT("\"headers\":{\"a\":1},", "", ""),
		EVENT("", "", ",\"body\":\"%%%\",\"isBase64Encoded\":true"),
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (take(bad[i]) != -1)
			T_FAIL("%s was taken", bad[i]);
}

static void
answers(void)
{
	static const char head[] = "HTTP/1.1 201 Created\0Date: now\0"
	    "Content-Type: application/json\0Location: /v1/tasks/x\0"
	    "Set-Cookie: a=1; Secure\0Content-Length: 2";
	struct tq_http_res res = { .status = 201,
	    .head = TQ_BUF_INIT(4096), .body = TQ_BUF_INIT(4096) };
	struct tq_buf out = TQ_BUF_INIT(64 * 1024);

	memset(&e, 0, sizeof(e));
	tq_buf_add(&res.head, head, sizeof(head));
	tq_buf_str(&res.body, "{}");
	tq_lambda_answer(&e, &res, &out);
	T_STR(out.data, "{\"statusCode\":201,\"headers\":{\"Content-Type\":"
	    "\"application/json\",\"Location\":\"/v1/tasks/x\"},\"cookies\":"
	    "[\"a=1; Secure\"],\"isBase64Encoded\":false,\"body\":\"{}\"}");
	tq_buf_clear(&out);
	tq_buf_clear(&res.head);
	tq_buf_add(&res.head, "Content-Type: image/png", 24);
	tq_lambda_answer(&e, &res, &out);
	T_OK(strstr(out.data, "\"isBase64Encoded\":true,\"body\":\"e30=\"}"));
	tq_buf_free(&out);
	tq_buf_free(&res.head);
	tq_buf_free(&res.body);
}

static void
too_large(void)
{
	static const struct {
		enum tq_lambda_form	form;
		size_t			max;	/* of JSON, with the answer's head */
	} rows[] = {
		{ TQ_LAMBDA_HTTP_API, 6000000 }, { TQ_LAMBDA_REST, 6000000 },
		{ TQ_LAMBDA_BALANCER, 1000000 },
	};
	struct tq_http_res res = { .status = 200, .head = TQ_BUF_INIT(4096),
	    .body = TQ_BUF_INIT(8u * 1024 * 1024) };
	struct tq_buf out = TQ_BUF_INIT(16u * 1024 * 1024);
	size_t i;

	T_MUST(tq_buf_room(&res.body, 6000000) != NULL);
	memset(res.body.data, 'x', 6000000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct tq_lambda_event){ .form = rows[i].form };
		tq_buf_clear(&out);
		res.body.len = rows[i].max / 4 * 3;
		tq_lambda_answer(&e, &res, &out);
		T_OK(strncmp(out.data, "{\"statusCode\":413,", 18) == 0);
		tq_buf_clear(&out);
		/* What a file may have to be passed on. */
		res.body.len = tq_lambda_most(rows[i].form);
		tq_lambda_answer(&e, &res, &out);
		T_OK(strncmp(out.data, "{\"statusCode\":200,", 18) == 0);
		T_OK(out.len <= rows[i].max);
	}
	tq_buf_free(&out);
	tq_buf_free(&res.body);
}

static void
names_of_headers(void)
{
	T_INT(take(EVENT("\"headers\":{\"x-forwarded-for: 6.6.6.6\":\"a\"},",
	    "", "")), -1);
	T_INT(err.code, TQ_E_DATA);
	T_INT(take(EVENT("\"headers\":{\"a b\":\"c\"},", "", "")), -1);
	T_INT(take(EVENT("\"headers\":{\"\":\"c\"},", "", "")), -1);
	T_INT(take(EVENT("\"headers\":{\"x-a_b\":\"c\"},", "", "")), 0);
	T_STR(header("x-a_b"), "c");
}

/* An HTTP API decodes rawPath; the server takes only what is encoded. */
static void
targets(void)
{
	static const struct {
		const char	*path, *query, *want;
	} cases[] = {
		{ "/a b/\\u00fc", "", "/a%20b/%C3%BC" },
		{ "/a%20b", "c=d%20e&f", "/a%20b?c=d%20e&f" },
		{ "/a#b?c", "", "/a%23b%3Fc" },
		{ "/", "a=b c\\r\\nX: y&wait=\\n1s", "/?a=b%20c%0D%0AX:%20y&"
		    "wait=%0A1s" },
		{ "/\\u007f", "\\\"[?]", "/%7F?%22%5B?%5D" },
	};
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{\"rawPath\":\"%s\","
		    "\"rawQueryString\":\"%s\",\"requestContext\":{\"http\":"
		    "{\"method\":\"GET\"}}}", cases[i].path, cases[i].query);
		T_MUST(take(text) == 0);
		T_STR(e.target, cases[i].want);
	}
}

/* Strings of JSON hold what a request can't: nothing of it is sent. */
static void
not_sendable(void)
{
	static const char *const bad[] = {
		EVENT("\"headers\":{\"a\":\"b\\r\\nHost: c\"},", "", ""),
		EVENT("\"cookies\":[\"a=1\",\"b\\n\"],", "", ""),
		EVENT("\"headers\":{\"a\":\"\\u007f\"},", "", ""),
		"{\"rawPath\":\"/\",\"requestContext\":{\"http\":{\"method\":"
		    "\"GET /x HTTP/1.1\\r\\n\"}}}",
		"{\"rawPath\":\"/\",\"requestContext\":{\"http\":{\"method\":"
		    "\"\"}}}",
		"{\"rawPath\":\"/\",\"requestContext\":{\"http\":{\"method\":"
		    "\"GET\",\"sourceIp\":\"::1\\n\"}}}",
		"{\"httpMethod\":\"G T\",\"path\":\"/\",\"requestContext\":{}}",
		"{\"httpMethod\":\"GET\",\"path\":\"/\",\"requestContext\":"
		    "{\"elb\":{}},\"headers\":{\"x-forwarded-proto\":"
		    "\"a\\nb\"}}",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (take(bad[i]) != -1 || err.code != TQ_E_DATA)
			T_FAIL("%s was taken", bad[i]);
	}
	T_INT(take(EVENT("\"headers\":{\"a\":\"b\\tc\"},", "", "")), 0);
}

/* It lost its last parameters, and so perhaps what narrows it down. */
static void
long_query(void)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	size_t i;

	tq_buf_str(&b, "{\"httpMethod\":\"GET\",\"path\":\"/\","
	    "\"requestContext\":{},\"queryStringParameters\":{\"a\":\"");
	for (i = 0; i < 65500; i++)
		tq_buf_chr(&b, 'x');
	tq_buf_str(&b, "\",\"queue\":\"a-queue-whose-name-is-not-short\"}}");
	T_INT(take(b.data), -1);
	T_INT(err.code, TQ_E_DATA);
	tq_buf_free(&b);
}

T_MAIN(
	{ "what of a target is not encoded yet is encoded", targets },
	{ "a method or header that would end its line is refused",
	    not_sendable },
	{ "a query that is too long is refused, not cut", long_query },
	{ "a header whose name holds another's is refused", names_of_headers },
	{ "an event is the request that the client made", a_request },
	{ "waits are 5 s by default and 25 at most", waits },
	{ "another's origin stays; a stream is known", other_origins_stay },
	{ "an authorizer's word is scopes, a client's is not", authorizers },
	{ "a REST API's event: decoded parameters, lists of values",
	    rest_api },
	{ "a load balancer's: encoded parameters, no authorizer",
	    load_balancer },
	{ "each form has its answer", answers_by_form },
	{ "what is no request is refused", no_request },
	{ "an answer has its headers, cookies and bytes", answers },
	{ "an answer over 6 MB in base64, for a load balancer 1 MB, is 413", too_large },
)
