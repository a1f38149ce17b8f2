/* lib/net/http_xfer.c -- one request: into libcurl's options and back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "net/http_inside.h"
#include "util/fd.h"
#include "util/url.h"

#define DNS_SECONDS		20	/* libcurl does not see the TTL */
#define IDLE_SECONDS		45	/* servers close at 60 */
#define LIFE_SECONDS		300	/* so that new addresses are taken up */

/* -- what libcurl calls ---------------------------------------------------- */

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct tq_http_xfer *x = arg;
	size_t left = size * n;
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!x->req->to_fd || status / 100 != 2) {
		if (tq_buf_add(&x->res->body, p, left) == 0)
			return left;
		x->too_big = true;
		return 0;
	}
	if (tq_fd_write(x->req->fd, (struct tq_span){ p, left }) == 0)
		return left;
	x->io_errno = errno;
	return 0;
}

/* Kept as "Name: value" strings, each with its NUL. */
static size_t
take_head(char *p, size_t size, size_t n, void *arg)
{
	struct tq_http_xfer *x = arg;
	struct tq_buf *head = &x->res->head;
	size_t len = size * n;

	/* The answer after "100 Continue", or that of libcurl's own retry. */
	if (len >= 5 && memcmp(p, "HTTP/", 5) == 0)
		tq_buf_clear(head);
	while (len > 0 && strchr("\r\n\t ", p[len - 1]) != NULL)
		len--;
	if (len > 0 && (tq_buf_add(head, p, len) == -1 ||
	    tq_buf_add(head, "", 1) == -1)) {
		x->too_big = true;
		return 0;
	}
	return size * n;
}

static size_t
give_body(char *p, size_t size, size_t n, void *arg)
{
	struct tq_http_xfer *x = arg;
	const struct tq_http_upload *u = x->req->upload;
	size_t want = size * n;
	ssize_t k;

	if ((int64_t)want > u->size - x->uploaded)
		want = (size_t)(u->size - x->uploaded);
	while ((k = pread(u->fd, p, want, u->at + x->uploaded)) == -1 &&
	    errno == EINTR)
		continue;
	if (k == -1 || (k == 0 && want > 0)) {
		x->io_errno = k == -1 ? errno : EIO;
		return CURL_READFUNC_ABORT;
	}
	x->uploaded += k;
	return (size_t)k;
}

static int
rewind_body(void *arg, curl_off_t at, int origin)
{
	struct tq_http_xfer *x = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	x->uploaded = at;
	return CURL_SEEKFUNC_OK;
}

/* -- setting out ----------------------------------------------------------- */

static bool
clean(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' && *s != '\t')
			return false;
	return true;
}

static int
add_line(struct tq_http_xfer *x, const char *line)
{
	struct curl_slist *more = curl_slist_append(x->headers, line);

	if (more == NULL)
		return -1;
	x->headers = more;
	return 0;
}

/* Says what is wrong with one. */
static int
add_headers(struct tq_http_xfer *x)
{
	enum tq_code code = TQ_OK;
	struct tq_buf line = TQ_BUF_INIT(TQ_HTTP_HEAD_MAX);
	const struct tq_http_header *h = x->req->headers, *end;
	bool type = false;

	for (end = h + x->req->nheaders; code == TQ_OK && h < end; h++) {
		if (!clean(h->name) || !clean(h->value)) {
			code = TQ_E_DATA;
			break;
		}
		type |= strcasecmp(h->name, "content-type") == 0;
		tq_buf_clear(&line);
		/* libcurl's spelling of a header without a value. */
		tq_buf_str(&line, h->name);
		tq_buf_str(&line, h->value[0] ? ": " : ";");
		tq_buf_str(&line, h->value);
		code = line.failed && !line.no_memory ? TQ_E_TOOBIG :
		    line.failed || add_line(x, line.data) == -1 ? TQ_E_NOMEM :
		    TQ_OK;
	}
	tq_buf_free(&line);
	/* A name without a value takes away what libcurl would add. */
	if (code == TQ_OK && (add_line(x, "Expect:") == -1 ||
	    add_line(x, "Accept:") == -1 ||
	    (!type && add_line(x, "Content-Type:") == -1)))
		code = TQ_E_NOMEM;
	if (code == TQ_OK)
		return 0;
	tq_http_xfer_fail(x, code, false, code == TQ_E_NOMEM ? "out of memory" :
	    code == TQ_E_TOOBIG ? "a header is too long" :
	    "a header holds control characters");
	return -1;
}

static void
set_body(struct tq_http_xfer *x)
{
	const struct tq_http_req *r = x->req;
	bool plain = strcmp(r->method, "GET") == 0 ||
	    strcmp(r->method, "DELETE") == 0;
	CURL *e = x->easy;

	if (r->upload != NULL) {
		curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)r->upload->size);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(e, CURLOPT_READDATA, x);
		curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, rewind_body);
		curl_easy_setopt(e, CURLOPT_SEEKDATA, x);
	} else if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else if (r->body.n > 0 || !plain) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)r->body.n);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS,
		    r->body.n > 0 ? r->body.p : "");
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

/* The options that every request of a client has. */
static void
set_common(struct tq_http_xfer *x, const struct tq_http_common *c)
{
	CURL *e = x->easy;

	if (x->dressed)
		return;
	x->dressed = true;
	curl_easy_setopt(e, CURLOPT_PRIVATE, x);
	curl_easy_setopt(e, CURLOPT_SHARE, c->curlsh);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_SECONDS);
	curl_easy_setopt(e, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else a time-out waits for the thread that resolves a name: getaddrinfo()
	   may take a minute, whatever the time-outs here are.  It ends by
	   itself. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	curl_easy_setopt(e, CURLOPT_MAXLIFETIME_CONN, (long)LIFE_SECONDS);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_ms);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
	    c->user_agent ? c->user_agent : "tq/" TQ_VERSION);
	if (c->ca_bundle != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, c->ca_bundle);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->said);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
}

/* Does it set no option but those that the next such request sets too? */
static bool
plain(const struct tq_http_req *r)
{
	return r->upload == NULL && !r->direct &&
	    strcmp(r->method, "POST") == 0;
}

static void
undress(struct tq_http_xfer *x)
{
	curl_easy_reset(x->easy);
	x->dressed = false;
}

int
tq_http_xfer_start(struct tq_http_xfer *x, const struct tq_http_common *c)
{
	const struct tq_http_req *r = x->req;

	x->uploaded = 0;
	x->io_errno = 0;
	x->too_big = false;
	x->said[0] = '\0';
	if (!clean(r->url) || !clean(r->method)) {
		tq_http_xfer_fail(x, TQ_E_DATA, false,
		    "the URL holds control characters");
		return -1;
	}
	if (add_headers(x) == -1)
		return -1;
	if (x->dressed && !plain(r))
		undress(x);
	set_common(x, c);
	set_body(x);
	curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms > 0 ?
	    r->timeout_ms : TQ_HTTP_TIMEOUT_MS));
	if (r->direct)
		curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(x->easy, CURLOPT_URL, r->url);
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	return 0;
}

void
tq_http_xfer_rest(struct tq_http_xfer *x)
{
	curl_slist_free_all(x->headers);
	x->headers = NULL;
	if (x->req != NULL && !plain(x->req))
		undress(x);
	x->req = NULL;
}

/* -- coming back ----------------------------------------------------------- */

void
tq_http_xfer_fail(struct tq_http_xfer *x, enum tq_code code, bool retryable,
    const char *what)
{
	char shown[TQ_URL_SHOWN];
	struct tq_http_res *r = x->res;

	tq_err_set(&r->err, TQ_AT_SEND, code, "%s: %s",
	    tq_url_show(x->req->url, shown), what);
	r->err.retryable = retryable;
	r->status = 0;
}

static void
failed(struct tq_http_xfer *x, CURLcode rc)
{
	const char *said = x->said[0] ? x->said : curl_easy_strerror(rc);
	long sent = 0;

	curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &sent);
	x->res->sent = sent > 0;
	if (x->res->head.no_memory || x->res->body.no_memory) {
		tq_http_xfer_fail(x, TQ_E_NOMEM, true, "out of memory");
	} else if (x->too_big) {
		tq_http_xfer_fail(x, TQ_E_TOOBIG, false,
		    "the answer is too long");
	} else if (x->io_errno != 0) {
		tq_http_xfer_fail(x, TQ_E_IO, true, strerror(x->io_errno));
	} else if (rc == CURLE_OPERATION_TIMEDOUT) {
		tq_http_xfer_fail(x, TQ_E_TIMEOUT, true, said);
	} else if (rc == CURLE_URL_MALFORMAT ||
	    rc == CURLE_UNSUPPORTED_PROTOCOL) {
		tq_http_xfer_fail(x, TQ_E_DATA, false, said);
	} else {
		tq_http_xfer_fail(x, TQ_E_UNAVAILABLE, true, said);
	}
}

/* Most answers of a second say the same: libcurl's parser is not quick. */
static int64_t
date_ms(struct tq_http_xfer *x, const char *text)
{
	time_t t;

	if (strcmp(text, x->date) != 0) {
		t = curl_getdate(text, NULL);
		x->date_ms = t > 0 ? (int64_t)t * 1000 : 0;
		snprintf(x->date, sizeof(x->date), "%s", text);
	}
	return x->date_ms;
}

void
tq_http_xfer_end(struct tq_http_xfer *x, CURLcode rc)
{
	struct tq_http_res *r = x->res;
	const char *date;
	long status = 0;
	curl_off_t us = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_TOTAL_TIME_T, &us);
	r->took_ms = us / 1000;
	r->status = (int)status;
	if ((date = tq_http_get(r, "date")) != NULL)
		r->date_ms = date_ms(x, date);
	if (rc != CURLE_OK)
		failed(x, rc);
}

const char *
tq_http_get(const struct tq_http_res *r, const char *name)
{
	const char *p = r->head.data, *end;
	size_t n = strlen(name);

	if (r->head.len == 0)
		return NULL;
	end = p + r->head.len;
	for (; p < end; p += strlen(p) + 1)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " \t");
	return NULL;
}

void
tq_http_res_free(struct tq_http_res *r)
{
	tq_buf_free(&r->head);
	tq_buf_free(&r->body);
}
