/* lib/util/cidr.h -- IP addresses and ranges of them.  Pure. */
#ifndef TQ_CIDR_H
#define TQ_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr; struct tq_err;

/* An address.  One of IPv4 that is mapped into IPv6 is one of IPv4. */
struct tq_ip {
	bool		v4;
	uint8_t		b[16];		/* 4 of them for IPv4; the rest 0 */
};

/* All addresses that begin with the ${bits} bits of ${ip}. */
struct tq_cidr {
	struct tq_ip	ip;
	unsigned	bits;
};

#define TQ_IP_TEXT	48		/* room for any tq_ip_text() */

/*
 * tq_ip_of(sa, ip, port):
 * The address and port of a socket address; false when it is of another
 * family than IPv4 and IPv6.  ${port} may be NULL.
 */
bool tq_ip_of(const struct sockaddr *sa, struct tq_ip *ip, unsigned *port);

/* tq_ip_text(ip, out): "127.0.0.1", "fe80::1"; returns ${out}. */
const char *tq_ip_text(const struct tq_ip *ip, char out[TQ_IP_TEXT]);

/*
 * tq_cidr_parse(s, c, err):
 * "10.0.0.0/8", "fd00::/8", or an address alone, which stands for itself
 * only.  Numbers are decimal and complete.  Returns 0, or -1 with stage
 * config, TQ_E_USAGE and ${c} unchanged: bits behind the prefix are refused
 * too, as 10.1.0.0/8 may have been meant as either of two things.
 */
int tq_cidr_parse(const char *s, struct tq_cidr *c, struct tq_err *err);

/* tq_cidr_has(c, ip): is ${ip} in the range?  No range has both families. */
bool tq_cidr_has(const struct tq_cidr *c, const struct tq_ip *ip);

/* tq_cidr_any(v, n, ip): is it in one of the ${n} ranges? */
bool tq_cidr_any(const struct tq_cidr *v, size_t n, const struct tq_ip *ip);

#endif
