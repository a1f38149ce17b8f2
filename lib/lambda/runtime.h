/*
 * lib/lambda/runtime.h -- Lambda's Runtime API: events are taken and answered,
 * one at a time.
 *
 * Source: Lambda Developer Guide, "Using the Lambda runtime API for custom
 * runtimes".
 */
#ifndef TQ_LAMBDA_RUNTIME_H
#define TQ_LAMBDA_RUNTIME_H

#include <stdint.h>

#include "util/buf.h"

struct tq_err;

/* An invocation; its strings are valid while it is handled. */
struct tq_lambda_call {
	const char	*id;		/* AWS's id of the request */
	const char	*trace;		/* X-Ray's header; NULL: none */
	struct tq_span	 event;
	int64_t		 deadline_ms;	/* wall clock; 0: not said */
};

/* Handle ${c}: 0 with the answer in ${out}, or -1 with what is to be told of
   the event. */
typedef int tq_lambda_fn(void *arg, const struct tq_lambda_call *c,
    struct tq_buf *out, struct tq_err *err);

/*
 * tq_lambda_loop(runtime, fn, arg, err):
 * Have ${fn} handle events until the Runtime API at ${runtime} ("HOST:PORT")
 * is gone: -1 with stage receive, TQ_E_UNAVAILABLE.  Between an answer and the
 * next event the process may be frozen.
 */
typedef int tq_lambda_loop_fn(const char *runtime, tq_lambda_fn *fn,
    void *arg, struct tq_err *err);
tq_lambda_loop_fn tq_lambda_loop;

/*
 * tq_lambda_unready(runtime, err): tell the Runtime API that there will be no
 * function, for ${err}; what it says to that makes no difference.
 */
typedef void tq_lambda_unready_fn(const char *runtime,
    const struct tq_err *err);
tq_lambda_unready_fn tq_lambda_unready;

#endif
