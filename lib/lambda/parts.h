/* lib/lambda/parts.h -- what the formats of events have in common; inside
   lib/lambda only. */
#ifndef TQ_LAMBDA_PARTS_H
#define TQ_LAMBDA_PARTS_H

#include "lambda/event.h"

/* The string ${key} of ${obj}, in ${a}; NULL: there is none. */
const char *lm_text(struct tq_span obj, const char *key, struct tq_arena *a);

/* "event: WHAT", TQ_E_DATA; -1. */
int lm_bad(struct tq_err *err, const char *what);

/* Why the ${query}, which has failed, can't be taken; -1. */
int lm_too_long(const struct tq_buf *query, struct tq_err *err);

/* Append ${s}; all but letters, digits, "-._~" and ${also} is encoded. */
void lm_encode(const char *s, const char *also, struct tq_buf *out);

/* The target of path and query, encoded as far as they are not, its waits
   bounded; and whether that is a stream.  -1: it is too long. */
int lm_target(struct tq_lambda_event *e, const char *path, const char *query,
    struct tq_arena *a, struct tq_err *err);

/* Is it a header of the connection, or one that we say ourselves? */
bool lm_left_out(const char *name);

/* A header more; there is room for TQ_LAMBDA_HEADERS and those of our own. */
void lm_add(struct tq_lambda_event *e, const char *name, const char *value);

/* ${origin}, which is ours if it is the ${host} that we were called at. */
const char *lm_origin(const char *origin, const char *host, unsigned port,
    struct tq_arena *a);

/* The scopes in a text such as "openid tq/read"; NULL has none. */
unsigned lm_scopes(const char *text);

/* Can its method and headers be sent?  A value of JSON may hold line ends. */
int lm_sendable(const struct tq_lambda_event *e, struct tq_err *err);

/* Headers, cookies among them, of an object of strings or lists of strings. */
int lm_headers(struct tq_lambda_event *e, struct tq_span headers,
    const char *host, unsigned port, struct tq_arena *a, struct tq_err *err);

/* The body, decoded if it is in base64. */
int lm_body(struct tq_lambda_event *e, struct tq_span event,
    struct tq_arena *a, struct tq_err *err);

/* rest.c: an event of a REST API (1.0) or of a load balancer. */
int lm_rest(struct tq_lambda_event *e, struct tq_span event, unsigned port,
    struct tq_arena *a, struct tq_err *err);

#endif
