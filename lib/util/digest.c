/*
 * lib/util/digest.c -- see digest.h.
 *
 * The plain MD5_*() and SHA1_*() for the reason hash.c gives: SHA1() itself, and
 * OpenSSL's HMAC, go through EVP.  HMAC is ours over tq_sha256.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "util/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

#define BLOCK	64	/* SHA-256's input block, bytes */

void
tq_hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
    uint8_t out[TQ_SHA256_LEN])
{
	uint8_t pad[BLOCK] = { 0 }, inner[TQ_SHA256_LEN];
	struct tq_sha256 h;
	size_t i;

	if (nkey > BLOCK) {
		tq_sha256_init(&h);
		tq_sha256_add(&h, key, nkey);
		tq_sha256_end(&h, pad);
	} else if (nkey > 0)
		memcpy(pad, key, nkey);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	tq_sha256_init(&h);
	tq_sha256_add(&h, pad, BLOCK);
	tq_sha256_add(&h, p, n);
	tq_sha256_end(&h, inner);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	tq_sha256_init(&h);
	tq_sha256_add(&h, pad, BLOCK);
	tq_sha256_add(&h, inner, sizeof(inner));
	tq_sha256_end(&h, out);
	tq_wipe(pad, sizeof(pad));
	tq_wipe(inner, sizeof(inner));
	tq_wipe(&h, sizeof(h));
}

void
tq_sha256_hex(const void *p, size_t n, char out[2 * TQ_SHA256_LEN + 1])
{
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_sha256 h;

	tq_sha256_init(&h);
	tq_sha256_add(&h, p, n);
	tq_sha256_end(&h, sum);
	tq_hex(sum, sizeof(sum), out);
}

void
tq_md5(const void *p, size_t n, uint8_t out[TQ_MD5_LEN])
{
	MD5_CTX h;

	MD5_Init(&h);
	MD5_Update(&h, p, n);
	MD5_Final(out, &h);
}

void
tq_sha1(const void *p, size_t n, uint8_t out[TQ_SHA1_LEN])
{
	SHA_CTX h;

	SHA1_Init(&h);
	SHA1_Update(&h, p, n);
	SHA1_Final(out, &h);
}

void
tq_md5_hex(const void *p, size_t n, char out[2 * TQ_MD5_LEN + 1])
{
	uint8_t sum[TQ_MD5_LEN];

	tq_md5(p, n, sum);
	tq_hex(sum, sizeof(sum), out);
}

void
tq_base64_put(struct tq_buf *b, const void *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *in = p;
	char *out = tq_buf_room(b, (n + 2) / 3 * 4);
	uint32_t bits;
	size_t i, take;

	if (out == NULL)
		return;
	for (i = 0; i < n; i += 3) {
		take = n - i < 3 ? n - i : 3;
		bits = (uint32_t)in[i] << 16;
		if (take > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (take > 2)
			bits |= in[i + 2];
		*out++ = digit[bits >> 18];
		*out++ = digit[bits >> 12 & 63];
		*out++ = take > 1 ? digit[bits >> 6 & 63] : '=';
		*out++ = take > 2 ? digit[bits & 63] : '=';
	}
	b->len += (n + 2) / 3 * 4;
	b->data[b->len] = '\0';
}

void
tq_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
