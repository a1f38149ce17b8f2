/* tests/unit/test_serve_wrong.c -- what can't be asked of tq-serve, and what it says. */
#include "t_serve.h"

#include "store/store.h"

#define JSON	"Content-Type: application/json\r\n"
#define NDJSON	"Content-Type: application/x-ndjson\r\n"
#define FORM	"Content-Type: multipart/form-data; boundary=x\r\n"
#define FILE	"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nf\r\n"
#define FIELD(name, value) "--x\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static const struct row {
	const char	*method, *path, *head, *body;
	int		 status;
	const char	*says;
} rows[] = {
	{ "GET", "/v1/tasks?status=READY", "", NULL, 400, "status: must be PENDING, " },
	{ "GET", "/v1/tasks?since=soon", "", NULL, 400, "since: must be a time such as " },
	{ "GET", "/v1/tasks?drained=maybe", "", NULL, 400, "drained: must be true or false" },
	{ "GET", "/v1/tasks?since=@7&until=@5", "", NULL, 400, "until: must be after since" },
	{ "GET", "/v1/tasks?label=", "", NULL, 400, "label: must not be empty" },
	{ "GET", "/v1/tasks?label==v", "", NULL, 400, "label: must be KEY or KEY=VALUE" },
	{ "GET", "/v1/tasks?order=up", "", NULL, 400, "order: must be newest or oldest" },
	{ "GET", "/v1/tasks?limit=0", "", NULL, 400, "limit: must be a number from 1 to 1000" },
	{ "GET", "/v1/tasks?ids=a%20b", "", NULL, 400, "ids: must be at most 200 task ids" },
	{ "GET", "/v1/failures?since=soon", "", NULL, 400, "since: must be a time such as " },
	{ "GET", "/v1/tasks/a?wait=soon", "", NULL, 400, "wait: must be a duration" },
	{ "POST", "/v1/tasks/cancel?all=perhaps", "", NULL, 400, "all: must be true or false" },
	{ "POST", "/v1/tasks/purge?all=true&dryRun=1", "", NULL, 400, "dryRun: must be true or false" },
	{ "POST", "/v1/tasks/redrive?all=true&limit=0", "", NULL, 400, "limit: must be a number of tasks" },
	{ "POST", "/v1/tasks/cancel?type=", "", NULL, 400, "type: must not be empty" },
	{ "GET", "/v1/tasks?type=", "", NULL, 400, "type: must not be empty" },
	{ "GET", "/v1/failures?error=", "", NULL, 400, "error: must not be empty" },
	{ "GET", "/v1/tasks?type=a%20b", "", NULL, 400, "type: must be 1 to 128 of " },
	{ "GET", "/v1/tasks?queue=a.b", "", NULL, 400, "queue: must be 1 to 64 of " },
	{ "GET", "/v1/tasks?group=%2F", "", NULL, 400, "group: must be 1 to 128 of " },
	{ "POST", "/v1/tasks/cancel?status=READY", "", NULL, 400, "status: must be PENDING, " },
	{ "POST", "/v1/tasks?wait=soon", JSON, "{\"type\":\"t\"}", 400, "wait: must be a duration" },
	{ "POST", "/v1/tasks?prio=3", JSON, "{\"type\":\"t\"}", 400, "prio: with a JSON body, say it there" },
	{ "POST", "/v1/tasks", JSON, "{\"type\":\"t\",\"taskId\":\"b\",\"key\":\"k\"}", 400,
	    "taskId: excludes a key" },
	{ "POST", "/v1/tasks", JSON "Idempotency-Key: k\r\n", "{\"type\":\"t\",\"key\":\"l\"}", 400,
	    "Idempotency-Key: must be one string" },
	{ "POST", "/v1/tasks/batch", NDJSON, "{\"type\":\"t\",\"taskId\":\"b\",\"key\":\"k\"}", 200,
	    "\"detail\":\"taskId: excludes a key\"" },
	{ "POST", "/v1/tasks", FORM, FILE FIELD("input", "data:,x") "--x--\r\n", 400, "input: " },
	{ "POST", "/v1/uploads", JSON, "{\"type\":\"t\"}", 501, "no address of its own for uploads" },
	{ "PATCH", "/v1/tasks/a", JSON, "{\"maxAttempts\":0}", 400, "maxAttempts" },
	{ "PATCH", "/v1/queues/default", JSON, "{\"for\":\"soon\"}", 400, "for: must be a duration" },
	{ "PATCH", "/v1/queues/default", JSON, "{\"until\":\"never\"}", 400, "until: must be a time to come" },
	{ "PATCH", "/v1/queues/default", JSON, "{\"rate\":\"fast\"}", 400, "rate: must be such as" },
	{ "POST", "/api/tasks", JSON "Idempotency-Key: \r\n", "{\"type\":\"t\",\"payload\":{}}", 400,
	    "Idempotency-Key: must be one string" },
};

static void
test_refused(void)
{
	const struct row *r;
	size_t i;

	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks", JSON, "{\"type\":\"t\",\"taskId\":\"a\"}"), 201);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		T_INT(t_ask(r->method, r->path, r->head, r->body), r->status);
		if (strstr(t_answer, r->says) == NULL)
			T_FAIL("%s %s: no %s in: %s", r->method, r->path, r->says, t_answer);
	}
	/* Nothing of it was stored, or changed. */
	T_INT(t_ask("GET", "/v1/tasks", "", NULL), 200);
	T_HAS("{\"tasks\":[{\"taskId\":\"a\"");
	T_HAS("\"status\":\"PENDING\"");
	T_HAS_NOT(",{\"taskId\"");
	T_INT(t_ask("GET", "/v1/queues/default", "", NULL), 200);
	T_HAS_NOT("\"paused\":true");
	t_serve_end();
}

/* A line of a batch over the limit of 10,000. */
static void
test_too_many_lines(void)
{
	static const char line[] = "{\"type\":\"t\"}\n";
	size_t n = sizeof(line) - 1, i;
	char *all = malloc(10001 * n + 1);

	T_MUST(all != NULL);
	for (i = 0; i < 10001; i++)
		memcpy(all + i * n, line, n + 1);
	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks/batch", NDJSON, all), 413);
	T_HAS("over 10000 lines");
	T_INT(t_ask("GET", "/v1/tasks", "", NULL), 200);
	T_HAS("{\"tasks\":[]}");
	t_serve_end();
	free(all);
}

/* What knows its types fails others, unless a worker is there that takes them. */
static void
test_unsupported(void)
{
	struct tq_presence w = { .worker = "host:1:1", .queue = "default",
	    .types = "s t", .slots = 1 };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st;
	char path[128];

	t_serve_begin((struct tq_serve_opts){ .unsupported_ms = -1 });
	T_INT(t_ask("POST", "/jobs", JSON, "{\"type\":\"t\",\"payload\":\"{}\"}"), 202);
	T_MUST(sscanf(strstr(t_body, "jobId"), "jobId\":\"%80[^\"]", path + 6) == 1);
	memcpy(path, "/jobs/", 6);
	T_INT(t_ask("GET", path, "", NULL), 200);
	T_HAS("\"FAILED\"");
	T_HAS("Unsupported job type: t");
	T_MUST(tq_store_open(t_url, &tq_env_system, TQ_OPEN_WRITE, &st, &err) == 0);
	T_INT(tq_store_present(st, &w, false, &err), 0);
	T_INT(t_ask("GET", path, "", NULL), 200);
	T_HAS("\"QUEUED\"");
	tq_store_close(st);
	t_serve_end();
}

T_MAIN(
	{ "what can't be asked is refused, and the words name it", test_refused },
	{ "a batch of too many lines stores none", test_too_many_lines },
	{ "a type that nobody takes is told as failed where types are known",
	    test_unsupported },
)
