/* lib/net/addr.c -- see addr.h. */
#include "net/addr.h"

#include <stdio.h>
#include <string.h>

struct range {
	uint8_t		 b[6];		/* the rest is zero */
	unsigned	 bits;
	const char	*what;
};

/* IANA's special-purpose registry, and one public address that is not. */
static const struct range deny_v4[] = {
	{ { 0 }, 8, "an address of this host" },
	{ { 10 }, 8, "a private address" },
	{ { 100, 64 }, 10, "a private (carrier or cloud) address" },
	{ { 127 }, 8, "a loopback address" },
	{ { 168, 63, 129, 16 }, 32, "a cloud's metadata address" },
	{ { 169, 254 }, 16, "a link-local (cloud metadata) address" },
	{ { 172, 16 }, 12, "a private address" },
	{ { 192, 0, 0 }, 24, "a special address" },
	{ { 192, 0, 2 }, 24, "an address for documentation" },
	{ { 192, 88, 99 }, 24, "a 6to4 relay" },
	{ { 192, 168 }, 16, "a private address" },
	{ { 198, 18 }, 15, "an address for benchmarks" },
	{ { 198, 51, 100 }, 24, "an address for documentation" },
	{ { 203, 0, 113 }, 24, "an address for documentation" },
	{ { 224 }, 4, "a multicast address" },
	{ { 240 }, 4, "a reserved address" },
};

/* Of 2000::/3, outside of which nothing is public; the names help people. */
static const struct range deny_v6[] = {
	{ { 0x20, 0x01, 0, 0 }, 32, "a Teredo address" },
	{ { 0x20, 0x01, 0 }, 23, "a special address" },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "an address for documentation" },
	{ { 0x3f, 0xff, 0 }, 20, "an address for documentation" },
	{ { 0xfc }, 7, "a private address" },
	{ { 0xfe, 0x80 }, 10, "a link-local address" },
	{ { 0xff }, 8, "a multicast address" },
};

static const struct range public_v6 = { { 0x20 }, 3, NULL };

/* These carry an address of IPv4, at which the packets come out. */
static const struct {
	struct range	r;
	int		at;
} carry_v4[] = {
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96, "NAT64" }, 12 },
	{ { { 0x20, 0x02 }, 16, "6to4" }, 2 },
};

static bool
in(const struct range *r, const struct tq_ip *ip)
{
	struct tq_cidr c = { .ip = { .v4 = ip->v4 }, .bits = r->bits };

	memcpy(c.ip.b, r->b, sizeof(r->b));
	return tq_cidr_has(&c, ip);
}

static const char *
denied(const struct range *v, size_t n, const struct tq_ip *ip)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (in(&v[i], ip))
			return v[i].what;
	return NULL;
}

static const char *
denied_v4(const struct tq_ip *ip)
{
	return denied(deny_v4, sizeof(deny_v4) / sizeof(deny_v4[0]), ip);
}

/* The fault of an IPv6 address, or NULL; ${via} gets one that it carries. */
static const char *
denied_v6(const struct tq_ip *ip, struct tq_ip *via)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	const char *what;
	size_t i;

	for (i = 0; i < sizeof(carry_v4) / sizeof(carry_v4[0]); i++) {
		if (!in(&carry_v4[i].r, ip))
			continue;
		via->v4 = true;
		memcpy(via->b, ip->b + carry_v4[i].at, 4);
		return denied_v4(via);
	}
	if (memcmp(ip->b, loopback, sizeof(loopback)) == 0)
		return "a loopback address";
	what = denied(deny_v6, sizeof(deny_v6) / sizeof(deny_v6[0]), ip);
	if (what == NULL && !in(&public_v6, ip))
		what = "not a public address";
	return what;
}

bool
tq_net_addr_ok(const struct sockaddr *sa, const struct tq_cidr *allow,
    size_t n, char why[TQ_NET_WHY_MAX])
{
	char text[TQ_IP_TEXT], inner[TQ_IP_TEXT];
	struct tq_ip ip, via = { false, { 0 } };
	const char *what;
	unsigned port;

	if (!tq_ip_of(sa, &ip, &port)) {
		snprintf(why, TQ_NET_WHY_MAX, "it is no address of IPv4 or "
		    "IPv6");
		return false;
	}
	if (tq_cidr_any(allow, n, &ip))
		return true;
	what = ip.v4 ? denied_v4(&ip) : denied_v6(&ip, &via);
	tq_ip_text(&ip, text);
	if (what != NULL && via.v4)
		snprintf(why, TQ_NET_WHY_MAX, "%s leads to %s, %s", text,
		    tq_ip_text(&via, inner), what);
	else if (what != NULL)
		snprintf(why, TQ_NET_WHY_MAX, "%s is %s", text, what);
	else if (port != 80 && port != 443)
		snprintf(why, TQ_NET_WHY_MAX, "port %u of %s is neither 80 "
		    "nor 443", port, text);
	return what == NULL && (port == 80 || port == 443);
}
