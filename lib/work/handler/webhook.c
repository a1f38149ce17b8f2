/* lib/work/handler/webhook.c -- see webhook.h. */
#include "work/handler/webhook.h"

#include <string.h>
#include <strings.h>

#include "util/digest.h"
#include "util/err.h"
#include "util/json.h"
#include "util/str.h"
#include "util/url.h"

#define HEADERS_MAX	(16 * 1024)
#define PREFIX		"whsec_"

/* The connection's own, and those that say who it is from. */
static const char *const reserved[] = { "connection", "content-length",
    "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding",
    "upgrade", "webhook-id", "webhook-timestamp", "webhook-signature" };

static int
bad(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "payload: %s", what);
}

/* RFC 9110: a token, and visible characters with blanks between. */
static bool
name_ok(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
		    (s[i] >= 'A' && s[i] <= 'Z') ||
		    (s[i] >= '0' && s[i] <= '9') ||
		    strchr("!#$%&'*+-.^_`|~", s[i]) != NULL))
			return false;
	for (size_t r = 0; i > 0 &&
	    r < sizeof(reserved) / sizeof(reserved[0]); r++)
		if (strcasecmp(s, reserved[r]) == 0)
			return false;
	return i > 0 && i < 128 && strncasecmp(s, "proxy-", 6) != 0;
}

static bool
value_ok(struct tq_span v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return false;
	return v.n > 0;		/* libcurl would leave the header out */
}

static int
read_headers(struct tq_span object, struct tq_arena *a,
    struct tq_webhook *w, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(HEADERS_MAX);
	struct tq_json_iter it = tq_json_iter(object);
	struct tq_span key, val, name, value;
	size_t n = 0;
	bool ok = tq_json_kind(object) == TQ_JSON_OBJECT, no_memory;

	while (ok && tq_json_next(&it, &key, &val)) {
		/* With its quotes, it is a string like any other. */
		key = (struct tq_span){ key.p - 1, key.n + 2 };
		ok = n++ < TQ_WEBHOOK_HEADERS && tq_json_str(key, a, &name) &&
		    tq_json_str(val, a, &value) && name_ok(name.p) &&
		    value_ok(value);
		if (ok)
			tq_buf_fmt(&b, "%s: %s\n", name.p, value.p);
	}
	no_memory = b.no_memory;
	ok = ok && !b.failed;
	w->headers = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	if (no_memory)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_NOMEM, "out of memory");
	return ok ? 0 : bad(err, "\"headers\" must be an object of at most 32 "
	    "texts, whose names are no header of the connection or of a "
	    "signature");
}

int
tq_webhook_parse(struct tq_span payload, struct tq_arena *a,
    struct tq_webhook *w, struct tq_err *err)
{
	struct tq_span v, url;

	*w = (struct tq_webhook){ .url = NULL };
	if (tq_json_kind(payload) != TQ_JSON_OBJECT ||
	    !tq_json_get(payload, "url", &v) || !tq_json_str(v, a, &url))
		return bad(err, "must be {\"url\": \"https://...\", "
		    "\"body\": ..., \"headers\": {...}}");
	w->url = url.p;
	if (tq_url_check(w->url, err) == -1)
		return -1;
	if (tq_json_get(payload, "headers", &v) &&
	    read_headers(v, a, w, err) == -1)
		return -1;
	if (!tq_json_get(payload, "body", &w->body))
		return 0;
	w->text = tq_json_kind(w->body) == TQ_JSON_STRING;
	return !w->text || tq_json_text(w->body, a, &w->body) ? 0 :
	    bad(err, "\"body\" can't be read");
}

/* -- signatures ----------------------------------------------------------------- */

static bool
read_key(const char *line, size_t n, struct tq_webhook_keys *k)
{
	unsigned char v[512];
	long len;

	if (n < strlen(PREFIX) || n > 200 || k->n == TQ_WEBHOOK_KEYS ||
	    memcmp(line, PREFIX, strlen(PREFIX)) != 0)
		return false;
	len = tq_base64_decode(line + strlen(PREFIX), n - strlen(PREFIX), v);
	if (len >= TQ_WEBHOOK_KEY_MIN && len <= TQ_WEBHOOK_KEY_MAX) {
		memcpy(k->key[k->n].v, v, (size_t)len);
		k->key[k->n++].n = (size_t)len;
	}
	tq_wipe(v, sizeof(v));
	return len >= TQ_WEBHOOK_KEY_MIN && len <= TQ_WEBHOOK_KEY_MAX;
}

int
tq_webhook_keys(struct tq_span text, struct tq_webhook_keys *k,
    struct tq_err *err)
{
	const char *p = text.p, *end = text.p + text.n, *eol;
	bool ok = true;

	k->n = 0;
	for (; ok && p < end; p = eol + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		if (eol > p)
			ok = read_key(p, (size_t)(eol - p), k);
	}
	return ok && k->n > 0 ? 0 : tq_err_set(err, TQ_AT_CONFIG,
	    TQ_E_CONFIG, "must have one to %d lines of \"" PREFIX "\" and "
	    "%d to %d bytes in base64", TQ_WEBHOOK_KEYS, TQ_WEBHOOK_KEY_MIN,
	    TQ_WEBHOOK_KEY_MAX);
}

void
tq_webhook_sign(const struct tq_webhook_keys *k, const char *id,
    int64_t seconds, struct tq_span body, struct tq_buf *b)
{
	struct tq_buf text = TQ_BUF_INIT(body.n + 512);
	uint8_t mac[TQ_SHA256_LEN];
	size_t i;

	tq_buf_fmt(&text, "%s.%lld.", id, (long long)seconds);
	tq_buf_add(&text, body.p, body.n);
	tq_buf_fmt(b, "webhook-id: %s\nwebhook-timestamp: %lld\n", id,
	    (long long)seconds);
	for (i = 0; i < k->n; i++) {
		tq_hmac_sha256(k->key[i].v, k->key[i].n, text.data, text.len,
		    mac);
		tq_buf_str(b, i == 0 ? "webhook-signature: v1," : " v1,");
		tq_base64_put(b, mac, sizeof(mac));
	}
	if (k->n > 0)
		tq_buf_chr(b, '\n');
	tq_buf_taint(b, &text);
	tq_buf_free(&text);
}
