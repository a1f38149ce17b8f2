/*
 * lib/net/addr.h -- which addresses a URL of a user may lead to.  Pure.
 *
 * Asked with what a name has resolved to, right before the connection is
 * made: so odd spellings, redirects and names that change their address
 * between two look-ups make no difference.
 */
#ifndef TQ_NET_ADDR_H
#define TQ_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "util/cidr.h"

#define TQ_NET_WHY_MAX	160

/*
 * tq_net_addr_ok(sa, allow, n, why):
 * May ${sa} be connected to?  Yes: a public address at port 80 or 443, and
 * anything in one of the ${n} ranges ${allow}, at any port.  If not, ${why}
 * is a clause that names the address: "127.0.0.1 is a loopback address".
 */
bool tq_net_addr_ok(const struct sockaddr *sa, const struct tq_cidr *allow,
    size_t n, char why[TQ_NET_WHY_MAX]);

#endif
