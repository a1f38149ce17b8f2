/* lib/task/fold.h -- errors that differ in numbers only are one.  Pure. */
#ifndef TQ_FOLD_H
#define TQ_FOLD_H

#include "task/task.h"

#define TQ_FOLD_MAX	160	/* bytes of a reason that tell errors apart */

/*
 * tq_fold_error(b, reason, max):
 * Replace ${b} by ${reason}, about ${max} bytes of it, with "N" for numbers,
 * also in times and units ("30s"), and "*" for ids (UUIDs, hex digits, long
 * mixtures of letters and digits).  A digit or three in a name stay: "s3://",
 * "x86_64", "sha256"; more number something: "DSC01234".
 *
 *	connect 10.0.0.7:25 (try 3) -> connect N.N.N.N:N (try N)
 */
void tq_fold_error(struct tq_buf *b, const char *reason, size_t max);

/* One error of one type of tasks. */
struct tq_failure {
	const char	*type, *error;	/* error: as tq_fold_error() has it */
	const char	*example;	/* id of the newest */
	uint64_t	 count;
	int64_t		 newest;	/* its finishedAt */
	struct tq_failure *next;	/* in its bucket */
};

struct tq_failures {
	struct tq_failure **buckets;
	size_t		 n;
	struct tq_arena	*a;
	struct tq_buf	 text;
};

/* tq_failures_init(f, a): ${f} is empty, and keeps what it has in ${a}. */
void tq_failures_init(struct tq_failures *f, struct tq_arena *a);

/* tq_failures_add(f, t): count the dead task ${t}. */
void tq_failures_add(struct tq_failures *f, const struct tq_task *t);

/* tq_failures_sorted(f): all f->n of them, the most frequent first; frees
   what is not in the arena. */
struct tq_failure **tq_failures_sorted(struct tq_failures *f);

#endif
