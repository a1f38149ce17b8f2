/* lib/serve/api/about.c -- what is said about the service and the store. */

#include "serve/api/inside.h"
#include "serve/api/openapi.h"
#include "util/json.h"

#define TEXT_MAX	(16 * 1024 * 1024)

static int
counts(struct sv_req *r, const char *queue, struct tq_count **rows, size_t *n,
    struct tq_err *err)
{
	struct tq_store *st = sv_reader_get(r->s, err);

	if (st == NULL)
		return -1;
	if (tq_store_count(st, queue, &r->arena, rows, n, err) == -1) {
		sv_reader_failed(r->s, err);
		return -1;
	}
	return 0;
}

static void
put_count(const struct tq_count *c, struct tq_buf *b)
{
	int s;

	tq_buf_chr(b, '{');
	tq_json_member_str(b, "queue", c->queue);
	tq_json_member_str(b, "type", c->type);
	for (s = 0; s < TQ_STATUS_MAX; s++)
		if (s != TQ_BLOCKED)
			tq_json_member_int(b, tq_status_name(
			    (enum tq_status)s), (int64_t)c->by_status[s]);
	tq_json_member_int(b, "drained", (int64_t)c->drained);
	tq_json_member_time(b, "oldestDue", c->oldest_due);
	tq_buf_chr(b, '}');
}

enum MHD_Result
sv_summary_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_count *rows;
	size_t i, n;

	if (counts(r, tq_uri_param(&r->uri, "queue"), &rows, &n, &err) == -1)
		return sv_answer_err(r, &err);
	tq_buf_str(&b, "{\"counts\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			tq_buf_chr(&b, ',');
		put_count(&rows[i], &b);
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_workers_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = sv_reader_get(r->s, &err);
	struct tq_presence *w;
	size_t i, n;

	if (st == NULL)
		return sv_answer_err(r, &err);
	if (tq_store_workers(st, &r->arena, &w, &n, &err) == -1) {
		sv_reader_failed(r->s, &err);
		return sv_answer_err(r, &err);
	}
	tq_buf_str(&b, "{\"workers\":[");
	for (i = 0; i < n; i++) {
		tq_buf_str(&b, i > 0 ? ",{" : "{");
		tq_json_member_str(&b, "worker", w[i].worker);
		tq_json_member_str(&b, "queue", w[i].queue);
		tq_json_member_str(&b, "types", w[i].types);
		tq_json_member_int(&b, "slots", w[i].slots);
		tq_json_member_int(&b, "busy", w[i].busy);
		tq_json_member_time(&b, "startedAt", w[i].started_at);
		tq_json_member_time(&b, "seenAt", w[i].seen_at);
		tq_buf_chr(&b, '}');
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_health_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(64);

	tq_buf_str(&b, "{\"status\":\"ok\"}\n");
	return sv_answer_json(r, 200, &b);
}

static bool
ready(struct sv_req *r, struct tq_err *err)
{
	struct tq_count *rows;
	size_t n;

	if (__atomic_load_n(&r->s->store_down, __ATOMIC_ACQUIRE)) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "the store can't be used now");
		return false;
	}
	return counts(r, NULL, &rows, &n, err) == 0;
}

enum MHD_Result
sv_ready_run(struct sv_req *r)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_buf b = TQ_BUF_INIT(64);

	if (!ready(r, &err))
		return sv_answer_problem(r, TQ_P_UNAVAILABLE, err.msg, NULL);
	tq_buf_str(&b, "{\"status\":\"ready\"}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_dialect_health_run(struct sv_req *r)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_buf b = TQ_BUF_INIT(64);
	bool up = ready(r, &err);

	tq_buf_fmt(&b, "{\"status\":\"%s\"}\n", up ? "UP" : "DOWN");
	return sv_answer_json(r, up ? 200 : 503, &b);
}

enum MHD_Result
sv_metrics_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_count *rows = NULL;
	size_t n = 0;

	/* Without the store there are still numbers about ourselves. */
	if (counts(r, NULL, &rows, &n, &err) == -1)
		n = 0;
	tq_metrics_write(&r->s->metrics, rows, n, tq_wall_ms(r->s->env), &b);
	return sv_answer_buf(r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    &b);
}

enum MHD_Result
sv_openapi_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);

	tq_openapi_write(r->s->o->api, &b);
	return sv_answer_json(r, 200, &b);
}
