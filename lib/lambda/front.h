/*
 * lib/lambda/front.h -- the loop of a Lambda function in front of tq-serve:
 * take an event from the Runtime API, ask the server on the loopback, give
 * the answer back.  One request at a time, as Lambda does it.
 */
#ifndef TQ_LAMBDA_FRONT_H
#define TQ_LAMBDA_FRONT_H

#include <stdint.h>

#include "util/module.h"

struct tq_err;

#define TQ_LAMBDA_KEYS	8	/* one for each set of scopes */

struct tq_lambda_front {
	const char	*runtime;	/* AWS_LAMBDA_RUNTIME_API, "HOST:PORT" */
	unsigned	 port;		/* the server's, on 127.0.0.1 */
	/*
	 * Keys by enum tq_lambda_scope bits, that the server knows: what an
	 * authorizer has let pass is asked with one of them.  [0] is one that
	 * it does not know.
	 */
	const char	*keys[TQ_LAMBDA_KEYS];
};

/*
 * run(f, err): until the Runtime API is gone.  An event that is no request is
 * told as an error and the next one taken.  Fails with stage receive,
 * TQ_E_UNAVAILABLE.
 */
typedef int tq_lambda_run_fn(const struct tq_lambda_front *f,
    struct tq_err *err);

/* What tq-net.so shows; versioned as struct tq_net_module is. */
struct tq_lambda_module {
	uint32_t	 version;
	tq_lambda_run_fn *run;
};

#define TQ_LAMBDA_MODULE	"tq_lambda_module"
#define TQ_LAMBDA_VERSION	1u

extern TQ_EXPORT const struct tq_lambda_module tq_lambda_module;

#endif
