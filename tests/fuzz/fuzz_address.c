/*
 * tests/fuzz/fuzz_address.c -- any bytes as an address that a task or an operator
 * names: of a machine ('a'), a range of them ('c'), a URL ('u'), an object in S3 or
 * another input ('i'), and X-Ray's of a trace ('x').
 *
 * Beyond "no crash": what is shown of a URL has no password and no query; no private
 * address is reached without leave, whichever way it is written; a refusal says why;
 * a range, an object and a trace are the same when they were written and read again.
 */
#include "fuzz.h"

#include <netinet/in.h>

#include "net/addr.h"
#include "task/input.h"
#include "task/trace.h"
#include "util/err.h"
#include "util/s3url.h"
#include "util/url.h"

/* -- machines ------------------------------------------------------------------------ */

static struct sockaddr_in
ipv4(const uint8_t b[4], uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_port = htons(port) };

	memcpy(&sa.sin_addr, b, 4);
	return sa;
}

static struct sockaddr_in6
ipv6(const uint8_t front[12], const uint8_t b[4], uint16_t port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };

	memcpy(&sa.sin6_addr, front, 12);
	memcpy((char *)&sa.sin6_addr + 12, b, 4);
	return sa;
}

static bool
ok(const void *sa, const struct tq_cidr *allow, size_t n)
{
	char why[TQ_NET_WHY_MAX] = "";
	bool yes = tq_net_addr_ok(sa, allow, n, why);

	MUST(yes || (why[0] != '\0' && strlen(why) < sizeof(why)));
	return yes;
}

/* The ranges that matter most, said once more. */
static bool
private_v4(const uint8_t b[4])
{
	return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 ||
	    (b[0] == 169 && b[1] == 254) || (b[0] == 192 && b[1] == 168) ||
	    (b[0] == 172 && b[1] >> 4 == 1) || (b[0] == 100 && b[1] >> 6 == 1);
}

static void
machine(const uint8_t *p, size_t n)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff },
	    nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	struct tq_cidr own;
	bool yes;

	if (n < 18)
		return;
	four = ipv4(p, (uint16_t)(p[16] << 8 | p[17]));
	yes = ok(&four, NULL, 0);
	MUST(!yes || (!private_v4(p) && (ntohs(four.sin_port) == 80 ||
	    ntohs(four.sin_port) == 443)));
	six = ipv6(mapped, p, ntohs(four.sin_port));
	MUST(ok(&six, NULL, 0) == yes);
	six = ipv6(nat64, p, 443);
	MUST(!private_v4(p) || !ok(&six, NULL, 0));
	/* Outside of 2000::/3 nothing is public. */
	six = ipv6(p, p + 12, 443);
	MUST(p[0] >> 5 == 1 || memcmp(p, mapped, 12) == 0 ||
	    memcmp(p, nat64, 12) == 0 || !ok(&six, NULL, 0));
	own.bits = 128;
	MUST(tq_ip_of((struct sockaddr *)&six, &own.ip, NULL));
	if (own.ip.v4)
		own.bits = 32;
	MUST(ok(&six, &own, 1));
}

static void
range(const char *s)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_cidr c, again;
	char ip[TQ_IP_TEXT], text[TQ_IP_TEXT + 8];

	if (tq_cidr_parse(s, &c, &err) == -1) {
		MUST(err.code == TQ_E_USAGE && err.msg[0] != '\0');
		return;
	}
	MUST(c.bits <= (c.ip.v4 ? 32 : 128) && tq_cidr_has(&c, &c.ip));
	snprintf(text, sizeof(text), "%s/%u", tq_ip_text(&c.ip, ip), c.bits);
	MUST(tq_cidr_parse(text, &again, NULL) == 0);
	MUST(again.bits == c.bits && again.ip.v4 == c.ip.v4 &&
	    memcmp(again.ip.b, c.ip.b, sizeof(c.ip.b)) == 0);
}

/* -- URLs -------------------------------------------------------------------------------- */

static void
url(const char *s)
{
	struct tq_err err = TQ_ERR_INIT;
	char shown[TQ_URL_SHOWN];
	const char *host;

	tq_url_show(s, shown);
	MUST(strlen(shown) < sizeof(shown) && strpbrk(shown, "?#") == NULL);
	if (tq_url_check(s, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
		return;
	}
	MUST((host = strstr(s, "://")) != NULL);
	MUST(memchr(host + 3, '@', strcspn(host + 3, "/?#")) == NULL);
	MUST(strpbrk(s, " \t\r\n") == NULL);
}

static void
object(const char *s)
{
	struct tq_span bucket;
	const char *key;
	char *again;

	if (!tq_s3url(s, &bucket, &key))
		return;
	MUST(bucket.n >= 3 && bucket.n <= 255 && key[0] != '\0');
	MUST(memchr(bucket.p, '/', bucket.n) == NULL);
	MUST(asprintf(&again, "s3://%.*s/%s", (int)bucket.n, bucket.p, key) >
	    0);
	MUST(strlen(again) == strlen(s) && strcmp(again + 5, s + 5) == 0);
	MUST(tq_input_kind(s) == TQ_INPUT_S3);
	free(again);
}

static void
input(const char *s, struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	const char *name = tq_input_name(s, a);

	object(s);
	if (tq_input_check(s, &err) == -1)
		MUST((err.code == TQ_E_DATA || err.code == TQ_E_TOOBIG) &&
		    err.msg[0] != '\0');
	else
		MUST(tq_input_kind(s) != TQ_INPUT_OTHER);
	MUST(name == NULL || tq_input_name_ok(name));
}

static void
trace(const char *s)
{
	char out[TQ_TRACEPARENT];

	if (tq_traceparent_of_xray(s, out))
		MUST(tq_traceparent_ok(out));
	if (tq_traceparent_ok(s))
		MUST(strlen(s) == TQ_TRACEPARENT - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	char *s;

	if (n == 0)
		return 0;
	s = fuzz_string(data + 1, n - 1);
	switch (data[0]) {
	case 'a': machine(data + 1, n - 1); break;
	case 'c': range(s); break;
	case 'u': url(s); break;
	case 'i': input(s, &a); break;
	case 'x': trace(s); break;
	}
	free(s);
	tq_arena_free(&a);
	return 0;
}
