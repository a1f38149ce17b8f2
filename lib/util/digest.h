/*
 * lib/util/digest.h -- keyed, old and textual digests: what only the parts
 * that talk to AWS need.  Beside hash.h the only user of OpenSSL's headers.
 */
#ifndef TQ_DIGEST_H
#define TQ_DIGEST_H

#include "util/buf.h"
#include "util/hash.h"

#define TQ_MD5_LEN	16
#define TQ_SHA1_LEN	20

/* tq_hmac_sha256(key, nkey, p, n, out): RFC 2104 over SHA-256. */
void tq_hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
    uint8_t out[TQ_SHA256_LEN]);

/* tq_sha256_hex(p, n, out): the SHA-256 of ${n} bytes as 64 digits. */
void tq_sha256_hex(const void *p, size_t n,
    char out[2 * TQ_SHA256_LEN + 1]);

/*
 * tq_md5 / tq_sha1(p, n, out):
 * Not for security: SQS proves with MD5 that it got our bytes, and the AWS
 * tools name their token files by SHA-1.  They work in FIPS mode too.
 */
void tq_md5(const void *p, size_t n, uint8_t out[TQ_MD5_LEN]);
void tq_sha1(const void *p, size_t n, uint8_t out[TQ_SHA1_LEN]);

/* tq_md5_hex(p, n, out): the same as 32 digits. */
void tq_md5_hex(const void *p, size_t n, char out[2 * TQ_MD5_LEN + 1]);

/* tq_base64_put(b, p, n): append RFC 4648 base64 with padding. */
void tq_base64_put(struct tq_buf *b, const void *p, size_t n);

/* tq_wipe(p, n): zero what was secret; the compiler can't leave it out. */
void tq_wipe(void *p, size_t n);

#endif
