/* lib/serve/api/openapi.h -- the route table as an OpenAPI document.  Pure. */
#ifndef TQ_SERVE_OPENAPI_H
#define TQ_SERVE_OPENAPI_H

#include "serve/server/route.h"

/* tq_openapi_write(api, b): append the OpenAPI 3.1 document of ${api}. */
void tq_openapi_write(const struct sv_api *api, struct tq_buf *b);

#endif
