/* lib/util/cidr.c -- see cidr.h. */
#include "util/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "util/err.h"
#include "util/str.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static void
from_v6(const uint8_t b[16], struct tq_ip *ip)
{
	memset(ip, 0, sizeof(*ip));
	ip->v4 = memcmp(b, mapped, sizeof(mapped)) == 0;
	if (ip->v4)
		memcpy(ip->b, b + 12, 4);
	else
		memcpy(ip->b, b, 16);
}

bool
tq_ip_of(const struct sockaddr *sa, struct tq_ip *ip, unsigned *port)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	in_port_t p;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		memset(ip, 0, sizeof(*ip));
		ip->v4 = true;
		memcpy(ip->b, &in.sin_addr, 4);
		p = in.sin_port;
		break;
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		from_v6(in6.sin6_addr.s6_addr, ip);
		p = in6.sin6_port;
		break;
	default:
		return false;
	}
	if (port != NULL)
		*port = ntohs(p);
	return true;
}

const char *
tq_ip_text(const struct tq_ip *ip, char out[TQ_IP_TEXT])
{
	inet_ntop(ip->v4 ? AF_INET : AF_INET6, ip->b, out, TQ_IP_TEXT);
	return out;
}

/* Have ${a} and ${b} the same first ${bits} bits? */
static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

static void
clear_behind(struct tq_ip *ip, unsigned bits)
{
	unsigned i;

	for (i = bits; i < 128; i++)
		ip->b[i / 8] &= (uint8_t)~(0x80u >> i % 8);
}

int
tq_cidr_parse(const char *s, struct tq_cidr *c, struct tq_err *err)
{
	char addr[TQ_IP_TEXT], text[TQ_IP_TEXT];
	size_t n = strcspn(s, "/");
	struct tq_ip ip, first;
	uint8_t b[16];
	int64_t bits;
	int max;

	if (n >= sizeof(addr))
		goto bad;
	memcpy(addr, s, n);
	addr[n] = '\0';
	memset(&ip, 0, sizeof(ip));
	if (inet_pton(AF_INET, addr, ip.b) == 1) {
		ip.v4 = true;
		max = 32;
	} else if (inet_pton(AF_INET6, addr, b) == 1) {
		from_v6(b, &ip);
		max = 128;
	} else {
		goto bad;
	}
	bits = max;
	if (s[n] == '/' && tq_str_int(s + n + 1, 0, max, &bits) == -1)
		goto bad;
	/* ::ffff:10.0.0.0/104 is 10.0.0.0/8; a wider one is of neither. */
	if (ip.v4 && max == 128 && (bits -= 96) < 0)
		goto bad;
	first = ip;
	clear_behind(&first, (unsigned)bits);
	if (memcmp(&first.b, &ip.b, sizeof(ip.b)) != 0)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "%s has bits behind its prefix: %s/%d or %s?", s,
		    tq_ip_text(&first, text), (int)bits, addr);
	*c = (struct tq_cidr){ ip, (unsigned)bits };
	return 0;
bad:
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
	    "\"%s\" is no address or range of addresses (10.0.0.0/8, "
	    "fd00::/8)", s);
}

bool
tq_cidr_has(const struct tq_cidr *c, const struct tq_ip *ip)
{
	return c->ip.v4 == ip->v4 && same_bits(c->ip.b, ip->b, c->bits);
}

bool
tq_cidr_any(const struct tq_cidr *v, size_t n, const struct tq_ip *ip)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (tq_cidr_has(&v[i], ip))
			return true;
	return false;
}
