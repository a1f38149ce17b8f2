/*
 * lib/serve/route.h -- every address that is served, in one table; it finds
 * handlers, answers 404 and 405, and is what /openapi.json prints.  Pure.
 */
#ifndef TQ_SERVE_ROUTE_H
#define TQ_SERVE_ROUTE_H

#include "serve/uri.h"

struct tq_dialect;

/* What a key must allow; OPEN needs none. */
enum tq_scope { TQ_SCOPE_OPEN = 0, TQ_SCOPE_READ = 1, TQ_SCOPE_SUBMIT = 2,
	TQ_SCOPE_ADMIN = 4 };

enum tq_route_id {
	TQ_R_SUBMIT, TQ_R_BATCH, TQ_R_LIST, TQ_R_GET, TQ_R_CANCEL,
	TQ_R_REDRIVE, TQ_R_OUTPUT, TQ_R_INPUT, TQ_R_LOG, TQ_R_EVENTS,
	TQ_R_SUMMARY, TQ_R_WORKERS, TQ_R_SESSION_GET, TQ_R_SESSION_PUT,
	TQ_R_SESSION_END, TQ_R_HEALTH, TQ_R_READY, TQ_R_METRICS,
	TQ_R_OPENAPI, TQ_R_DIALECT_SUBMIT, TQ_R_DIALECT_GET,
	TQ_R_DIALECT_HEALTH, TQ_R_ID_MAX
};

/* What a request's body may be. */
enum tq_body { TQ_BODY_NONE, TQ_BODY_JSON, TQ_BODY_NDJSON, TQ_BODY_TASK };

struct tq_route {
	const char		*method;
	const char		*pattern;	/* "{id}" stands for one name */
	enum tq_route_id	 id;
	enum tq_scope		 scope;
	enum tq_body		 body;
	const char		*summary;
	const char		*params;	/* of the query, by blanks */
	const char		*answers;	/* statuses, by blanks */
	const struct tq_dialect	*dialect;
};

/* tq_routes(n): the table, dialects included; made at the first call. */
const struct tq_route *tq_routes(size_t *n);

/*
 * tq_route_find(method, u, id, allow):
 * The route of a target, HEAD counting as GET; *${id} is what stood for
 * "{id}" (or NULL).  NULL when there is none; ${allow} then names the methods
 * that the path has ("" : no such path).
 */
const struct tq_route *tq_route_find(const char *method,
    const struct tq_uri *u, const char **id, char allow[64]);

/*
 * tq_route_param_ok(r, u, bad): are all query parameters known to ${r}?
 * *${bad} names the first that is not.
 */
bool tq_route_param_ok(const struct tq_route *r, const struct tq_uri *u,
    const char **bad);

#endif
