/*
 * lib/net/fetch.h -- the guarded downloader: a URL that a user named, read
 * by a machine that can reach more than the user.
 *
 * It lives in tq-net.so.  A tool includes this file for its types and calls
 * through the module, so that only a task with such an input loads libcurl:
 *
 *	const struct tq_net_module *net;
 *
 *	net = tq_module_symbol(TQ_NET_SO, TQ_NET_MODULE, &err);
 *	if (net != NULL && net->fetch(url, fd, &opts, &got, &err) == 0)
 *		... ${fd} holds got.bytes bytes
 */
#ifndef TQ_NET_FETCH_H
#define TQ_NET_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/cidr.h"
#include "util/module.h"

struct tq_env;

#define TQ_FETCH_MAX_BYTES	(5ull * 1024 * 1024 * 1024)
#define TQ_FETCH_CONNECT_MS	10000
#define TQ_FETCH_TOTAL_MS	120000	/* and more for bytes that came: */
#define TQ_FETCH_MIB_MS		1000	/* for each MiB */
#define TQ_FETCH_SLOW_BYTES	1024	/* per second, for so long: */
#define TQ_FETCH_SLOW_MS	20000
#define TQ_FETCH_REDIRECTS	5
#define TQ_FETCH_AFTER_MAX_S	21600	/* of Retry-After; libcurl 8's own cap */
#define TQ_FETCH_HEAD_MAX	(256u * 1024)	/* all headers of all answers */

/* Zero stands for the default above. */
struct tq_fetch_opts {
	uint64_t	 max_bytes;
	int64_t		 connect_ms;
	int64_t		 total_ms;	/* redirects included; see above */
	int64_t		 slow_bytes;	/* give up below this rate */
	int64_t		 slow_ms;	/* rounded to seconds */
	const struct tq_cidr *allow;	/* may be reached all the same */
	size_t		 nallow;
	const struct tq_env *env;	/* TQ_S3_MODULE's */
	/*
	 * confine(ca, err): take this process's powers away.  Called once all
	 * that libraries load is loaded, before the first byte from a
	 * stranger; ${ca} is a file of certificates that has to stay readable,
	 * or NULL.  NULL: nothing is called.  Its failure is that of the
	 * fetch, its error as it is.
	 */
	int		(*confine)(const char *ca, struct tq_err *err);
};

struct tq_fetch_got {
	uint64_t	bytes;		/* written */
	int		status;		/* HTTP's, the last one; 0: none */
	int64_t		retry_after_ms;	/* -1: the server did not say */
};

/*
 * tq_fetch(url, fd, o, got, err):
 * GET ${url} and write the body to ${fd}.  Blocks: meant for a child process
 * that the caller kills to cancel it.
 *
 * Connects only where tq_net_addr_ok() allows, whatever name, spelling or
 * redirect led there, and never through a proxy; sends no credentials.
 * Follows up to TQ_FETCH_REDIRECTS to http: and https: only.  The bytes are
 * those of the resource: no compression is asked for, and gzip or deflate
 * undone where a server uses it.
 *
 * Returns 0, or -1 with stage fetch and a message that begins with the URL
 * (tq_url_show()); then ${fd} may hold a part of the body.  ${got} is filled
 * in either case.  err->retryable tells what may pass from what won't:
 *	TQ_E_DENIED	a refused address; HTTP 401, 403		no
 *	TQ_E_NOTFOUND	HTTP 404, 410					no
 *	TQ_E_TOOBIG	over max_bytes, or headers without end		no
 *	TQ_E_DATA	not a URL we fetch, redirects without end,
 *			other answers than 2xx				no
 *	TQ_E_THROTTLED	HTTP 429					yes
 *	TQ_E_TIMEOUT	connect_ms, total_ms, slow; HTTP 408, 425	yes
 *	TQ_E_UNAVAILABLE  name or host not reached, connection lost,
 *			certificate not good, HTTP 5xx			yes
 *	TQ_E_IO		${fd} could not be written			yes
 */
typedef int tq_fetch_fn(const char *url, int fd,
    const struct tq_fetch_opts *o, struct tq_fetch_got *got,
    struct tq_err *err);

tq_fetch_fn tq_fetch;

/*
 * tq_post(url, headers, body, o, got, err):
 * POST ${body} to ${url} with these ${headers}, lines of "Name: value\n", under
 * the same guards, but that no redirect is followed: 3xx is TQ_E_DATA.  What
 * the answer says is counted and thrown away.  Blocks, returns and fails as
 * tq_fetch() does.
 */
typedef int tq_post_fn(const char *url, const char *headers,
    struct tq_span body, const struct tq_fetch_opts *o,
    struct tq_fetch_got *got, struct tq_err *err);

tq_post_fn tq_post;

/* What tq-net.so shows to the tools that load it. */
struct tq_net_module {
	uint32_t	 version;	/* TQ_NET_VERSION */
	tq_fetch_fn	*fetch;
	tq_post_fn	*post;		/* NULL in TQ_S3_MODULE */
};

#define TQ_NET_MODULE	"tq_net_module"
#define TQ_NET_VERSION	4u	/* +1 with each change of the structs here */

/*
 * One of the same kind, whose fetch reads s3://BUCKET/KEY from S3 with the
 * credentials that are found in ${o}->env: lib/aws/s3_input.h.  Of the options
 * it looks at env and max_bytes (default: TQ_OUTPUT_MAX) only: the service is
 * trusted.
 */
#define TQ_S3_MODULE	"tq_s3_module"

extern TQ_EXPORT const struct tq_net_module tq_net_module;

#endif
