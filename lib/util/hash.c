/*
 * lib/util/hash.c -- see hash.h.
 *
 * OpenSSL's plain SHA256_* functions rather than EVP: linked from the static
 * library they bring 20 KB and no start-up cost, where EVP needs the whole of
 * libcrypto and its providers (a millisecond in each one-shot tool).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "util/hash.h"

#include <openssl/sha.h>
#include <string.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct tq_sha256),
    "struct tq_sha256 is too small");

void
tq_sha256_init(struct tq_sha256 *h)
{
	SHA256_Init((SHA256_CTX *)(void *)h->state);
}

void
tq_sha256_add(struct tq_sha256 *h, const void *p, size_t n)
{
	SHA256_Update((SHA256_CTX *)(void *)h->state, p, n);
}

void
tq_sha256_end(struct tq_sha256 *h, uint8_t out[TQ_SHA256_LEN])
{
	SHA256_Final(out, (SHA256_CTX *)(void *)h->state);
}

void
tq_sha256_text(const char *s, uint8_t out[TQ_SHA256_LEN])
{
	struct tq_sha256 h;

	tq_sha256_init(&h);
	tq_sha256_add(&h, s, strlen(s));
	tq_sha256_end(&h, out);
}

bool
tq_sha256_same(const uint8_t a[TQ_SHA256_LEN], const uint8_t b[TQ_SHA256_LEN])
{
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < TQ_SHA256_LEN; i++)
		diff |= (unsigned)(a[i] ^ b[i]);
	return diff == 0;
}

void
tq_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long
tq_base64_decode(const char *s, size_t n, unsigned char *out)
{
	uint32_t bits = 0;
	long len = 0;
	int have = 0, d;
	size_t i;

	if (n >= 2 && s[n - 1] == '=' && n % 4 == 0)
		n -= s[n - 2] == '=' ? 2 : 1;
	if (n % 4 == 1)
		return -1;
	for (i = 0; i < n; i++) {
		if ((d = base64_digit(s[i])) == -1)
			return -1;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (unsigned char)(bits >> have);
		}
	}
	return len;
}
