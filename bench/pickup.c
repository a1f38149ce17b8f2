/*
 * bench/pickup.c -- from "submit has returned" to "the handler runs".
 *
 *	pickup stream           a stream handler that replies with its clock
 *	pickup submit URL N     submits N tasks of type pickup, one at a time,
 *	                        to a worker with --stream "pickup=pickup stream";
 *	                        prints "P50_MS P99_MS"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"
#include "task/id.h"
#include "util/env.h"

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
stream(void)
{
	static char line[1 << 20];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		printf("{\"ok\":true,\"result\":%.1f}\n", now_us());
		fflush(stdout);
	}
	return 0;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Submit one, wait for its end; the delay in microseconds, or -1. */
static double
one(struct tq_store *st, struct tq_idgen *gen, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	char id[TQ_UUID_TEXT];
	const char *idp = id;
	struct tq_task t = { .id = id, .queue = "default", .type = "pickup",
	    .payload = tq_span_of("{}"), .payload_kind = TQ_KIND_JSON }, *got;
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;
	struct tq_ref ref = { id, 1 };
	double submitted, started = -1;

	tq_id_new(gen, tq_wall_ms(&tq_env_system),
	    tq_random_u64(&tq_env_system), id);
	if (tq_store_submit(st, &in, 1, &out, err) == -1)
		return -1;
	submitted = now_us();
	do {
		if (tq_store_wait_ids(st, &ref, 1, 10000, &a, &got, err) < 1)
			return -1;
		ref.rev = got->rev;
	} while (got->status != TQ_COMPLETED);
	if (tq_store_get(st, &idp, 1, TQ_WITH_RESULT, &a, &got, err) == 0 &&
	    got != NULL && got->result.n > 0)
		started = strtod(got->result.p, NULL);
	tq_arena_free(&a);
	return started < submitted ? 0 : started - submitted;
}

int
main(int argc, char **argv)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_idgen gen = { 0 };
	struct tq_store *st;
	double *d;
	int i, n;

	if (argc == 2 && strcmp(argv[1], "stream") == 0)
		return stream();
	if (argc != 4 || (n = atoi(argv[3])) < 1) {
		fprintf(stderr, "usage: pickup stream | submit URL N\n");
		return 2;
	}
	if (tq_store_open(argv[2], &tq_env_system, TQ_OPEN_CREATE, &st, &err) ==
	    -1 || (d = calloc((size_t)n, sizeof(*d))) == NULL) {
		fprintf(stderr, "pickup: %s\n", err.msg);
		return 1;
	}
	for (i = 0; i < n; i++) {
		if ((d[i] = one(st, &gen, &err)) < 0) {
			fprintf(stderr, "pickup: task %d: %s\n", i, err.msg);
			return 1;
		}
		usleep(2000);	/* the worker has gone back to sleep */
	}
	qsort(d, (size_t)n, sizeof(*d), cmp);
	printf("%.3f %.3f\n", d[n / 2] / 1e3, d[n * 99 / 100] / 1e3);
	tq_store_close(st);
	free(d);
	return 0;
}
