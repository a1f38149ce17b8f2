/* lib/net/http_inside.h -- a request on its way; see http.h. */
#ifndef TQ_NET_HTTP_INSIDE_H
#define TQ_NET_HTTP_INSIDE_H

#include <curl/curl.h>

#include "net/http.h"

struct tq_http_share;

/* For one request at a time; its easy handle is used again. */
struct tq_http_xfer {
	CURL		*easy;
	const struct tq_http_req *req;	/* NULL: free */
	struct tq_http_res *res;
	struct curl_slist *headers;
	int64_t		 uploaded;
	int		 io_errno;
	bool		 too_big;
	bool		 dressed;	/* has the options all requests share */
	char		 date[40];	/* the last Date header, and what it is */
	int64_t		 date_ms;
	char		 said[CURL_ERROR_SIZE];
};

/*
 * libcurl's sockets and timer on an epoll, for one thread; only
 * tq_http_loop_wake() may come from another, or from a signal handler.
 * tq_http_loop_turn(l, max_ms): hand on what came in; sleep until something
 * does, or for ${max_ms} (-1: for ever).  It may also return for nothing.
 */
struct tq_http_loop {
	CURLM		*multi;
	int		 epoll, wake;	/* 0: not open */
	int64_t		 due_us;	/* libcurl's timer; 0: now, INT64_MAX: off */
};

int tq_http_loop_init(struct tq_http_loop *l, CURLM *multi);
void tq_http_loop_free(struct tq_http_loop *l);
void tq_http_loop_turn(struct tq_http_loop *l, int max_ms);
void tq_http_loop_wake(struct tq_http_loop *l);

/* The part that a client and its siblings share. */
struct tq_http_common {
	struct tq_http_share *share;
	CURLSH		*curlsh;
	char		*ca_bundle, *user_agent;	/* or NULL */
	int64_t		 connect_ms;
	size_t		 conns;
	const struct tq_env *env;	/* or NULL */
};

/*
 * tq_http_xfer_start(x, c): make x->easy ready to send x->req.  Returns 0, or
 * -1 with x->res->err.
 */
int tq_http_xfer_start(struct tq_http_xfer *x, const struct tq_http_common *c);

/*
 * tq_http_xfer_rest(x): no request for now.  Options of the last one stay in
 * the easy handle if the next one sets them anyhow.
 */
void tq_http_xfer_rest(struct tq_http_xfer *x);

/* tq_http_xfer_end(x, rc): fill in x->res; ${x} is free after. */
void tq_http_xfer_end(struct tq_http_xfer *x, CURLcode rc);

/* tq_http_xfer_fail(x, code, retryable, what): so that res->err says. */
void tq_http_xfer_fail(struct tq_http_xfer *x, enum tq_code code,
    bool retryable, const char *what);

/*
 * The part of siblings, counted: _new has one reference (NULL: no memory),
 * _ref adds one, _free takes one away.  Thread-safe.
 */
struct tq_http_share *tq_http_share_new(void);
CURLSH *tq_http_share_ref(struct tq_http_share *s);
void tq_http_share_free(struct tq_http_share *s);

#endif
