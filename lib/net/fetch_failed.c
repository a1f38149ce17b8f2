/* lib/net/fetch_failed.c -- why a download failed, and if it may yet work. */
#include <stdio.h>
#include <string.h>

#include "net/fetch_inside.h"
#include "util/url.h"
#include "util/err.h"
#include "util/time.h"

/* The URL, and behind "->" the one that it was redirected to. */
#define SUBJECT_MAX	(2 * TQ_URL_SHOWN)
#define TOO_SLOW	"it came too slowly"

static const struct {
	int		first, last;
	enum tq_code	code;
	bool		retryable;
} by_status[] = {
	{ 401, 401, TQ_E_DENIED, false },
	{ 403, 403, TQ_E_DENIED, false },
	{ 404, 404, TQ_E_NOTFOUND, false },
	{ 408, 408, TQ_E_TIMEOUT, true },
	{ 410, 410, TQ_E_NOTFOUND, false },
	{ 425, 425, TQ_E_TIMEOUT, true },
	{ 429, 429, TQ_E_THROTTLED, true },
	{ 500, 599, TQ_E_UNAVAILABLE, true },
	{ 100, 999, TQ_E_DATA, false },
};

/* All others are TQ_E_UNAVAILABLE and may pass. */
static const struct {
	CURLcode	rc;
	enum tq_code	code;
	bool		retryable;
} by_rc[] = {
	{ CURLE_UNSUPPORTED_PROTOCOL, TQ_E_DATA, false },
	{ CURLE_URL_MALFORMAT, TQ_E_DATA, false },
	{ CURLE_LOGIN_DENIED, TQ_E_DATA, false },
	{ CURLE_TOO_MANY_REDIRECTS, TQ_E_DATA, false },
	{ CURLE_BAD_CONTENT_ENCODING, TQ_E_DATA, false },
	{ CURLE_FILESIZE_EXCEEDED, TQ_E_TOOBIG, false },
	{ CURLE_OPERATION_TIMEDOUT, TQ_E_TIMEOUT, true },
	{ CURLE_OUT_OF_MEMORY, TQ_E_NOMEM, true },
};

static void
name_subject(const struct tq_fetching *f, char *out, size_t n)
{
	char from[TQ_URL_SHOWN], to[TQ_URL_SHOWN];
	char *at = NULL;
	long hops = 0;

	tq_url_show(f->url, from);
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_COUNT, &hops);
	curl_easy_getinfo(f->easy, CURLINFO_EFFECTIVE_URL, &at);
	if (hops > 0 && at != NULL)
		/* Both must fit, with the reason, into one message. */
		snprintf(out, n, "%.110s -> %.110s", from,
		    tq_url_show(at, to));
	else
		snprintf(out, n, "%s", from);
}

static int
fail(struct tq_err *err, enum tq_code code, bool retryable,
    const char *subject, const char *what)
{
	tq_err_set(err, TQ_AT_FETCH, code, "%s: %s", subject, what);
	if (err != NULL)
		err->retryable = retryable;
	return -1;
}

static int
failed_status(int status, const char *subject, struct tq_err *err)
{
	char what[32];
	size_t i;

	snprintf(what, sizeof(what), "HTTP %d", status);
	for (i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++)
		if (status >= by_status[i].first &&
		    status <= by_status[i].last)
			return fail(err, by_status[i].code,
			    by_status[i].retryable, subject, what);
	return fail(err, TQ_E_UNAVAILABLE, true, subject, what);
}

/* We ended it: libcurl's code says only that a callback did. */
static int
failed_here(const struct tq_fetching *f, CURLcode rc, const char *subject,
    struct tq_err *err)
{
	char what[TQ_NET_WHY_MAX + 64];

	if (f->refused && !f->tried) {
		snprintf(what, sizeof(what), "refused: %s (--allow-net would "
		    "open it)", f->why);
		return fail(err, TQ_E_DENIED, false, subject, what);
	}
	if (f->head_too_big)
		return fail(err, TQ_E_TOOBIG, false, subject,
		    "its headers do not end");
	if (f->too_big || rc == CURLE_FILESIZE_EXCEEDED) {
		snprintf(what, sizeof(what), "over the limit of %llu bytes",
		    (unsigned long long)f->max);
		return fail(err, TQ_E_TOOBIG, false, subject, what);
	}
	if (f->too_slow)
		return fail(err, TQ_E_TIMEOUT, true, subject, TOO_SLOW);
	if (f->write_errno == 0)
		return 0;
	tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, f->write_errno,
	    "%s: can't write what was fetched", subject);
	if (err != NULL)
		err->retryable = true;
	return -1;
}

int
tq_fetching_failed(const struct tq_fetching *f, CURLcode rc,
    const char *said, struct tq_err *err)
{
	char subject[SUBJECT_MAX];
	int status = f->got->status;
	size_t i;

	if (rc == CURLE_OK && status >= 200 && status <= 299)
		return 0;
	name_subject(f, subject, sizeof(subject));
	if (rc == CURLE_OK || rc == CURLE_HTTP_RETURNED_ERROR)
		return failed_status(status, subject, err);
	if (failed_here(f, rc, subject, err) == -1)
		return -1;
	if (rc == CURLE_OPERATION_TIMEDOUT && f->head > 0)
		said = TOO_SLOW;
	else if (rc == CURLE_LOGIN_DENIED)
		said = "a user name or password in a URL is not taken";
	else if (said[0] == '\0')
		said = curl_easy_strerror(rc);
	for (i = 0; i < sizeof(by_rc) / sizeof(by_rc[0]); i++)
		if (by_rc[i].rc == rc)
			return fail(err, by_rc[i].code, by_rc[i].retryable,
			    subject, said);
	return fail(err, TQ_E_UNAVAILABLE, true, subject, said);
}
