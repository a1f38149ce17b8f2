/* lib/serve/api/about.c -- what is said about the service and the store. */
#include <string.h>
#include <strings.h>

#include "serve/api/inside.h"
#include "serve/api/openapi.h"
#include "util/json.h"

#define TEXT_MAX	(16 * 1024 * 1024)
#define READY_MS	5000	/* how old the store's last answer may be */

/* Counts of ${queue}, or of all. */
struct counts {
	const char	*queue;
	struct tq_count	*rows;
	size_t		 n;
};

/* Those of the counts that the key may see. */
static size_t
allowed(const struct sv_req *r, struct counts *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		if (sv_may(r, c->rows[i].queue, c->rows[i].type))
			c->rows[n++] = c->rows[i];
	return n;
}

static int
read_counts(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct counts *c = r->data;

	if (tq_store_count(st, c->queue, &r->arena, &c->rows, &c->n, err) ==
	    -1)
		return -1;
	c->n = allowed(r, c);
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
		tq_json_member_int(b, tq_status_name((enum tq_status)s),
		    (int64_t)c->by_status[s]);
	tq_json_member_int(b, "drained", (int64_t)c->drained);
	tq_json_member_time(b, "oldestDue", c->oldest_due);
	tq_buf_chr(b, '}');
}

static enum MHD_Result
answer_summary(struct sv_req *r)
{
	const struct counts *c = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	size_t i;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_str(&b, "{\"counts\":[");
	for (i = 0; i < c->n; i++) {
		if (i > 0)
			tq_buf_chr(&b, ',');
		put_count(&c->rows[i], &b);
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_summary_run(struct sv_req *r)
{
	struct counts *c = tq_arena_alloc(&r->arena, sizeof(*c));

	c->queue = tq_uri_param(&r->uri, "queue");
	r->data = c;
	return sv_read(r, read_counts, SV_SLOW, answer_summary);
}

struct workers {
	struct tq_presence *w;
	size_t		 n;
};

static int
read_workers(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct workers *w = r->data;

	return tq_store_workers(st, &r->arena, &w->w, &w->n, err);
}

static void
put_worker(struct tq_buf *b, const struct tq_presence *w)
{
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "worker", w->worker);
	tq_json_member_str(b, "queue", w->queue);
	tq_json_member_str(b, "types", w->types);
	tq_json_member_int(b, "slots", w->slots);
	tq_json_member_int(b, "busy", w->busy);
	tq_json_member_time(b, "startedAt", w->started_at);
	tq_json_member_time(b, "seenAt", w->seen_at);
	tq_buf_chr(b, '}');
}

static enum MHD_Result
answer_workers(struct sv_req *r)
{
	const struct workers *w = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	size_t i;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_str(&b, "{\"workers\":[");
	for (i = 0; i < w->n; i++) {
		if (!sv_may(r, w->w[i].queue, NULL))
			continue;
		if (b.data[b.len - 1] != '[')
			tq_buf_chr(&b, ',');
		put_worker(&b, &w->w[i]);
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_workers_run(struct sv_req *r)
{
	r->data = tq_arena_alloc(&r->arena, sizeof(struct workers));
	return sv_read(r, read_workers, SV_SLOW, answer_workers);
}

enum MHD_Result
sv_health_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(64);

	tq_buf_str(&b, "{\"status\":\"ok\"}\n");
	return sv_answer_json(r, 200, &b);
}

/*
 * Can the store be used?  The watcher knows: it asks the store all the time,
 * so that a probe costs no read and is answered even when the store hangs.
 */
static bool
ready(const struct tq_serve *s)
{
	return !__atomic_load_n(&s->store_down, __ATOMIC_ACQUIRE) &&
	    tq_boot_ms(s->env) - __atomic_load_n(&s->store_seen,
	    __ATOMIC_ACQUIRE) < READY_MS + __atomic_load_n(&s->watch_rest,
	    __ATOMIC_ACQUIRE);
}

enum MHD_Result
sv_ready_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(64);

	if (!ready(r->s))
		return sv_answer_problem(r, TQ_P_UNAVAILABLE,
		    "the store can't be used now", NULL);
	tq_buf_str(&b, "{\"status\":\"ready\"}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_dialect_health_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(64);
	bool up = ready(r->s);

	tq_buf_fmt(&b, "{\"status\":\"%s\"}\n", up ? "UP" : "DOWN");
	return sv_answer_json(r, up ? 200 : 503, &b);
}

static enum MHD_Result
answer_metrics(struct sv_req *r)
{
	const struct counts *c = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);

	/* Without the store there are still numbers about ourselves. */
	tq_metrics_write(&r->s->metrics, c->rows, r->op.rc == -1 ? 0 : c->n,
	    tq_wall_ms(r->s->env), &b);
	return sv_answer_buf(r, 200,
	    "text/plain; version=0.0.4; charset=utf-8", &b);
}

enum MHD_Result
sv_metrics_run(struct sv_req *r)
{
	r->data = tq_arena_alloc(&r->arena, sizeof(struct counts));
	return sv_read(r, read_counts, SV_SLOW, answer_metrics);
}

/* What Spring's actuator calls our counts: "tq.tasks.pending". */
static const char actuator[] = "tq.tasks.";

enum MHD_Result
sv_actuator_names_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *name;
	int s;

	tq_buf_str(&b, "{\"names\":[");
	for (s = 0; s < TQ_STATUS_MAX; s++) {
		if (s == TQ_BLOCKED)
			continue;
		tq_buf_fmt(&b, "%s\"%s", b.data[b.len - 1] == '[' ? "" : ",",
		    actuator);
		for (name = tq_status_name((enum tq_status)s); *name != '\0';
		    name++)
			tq_buf_chr(&b, (char)(*name | 0x20));
		tq_buf_chr(&b, '"');
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

/* The status that a metric counts; -1: there is no such metric. */
static int
counted(const char *metric)
{
	int s;

	if (strncmp(metric, actuator, sizeof(actuator) - 1) != 0)
		return -1;
	for (s = 0; s < TQ_STATUS_MAX; s++)
		if (s != TQ_BLOCKED && strcasecmp(metric + sizeof(actuator) -
		    1, tq_status_name((enum tq_status)s)) == 0)
			return s;
	return -1;
}

static enum MHD_Result
answer_metric(struct sv_req *r)
{
	const struct counts *c = r->data;
	struct tq_buf b = TQ_BUF_INIT(4096);
	uint64_t sum = 0;
	size_t i;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	for (i = 0; i < c->n; i++)
		sum += c->rows[i].by_status[counted(r->task_id)];
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "name", r->task_id);
	tq_json_key(&b, "measurements");
	tq_buf_fmt(&b, "[{\"statistic\":\"VALUE\",\"value\":%llu}],"
	    "\"availableTags\":[]}\n", (unsigned long long)sum);
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_actuator_metric_run(struct sv_req *r)
{
	if (counted(r->task_id) == -1)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no metric %s", r->task_id), NULL);
	r->data = tq_arena_alloc(&r->arena, sizeof(struct counts));
	return sv_read(r, read_counts, SV_SLOW, answer_metric);
}

enum MHD_Result
sv_openapi_run(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);

	tq_openapi_write(r->s->o->api, &b);
	return sv_answer_json(r, 200, &b);
}
