/* lib/serve/server/probe.c -- is this libmicrohttpd one that can be guarded? */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/server/judge.h"
#include "util/str.h"

#define HEAD		"POST /probe?a=%20 HTTP/1.1\r\nHost: localhost\r\n"
#define CHUNKED		HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define BODY		"probe"
#define BARE		"GET / HTTP/1.1\nHost: localhost\n\n"
#define ANSWER_MS	20000	/* on a busy machine; it takes 0.1 ms */

/* A kind of request, and when it is to be served. */
static const struct sample {
	const char *what;
	const char *text;
	enum { NEVER, IF_STRICT, ALWAYS } good;
} samples[] = {
	{ "a body with its length",
	    HEAD "Content-Length: 5\r\n\r\n" BODY, ALWAYS },
	{ "a chunked body", CHUNKED "5\r\n" BODY "\r\n0\r\n\r\n",
	    IF_STRICT },
	{ "a bare line feed before a chunk",
	    CHUNKED "5\n" BODY "\r\n0\r\n\r\n", NEVER },
	{ "a bare line feed behind a chunk",
	    CHUNKED "5\r\n" BODY "\n0\r\n\r\n", NEVER },
	{ "a bare line feed behind the last chunk",
	    CHUNKED "5\r\n" BODY "\r\n0\n\r\n", NEVER },
	{ "a head of bare line feeds", BARE, NEVER },
	{ "one bare line feed in a head", "GET / HTTP/1.1\r\n"
	    "Host: localhost\nA: b\r\n\r\n", NEVER },
	{ "a folded line", "GET / HTTP/1.1\r\nHost: localhost\r\n"
	    "A: b\r\n c\r\n\r\n", NEVER },
	{ "two lengths", HEAD "Content-Length: 5\r\n"
	    "Content-Length: 6\r\n\r\n" BODY "s", NEVER },
	{ "a length beside chunks", HEAD "Content-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NEVER },
};

/* A request that is being probed. */
struct asked {
	const char	*uri;
	size_t		 uri_n;
	bool		 seen;
	bool		 with_body;
	char		 body[sizeof(BODY)];
	size_t		 body_n;
};

static void *
note_uri(void *cls, const char *uri, struct MHD_Connection *mc)
{
	struct asked *a = calloc(1, sizeof(*a));

	(void)cls;
	(void)mc;
	if (a != NULL) {
		a->uri = uri;
		a->uri_n = strlen(uri);
	}
	return a;
}

static enum MHD_Result
reply(struct MHD_Connection *mc, unsigned status)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc = MHD_NO;

	if (r != NULL) {
		MHD_add_response_header(r, "Connection", "close");
		rc = MHD_queue_response(mc, status, r);
		MHD_destroy_response(r);
	}
	return rc;
}

/* 204: the guard takes the request, and its body came as it was sent. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *mc, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **ctx)
{
	const bool *strict = cls;
	struct asked *a = *ctx;
	struct tq_guard g;

	(void)url;
	if (a == NULL)
		return MHD_NO;
	if (!a->seen) {
		struct tq_head h = { .method = method, .uri = a->uri,
		    .uri_n = a->uri_n, .version = version,
		    .bytes = !*strict };

		a->seen = true;
		if (!sv_judge(mc, h, &g))
			return reply(mc, (unsigned)g.status);
		a->with_body = g.chunked || g.has_length;
		return MHD_YES;
	}
	if (*n > 0) {
		if (a->body_n + *n > sizeof(a->body))
			return MHD_NO;
		memcpy(a->body + a->body_n, data, *n);
		a->body_n += *n;
		*n = 0;
		return MHD_YES;
	}
	return reply(mc, !a->with_body || (a->body_n == strlen(BODY) &&
	    memcmp(a->body, BODY, a->body_n) == 0) ? 204 : 500);
}

static void
on_end(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)mc;
	(void)code;
	free(*ctx);
	*ctx = NULL;
}

/* The status of the answer on ${fd}; 0: it was closed without one. */
static int
status_on(int fd)
{
	static const char start[] = "HTTP/1.1 ";
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[sizeof(start) - 1 + 3] = { 0 };
	size_t n = 0;
	int64_t status;
	ssize_t got;

	while (n < sizeof(buf)) {
		if (poll(&p, 1, ANSWER_MS) != 1)
			return -1;
		if ((got = recv(fd, buf + n, sizeof(buf) - n, 0)) <= 0)
			return 0;
		n += (size_t)got;
	}
	if (memcmp(buf, start, sizeof(start) - 1) != 0)
		return -1;
	return tq_str_int((char [4]){ buf[9], buf[10], buf[11] }, 100, 599,
	    &status) == 0 ? (int)status : -1;
}

/* The answer's status to ${text}; 0: the connection was closed; -1: none. */
static int
ask_once(struct MHD_Daemon *d, const char *text)
{
	static const struct sockaddr local = { .sa_family = AF_UNIX };
	int pair[2], status = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    pair) == -1)
		return -1;
	/* It takes its end in any case. */
	if (MHD_add_connection(d, pair[1], &local, sizeof(local)) == MHD_YES &&
	    send(pair[0], text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text))
		status = status_on(pair[0]);
	close(pair[0]);
	return status;
}

/* The same, asked twice if there was none: a socket that failed is no answer, and what
   the library does it does again. */
static int
ask(struct MHD_Daemon *d, const char *text)
{
	int status = ask_once(d, text);

	return status > 0 ? status : ask_once(d, text);
}

static int
check_all(struct MHD_Daemon *d, bool strict, struct tq_err *err)
{
	const struct sample *s;
	bool good;
	size_t i;
	int got;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		s = &samples[i];
		good = s->good == ALWAYS || (s->good == IF_STRICT && strict);
		got = ask(d, s->text);
		if (got == -1)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_IO,
			    "libmicrohttpd %s does not answer %s",
			    MHD_get_version(), s->what);
		if (good ? got != 204 : got != 0 && got / 100 != 4)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "libmicrohttpd %s %s %s: it can't be served with",
			    MHD_get_version(), good ? "refuses" :
			    "lets through", s->what);
	}
	return 0;
}

static int
with_daemon(bool *strict, int (*run)(struct MHD_Daemon *d, bool strict,
    struct tq_err *err), struct tq_err *err)
{
	const struct sv_callbacks cb = { .cls = strict, .request = on_request,
	    .uri = note_uri, .completed = on_end, .conns = 8 };
	struct MHD_Daemon *d = sv_daemon(&cb, -1, 1, *strict);
	int rc;

	if (d == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_IO,
		    "libmicrohttpd %s can't be started", MHD_get_version());
	rc = run(d, *strict, err);
	MHD_stop_daemon(d);
	return rc;
}

static int
takes_bare(struct MHD_Daemon *d, bool strict, struct tq_err *err)
{
	(void)strict;
	(void)err;
	return ask(d, BARE) == 204;
}

int
sv_probe(bool *strict, struct tq_err *err)
{
	int rc;

	*strict = true;
	if ((rc = with_daemon(strict, takes_bare, err)) == -1)
		return -1;
	*strict = rc == 0;
	return with_daemon(strict, check_all, err);
}
