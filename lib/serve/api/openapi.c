/* lib/serve/api/openapi.c -- the route table as an OpenAPI 3.1 document. */
#include "serve/api/openapi.h"

#include <string.h>

#include "serve/api/schema.h"
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
		    "{\"type\":\"%s\"}}", (int)w.n, w.p,
		    tq_span_eq(w, "limit") || tq_span_eq(w, "attempt") || tq_span_eq(w, "prio") ||
		    tq_span_eq(w, "maxAttempts") ? "integer" : "string");
	}
	tq_buf_chr(b, ']');
}

/* The schema of a request's JSON. */
static const char *
asked(const struct sv_route *r)
{
	static const char *const rows[][2] = {
		{ "startSession", "Key" }, { "changeQueue", "QueuePatch" },
		{ "offerUpload", "NewUpload" }, { "editTask", "TaskEdit" },
		{ "tasksSubmit", "TasksNew" },
		{ "frameworkAdd", "FrameworkNew" },
		{ "jobsSubmit", "JobsNew" }, { "apiTasksSubmit", "ApiNew" },
		{ "demoTasksSubmit", "DemoNew" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i][0], r->name) == 0)
			return rows[i][1];
	return "NewTask";
}

static void
put_body(const struct sv_route *r, struct tq_buf *b)
{
	if (r->body == TQ_BODY_NONE)
		return;
	tq_json_key(b, "requestBody");
	tq_buf_str(b, "{\"required\":true,\"content\":{");
	if (r->body == TQ_BODY_NDJSON) {
		tq_buf_str(b, "\"application/x-ndjson\":{\"schema\":{"
		    "\"type\":\"string\"},\"example\":\"{\\\"type\\\":"
		    "\\\"mail\\\"}\\n{\\\"type\\\":\\\"mail\\\"}\\n\"}");
	} else {
		tq_buf_fmt(b, "\"application/json\":{\"schema\":{\"$ref\":"
		    "\"#/components/schemas/%s\"}", asked(r));
		if (r->dialect == NULL && r->body == TQ_BODY_TASK)
			tq_buf_str(b, ",\"example\":{\"type\":\"mail\","
			    "\"payload\":{\"to\":\"a@example.org\"}}");
		tq_buf_chr(b, '}');
	}
	if (r->body == TQ_BODY_TASK)
		tq_buf_str(b, ",\"image/*\":{},\"application/octet-stream\":"
		    "{},\"multipart/form-data\":{\"schema\":{\"type\":"
		    "\"object\"}}");
	tq_buf_str(b, "}}");
}

static const char *
meaning(int status)
{
	static const struct { int status; const char *text;
	} rows[] = {
		{ 200, "Fine" },
		{ 201, "Made" },
		{ 202, "Accepted" },
		{ 204, "Nothing more to say" },
		{ 206, "A part of it" },
		{ 304, "Not changed" },
		{ 307, "Too large to be passed on: it is there" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return tq_problems[tq_problem_of_status(status)].title;
}

/* The rest that a client may rely on. */
static void
put_headers(const struct sv_route *r, int status, struct tq_buf *b)
{
	static const struct {
		const char	*name;	/* of the operation; NULL: any */
		int		 status;
		const char	*header, *text;
	} rows[] = {
		{ "submitTask", 201, "Location", "The task's address" },
		{ "submitTask", 202, "Location", "The task's address" },
		{ "getTask", 200, "ETag", "Names this state of the task" },
		{ "getQueue", 200, "ETag", "Names this state of the queue" },
		{ "changeQueue", 200, "ETag", "Names this state of the "
		    "queue" },
		{ "editTask", 200, "ETag", "Names this state of the task" },
		{ "getTask", 304, "ETag", "Names this state of the task" },
		{ "getOutput", 200, "ETag", "Names these bytes" },
		{ NULL, 307, "Location", "A signed address, for an hour" },
		{ "listTasks", 200, "Link", "The next page's address" },
		{ NULL, 429, "Retry-After", "Seconds to wait" },
		{ NULL, 503, "Retry-After", "Seconds to wait" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status && (rows[i].name == NULL ||
		    strcmp(rows[i].name, r->name) == 0)) {
			tq_buf_fmt(b, ",\"headers\":{\"%s\":{\"description\":"
			    "\"%s\",\"schema\":{\"type\":\"string\"}}}",
			    rows[i].header, rows[i].text);
			return;
		}
}

static void
put_answer(const struct sv_route *r, int status, struct tq_buf *b)
{
	struct tq_content c = tq_content_of(r, status);

	comma(b);
	tq_buf_fmt(b, "\"%d\":{\"description\":\"%s\"", status,
	    meaning(status));
	put_headers(r, status, b);
	if (c.type != NULL && c.schema != NULL)
		tq_buf_fmt(b, ",\"content\":{\"%s\":{\"schema\":{"
		    "\"$ref\":\"#/components/schemas/%s\"}}}", c.type,
		    c.schema);
	else if (c.type != NULL)
		tq_buf_fmt(b, ",\"content\":{\"%s\":{\"schema\":{"
		    "\"type\":\"string\"}}}", c.type);
	tq_buf_chr(b, '}');
}

static void
put_answers(const struct sv_route *r, struct tq_buf *b)
{
	const char *list = r->answers;
	struct tq_span w;

	tq_json_key(b, "responses");
	tq_buf_chr(b, '{');
	while (word(&list, &w))
		put_answer(r, (w.p[0] - '0') * 100 + (w.p[1] - '0') * 10 +
		    (w.p[2] - '0'), b);
	/* A chunked body, where the library shows nothing of its framing. */
	if (r->body != TQ_BODY_NONE)
		put_answer(r, 411, b);
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
	tq_json_member_str(b, "operationId", r->name);
	tq_json_member_str(b, "summary", r->summary);
	tq_json_member_str(b, "description", r->summary);
	tq_buf_fmt(b, ",\"tags\":[\"%s\"]", r->dialect != NULL ? "dialects" :
	    strncmp(r->pattern, "/v1/tasks", 9) == 0 ? "tasks" : "service");
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
	tq_buf_str(b, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"tq-serve\""
	    ",\"description\":\"Submit tasks to a store of tq, and watch "
	    "them\",\"version\":\"" TQ_VERSION "\",\"license\":{\"name\":"
	    "\"see LICENSE\",\"identifier\":\"LicenseRef-tq\"},"
	    "\"contact\":{\"name\":\"whoever runs this tq-serve\"}},"
	    "\"servers\":[{\"url\":\"/\"}],\"tags\":[{\"name\":\"tasks\","
	    "\"description\":\"Tasks\"},{\"name\":\"service\","
	    "\"description\":\"The server and its store\"},{\"name\":"
	    "\"dialects\",\"description\":\"The words of four older "
	    "systems\"}],\"security\":[{\"bearer\":[]},{\"session\":[]},{}],"
	    "\"paths\":{");
	put_paths(api, b);
	tq_buf_str(b, "},\"components\":{\"securitySchemes\":{\"bearer\":{"
	    "\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":{\"type\":"
	    "\"apiKey\",\"in\":\"cookie\",\"name\":\"tq_session\"}},"
	    "\"schemas\":{");
	tq_schemas_write(b);
	tq_buf_str(b, "}}}\n");
}
