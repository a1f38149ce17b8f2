/*
 * tests/unit/test_serve_far.c -- tq-serve over a store that is far away, as that on
 * AWS is: each look costs requests, and uploads go past the server.
 */
#include "t_serve.h"

#include <time.h>

#include "store/offer.h"

#define JSON	"Content-Type: application/json\r\n"
#define OFFER	"{\"type\":\"t\",\"size\":7,\"queue\":\"q\",\"taskId\":\"a\"}"

static unsigned looks;		/* for changes; atomic */
static enum tq_code uploaded;	/* TQ_OK: it is there */

bool __wrap_tq_store_asked(const struct tq_store *st);
bool __wrap_tq_store_offers(const struct tq_store *st);
int __wrap_tq_store_offer(struct tq_store *st, const char *ref, int64_t size,
    int64_t valid_ms, struct tq_buf *out, struct tq_err *err);
int __wrap_tq_store_offered(struct tq_store *st, const char *ref, int64_t *size,
    struct tq_err *err);
int __real_tq_store_wait_changes(struct tq_store *st, const char *queue,
    bool ended, const char *cursor, int64_t ms, struct tq_arena *a,
    struct tq_page *out, struct tq_err *err);
int __wrap_tq_store_wait_changes(struct tq_store *st, const char *queue,
    bool ended, const char *cursor, int64_t ms, struct tq_arena *a,
    struct tq_page *out, struct tq_err *err);

bool
__wrap_tq_store_asked(const struct tq_store *st)
{
	(void)st;
	return true;
}

bool
__wrap_tq_store_offers(const struct tq_store *st)
{
	(void)st;
	return true;
}

int
__wrap_tq_store_offer(struct tq_store *st, const char *ref, int64_t size,
    int64_t valid_ms, struct tq_buf *out, struct tq_err *err)
{
	(void)st;
	(void)err;
	T_INT(valid_ms, 3600000);
	return tq_buf_fmt(out, "https://far.example/%s?size=%d", ref, (int)size);
}

int
__wrap_tq_store_offered(struct tq_store *st, const char *ref, int64_t *size,
    struct tq_err *err)
{
	(void)st;
	(void)ref;
	*size = 7;
	return uploaded == TQ_OK ? 0 : tq_err_set(err, TQ_AT_STORE, uploaded, "no");
}

int
__wrap_tq_store_wait_changes(struct tq_store *st, const char *queue,
    bool ended, const char *cursor, int64_t ms, struct tq_arena *a,
    struct tq_page *out, struct tq_err *err)
{
	__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
	return __real_tq_store_wait_changes(st, queue, ended, cursor, ms, a, out, err);
}

static void
rest(void)
{
	const struct timespec nap = { 1, 500000000 };
	unsigned before;
	int64_t from;
	int fd;

	t_serve_begin((struct tq_serve_opts){ 0 });
	T_INT(t_ask("POST", "/v1/tasks", JSON, "{\"type\":\"t\",\"taskId\":\"a\"}"), 201);
	nanosleep(&nap, NULL);
	/* One of these may be what began before. */
	before = __atomic_load_n(&looks, __ATOMIC_RELAXED);
	nanosleep(&nap, NULL);
	T_OK(__atomic_load_n(&looks, __ATOMIC_RELAXED) <= before + 1);
	/* Somebody who waits is told all the same, and soon. */
	fd = t_send("GET", "/v1/tasks/a/events", "", NULL, 0);
	T_INT(t_read(fd, "event: task"), 200);
	nanosleep(&nap, NULL);
	from = tq_boot_ms(&tq_env_system);
	T_INT(t_ask("PATCH", "/v1/tasks/a", JSON, "{\"prio\":7}"), 200);
	t_read(fd, "\"prio\":7");
	T_HAS("event: task");
	/* A rest would have been longer. */
	T_OK(tq_boot_ms(&tq_env_system) - from < 14000);
	close(fd);
	t_serve_end();
}

static void
offers(void)
{
	static const char *const bad[] = { "", "7", "[]", "{}", "{\"type\":\"t\"}",
		"{\"type\":\"t\",\"size\":0}", "{\"type\":\"t\",\"size\":\"7\"}",
		"{\"type\":7,\"size\":7}", "{\"type\":\"t\",\"size\":7,\"a\":1}",
		"{\"type\":\"t\",\"size\":7,\"queue\":\"a b\"}" };
	char body[512], *at;
	size_t i;

	t_serve_begin((struct tq_serve_opts){ 0 });
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (t_ask("POST", "/v1/uploads", JSON, bad[i]) != 400)
			T_FAIL("%s: %s", bad[i], t_answer);
	T_INT(t_ask("POST", "/v1/uploads", JSON, "{\"type\":\"t\",\"size\":5368709121}"),
	    413);
	T_INT(t_ask("POST", "/v1/uploads", JSON, OFFER), 201);
	T_HAS("\"taskId\":\"a\",\"queue\":\"q\",\"type\":\"t\",\"input\":\"blob:q/a/");
	T_HAS("\"method\":\"PUT\",\"url\":\"https://far.example/blob:q/a/");
	T_HAS("\"headers\":{\"Content-Length\":\"7\",\"If-None-Match\":\"*\"}");
	at = strstr(t_answer, "blob:");
	snprintf(body, sizeof(body), "{\"type\":\"t\",\"queue\":\"q\",\"input\":\"%.*s\"}",
	    (int)strcspn(at, "\""), at);
	uploaded = TQ_E_NOTFOUND;
	T_INT(t_ask("POST", "/v1/tasks", JSON, body), 400);
	T_HAS("nothing has been uploaded there yet");
	uploaded = TQ_E_STATE;
	T_INT(t_ask("POST", "/v1/tasks", JSON, body), 400);
	T_HAS("upload it anew");
	T_INT(t_ask("POST", "/v1/tasks", JSON,
	    "{\"type\":\"t\",\"input\":\"blob:default/a/0/in\"}"), 400);
	uploaded = TQ_OK;
	T_INT(t_ask("POST", "/v1/tasks", JSON, body), 201);
	T_HAS("\"taskId\":\"a\"");
	T_INT(t_ask("GET", "/v1/tasks/a", "", NULL), 200);
	T_HAS("\"input\":\"blob:q/a/");
	t_serve_end();
}

T_MAIN(
	{ "a store that costs is looked at while somebody waits", rest },
	{ "an upload is offered an address, and its task takes it over", offers },
)
