/*
 * lib/serve/server/route.h -- what the server serves, as its API hands it over:
 * a table of addresses, which finds handlers, tells 404 from 405, and is what
 * /openapi.json prints.
 */
#ifndef TQ_SERVE_ROUTE_H
#define TQ_SERVE_ROUTE_H

#include <microhttpd.h>

#include "serve/server/keys.h"
#include "serve/http/problem.h"
#include "serve/http/uri.h"

struct sv_req;
struct tq_dialect;

/* Answers ${r}, or suspends it and names the next handler. */
typedef enum MHD_Result sv_handler(struct sv_req *r);

/* The kinds of bodies of requests. */
enum tq_body { TQ_BODY_NONE, TQ_BODY_JSON, TQ_BODY_NDJSON, TQ_BODY_TASK,
	TQ_BODY_ANY /* JSON, whatever it is called */ };

struct sv_route {
	const char	*method;
	const char	*pattern;	/* "{id}" stands for one name */
	const char	*name;		/* operationId */
	sv_handler	*run;
	enum tq_scope	 scope;
	enum tq_body	 body;
	const char	*summary;
	const char	*params;	/* of the query, by blanks */
	const char	*answers;	/* statuses, by blanks */
	const struct tq_dialect *dialect;	/* NULL: tq's own words */
};

struct sv_api {
	const struct sv_route *routes;
	size_t		 nroutes;
	sv_handler	*other;		/* GET of what no route has ... */
	bool (*has_other)(struct sv_req *r);	/* ... and is there anything? */
	/*
	 * Appends an error's body in the words of a route's dialect; returns
	 * its status and, in *${type}, its Content-Type.
	 */
	int		(*error)(const struct tq_dialect *d,
			    enum tq_problem_id id, const char *detail,
			    const char *path, int64_t now, struct tq_buf *b,
			    const char **type);
};

/*
 * sv_route_find(api, method, u, id, allow):
 * The route of a target, HEAD counting as GET; *${id} is what stood for
 * "{id}" (or NULL).  NULL when there is none; ${allow} then names the methods
 * that the path has ("" : no such path).
 */
const struct sv_route *sv_route_find(const struct sv_api *api,
    const char *method, const struct tq_uri *u, const char **id,
    char allow[64]);

/*
 * sv_route_param_ok(r, u, bad): are all query parameters known to ${r}?
 * *${bad} names the first that is not.
 */
bool sv_route_param_ok(const struct sv_route *r, const struct tq_uri *u,
    const char **bad);

#endif
