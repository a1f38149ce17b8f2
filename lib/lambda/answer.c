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

/* The header of one line, in an object that lacks its brace; false: none. */
static bool
put_header(const char *line, bool cookies, struct tq_buf *out)
{
	const char *colon = strchr(line, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - line);
	bool cookie = n == strlen("set-cookie") &&
	    strncasecmp(line, "set-cookie", n) == 0;

	if (n == 0 || cookie != cookies || left_out(line, n))
		return false;
	colon += 1 + strspn(colon + 1, " \t");
	if (out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')
		tq_buf_chr(out, ',');
	if (!cookie) {
		tq_json_put_str(out, (struct tq_span){ line, n });
		tq_buf_chr(out, ':');
	}
	tq_json_put_str(out, tq_span_of(colon));
	return true;
}

static void
put_headers(const struct tq_http_res *res, bool cookies, struct tq_buf *out)
{
	const char *p = res->head.data, *end = p + res->head.len;

	for (; res->head.len > 0 && p < end; p += strlen(p) + 1)
		put_header(p, cookies, out);
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

void
tq_lambda_problem(int status, const char *code, const char *detail,
    struct tq_buf *out)
{
	struct tq_buf body = TQ_BUF_INIT(8192);

	tq_buf_chr(&body, '{');
	tq_json_member_int(&body, "status", status);
	tq_json_member_str(&body, "code", code);
	tq_json_member_str(&body, "detail", detail);
	tq_buf_chr(&body, '}');
	tq_buf_fmt(out, "{\"statusCode\":%d,\"headers\":{\"Content-Type\":"
	    "\"application/problem+json\"},\"body\":", status);
	tq_json_put_str(out, tq_buf_span(&body));
	tq_buf_chr(out, '}');
	tq_buf_free(&body);
}

void
tq_lambda_answer(const struct tq_http_res *res, struct tq_buf *out)
{
	size_t at = out->len;
	bool text = is_text(res);

	tq_buf_fmt(out, "{\"statusCode\":%d,\"headers\":{", res->status);
	put_headers(res, false, out);
	tq_buf_str(out, "},\"cookies\":[");
	put_headers(res, true, out);
	tq_buf_fmt(out, "],\"isBase64Encoded\":%s,\"body\":",
	    text ? "false" : "true");
	if (text) {
		tq_json_put_str(out, tq_buf_span(&res->body));
	} else {
		tq_buf_chr(out, '"');
		tq_base64_put(out, res->body.data, res->body.len);
		tq_buf_chr(out, '"');
	}
	tq_buf_chr(out, '}');
	if (out->len - at <= TQ_LAMBDA_ANSWER_MAX && !out->failed)
		return;
	out->len = at;
	out->failed = false;
	tq_lambda_problem(413, "too-large", "Lambda passes on 6 MB; get it with "
	    "tq-status --result, or its address with tq-status --result --url",
	    out);
}
