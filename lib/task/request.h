/*
 * lib/task/request.h -- from what was asked to a record that can be stored:
 * its id and its marks.  Pure.
 */
#ifndef TQ_REQUEST_H
#define TQ_REQUEST_H

#include "task/id.h"
#include "task/task.h"

#define TQ_FINGERPRINT	33	/* 32 hex digits and NUL */

/*
 * tq_task_fingerprint(t, input_sha256, out):
 * What --key compares: a hash of queue, type, payload, input (its bytes'
 * digest when ${input_sha256} is not NULL, else its address), argv, labels,
 * the policy fields, the tasks it waits for and the URL to notify; not of id
 * or times.  Writes 32 hex digits and NUL.
 */
void tq_task_fingerprint(const struct tq_task *t, const char *input_sha256,
    char out[TQ_FINGERPRINT]);

#define TQ_SUBMIT_ID	17	/* 16 hex digits and NUL */

/* tq_submit_id(n, out): a submitId; ${n} is random, or counts on from that. */
void tq_submit_id(uint64_t n, char out[TQ_SUBMIT_ID]);

/* Beside the request itself. */
struct tq_identify {
	const char	*key;		/* NULL: none */
	int64_t		 every;		/* ms: one a period; 0: one for ever */
	int64_t		 now;
	uint64_t	 rnd;		/* 64 fresh random bits */
};

/*
 * tq_identify(t, w, ids, a, err):
 * Give ${t} its id, in ${a}: that of the key, or a new one.  An id that it has
 * stays; beside a key it is refused (stage parse, TQ_E_DATA).  A period makes
 * the key "KEY@N", N the number of periods since 1970.
 */
int tq_identify(struct tq_task *t, const struct tq_identify *w,
    struct tq_idgen *ids, struct tq_arena *a, struct tq_err *err);

#endif
