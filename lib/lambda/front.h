/*
 * lib/lambda/front.h -- a Lambda function in front of tq-serve: each event is
 * asked of the server on the loopback, whose answer is Lambda's.  One request
 * at a time, as Lambda does it.
 */
#ifndef TQ_LAMBDA_FRONT_H
#define TQ_LAMBDA_FRONT_H

struct tq_err;

/* The header in which the server is told how many bytes of a file can be
   passed on; no client's. */
#define TQ_LAMBDA_MOST	"Tq-Most"
#define TQ_LAMBDA_KEYS	16	/* one for each set of scopes */

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
 * tq_lambda_front(f, err): until the Runtime API is gone.  An event that is no
 * request is told as an error and the next one taken.  Fails with stage
 * receive, TQ_E_UNAVAILABLE.
 */
typedef int tq_lambda_front_fn(const struct tq_lambda_front *f,
    struct tq_err *err);
tq_lambda_front_fn tq_lambda_front;

#endif
