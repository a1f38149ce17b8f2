/* lib/util/hash.h -- SHA-256 and hex; the only user of OpenSSL's headers. */
#ifndef TQ_HASH_H
#define TQ_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TQ_SHA256_LEN	32

/* A running SHA-256 (FIPS 180-4); no allocation, can't fail. */
struct tq_sha256 {
	_Alignas(16) unsigned char state[128];
};

void tq_sha256_init(struct tq_sha256 *h);
void tq_sha256_add(struct tq_sha256 *h, const void *p, size_t n);
void tq_sha256_end(struct tq_sha256 *h, uint8_t out[TQ_SHA256_LEN]);

/* tq_sha256_text(s, out): the digest of a string's bytes. */
void tq_sha256_text(const char *s, uint8_t out[TQ_SHA256_LEN]);

/* tq_sha256_same(a, b): are they the same?  Takes as long if they are not. */
bool tq_sha256_same(const uint8_t a[TQ_SHA256_LEN],
    const uint8_t b[TQ_SHA256_LEN]);

/* tq_hex(p, n, out): ${n} bytes as 2n lower-case digits and a NUL. */
void tq_hex(const uint8_t *p, size_t n, char *out);

/*
 * tq_base64_decode(s, n, out):
 * Decode RFC 4648 base64 (with or without padding, white space refused)
 * into ${out}, which has room for n / 4 * 3 + 3 bytes.  Returns the number
 * of bytes, or -1 when the text is not base64.
 */
long tq_base64_decode(const char *s, size_t n, unsigned char *out);

#endif
