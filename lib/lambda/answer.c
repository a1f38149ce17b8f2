/* lib/lambda/answer.c -- an HTTP answer as Lambda wants it; see event.h. */
#include <string.h>
#include <strings.h>

#include "lambda/event.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/str.h"

/* API Gateway says these itself, or they are of our connection. */
static bool
left_out(const char *line, size_t name)
{
	static const char *const names[] = { "connection", "content-length",
	    "date", "keep-alive", "transfer-encoding" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == name &&
		    strncasecmp(line, names[i], name) == 0)
			return true;
	return false;
}

static bool
is_cookie(const char *line, size_t name)
{
	return name == strlen("set-cookie") &&
	    strncasecmp(line, "set-cookie", name) == 0;
}

/* The line's value, and the length of its name; NULL: not to be passed on. */
static const char *
value_of(const char *line, size_t *name)
{
	const char *colon = strchr(line, ':');

	if (colon == NULL || left_out(line, *name = (size_t)(colon - line)))
		return NULL;
	return colon + 1 + strspn(colon + 1, " \t");
}

static void
comma(struct tq_buf *out)
{
	if (strchr("{[", out->data[out->len - 1]) == NULL)
		tq_buf_chr(out, ',');
}

/* All but cookies, as members; ${list}: each value is a list of one. */
static void
put_headers(const struct tq_http_res *res, bool list, struct tq_buf *out)
{
	const char *p = res->head.data, *end = p + res->head.len, *value;
	size_t n;

	for (; res->head.len > 0 && p < end; p += strlen(p) + 1) {
		if ((value = value_of(p, &n)) == NULL || is_cookie(p, n))
			continue;
		comma(out);
		tq_json_put_str(out, (struct tq_span){ p, n });
		tq_buf_str(out, list ? ":[" : ":");
		tq_json_put_str(out, tq_span_of(value));
		tq_buf_str(out, list ? "]" : "");
	}
}

/* The cookies, as a list. */
static void
put_cookies(const struct tq_http_res *res, struct tq_buf *out)
{
	const char *p = res->head.data, *end = p + res->head.len, *value;
	size_t n;

	tq_buf_chr(out, '[');
	for (; res->head.len > 0 && p < end; p += strlen(p) + 1)
		if ((value = value_of(p, &n)) != NULL && is_cookie(p, n)) {
			comma(out);
			tq_json_put_str(out, tq_span_of(value));
		}
	tq_buf_chr(out, ']');
}

/* The head in the shape that the sender of the event reads. */
static void
put_head(const struct tq_lambda_event *e, const struct tq_http_res *res,
    struct tq_buf *out)
{
	const char *cookie = tq_http_get(res, "Set-Cookie");
	bool list = e->multi || e->form == TQ_LAMBDA_REST;

	tq_buf_fmt(out, "{\"statusCode\":%d,\"%s\":{", res->status,
	    list ? "multiValueHeaders" : "headers");
	put_headers(res, list, out);
	if (e->form == TQ_LAMBDA_HTTP_API) {
		tq_buf_str(out, "},\"cookies\":");
		put_cookies(res, out);
		return;
	}
	if (cookie != NULL) {
		tq_json_key(out, "Set-Cookie");
		if (list)
			put_cookies(res, out);
		else
			tq_json_put_str(out, tq_span_of(cookie));
	}
	tq_buf_chr(out, '}');
}

/* JSON and text are UTF-8 here; what else there is may be any bytes. */
static bool
is_text(const struct tq_http_res *res)
{
	const char *type = tq_http_get(res, "Content-Type");

	return tq_http_get(res, "Content-Encoding") == NULL && type != NULL &&
	    (tq_str_starts(type, "application/json") ||
	    tq_str_starts(type, "application/problem+json") ||
	    (tq_str_starts(type, "text/") &&
	    strstr(type, "charset=utf-8") != NULL));
}

static void
put_answer(const struct tq_lambda_event *e, const struct tq_http_res *res,
    struct tq_buf *out)
{
	bool text = is_text(res);

	put_head(e, res, out);
	tq_buf_fmt(out, ",\"isBase64Encoded\":%s,\"body\":",
	    text ? "false" : "true");
	if (text) {
		tq_json_put_str(out, tq_buf_span(&res->body));
	} else {
		tq_buf_chr(out, '"');
		tq_base64_put(out, res->body.data, res->body.len);
		tq_buf_chr(out, '"');
	}
	tq_buf_chr(out, '}');
}

void
tq_lambda_problem(const struct tq_lambda_event *e, int status,
    const char *code, const char *detail, struct tq_buf *out)
{
	static const char type[] = "Content-Type: application/problem+json";
	struct tq_http_res res = { .status = status,
	    .head = TQ_BUF_INIT(256), .body = TQ_BUF_INIT(8192) };

	tq_buf_add(&res.head, type, sizeof(type));
	tq_buf_chr(&res.body, '{');
	tq_json_member_int(&res.body, "status", status);
	tq_json_member_str(&res.body, "code", code);
	tq_json_member_str(&res.body, "detail", detail);
	tq_buf_chr(&res.body, '}');
	put_answer(e, &res, out);
	tq_buf_free(&res.head);
	tq_buf_free(&res.body);
}

/* What an answer may have with its head. */
static size_t
max_of(enum tq_lambda_form form)
{
	return form == TQ_LAMBDA_BALANCER ? TQ_LAMBDA_BALANCER_MAX :
	    TQ_LAMBDA_ANSWER_MAX;
}

size_t
tq_lambda_most(enum tq_lambda_form form)
{
	return max_of(form) / 4 * 3 - 4096;	/* in base64, with its head */
}

void
tq_lambda_answer(const struct tq_lambda_event *e,
    const struct tq_http_res *res, struct tq_buf *out)
{
	size_t at = out->len, max = max_of(e->form);

	put_answer(e, res, out);
	if (out->len - at <= max && !out->failed)
		return;
	out->len = at;
	out->failed = false;
	tq_lambda_problem(e, 413, "too-large", "a Lambda function passes on 6 "
	    "MB, behind a load balancer 1 MB; ask for fewer tasks (limit=), or "
	    "for one task's /output, which is a redirect then", out);
}
