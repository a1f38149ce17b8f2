/* lib/net/fetch_inside.h -- a download on its way; see fetch.h. */
#ifndef TQ_NET_FETCH_INSIDE_H
#define TQ_NET_FETCH_INSIDE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "net/addr.h"
#include "net/fetch.h"

struct tq_err;

struct tq_fetching {
	const char	*url;
	const struct tq_fetch_opts *o;
	struct tq_fetch_got *got;
	CURL		*easy;
	struct curl_slist *headers;
	int		 fd;
	uint64_t	 max;
	int64_t		 born_us;
	bool		 too_slow;
	size_t		 head;		/* bytes of headers */
	bool		 head_too_big;
	bool		 too_big;
	int		 write_errno;
	long		 hop;		/* redirects so far; of these: */
	bool		 tried;		/* an address was allowed */
	bool		 refused;	/* one was not */
	char		 why[TQ_NET_WHY_MAX];
};

/*
 * tq_fetch_may_take(o, bytes): in ms, when so many have come.  A server that
 * sends 5 GiB may take its time, one that trickles must not keep us.
 */
int64_t tq_fetch_may_take(const struct tq_fetch_opts *o, uint64_t bytes);

/*
 * tq_fetching_failed(f, rc, said, err):
 * 0 when ${f} has ended well; else -1 with what fetch.h promises in ${err}.
 * ${said} is libcurl's own message, perhaps "".
 */
int tq_fetching_failed(const struct tq_fetching *f, CURLcode rc,
    const char *said, struct tq_err *err);

#endif
