/*
 * lib/lambda/event.h -- a request as Lambda passes it on, and the answer.  Pure.
 * It comes from an HTTP API or a function URL (payload format 2.0), from a REST
 * API (1.0) or from a load balancer.
 *
 * Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations
 * for HTTP APIs"; Lambda Developer Guide, "Invoking Lambda function URLs".
 */
#ifndef TQ_LAMBDA_EVENT_H
#define TQ_LAMBDA_EVENT_H

#include "net/http.h"
#include "util/buf.h"

#define TQ_LAMBDA_HEADERS	128
#define TQ_LAMBDA_OWN		6	/* beside them, of ours */
/* Lambda takes 6 MB of JSON; the rest is room for the head. */
#define TQ_LAMBDA_ANSWER_MAX	(6 * 1000 * 1000 - 64 * 1024)
#define TQ_LAMBDA_BALANCER_MAX	(1000 * 1000 - 64 * 1024)
#define TQ_LAMBDA_WAIT_MS	5000	/* of "?wait" */
#define TQ_LAMBDA_WAIT_MAX_MS	25000	/* an HTTP API waits for 30 s */

/* The sender of an event. */
enum tq_lambda_form {
	TQ_LAMBDA_HTTP_API, TQ_LAMBDA_REST, TQ_LAMBDA_BALANCER
};

/* The scopes that an authorizer in front of us has found; bits. */
enum tq_lambda_scope {
	TQ_LAMBDA_READ = 1, TQ_LAMBDA_SUBMIT = 2, TQ_LAMBDA_ADMIN = 4,
	TQ_LAMBDA_OPERATE = 8
};

/* Strings are the arena's. */
struct tq_lambda_event {
	const char	*method;
	const char	*target;	/* path and query, encoded; waits bounded */
	struct tq_http_header headers[TQ_LAMBDA_HEADERS + TQ_LAMBDA_OWN];
	size_t		 nheaders;
	struct tq_span	 body;
	bool		 authorized;	/* an authorizer let it pass ... */
	unsigned	 scopes;	/* ... for this */
	bool		 stream;	/* asks for an event stream */
	enum tq_lambda_form form;
	bool		 multi;		/* its headers are lists of values */
};

/*
 * tq_lambda_event_read(text, port, a, e, err):
 * Read the event.  Of the headers those between two hops are left out; Host
 * and Origin become those of ${port} on the loopback where they are ours, and
 * the client's address is X-Forwarded-For.  Scopes come from
 * requestContext.authorizer alone: of a JWT its scopes, of a function the
 * member "scope" of its context, of IAM all (in format 2.0); of a load balancer
 * none, as its headers would have to be verified.  "tq/read" is as good as
 * "read".
 * Fails with stage parse, TQ_E_DATA.
 */
int tq_lambda_event_read(struct tq_span text, unsigned port,
    struct tq_arena *a, struct tq_lambda_event *e, struct tq_err *err);

/* tq_lambda_most(form): how many bytes of a file are passed on to it. */
size_t tq_lambda_most(enum tq_lambda_form form);

/*
 * tq_lambda_answer(e, res, out):
 * Append the answer to ${e} as Lambda wants it: text as it is, other bytes in
 * base64.  One over the maximum becomes 413, which says how to get it.
 */
void tq_lambda_answer(const struct tq_lambda_event *e,
    const struct tq_http_res *res, struct tq_buf *out);

/* tq_lambda_problem(e, status, code, detail, out): an answer of our own. */
void tq_lambda_problem(const struct tq_lambda_event *e, int status,
    const char *code, const char *detail, struct tq_buf *out);

#endif
