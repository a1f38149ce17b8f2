/* lib/serve/server/metrics.c -- see metrics.h. */
#include "serve/server/metrics.h"

#include <stdio.h>
#include <string.h>

static const int64_t bounds_ms[TQ_METRIC_BUCKETS] = {
	1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 30000, 300000, 3600000,
	86400000,
};

static const int statuses[TQ_METRIC_STATUSES] = {
	200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 408, 409, 411, 412,
	413, 414, 415, 417, 421, 422, 429, 431, 500, 503,
};

void
tq_metrics_add(uint64_t *counter, int64_t n)
{
	__atomic_add_fetch(counter, (uint64_t)n, __ATOMIC_RELAXED);
}

static uint64_t
get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void
tq_histogram_add(struct tq_histogram *h, int64_t ms)
{
	int i;

	if (ms < 0)
		ms = 0;
	for (i = 0; i < TQ_METRIC_BUCKETS && ms > bounds_ms[i]; i++)
		;
	if (i < TQ_METRIC_BUCKETS)
		tq_metrics_add(&h->bucket[i], 1);
	tq_metrics_add(&h->count, 1);
	tq_metrics_add(&h->sum_ms, ms);
}

void
tq_metrics_request(struct tq_metrics *m, const struct sv_route *route,
    int status, int64_t ms)
{
	size_t at = route != NULL ? (size_t)(route - m->api->routes) :
	    TQ_METRIC_ROUTES - 1;
	int i;

	for (i = 0; i < TQ_METRIC_STATUSES - 1 && statuses[i] != status; i++)
		;
	tq_metrics_add(&m->requests[at][i], 1);
	tq_histogram_add(&m->latency[at], ms);
}

static void
put_histogram(struct tq_buf *b, const char *name, const char *labels,
    const struct tq_histogram *h)
{
	const char *comma = labels[0] != '\0' ? "," : "";
	const char *open = labels[0] != '\0' ? "{" : "";
	const char *shut = labels[0] != '\0' ? "}" : "";
	uint64_t sum = 0;
	int i;

	for (i = 0; i < TQ_METRIC_BUCKETS; i++) {
		sum += get(&h->bucket[i]);
		tq_buf_fmt(b, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, labels,
		    comma, (double)bounds_ms[i] / 1e3, (unsigned long long)sum);
	}
	tq_buf_fmt(b, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, labels, comma,
	    (unsigned long long)get(&h->count));
	tq_buf_fmt(b, "%s_sum%s%s%s %.3f\n", name, open, labels, shut,
	    (double)get(&h->sum_ms) / 1e3);
	tq_buf_fmt(b, "%s_count%s%s%s %llu\n", name, open, labels, shut,
	    (unsigned long long)get(&h->count));
}

static void
head(struct tq_buf *b, const char *name, const char *type, const char *help)
{
	tq_buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
labels_of(const struct tq_metrics *m, size_t at, char *out, size_t n)
{
	const struct sv_route *r = &m->api->routes[at];

	if (at < m->api->nroutes)
		snprintf(out, n, "method=\"%s\",route=\"%s\"", r->method,
		    r->pattern);
	else
		snprintf(out, n, "method=\"\",route=\"other\"");
}

static void
put_requests(struct tq_metrics *m, struct tq_buf *b)
{
	char labels[128];
	size_t at;
	int i;

	head(b, "tq_http_requests_total", "counter", "requests answered");
	for (at = 0; at < TQ_METRIC_ROUTES; at++) {
		labels_of(m, at, labels, sizeof(labels));
		for (i = 0; i < TQ_METRIC_STATUSES; i++)
			if (get(&m->requests[at][i]) != 0)
				tq_buf_fmt(b, "tq_http_requests_total{%s,"
				    "status=\"%d\"} %llu\n", labels,
				    statuses[i], (unsigned long long)
				    get(&m->requests[at][i]));
	}
	head(b, "tq_http_request_seconds", "histogram", "time to answer");
	for (at = 0; at < TQ_METRIC_ROUTES; at++) {
		if (get(&m->latency[at].count) == 0)
			continue;
		labels_of(m, at, labels, sizeof(labels));
		put_histogram(b, "tq_http_request_seconds", labels,
		    &m->latency[at]);
	}
}

/* One queue and type, or all that are beyond what is told one by one. */
static void
put_row(const struct tq_count *row, struct tq_buf *b)
{
	int s;

	for (s = 0; s < TQ_STATUS_MAX; s++)
		tq_buf_fmt(b, "tq_tasks{queue=\"%s\",type=\"%s\","
		    "status=\"%s\"} %llu\n", row->queue, row->type,
		    tq_status_name((enum tq_status)s),
		    (unsigned long long)row->by_status[s]);
}

static void
put_oldest(const struct tq_count *row, int64_t now, struct tq_buf *b)
{
	tq_buf_fmt(b, "tq_oldest_due_seconds{queue=\"%s\",type=\"%s\"} "
	    "%.3f\n", row->queue, row->type, row->oldest_due == 0 ? 0.0 :
	    (double)(now - row->oldest_due) / 1e3);
}

/* No queue has the name "", so this can't meet a row that is there. */
static struct tq_count
sum_up(const struct tq_count *rows, size_t n)
{
	struct tq_count all = { .queue = "", .type = "other" };
	size_t i;
	int s;

	for (i = 0; i < n; i++) {
		for (s = 0; s < TQ_STATUS_MAX; s++)
			all.by_status[s] += rows[i].by_status[s];
		if (rows[i].oldest_due != 0 && (all.oldest_due == 0 ||
		    rows[i].oldest_due < all.oldest_due))
			all.oldest_due = rows[i].oldest_due;
	}
	return all;
}

static void
put_tasks(const struct tq_count *rows, size_t n, int64_t now,
    struct tq_buf *b)
{
	size_t i, told = n < TQ_METRIC_TYPES ? n : TQ_METRIC_TYPES;
	struct tq_count other = sum_up(rows + told, n - told);

	head(b, "tq_tasks", "gauge", "tasks in the store");
	for (i = 0; i < told; i++)
		put_row(&rows[i], b);
	if (told < n)
		put_row(&other, b);
	head(b, "tq_oldest_due_seconds", "gauge",
	    "how long the oldest due task waits");
	for (i = 0; i < told; i++)
		put_oldest(&rows[i], now, b);
	if (told < n)
		put_oldest(&other, now, b);
}

void
tq_metrics_write(struct tq_metrics *m, const struct tq_count *rows, size_t n,
    int64_t now, struct tq_buf *b)
{
	const struct {
		const char	*name, *type, *help;
		const uint64_t	*v;
	} plain[] = {
		{ "tq_http_connections", "gauge", "open connections",
		    &m->connections },
		{ "tq_http_reaped_total", "counter",
		    "connections closed at their deadline", &m->reaped },
		{ "tq_submit_commits_total", "counter", "group commits",
		    &m->commits },
		{ "tq_submit_tasks_total", "counter", "tasks in them",
		    &m->submitted },
	};
	size_t i;

	put_requests(m, b);
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		head(b, plain[i].name, plain[i].type, plain[i].help);
		tq_buf_fmt(b, "%s %llu\n", plain[i].name,
		    (unsigned long long)get(plain[i].v));
	}
	put_tasks(rows, n, now, b);
	head(b, "tq_queue_wait_seconds", "histogram",
	    "from submission (or due time) to the first start");
	put_histogram(b, "tq_queue_wait_seconds", "", &m->queue_wait);
	head(b, "tq_total_seconds", "histogram", "from submission to the end");
	put_histogram(b, "tq_total_seconds", "", &m->total);
}
