/* lib/work/handler/dataurl.c -- see dataurl.h. */
#include "work/handler/dataurl.h"

#include <string.h>
#include <strings.h>

#include "util/err.h"
#include "util/hash.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo %XX; -1 at a bad one. */
static int
unescape(const char *s, struct tq_buf *out)
{
	int hi, lo;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			tq_buf_chr(out, *s);
			continue;
		}
		if ((hi = hex_digit(s[1])) == -1 ||
		    (lo = hex_digit(s[2])) == -1)
			return -1;
		tq_buf_chr(out, (char)(hi << 4 | lo));
		s += 2;
	}
	return 0;
}

static int
unbase64(struct tq_buf *raw, struct tq_buf *out)
{
	unsigned char *p;
	long n;

	p = (unsigned char *)tq_buf_room(out, raw->len / 4 * 3 + 3);
	if (p == NULL)
		return 0;	/* told by out->failed */
	if ((n = tq_base64_decode(raw->data ? raw->data : "", raw->len, p)) ==
	    -1)
		return -1;
	p[n] = '\0';	/* there is room: see tq_base64_decode() */
	out->len += (size_t)n;
	return 0;
}

int
tq_dataurl_decode(const char *url, struct tq_buf *out, struct tq_err *err)
{
	struct tq_buf raw = TQ_BUF_INIT(out->max / 3 * 4 + 1024);
	const char *comma = strchr(url, ',');
	bool base64;
	int rc;

	if (comma == NULL || strncasecmp(url, "data:", 5) != 0)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA,
		    "data: URL without a comma");
	base64 = comma - url >= 12 && strncasecmp(comma - 7, ";base64", 7) == 0;
	if (!base64) {
		rc = unescape(comma + 1, out);
	} else {
		rc = unescape(comma + 1, &raw);
		tq_buf_taint(out, &raw);
		if (rc == 0 && !raw.failed)
			rc = unbase64(&raw, out);
	}
	tq_buf_free(&raw);
	if (out->failed)
		return tq_buf_why(out, err, TQ_AT_FETCH,
		    "data: URL holds more than %zu bytes", out->max);
	if (rc == -1)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA,
		    "data: URL: bad %s", base64 ? "base64" : "%-escape");
	return 0;
}
