/*
 * lib/net/http.h -- an HTTP client for services that are trusted: many
 * requests at once over connections that are kept.
 *
 * HTTP/1.1 only, no redirects followed, "Expect:" never sent, no header
 * implied but Host, User-Agent and Content-Length.  Proxies are taken from
 * the environment (HTTPS_PROXY, NO_PROXY, ...), as the AWS SDKs do.
 *
 * libcurl itself sends a request again when a kept connection has died
 * before one byte of the answer came: every write must bear being done twice.
 */
#ifndef TQ_NET_HTTP_H
#define TQ_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define TQ_HTTP_CONNECT_MS	3100	/* the AWS SDKs' "standard" */
#define TQ_HTTP_TIMEOUT_MS	60000
#define TQ_HTTP_STOP_MS		1000	/* for answers, once tq_stopped() */
#define TQ_HTTP_CONNS		64
#define TQ_HTTP_BODY_MAX	(32u * 1024 * 1024)
#define TQ_HTTP_HEAD_MAX	(64u * 1024)

/* Zero or NULL stands for the default. */
struct tq_http_opts {
	const char	*ca_bundle;	/* a file; default: the system's */
	const char	*user_agent;
	int64_t		 connect_ms;
	size_t		 conns;		/* requests at a time; more wait */
	const struct tq_env *env;	/* whose user may stop it; NULL: none */
};

struct tq_http_header {
	const char	*name, *value;
};

/* Part of a file, to be sent. */
struct tq_http_upload {
	int		fd;		/* read with pread() */
	int64_t		at, size;
};

struct tq_http_req {
	const char	*method;	/* GET HEAD PUT POST DELETE ... */
	const char	*url;		/* sent as it is: "/../" too */
	const struct tq_http_header *headers;
	size_t		 nheaders;
	struct tq_span	 body;		/* or: */
	const struct tq_http_upload *upload;
	int64_t		 timeout_ms;	/* from when it is sent; 0: default */
	size_t		 body_max;	/* of the answer; 0: default */
	/*
	 * For large answers: those of status 2xx are written here, with no
	 * maximum; the bodies of others are in res.body.
	 */
	bool		 to_fd;
	int		 fd;
	bool		 direct;	/* by no proxy: instance metadata */
};

struct tq_http_res {
	int		 status;	/* 0: no answer: then err says why */
	struct tq_buf	 head;		/* see tq_http_header() */
	struct tq_buf	 body;
	int64_t		 date_ms;	/* of the Date header; 0: none */
	int64_t		 took_ms;
	bool		 sent;		/* if it failed: some of it was sent,
					   so it may have been done */
	struct tq_err	 err;		/* err.code is TQ_OK for an answer */
	bool		 checked;	/* the caller's note that the body is as
					   it should be; false at first */
};

struct tq_env;
struct tq_http;

/*
 * tq_http_new(opts, out, err):
 * A client, with its own connections, for one thread at a time.
 * tq_http_sibling(h, out, err):
 * Another one like ${h}, for another thread or so that quick requests never
 * wait behind long polls; TLS sessions and resolved names are shared.  Fails
 * with stage send, TQ_E_NOMEM.
 */
int tq_http_new(const struct tq_http_opts *opts, struct tq_http **out,
    struct tq_err *err);
int tq_http_sibling(struct tq_http *h, struct tq_http **out,
    struct tq_err *err);

/* tq_http_free(h): closes its connections; NULL is fine. */
void tq_http_free(struct tq_http *h);

/*
 * tq_http_perform(h, reqs, n, res):
 * Send all and wait for all.  Returns how many got no answer: there res[i].err
 * is set, stage send, retryable, with a message that begins with the URL:
 *	TQ_E_UNAVAILABLE   not resolved, not connected, reset, TLS
 *	TQ_E_TIMEOUT	   connect_ms or timeout_ms
 *	TQ_E_INTR	   tq_http_wake(), or TQ_HTTP_STOP_MS after tq_stopped()
 *	TQ_E_TOOBIG	   the answer is over body_max (not retryable)
 *	TQ_E_IO		   upload or download descriptor
 *	TQ_E_DATA	   the URL or a header can't be sent (not retryable)
 * HTTP errors are answers.  The results are the caller's to free; what they
 * held before is not looked at.
 */
size_t tq_http_perform(struct tq_http *h, const struct tq_http_req *reqs,
    size_t n, struct tq_http_res *res);

/*
 * tq_http_wake(h):
 * From any thread: the tq_http_perform() that runs, or else
 * the next one, ends at once; what has no answer by then has TQ_E_INTR.
 */
void tq_http_wake(struct tq_http *h);

/*
 * tq_http_get(r, name):
 * The value of the answer's first header ${name}, in any case; NULL: none.
 */
const char *tq_http_get(const struct tq_http_res *r, const char *name);

/* tq_http_res_free(r): a zeroed one may be freed, and one twice. */
void tq_http_res_free(struct tq_http_res *r);

#endif
