/* lib/serve/api/schema.h -- what answers look like, for /openapi.json.  Pure.
 */
#ifndef TQ_SERVE_SCHEMA_H
#define TQ_SERVE_SCHEMA_H

#include "serve/server/route.h"

/* The content of a route's answer. */
struct tq_content {
	const char	*type;		/* media type; NULL: no body */
	const char	*schema;	/* a name of a schema; NULL: bytes */
};

/* tq_content_of(r, status): what ${r} answers with this status. */
struct tq_content tq_content_of(const struct sv_route *r, int status);

/* tq_schemas_write(b): append all schemas, as members of an object. */
void tq_schemas_write(struct tq_buf *b);

#endif
