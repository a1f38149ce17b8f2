/* lib/serve/api/openapi.c -- the route table as an OpenAPI 3.1 document. */
#include "serve/api/openapi.h"

#include <string.h>

#include "util/json.h"

/* The words of ${list}, one by one; false at the end. */
static bool
word(const char **list, struct tq_span *out)
{
	*list += strspn(*list, " ");
	out->p = *list;
	out->n = strcspn(*list, " ");
	*list += out->n;
	return out->n > 0;
}

static void
comma(struct tq_buf *b)
{
	char last = b->len > 0 ? b->data[b->len - 1] : '{';

	if (last != '{' && last != '[')
		tq_buf_chr(b, ',');
}

static void
put_params(const struct sv_route *r, struct tq_buf *b)
{
	const char *list = r->params;
	struct tq_span w;

	tq_json_key(b, "parameters");
	tq_buf_chr(b, '[');
	if (strstr(r->pattern, "{id}") != NULL)
		tq_buf_str(b, "{\"name\":\"id\",\"in\":\"path\",\"required\":"
		    "true,\"schema\":{\"type\":\"string\",\"pattern\":"
		    "\"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$\"}}");
	while (word(&list, &w)) {
		comma(b);
		tq_buf_fmt(b, "{\"name\":\"%.*s\",\"in\":\"query\",\"schema\":"
		    "{\"type\":\"string\"}}", (int)w.n, w.p);
	}
	tq_buf_chr(b, ']');
}

static void
put_body(const struct sv_route *r, struct tq_buf *b)
{
	static const char task[] = "{\"schema\":{\"$ref\":"
	    "\"#/components/schemas/Task\"}}";

	if (r->body == TQ_BODY_NONE)
		return;
	tq_json_key(b, "requestBody");
	tq_buf_str(b, "{\"required\":true,\"content\":{");
	if (r->body == TQ_BODY_NDJSON)
		tq_buf_str(b, "\"application/x-ndjson\":{\"schema\":{"
		    "\"type\":\"string\"}}");
	else if (r->body == TQ_BODY_TASK)
		tq_buf_fmt(b, "\"application/json\":%s,\"image/*\":{},"
		    "\"multipart/form-data\":{}", task);
	else
		tq_buf_str(b, "\"application/json\":{\"schema\":{\"type\":"
		    "\"object\"}}");
	tq_buf_str(b, "}}");
}

static const char *
meaning(int status)
{
	static const struct { int status; const char *text; } rows[] = {
		{ 200, "Fine" }, { 201, "Stored and queued" },
		{ 202, "Accepted" }, { 204, "Nothing more to say" },
		{ 304, "Not changed" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return tq_problems[tq_problem_of_status(status)].title;
}

static void
put_answers(const struct sv_route *r, struct tq_buf *b)
{
	const char *list = r->answers;
	struct tq_span w;
	int status;

	tq_json_key(b, "responses");
	tq_buf_chr(b, '{');
	while (word(&list, &w)) {
		status = (w.p[0] - '0') * 100 + (w.p[1] - '0') * 10 +
		    (w.p[2] - '0');
		comma(b);
		tq_buf_fmt(b, "\"%d\":{\"description\":\"%s\"", status,
		    meaning(status));
		if (status >= 400 && r->dialect == NULL)
			tq_buf_str(b, ",\"content\":{\"application/problem+"
			    "json\":{\"schema\":{\"$ref\":\"#/components/"
			    "schemas/Problem\"}}}");
		tq_buf_chr(b, '}');
	}
	tq_buf_chr(b, '}');
}

static void
put_method(const struct sv_route *r, struct tq_buf *b)
{
	const char *p;

	comma(b);
	tq_buf_chr(b, '"');
	for (p = r->method; *p != '\0'; p++)
		tq_buf_chr(b, (char)(*p | 0x20));
	tq_buf_str(b, "\":{");
	tq_json_member_str(b, "summary", r->summary);
	if (r->scope == TQ_SCOPE_OPEN)
		tq_buf_str(b, ",\"security\":[]");
	put_params(r, b);
	put_body(r, b);
	put_answers(r, b);
	tq_buf_chr(b, '}');
}

/* Paths in order of their first route; each with all its methods. */
static void
put_paths(const struct sv_api *api, struct tq_buf *b)
{
	const struct sv_route *r = api->routes;
	size_t i, j, n = api->nroutes;

	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(r[i].pattern, r[j].pattern) == 0)
				break;
		if (j < i)
			continue;
		comma(b);
		tq_buf_fmt(b, "\"%s\":{", r[i].pattern);
		for (j = i; j < n; j++)
			if (strcmp(r[i].pattern, r[j].pattern) == 0)
				put_method(&r[j], b);
		tq_buf_chr(b, '}');
	}
}

void
tq_openapi_write(const struct sv_api *api, struct tq_buf *b)
{
	static const char *const members[] = {
		"type", "queue", "taskId", "key", "input", "notBefore",
		"expiresAt", "delay", "timeout", "group",
	};
	size_t i;
	int p;

	tq_buf_str(b, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"tq-serve\""
	    ",\"version\":\"" TQ_VERSION "\"},\"security\":[{\"bearer\":[]},"
	    "{\"session\":[]},{}],\"paths\":{");
	put_paths(api, b);
	tq_buf_str(b, "},\"components\":{\"securitySchemes\":{\"bearer\":{"
	    "\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":{\"type\":"
	    "\"apiKey\",\"in\":\"cookie\",\"name\":\"tq_session\"}},"
	    "\"schemas\":{\"Task\":{\"type\":\"object\",\"properties\":{"
	    "\"payload\":{},\"labels\":{\"type\":\"object\"},\"prio\":{"
	    "\"type\":\"integer\"},\"maxAttempts\":{\"type\":\"integer\"}");
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		tq_buf_fmt(b, ",\"%s\":{\"type\":\"string\"}", members[i]);
	tq_buf_str(b, "},\"required\":[\"type\"]},\"Problem\":{\"type\":"
	    "\"object\",\"properties\":{\"type\":{\"type\":\"string\"},"
	    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"}"
	    ",\"detail\":{\"type\":\"string\"},\"requestId\":{\"type\":"
	    "\"string\"},\"errors\":{\"type\":\"array\"},\"code\":{\"type\":"
	    "\"string\",\"enum\":[");
	for (p = 0; p < TQ_P_MAX; p++)
		tq_buf_fmt(b, "%s\"%s\"", p == 0 ? "" : ",",
		    tq_problems[p].code);
	tq_buf_str(b, "]}}}}}}\n");
}
