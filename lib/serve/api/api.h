/* lib/serve/api/api.h -- tq's REST interface, for tq_serve_start(). */
#ifndef TQ_SERVE_API_H
#define TQ_SERVE_API_H

struct sv_api;

/* tq_serve_api(): the routes of /v1, the dialects and the page; static. */
const struct sv_api *tq_serve_api(void);

#endif
