/* lib/net/http_inside.h -- a request on its way; see http.h. */
#ifndef TQ_NET_HTTP_INSIDE_H
#define TQ_NET_HTTP_INSIDE_H

#include <curl/curl.h>

#include "net/http.h"

struct tq_http_share;

/* A slot for one request at a time; its easy handle is used again. */
struct tq_http_job {
	CURL		*easy;
	const struct tq_http_req *req;	/* NULL: free */
	struct tq_http_res *res;
	struct curl_slist *headers;
	int64_t		 uploaded;
	int		 io_errno;
	bool		 too_big;
	bool		 drop;		/* head of an answer that is not last */
	char		 said[CURL_ERROR_SIZE];
};

/* What a client and its siblings have in common. */
struct tq_http_common {
	struct tq_http_share *share;
	CURLSH		*curlsh;
	char		*ca_bundle, *user_agent;	/* or NULL */
	int64_t		 connect_ms;
	size_t		 conns;
};

/*
 * tq_http_job_start(j, c): make j->easy ready to send j->req.  Returns 0, or
 * -1 with j->res->err.
 */
int tq_http_job_start(struct tq_http_job *j, const struct tq_http_common *c);

/* tq_http_job_end(j, rc): fill in j->res; the slot is free after. */
void tq_http_job_end(struct tq_http_job *j, CURLcode rc);

/* tq_http_job_fail(j, code, retryable, what): so that res->err says. */
void tq_http_job_fail(struct tq_http_job *j, enum tq_code code,
    bool retryable, const char *what);

/*
 * What siblings share, counted: _new has one reference (NULL: no memory),
 * _ref adds one, _free takes one away.  Thread-safe.
 */
struct tq_http_share *tq_http_share_new(void);
CURLSH *tq_http_share_ref(struct tq_http_share *s);
void tq_http_share_free(struct tq_http_share *s);

#endif
