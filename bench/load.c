/*
 * bench/load.c -- put load on an HTTP server and say what it did.
 *
 *	load [-d BODY] [-i] [-k] URL [COUNT] [CONCURRENCY]
 *
 * Sends COUNT requests (default 10000) over CONCURRENCY kept connections
 * (default 64): GET, or POST of the JSON BODY with -d.  Prints the rate, the
 * latencies and how often each status came.  -i prints the taskId of every
 * 2xx answer on stdout as it comes (the rest then goes to stderr); -k keeps
 * on when the server goes away, until it is back or 5 s have passed.
 * Exits 1 when an answer was not 2xx or 3xx or (without -k) was lost.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX	65536

struct conn {
	int	 fd;
	int64_t	 sent_us;
	size_t	 n;		/* bytes of the answer so far */
	char	 in[ANSWER_MAX];
};

static struct {
	const char	*body;
	bool		 ids, keep;
	long		 count, sent, answered, lost;
	int		 concurrency, ep;
	struct addrinfo	*ai;
	char		*request;
	size_t		 request_n;
	int64_t		*latency;
	long		 status[600];
	int64_t		 away_since;
} g = { .count = 10000, .concurrency = 64 };

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* "http://HOST:PORT/PATH" -> an address and the bytes of a request. */
static void
prepare(const char *url)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char host[256], port[8] = "80";
	const char *path, *colon;
	size_t n;
	int rc;

	if (strncmp(url, "http://", 7) != 0) {
		fprintf(stderr, "load: %s: must start with http://\n", url);
		exit(2);
	}
	url += 7;
	path = strchr(url, '/');
	n = path != NULL ? (size_t)(path - url) : strlen(url);
	snprintf(host, sizeof(host), "%.*s", (int)n, url);
	if ((colon = strrchr(host, ':')) != NULL) {
		snprintf(port, sizeof(port), "%s", colon + 1);
		host[colon - host] = '\0';
	}
	if ((rc = getaddrinfo(host, port, &hints, &g.ai)) != 0) {
		fprintf(stderr, "load: %s: %s\n", host, gai_strerror(rc));
		exit(2);
	}
	rc = g.body == NULL ?
	    asprintf(&g.request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n",
	    path != NULL ? path : "/", host, port) :
	    asprintf(&g.request, "POST %s HTTP/1.1\r\nHost: %s:%s\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    path != NULL ? path : "/", host, port, strlen(g.body), g.body);
	if (rc == -1)
		die("memory");
	g.request_n = strlen(g.request);
}

static bool
attach(struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	c->n = 0;
	c->fd = socket(g.ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		die("socket");
	if (connect(c->fd, g.ai->ai_addr, g.ai->ai_addrlen) == -1) {
		close(c->fd);
		c->fd = -1;
		return false;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(g.ep, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		die("epoll");
	return true;
}

static void ask(struct conn *c);

/* The server closed, or never was there: begin anew, or give up. */
static void
again(struct conn *c, bool asked)
{
	if (c->fd != -1)
		close(c->fd);
	if (asked)
		g.lost++;
	while (!attach(c)) {
		if (g.away_since == 0)
			g.away_since = now_us();
		if (!g.keep || now_us() - g.away_since > 5000000) {
			if (!g.keep)
				die("connect");
			return;
		}
		usleep(10000);
	}
	g.away_since = 0;
	ask(c);
}

static void
ask(struct conn *c)
{
	if (g.sent == g.count)
		return;
	g.sent++;
	c->sent_us = now_us();
	if (send(c->fd, g.request, g.request_n, MSG_NOSIGNAL) !=
	    (ssize_t)g.request_n)
		again(c, true);
}

static void
take_id(const char *body)
{
	const char *p = strstr(body, "\"taskId\":\""), *end;

	if (p == NULL)
		p = strstr(body, "\"id\":\"");
	if (p == NULL || (p = strchr(strchr(p, ':'), '"')) == NULL ||
	    (end = strchr(p + 1, '"')) == NULL)
		return;
	printf("%.*s\n", (int)(end - p - 1), p + 1);
}

/* A whole answer at the start of c->in? */
static void
take(struct conn *c)
{
	char *body, *length;
	size_t n = 0;
	int status;

	c->in[c->n] = '\0';
	if ((body = strstr(c->in, "\r\n\r\n")) == NULL)
		return;
	body += 4;
	length = strcasestr(c->in, "\r\nContent-Length:");
	if (length != NULL && length < body)
		n = strtoul(length + 17, NULL, 10);
	if (c->n < (size_t)(body - c->in) + n)
		return;
	status = atoi(c->in + 9);
	if (status < 0 || status >= 600)
		status = 0;
	g.status[status]++;
	g.latency[g.answered++] = now_us() - c->sent_us;
	if (g.ids && status / 100 == 2)
		take_id(body);
	c->n = 0;
	ask(c);
}

static void
readable(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->n, ANSWER_MAX - 1 - c->n, 0);

	if (n <= 0) {
		if (g.sent < g.count || g.answered + g.lost < g.sent)
			again(c, true);
		return;
	}
	c->n += (size_t)n;
	take(c);
}

static int
cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double
at(double q)
{
	return g.answered == 0 ? 0 :
	    (double)g.latency[(long)(q * (double)(g.answered - 1))] / 1e3;
}

static int
report(int64_t us)
{
	FILE *out = g.ids ? stderr : stdout;
	bool bad = g.lost > 0 && !g.keep;
	int i;

	qsort(g.latency, (size_t)g.answered, sizeof(*g.latency), cmp);
	fprintf(out, "%.0f/s, %ld answers in %.2f s over %d connections\n",
	    (double)g.answered * 1e6 / (double)us, g.answered,
	    (double)us / 1e6, g.concurrency);
	fprintf(out, "latency ms: p50 %.2f, p90 %.2f, p99 %.2f, max %.2f\n",
	    at(.5), at(.9), at(.99), at(1));
	for (i = 0; i < 600; i++)
		if (g.status[i] > 0) {
			fprintf(out, "status %d: %ld\n", i, g.status[i]);
			bad |= i < 200 || i >= 400;
		}
	if (g.lost > 0)
		fprintf(out, "lost: %ld\n", g.lost);
	return bad;
}

static void
run(void)
{
	struct conn *conns = calloc((size_t)g.concurrency, sizeof(*conns));
	struct epoll_event ev[64];
	int i, n;

	if (conns == NULL || (g.ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		die("memory");
	for (i = 0; i < g.concurrency; i++) {
		conns[i].fd = -1;
		again(&conns[i], false);
	}
	while (g.answered + g.lost < g.count) {
		if ((n = epoll_wait(g.ep, ev, 64, 10000)) <= 0)
			break;		/* nothing for 10 s */
		for (i = 0; i < n; i++)
			readable(ev[i].data.ptr);
		if (g.keep && g.away_since != 0)
			break;
	}
}

int
main(int argc, char **argv)
{
	int64_t begun;
	int c;

	while ((c = getopt(argc, argv, "d:ik")) != -1) {
		if (c == 'd')
			g.body = optarg;
		else if (c == 'i')
			g.ids = true;
		else if (c == 'k')
			g.keep = true;
		else
			return 2;
	}
	argv += optind;
	if (argc - optind < 1) {
		fprintf(stderr, "usage: load [-d BODY] [-i] [-k] URL [COUNT] "
		    "[CONCURRENCY]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argv[1] != NULL)
		g.count = atol(argv[1]);
	if (argv[1] != NULL && argv[2] != NULL)
		g.concurrency = atoi(argv[2]);
	if (g.count < 1 || g.concurrency < 1 || g.concurrency > 10000)
		return 2;
	if (g.concurrency > g.count)
		g.concurrency = (int)g.count;
	prepare(argv[0]);
	if ((g.latency = calloc((size_t)g.count, sizeof(*g.latency))) == NULL)
		die("memory");
	begun = now_us();
	run();
	return report(now_us() - begun);
}
