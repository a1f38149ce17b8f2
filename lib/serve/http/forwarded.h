/*
 * lib/serve/http/forwarded.h -- what a reverse proxy says about a request that
 * it passes on: Forwarded (RFC 7239) and the X-Forwarded- fields.  Pure.
 */
#ifndef TQ_SERVE_FORWARDED_H
#define TQ_SERVE_FORWARDED_H

#include "util/buf.h"
#include "util/cidr.h"

/* The fields as they came; NULL: not there. */
struct tq_via {
	const char	*forwarded;
	const char	*x_for, *x_proto, *x_prefix;
};

struct tq_forwarded {
	bool		 has_client;
	struct tq_ip	 client;
	bool		 tls;		/* the client came by https */
	const char *prefix; /* "/tq", where the proxy has put us; "" */
};

/*
 * tq_forwarded(v, trusted, n, a, out):
 * Read the fields of a request that came from a trusted proxy.  The client is
 * the address furthest to the right that is not itself one of the ${n}
 * ${trusted}: what stands before it anybody may have written.  Forwarded is
 * read when there is no X-Forwarded-For.  A prefix that is not plain path
 * segments is passed over.
 */
void tq_forwarded(const struct tq_via *v, const struct tq_cidr *trusted,
    size_t n, struct tq_arena *a, struct tq_forwarded *out);

#endif
