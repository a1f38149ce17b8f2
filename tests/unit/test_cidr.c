/* lib/util/cidr: addresses and ranges, as people write them. */
#include "util/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "t.h"
#include "util/err.h"

/* ${s} as what a socket would say. */
static struct tq_ip
ip(const char *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(80) };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6,
	    .sin6_port = htons(80) };
	struct tq_ip out = { false, { 0 } };
	unsigned port = 0;

	if (inet_pton(AF_INET, s, &a.sin_addr) == 1)
		T_OK(tq_ip_of((struct sockaddr *)&a, &out, &port));
	else if (inet_pton(AF_INET6, s, &b.sin6_addr) == 1)
		T_OK(tq_ip_of((struct sockaddr *)&b, &out, &port));
	T_INT(port, 80);
	return out;
}

static void
test_text(void)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct tq_ip x;
	char out[TQ_IP_TEXT];

	x = ip("127.0.0.1");
	T_STR(tq_ip_text(&x, out), "127.0.0.1");
	x = ip("::ffff:127.0.0.1");
	T_STR(tq_ip_text(&x, out), "127.0.0.1");
	x = ip("2001:DB8:0::1");
	T_STR(tq_ip_text(&x, out), "2001:db8::1");
	T_OK(!tq_ip_of(&other, &x, NULL));
}

static void
test_ranges(void)
{
	static const struct {
		const char	*range, *addr;
		bool		in;
	} table[] = {
		{ "10.0.0.0/8", "10.0.0.0", true },
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "9.255.255.255", false },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", true },
		{ "172.16.0.0/12", "172.31.255.255", true },
		{ "172.16.0.0/12", "172.32.0.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "::1", true },
		{ "::/0", "10.0.0.1", false },
		{ "::/0", "::ffff:10.0.0.1", false },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fc00::1", false },
		{ "fe80::/10", "febf::1", true },
		{ "fe80::/10", "fec0::1", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
	};
	struct tq_cidr c;
	struct tq_ip x;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		T_INT(tq_cidr_parse(table[i].range, &c, NULL), 0);
		x = ip(table[i].addr);
		if (tq_cidr_has(&c, &x) != table[i].in)
			T_FAIL("%s in %s is not %d", table[i].addr,
			    table[i].range, table[i].in);
	}
}

static void
test_any(void)
{
	struct tq_cidr c[2];
	struct tq_ip x = ip("fd00::1");

	T_INT(tq_cidr_parse("10.0.0.0/8", &c[0], NULL), 0);
	T_INT(tq_cidr_parse("fd00::/8", &c[1], NULL), 0);
	T_OK(tq_cidr_any(c, 2, &x));
	T_OK(!tq_cidr_any(c, 1, &x));
	T_OK(!tq_cidr_any(NULL, 0, &x));
}

static void
test_bad(void)
{
	static const char *const bad[] = {
		"", "/", "/8", "10", "10.0.0", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8/8",
		"10.0.0.0/0x8", "010.0.0.0/8", "10.0.0.0.0", "localhost",
		"::/129", "::1/", "fe80::1%lo", "::ffff:10.0.0.0/95",
		"10.1.0.0/8", "fd00::1/8", "0.0.0.1/0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct tq_cidr c = { .bits = 99 };
	struct tq_err err;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		if (tq_cidr_parse(bad[i], &c, &err) == 0)
			T_FAIL("\"%s\" is taken", bad[i]);
		T_INT(err.code, TQ_E_USAGE);
		T_OK(strstr(err.msg, bad[i]) != NULL);
		T_INT(c.bits, 99);
	}
	T_INT(tq_cidr_parse("10.1.2.3/8", &c, &err), -1);
	T_STR(err.msg, "10.1.2.3/8 has bits behind its prefix: 10.0.0.0/8 or "
	    "10.1.2.3?");
}

T_MAIN(
    { "an address has one text", test_text },
    { "a range has what it should, and its neighbours not", test_ranges },
    { "any of several ranges is enough", test_any },
    { "what is no range is refused and named", test_bad })
