/* lib/aws/sigv4.c -- see sigv4.h. */
#include "aws/sigv4.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "aws/request.h"
#include "util/digest.h"
#include "util/err.h"

#define ALGORITHM	"AWS4-HMAC-SHA256"
#define CANON_MAX	(8 * TQ_AWS_URL_MAX)

void
tq_sigv4_stamp(int64_t now_ms, char stamp[TQ_SIGV4_STAMP])
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(stamp, TQ_SIGV4_STAMP, "%Y%m%dT%H%M%SZ", &tm);
}

/* "20150830/us-east-1/service/aws4_request" */
static void
put_scope(const struct tq_sigv4 *s, const char *stamp, struct tq_buf *out)
{
	tq_buf_add(out, stamp, 8);
	tq_buf_chr(out, '/');
	tq_buf_str(out, s->region);
	tq_buf_chr(out, '/');
	tq_buf_str(out, s->service);
	tq_buf_str(out, "/aws4_request");
}

void
tq_sigv4_to_sign(const struct tq_sigv4 *s, const char *stamp,
    struct tq_span canon, struct tq_buf *out)
{
	char hash[2 * TQ_SHA256_LEN + 1];

	tq_buf_str(out, ALGORITHM "\n");
	tq_buf_str(out, stamp);
	tq_buf_chr(out, '\n');
	put_scope(s, stamp, out);
	tq_sha256_hex(canon.p, canon.n, hash);
	tq_buf_chr(out, '\n');
	tq_buf_str(out, hash);
}

static void
derive(const struct tq_sigv4 *s, const char *stamp,
    uint8_t key[TQ_SHA256_LEN])
{
	struct tq_buf first = TQ_BUF_INIT(4096);

	tq_buf_fmt(&first, "AWS4%s", s->secret);
	tq_hmac_sha256(first.data, first.len, stamp, 8, key);
	tq_hmac_sha256(key, TQ_SHA256_LEN, s->region, strlen(s->region), key);
	tq_hmac_sha256(key, TQ_SHA256_LEN, s->service, strlen(s->service),
	    key);
	tq_hmac_sha256(key, TQ_SHA256_LEN, "aws4_request", 12, key);
	if (first.data != NULL)
		tq_wipe(first.data, first.cap);
	tq_buf_free(&first);
}

/* Names (day, region, service, secret); each part ends with its NUL. */
static void
key_tag(const struct tq_sigv4 *s, const char *stamp,
    uint8_t tag[TQ_SHA256_LEN])
{
	struct tq_sha256 h;

	tq_sha256_init(&h);
	tq_sha256_add(&h, stamp, 8);
	tq_sha256_add(&h, s->region, strlen(s->region) + 1);
	tq_sha256_add(&h, s->service, strlen(s->service) + 1);
	tq_sha256_add(&h, s->secret, strlen(s->secret) + 1);
	tq_sha256_end(&h, tag);
	tq_wipe(&h, sizeof(h));
}

void
tq_sigv4_key(const struct tq_sigv4 *s, const char *stamp,
    uint8_t key[TQ_SHA256_LEN])
{
	struct tq_sigv4_cache *c = s->cache;
	uint8_t tag[TQ_SHA256_LEN];
	size_t i;

	if (c == NULL) {
		derive(s, stamp, key);
		return;
	}
	key_tag(s, stamp, tag);
	for (i = 0; i < TQ_SIGV4_KEYS; i++)
		if (c->entry[i].used &&
		    memcmp(c->entry[i].tag, tag, sizeof(tag)) == 0) {
			memcpy(key, c->entry[i].key, TQ_SHA256_LEN);
			return;
		}
	derive(s, stamp, key);
	i = c->next++ % TQ_SIGV4_KEYS;
	c->entry[i].used = true;
	memcpy(c->entry[i].tag, tag, sizeof(tag));
	memcpy(c->entry[i].key, key, TQ_SHA256_LEN);
}

void
tq_sigv4_cache_wipe(struct tq_sigv4_cache *c)
{
	tq_wipe(c, sizeof(*c));
}

/* The signature of ${r} as it stands; ${names} gets the signed headers. */
static int
signature(const struct tq_sigv4 *s, const struct tq_aws_req *r,
    const char *stamp, struct tq_buf *names,
    char sig[2 * TQ_SHA256_LEN + 1], struct tq_err *err)
{
	struct tq_buf canon = TQ_BUF_INIT(CANON_MAX);
	struct tq_buf text = TQ_BUF_INIT(4096);
	uint8_t key[TQ_SHA256_LEN];
	int rc = -1;

	tq_sigv4_canon(s, r, &canon, names);
	tq_sigv4_to_sign(s, stamp, tq_buf_span(&canon), &text);
	if (tq_aws_req_check(r, err) == -1)
		goto out;
	if (canon.failed || text.failed || names->failed) {
		tq_buf_taint(&canon, &text);
		tq_buf_taint(&canon, names);
		tq_buf_why(&canon, err, TQ_AT_SEND,
		    "%s: request too big to sign", r->host);
		goto out;
	}
	tq_sigv4_key(s, stamp, key);
	tq_hmac_sha256(key, sizeof(key), text.data, text.len, key);
	tq_hex(key, sizeof(key), sig);
	rc = 0;
out:
	tq_wipe(key, sizeof(key));
	tq_buf_free(&canon);
	tq_buf_free(&text);
	return rc;
}

static bool
has_token(const struct tq_sigv4 *s)
{
	return s->token != NULL && *s->token != '\0';
}

static void
put_headers(const struct tq_sigv4 *s, struct tq_aws_req *r,
    const char *stamp)
{
	char hash[2 * TQ_SHA256_LEN + 1];

	tq_aws_req_drop(r, "Authorization");
	tq_aws_req_drop(r, "X-Amz-Date");
	tq_aws_req_drop(r, "X-Amz-Security-Token");
	tq_aws_req_header(r, "X-Amz-Date", stamp);
	if (has_token(s))
		tq_aws_req_header(r, "X-Amz-Security-Token", s->token);
	if ((s->how & TQ_SIGV4_BODY_HEADER) == 0)
		return;
	tq_aws_req_drop(r, "X-Amz-Content-Sha256");
	if (r->payload == NULL) {
		/* Once: a big body is not hashed again to be signed. */
		tq_sha256_hex(r->body.p, r->body.n, hash);
		r->payload = tq_arena_str(&r->mem, hash);
	}
	tq_aws_req_header(r, "X-Amz-Content-Sha256", r->payload);
}

int
tq_sigv4_sign(const struct tq_sigv4 *s, struct tq_aws_req *r,
    struct tq_err *err)
{
	struct tq_buf names = TQ_BUF_INIT(8192), auth = TQ_BUF_INIT(16384);
	char stamp[TQ_SIGV4_STAMP], sig[2 * TQ_SHA256_LEN + 1];
	int rc;

	tq_sigv4_stamp(s->now_ms, stamp);
	put_headers(s, r, stamp);
	if ((rc = signature(s, r, stamp, &names, sig, err)) == 0) {
		tq_buf_str(&auth, ALGORITHM " Credential=");
		tq_buf_str(&auth, s->key_id);
		tq_buf_chr(&auth, '/');
		put_scope(s, stamp, &auth);
		tq_buf_str(&auth, ", SignedHeaders=");
		tq_buf_add(&auth, names.data, names.len);
		tq_buf_str(&auth, ", Signature=");
		tq_buf_str(&auth, sig);
		tq_aws_req_header(r, "Authorization", auth.data);
		rc = tq_aws_req_check(r, err);
	}
	tq_buf_free(&names);
	tq_buf_free(&auth);
	return rc;
}

int
tq_sigv4_presign(const struct tq_sigv4 *s, struct tq_aws_req *r,
    int64_t seconds, struct tq_err *err)
{
	struct tq_buf names = TQ_BUF_INIT(8192), text = TQ_BUF_INIT(8192);
	char stamp[TQ_SIGV4_STAMP], sig[2 * TQ_SHA256_LEN + 1], num[24];
	int rc;

	tq_sigv4_stamp(s->now_ms, stamp);
	tq_buf_fmt(&text, "%s/", s->key_id);
	put_scope(s, stamp, &text);
	tq_aws_req_query(r, "X-Amz-Algorithm", ALGORITHM);
	tq_aws_req_query(r, "X-Amz-Credential", text.data);
	tq_aws_req_query(r, "X-Amz-Date", stamp);
	snprintf(num, sizeof(num), "%lld", (long long)seconds);
	tq_aws_req_query(r, "X-Amz-Expires", num);
	tq_buf_clear(&text);
	tq_sigv4_canon_headers(s, r, &text, &names);
	tq_aws_req_query(r, "X-Amz-SignedHeaders", names.data);
	if (has_token(s) && (s->how & TQ_SIGV4_TOKEN_LAST) == 0)
		tq_aws_req_query(r, "X-Amz-Security-Token", s->token);
	tq_buf_clear(&names);
	if ((rc = signature(s, r, stamp, &names, sig, err)) == 0) {
		if (has_token(s) && s->how & TQ_SIGV4_TOKEN_LAST)
			tq_aws_req_query(r, "X-Amz-Security-Token", s->token);
		tq_aws_req_query(r, "X-Amz-Signature", sig);
		rc = tq_aws_req_check(r, err);
	}
	tq_buf_free(&names);
	tq_buf_free(&text);
	return rc;
}
