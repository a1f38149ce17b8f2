/*
 * lib/work/handler/webhook.h -- http.post: what a payload asks to be sent, and
 * its signature.  Pure.
 */
#ifndef TQ_WEBHOOK_H
#define TQ_WEBHOOK_H

#include "util/buf.h"

struct tq_err;

#define TQ_WEBHOOK_HEADERS	32	/* of a payload */
#define TQ_WEBHOOK_KEYS		4	/* in a file */
#define TQ_WEBHOOK_KEY_MIN	24	/* bytes: Standard Webhooks' bounds */
#define TQ_WEBHOOK_KEY_MAX	64

struct tq_webhook {
	const char	*url;
	struct tq_span	 body;		/* NONE: the payload has none */
	bool		 text;		/* it was a JSON string */
	struct tq_span	 headers;	/* "Name: value\n" ... */
};

struct tq_webhook_keys {
	struct {
		unsigned char	 v[TQ_WEBHOOK_KEY_MAX];
		size_t		 n;
	} key[TQ_WEBHOOK_KEYS];
	size_t		 n;
};

/*
 * tq_webhook_parse(payload, a, w, err):
 * {"url": ..., "body": ..., "headers": {...}}: a body that is a string is sent
 * as its text, anything else as the bytes that stand there.  Headers that
 * belong to the connection, or that a signature is made of, are refused.
 * Fails with stage parse, TQ_E_DATA.
 */
int tq_webhook_parse(struct tq_span payload, struct tq_arena *a,
    struct tq_webhook *w, struct tq_err *err);

/*
 * tq_webhook_keys(text, k, err):
 * Secrets as Standard Webhooks writes them, "whsec_" and base64, one a line;
 * several while they are rotated.  Fails with stage config, TQ_E_CONFIG, and
 * never shows what stands there.
 */
int tq_webhook_keys(struct tq_span text, struct tq_webhook_keys *k,
    struct tq_err *err);

/*
 * tq_webhook_sign(k, id, seconds, body, b):
 * Append the headers webhook-id, webhook-timestamp and, for each key of ${k},
 * a "v1," signature in webhook-signature, each line ended by "\n".
 * https://www.standardwebhooks.com, "Symmetric signatures".
 */
void tq_webhook_sign(const struct tq_webhook_keys *k, const char *id,
    int64_t seconds, struct tq_span body, struct tq_buf *b);

#endif
