/* tests/unit/test_serve_http.c -- what tq-serve answers, over loopback. */
#include "t_serve.h"

#include <time.h>

#include "util/json.h"

#define JSON		"Content-Type: application/json\r\n"
#define NDJSON		"Content-Type: application/x-ndjson\r\n"
#define BYTES		"Content-Type: application/octet-stream\r\n"
#define TASK(more)	"{\"type\":\"t\"" more "}"
/* Each line of the body is JSON; how many there are. */
static size_t
lines_of_json(void)
{
	struct tq_err err = TQ_ERR_INIT;
	const char *p = t_body;
	size_t n = 0, len;

	for (; *p != '\0'; p += len + (p[len] == '\n'), n++) {
		len = strcspn(p, "\n");
		if (tq_json_check((struct tq_span){ p, len }, &err) == -1)
			T_FAIL("%s: %.*s", err.msg, (int)len, p);
	}
	return n;
}

static void
submitted(void)
{
	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks", JSON, TASK(",\"taskId\":\"a\"")), 201);
	T_HAS("\nLocation: /v1/tasks/a\r");
	T_INT(lines_of_json(), 1);
	T_INT(t_ask("GET", "/v1/tasks/a", "", NULL), 200);
	T_HAS("\"status\":\"PENDING\"");
	T_HAS("\nETag: \"1");
	T_INT(t_ask("PATCH", "/v1/tasks/a", JSON, "{\"prio\":7}"), 200);
	T_HAS("\nETag: \"2");
	T_HAS("\"prio\":7");
	T_INT(t_ask("PATCH", "/v1/tasks/a", JSON "If-Match: \"1\"\r\n",
	    "{\"prio\":8}"), 412);
	T_INT(t_ask("POST", "/v1/tasks", JSON, TASK(",\"input\":\"blob:a/b/c/in\"")),
	    400);
	T_INT(t_ask("GET", "/v1/tasks/b", "", NULL), 404);
	T_INT(t_ask("GET", "/v1/nothing", "", NULL), 404);
	T_INT(t_ask("GET", "/v1/findings", "", NULL), 200);
	T_INT(lines_of_json(), 1);
	T_HAS("},{");
	T_INT(t_ask("PUT", "/v1/tasks/a", "", NULL), 405);
	t_serve_end();
}

static void
keyed(void)
{
	static const char key[] = JSON "Idempotency-Key: k\r\n";

	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks", key, TASK("")), 201);
	T_HAS_NOT("Idempotency-Replayed");
	T_INT(t_ask("POST", "/v1/tasks", key, TASK("")), 201);
	T_HAS("\nIdempotency-Replayed: true\r");
	T_INT(t_ask("POST", "/v1/tasks", key, TASK(",\"prio\":1")), 422);
	T_INT(t_ask("POST", "/v1/tasks", JSON, TASK(",\"taskId\":\"a\"")), 201);
	T_INT(t_ask("POST", "/v1/tasks", JSON, TASK(",\"taskId\":\"a\"")), 409);
	t_serve_end();
}

static void
batch(void)
{
	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks/batch", NDJSON,
	    TASK(",\"taskId\":\"a\"") "\n" TASK(",\"key\":\"k\"") "\r\n\n"
	    TASK(",\"key\":\"k\"") "\n{\"type\":\"\"}\n"
	    TASK(",\"taskId\":\"b\",\"after\":[\"nobody\"]")), 200);
	T_INT(lines_of_json(), 5);
	T_HAS("{\"taskId\":\"a\",\"status\":\"PENDING\"}\n");
	T_HAS("\"replayed\":true}\n");
	T_HAS("\"line\":5,");
	T_HAS("\"line\":6,");
	T_INT(t_ask("POST", "/v1/tasks/batch", NDJSON, "\n"), 400);
	T_INT(t_ask("GET", "/v1/tasks?queue=default", "", NULL), 200);
	T_INT(lines_of_json(), 1);
	T_HAS("\"taskId\":\"a\"");
	T_INT(t_ask("GET", "/v1/tasks?queue=other", "", NULL), 200);
	T_HAS_NOT("taskId");
	t_serve_end();
}

static void
bodies(void)
{
	static char big[1024 * 1024 + 2];

	memset(big, ' ', sizeof(big));
	memcpy(big, TASK(""), sizeof(TASK("")) - 1);
	t_serve_begin((struct tq_serve_opts){ 0 });
	big[1024 * 1024] = '\0';
	T_INT(t_ask("POST", "/v1/tasks", JSON, big), 201);
	big[1024 * 1024] = ' ';
	T_INT(t_ask("POST", "/v1/tasks", JSON, big), 413);
	T_INT(t_ask("POST", "/v1/tasks", NDJSON, TASK("")), 415);
	T_INT(t_ask("POST", "/v1/tasks", JSON "Content-Encoding: gzip\r\n",
	    TASK("")), 415);
	/* Where none is read. */
	T_INT(t_ask("POST", "/v1/tasks/purge?all=true", JSON, " {\n} "), 200);
	T_INT(t_ask("POST", "/v1/tasks/purge?all=true", JSON, "{\"a\":1}"), 400);
	T_INT(t_ask("POST", "/v1/tasks/purge?all=true", JSON, "{"), 400);
	T_INT(t_ask("POST", "/v1/tasks/purge?all=true", JSON, "}{"), 400);
	t_serve_end();
}

static void
uploads(void)
{
	static const char form[] =
	    "Content-Type: multipart/form-data; boundary=x\r\n";
	char path[512];
	const char *p;

	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks?type=t&taskId=a", BYTES, "some bytes"), 201);
	T_INT(t_ask("GET", "/v1/tasks/a/input", "", NULL), 200);
	T_STR(t_body, "some bytes");
	T_INT(t_ask("GET", "/v1/tasks/a/input", "Range: bytes=5-\r\n", NULL), 206);
	T_STR(t_body, "bytes");
	T_INT(t_ask("GET", "/v1/tasks/a/output", "", NULL), 404);
	T_INT(t_ask("POST", "/v1/tasks?type=t", BYTES, ""), 400);
	T_INT(t_ask("POST", "/v1/tasks", form, "--x\r\n"
	    "Content-Disposition: form-data; name=taskId\r\n\r\n"
	    "b\r\n--x--\r\n"), 400);
	T_HAS("a part has no proper name");
	T_INT(t_ask("POST", "/v1/tasks?type=t", form, "--x\r\n"
	    "Content-Disposition: form-data; name=\"taskId\"\r\n\r\n"
	    "b\r\n--x\r\nContent-Type: image/png\r\n"
	    "Content-Disposition: form-data; name=\"f\"; filename=\"p.png\"\r\n\r\n"
	    "pixels\r\n--x--\r\n"), 201);
	T_INT(t_ask("GET", "/v1/tasks/b/input", "", NULL), 200);
	T_STR(t_body, "pixels");
	/* Bytes that are not those that were stored are not given out. */
	T_INT(t_ask("GET", "/v1/tasks/a", "", NULL), 200);
	p = strstr(t_answer, "blob:");
	T_MUST(p != NULL);
	snprintf(path, sizeof(path), "%s/tq.db.blobs/%.*s", t_dir,
	    (int)strcspn(p + 5, "\""), p + 5);
	T_MUST(truncate(path, 4) == 0);
	T_INT(t_ask("GET", "/v1/tasks/a/input", "", NULL), 503);
	T_HAS("4 bytes instead of 10");
	t_serve_end();
}

/* Asks for ${path}, and does not wait for the answer. */
static int
wait_for(const char *path, const char *head)
{
	static const struct timespec nap = { 0, 100000000 };
	int fd = t_send("GET", path, head, NULL, 0);

	/* Most likely it waits by then. */
	nanosleep(&nap, NULL);
	return fd;
}

static void
waits(void)
{
	int64_t from = tq_boot_ms(&tq_env_system);
	int fd[3];

	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks", JSON, TASK(",\"taskId\":\"a\"")), 201);
	fd[0] = wait_for("/v1/tasks/a?wait=55s", "");
	fd[1] = wait_for("/v1/tasks/a?wait=55s", "");
	fd[2] = wait_for("/v1/tasks/a/events", "");
	T_INT(t_read(fd[2], "event: task"), 200);
	T_INT(t_ask("PATCH", "/v1/tasks/a", JSON, "{\"prio\":7}"), 200);
	t_read(fd[2], "\"prio\":7");
	T_HAS("event: task");
	T_INT(t_ask("DELETE", "/v1/tasks/a", "", NULL), 200);
	T_INT(t_read(fd[0], NULL), 200);
	T_HAS("\"status\":\"CANCELLED\"");
	T_INT(t_read(fd[1], NULL), 200);
	T_HAS("\"status\":\"CANCELLED\"");
	/* Before they would have been answered anyway. */
	T_OK(tq_boot_ms(&tq_env_system) - from < 45000);
	t_read(fd[2], NULL);
	T_HAS("event: end");
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
	t_serve_end();
}

static void
crowds(void)
{
	int fd[15], i;

	t_serve_begin((struct tq_serve_opts){ .conns = 16 });
	for (i = 0; i < 15; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		T_OK(connect(fd[i], (struct sockaddr *)&t_addr, sizeof(t_addr)) == 0);
	}
	/* The last one is kept for probes. */
	T_INT(t_ask("GET", "/health", "", NULL), 200);
	T_INT(t_ask("GET", "/v1/tasks", "Connection: keep-alive\r\n", NULL), 503);
	T_HAS("too many connections");
	T_HAS("\nConnection: close\r");
	for (i = 0; i < 15; i++)
		close(fd[i]);
	t_serve_end();
}

T_MAIN(
	{ "a task that was submitted is there, and changed by its version", submitted },
	{ "a key is one task, an id another's is refused", keyed },
	{ "of a batch each line is answered in its own", batch },
	{ "a body of the right kind and at the limit is taken", bodies },
	{ "bytes that were uploaded are an input, and given out whole", uploads },
	{ "those that wait for a task are told of its end, streams of each change",
	    waits },
	{ "the last connections are for probes", crowds },
)
