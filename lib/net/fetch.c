/* lib/net/fetch.c -- see fetch.h. */
#include "net/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "net/fetch_inside.h"
#include "util/fd.h"
#include "util/url.h"
#include "util/env.h"
#include "util/err.h"

#define MIB	(1024u * 1024)

static int64_t
or_default(int64_t v, int64_t def)
{
	return v > 0 ? v : def;
}

/* -- what libcurl calls ---------------------------------------------------- */

/*
 * The one place that sees where the bytes would go: after the name was
 * resolved, before a connection is tried, for each address and redirect.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct tq_fetching *f = arg;
	long hop = 0;

	(void)purpose;
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_COUNT, &hop);
	if (hop != f->hop) {
		f->hop = hop;
		f->tried = f->refused = false;
	}
	if (!tq_net_addr_ok(&a->addr, f->o->allow, f->o->nallow, f->why)) {
		f->refused = true;
		return CURL_SOCKET_BAD;
	}
	f->tried = true;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Counts for itself: CURLOPT_MAXFILESIZE stops only a declared length. */
static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct tq_fetching *f = arg;
	size_t left = size * n;

	if (left > f->max - f->got->bytes) {
		f->too_big = true;
		return 0;
	}
	if (f->fd != -1 && tq_fd_write(f->fd, (struct tq_span){ p, left }) ==
	    -1) {
		f->write_errno = errno;
		return 0;
	}
	f->got->bytes += left;
	return left;
}

static size_t
take_head(char *p, size_t size, size_t n, void *arg)
{
	struct tq_fetching *f = arg;

	(void)p;
	f->head += size * n;
	if (f->head > TQ_FETCH_HEAD_MAX) {
		f->head_too_big = true;
		return 0;
	}
	return size * n;
}

int64_t
tq_fetch_may_take(const struct tq_fetch_opts *o, uint64_t bytes)
{
	return or_default(o->total_ms, TQ_FETCH_TOTAL_MS) +
	    (int64_t)(bytes / MIB) * TQ_FETCH_MIB_MS;
}

/* Called at least once a second. */
static int
look_at_clock(void *arg, curl_off_t total, curl_off_t now, curl_off_t utotal,
    curl_off_t unow)
{
	struct tq_fetching *f = arg;

	(void)total;
	(void)now;
	(void)utotal;
	(void)unow;
	f->too_slow = (tq_mono_us() - f->born_us) / 1000 >
	    tq_fetch_may_take(f->o, f->got->bytes);
	return f->too_slow;
}

/* -- the transfer ---------------------------------------------------------- */

static void
set_guards(struct tq_fetching *f)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, f);
	/* Not NULL, which would take one from the environment. */
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)TQ_FETCH_REDIRECTS);
	curl_easy_setopt(e, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* Of redirects too. */
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L);
}

static void
set_limits(struct tq_fetching *f)
{
	const struct tq_fetch_opts *o = f->o;
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)or_default(o->connect_ms, TQ_FETCH_CONNECT_MS));
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);	/* as http_xfer.c */
#endif
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, look_at_clock);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, f);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT,
	    (long)or_default(o->slow_bytes, TQ_FETCH_SLOW_BYTES));
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
	    (long)(or_default(o->slow_ms, TQ_FETCH_SLOW_MS) + 999) / 1000);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->max);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Don't wait for a name server that does not answer. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
}

/*
 * The resource is asked for as it is; where a server compresses it all the
 * same, that is undone, and max_bytes bounds what comes out.
 */
static void
set_coding(struct tq_fetching *f)
{
	f->headers = curl_slist_append(NULL, "Accept-Encoding: identity");
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(f->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
}

static void
note_answer(struct tq_fetching *f)
{
	curl_off_t after = 0;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &after);
	f->got->status = (int)status;
	if (status >= 400 && after > 0)
		f->got->retry_after_ms = after < TQ_FETCH_AFTER_MAX_S ?
		    (int64_t)after * 1000 : TQ_FETCH_AFTER_MAX_S * 1000;
}

/* What is to be sent; NULL for a download. */
struct posting {
	const char	*headers;
	struct tq_span	 body;
};

static void
set_post(struct tq_fetching *f, const struct posting *p)
{
	const char *line = p->headers, *eol;
	char *copy;

	curl_easy_setopt(f->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(f->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)p->body.n);
	curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS,
	    p->body.n > 0 ? p->body.p : "");
	/* Empty: libcurl leaves its own out. */
	f->headers = curl_slist_append(f->headers, "Expect:");
	for (; (eol = strchr(line, '\n')) != NULL; line = eol + 1) {
		copy = tq_must(strndup(line, (size_t)(eol - line)));
		f->headers = curl_slist_append(f->headers, copy);
		free(copy);
	}
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
}

static int
transfer(struct tq_fetching *f, const struct posting *p, struct tq_err *err)
{
	char said[CURL_ERROR_SIZE] = "";
	CURLcode rc;

	set_guards(f);
	set_limits(f);
	curl_easy_setopt(f->easy, CURLOPT_URL, f->url);
	curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "tq/" TQ_VERSION);
	set_coding(f);
	if (p != NULL)
		set_post(f, p);
	curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, said);
	rc = curl_easy_perform(f->easy);
	note_answer(f);
	return tq_fetching_failed(f, rc, said, err);
}

static int
run(const char *url, int fd, const struct posting *p,
    const struct tq_fetch_opts *o, struct tq_fetch_got *got,
    struct tq_err *err)
{
	struct tq_fetching f = { .url = url, .o = o, .fd = fd, .got = got,
	    .hop = -1, .max = o->max_bytes ? o->max_bytes :
	    TQ_FETCH_MAX_BYTES, .born_us = tq_mono_us() };
	int rc = -1;

	*got = (struct tq_fetch_got){ .retry_after_ms = -1 };
	if (tq_url_check(url, err) == -1)
		return -1;
	if ((f.easy = curl_easy_init()) == NULL)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOMEM,
		    "out of memory");
	if (o->confine == NULL || o->confine(NULL, err) == 0)
		rc = transfer(&f, p, err);
	curl_easy_cleanup(f.easy);
	curl_slist_free_all(f.headers);
	return rc;
}

int
tq_fetch(const char *url, int fd, const struct tq_fetch_opts *o,
    struct tq_fetch_got *got, struct tq_err *err)
{
	return run(url, fd, NULL, o, got, err);
}

int
tq_post(const char *url, const char *headers, struct tq_span body,
    const struct tq_fetch_opts *o, struct tq_fetch_got *got,
    struct tq_err *err)
{
	struct posting p = { headers, body };

	return run(url, -1, &p, o, got, err);
}

const struct tq_net_module tq_net_module = { TQ_NET_VERSION, tq_fetch,
    tq_post };
