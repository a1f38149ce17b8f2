/* lib/serve/server/metrics.h -- counters, as Prometheus text.  Thread-safe. */
#ifndef TQ_SERVE_METRICS_H
#define TQ_SERVE_METRICS_H

#include "serve/server/route.h"
#include "store/store.h"

#define TQ_METRIC_BUCKETS	14
#define TQ_METRIC_ROUTES	64	/* routes, and what has none */
#define TQ_METRIC_TYPES		200	/* queues' types told one by one */
#define TQ_METRIC_STATUSES	28

struct tq_histogram {
	uint64_t	bucket[TQ_METRIC_BUCKETS];
	uint64_t	count;
	uint64_t	sum_ms;
};

struct tq_metrics {
	const struct sv_api	*api;		/* set before the first count */
	uint64_t		requests[TQ_METRIC_ROUTES][TQ_METRIC_STATUSES];
	struct tq_histogram	latency[TQ_METRIC_ROUTES];
	struct tq_histogram	queue_wait;	/* created to first start */
	struct tq_histogram	total;		/* created to end */
	uint64_t		connections;	/* now open */
	uint64_t		commits;	/* group commits */
	uint64_t		submitted;	/* tasks in them */
	uint64_t		reaped;		/* past their deadline */
};

/* tq_metrics_request(m, route, status, ms): ${route} NULL: no route. */
void tq_metrics_request(struct tq_metrics *m, const struct sv_route *route,
    int status, int64_t ms);

void tq_histogram_add(struct tq_histogram *h, int64_t ms);

void tq_metrics_add(uint64_t *counter, int64_t n);

/*
 * tq_metrics_write(m, rows, n, now, b): append all, with the store's counts
 * ${rows}; those beyond TQ_METRIC_TYPES are one, of type "other".
 */
void tq_metrics_write(struct tq_metrics *m, const struct tq_count *rows,
    size_t n, int64_t now, struct tq_buf *b);

#endif
