/*
 * tests/net/net_server.h -- an HTTP server that behaves as badly as asked.
 *
 * Listens on one free port of 127.0.0.1, 127.0.0.2 and ::1, and prints the
 * port; then a line "connect" for each connection and "METHOD PATH" for each
 * request, so that a test can tell that nothing has come.  A process per
 * connection; all end with the parent of the first.
 *
 *	/ok/N		N bytes		/echo		the request itself
 *	/status/N[?S]	N; Retry-After: S		/later/MS	"late"
 *	/redirect?URL	302 to URL	/loop		302 to itself
 *	/length/N	declares N bytes, sends ten, closes
 *	/endless	no length	/chunked-endless
 *	/drip		a byte each 50 ms		/slow-header	silence
 *	/endless-headers		/drop		closes, no answer
 *	/gzip-bomb	as Content-Encoding; without end
 *	/gzip /deflate	"0123456789", so encoded
 *	/te-bomb	as Transfer-Encoding
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX	(2u * 1024 * 1024)

struct request {
	char	*data;		/* head, blank line, body */
	size_t	 len, head;	/* with its blank line */
	char	 path[8300];
};

/* Ends the process, and so the connection, when nobody listens any more. */
static void
put(int fd, const void *data, size_t n)
{
	const char *p = data;
	ssize_t k;

	while (n > 0) {
		if ((k = send(fd, p, n, MSG_NOSIGNAL)) <= 0)
			_exit(0);
		p += k;
		n -= (size_t)k;
	}
}

static void
say(int fd, const char *s)
{
	put(fd, s, strlen(s));
}

static void
head(int fd, int status, const char *fields, size_t length)
{
	char line[9000];

	snprintf(line, sizeof(line), "HTTP/1.1 %d Whatever\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n%s"
	    "Content-Length: %zu\r\n\r\n", status, fields, length);
	say(fd, line);
}

/* -- answers --------------------------------------------------------------- */

static void
ok(int fd, const struct request *r, const char *arg)
{
	size_t n = strtoul(arg, NULL, 10), i;
	char *p = malloc(n + 1);

	for (i = 0; i < n; i++)
		p[i] = (char)('a' + i % 26);
	head(fd, 200, "", n);
	if (strncmp(r->data, "HEAD ", 5) != 0)
		put(fd, p, n);
	free(p);
}

static void
echo(int fd, const struct request *r, const char *arg)
{
	(void)arg;
	head(fd, 200, "X-Twice: one\r\nx-twice:   two  \r\n", r->len);
	put(fd, r->data, r->len);
}

static void
status(int fd, const struct request *r, const char *arg)
{
	const char *after = strchr(arg, '?');
	char fields[64] = "";

	(void)r;
	if (after != NULL)
		snprintf(fields, sizeof(fields), "Retry-After: %.20s\r\n",
		    after + 1);
	head(fd, (int)strtol(arg, NULL, 10), fields, 4);
	say(fd, "sad\n");
}

static void
later(int fd, const struct request *r, const char *arg)
{
	(void)r;
	usleep((useconds_t)strtoul(arg, NULL, 10) * 1000);
	head(fd, 200, "", 4);
	say(fd, "late");
}

static void
redirect(int fd, const struct request *r, const char *arg)
{
	char fields[8400];

	(void)r;
	snprintf(fields, sizeof(fields), "Location: %.8200s\r\n", arg);
	head(fd, 302, fields, 5);
	say(fd, "away\n");
}

static void
loop(int fd, const struct request *r, const char *arg)
{
	(void)arg;
	redirect(fd, r, "/loop");
}

static void
length(int fd, const struct request *r, const char *arg)
{
	(void)r;
	head(fd, 200, "", strtoul(arg, NULL, 10));
	say(fd, "ten bytes!");
	_exit(0);
}

static void
endless(int fd, const struct request *r, const char *arg)
{
	char block[4096];

	(void)r;
	(void)arg;
	memset(block, 'e', sizeof(block));
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (;;)
		put(fd, block, sizeof(block));
}

static void
chunked(int fd, const struct request *r, const char *arg)
{
	char block[7 + 4096 + 2];

	(void)r;
	(void)arg;
	memset(block, 'c', sizeof(block));
	memcpy(block, "01000\r\n", 7);
	memcpy(block + 7 + 4096, "\r\n", 2);
	say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (;;)
		put(fd, block, sizeof(block));
}

static void
drip(int fd, const struct request *r, const char *arg)
{
	(void)r;
	(void)arg;
	head(fd, 200, "", 1000000);
	for (;;) {
		say(fd, "d");
		usleep(50 * 1000);
	}
}

static void
silence(int fd, const struct request *r, const char *arg)
{
	(void)fd;
	(void)r;
	(void)arg;
	for (;;)
		pause();
}

static void
headers(int fd, const struct request *r, const char *arg)
{
	char line[1100] = "X-More: ";

	(void)r;
	(void)arg;
	memset(line + 8, 'h', 1000);
	memcpy(line + 1008, "\r\n", 3);
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (;;)
		say(fd, line);
}

static void
drop(int fd, const struct request *r, const char *arg)
{
	(void)fd;
	(void)r;
	(void)arg;
	_exit(0);
}

/*
 * Gzip without end: one zero byte, and then for ever "258 bytes as the last
 * one", which takes 13 bits: 158 times as much comes out as goes in.
 */
static void
bomb(int fd, const char *field, bool chunks)
{
	static const char bits[] = "1100010100000";	/* length, distance */
	unsigned char block[13 * 256], *p = block;
	static const unsigned char start[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0,
	    0, 3 };
	/* BFINAL, BTYPE 01 (low bit first), and the byte 0: 00110000. */
	const char *first = "11000110000";
	size_t i, n = 0;

	say(fd, "HTTP/1.1 200 OK\r\n");
	say(fd, field);
	say(fd, "\r\n");
	if (chunks)
		say(fd, "7fffffff\r\n");
	put(fd, start, sizeof(start));
	for (;;) {
		memset(block, 0, sizeof(block));
		for (i = 0; i < sizeof(block) * 8; i++) {
			if (*first != '\0' ? *first++ == '1' :
			    bits[n++ % 13] == '1')
				p[i / 8] |= (unsigned char)(1u << i % 8);
		}
		put(fd, block, sizeof(block));
	}
}

static void
gzip_bomb(int fd, const struct request *r, const char *arg)
{
	(void)r;
	(void)arg;
	bomb(fd, "Content-Encoding: gzip\r\n", false);
}

static void
compressed(int fd, const struct request *r, const char *arg)
{
	static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\4\3\1\x0a\0\xf5\xff"
	    "0123456789\xc6\xc7\x84\xa6\x0a\0\0\0";
	static const char deflate[] = "\x78\x9c\x33\x30\x34\x32\x36\x31\x35"
	    "\x33\xb7\xb0\4\0\x0a\xff\2\x0e";
	bool is_gzip = strcmp(r->path, "/gzip") == 0;
	size_t n = is_gzip ? sizeof(gzip) - 1 : sizeof(deflate) - 1;
	char head[160];

	(void)arg;
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Encoding: "
	    "%s\r\nContent-Length: %zu\r\n\r\n", r->path + 1, n);
	say(fd, head);
	put(fd, is_gzip ? gzip : deflate, n);
}

static void
te_bomb(int fd, const struct request *r, const char *arg)
{
	(void)r;
	(void)arg;
	bomb(fd, "Transfer-Encoding: gzip, chunked\r\n", true);
}

static const struct {
	const char	*path;		/* begins so */
	void		(*answer)(int, const struct request *, const char *);
} answers[] = {
	{ "/ok/", ok }, { "/echo", echo }, { "/status/", status },
	{ "/later/", later }, { "/redirect?", redirect }, { "/loop", loop },
	{ "/length/", length }, { "/endless-headers", headers },
	{ "/endless", endless }, { "/chunked-endless", chunked },
	{ "/drip", drip }, { "/slow-header", silence }, { "/drop", drop },
	{ "/gzip-bomb", gzip_bomb }, { "/te-bomb", te_bomb },
	{ "/gzip", compressed }, { "/deflate", compressed },
};

/* -- requests -------------------------------------------------------------- */

static size_t
body_length(const struct request *r)
{
	const char *p = r->data;

	while ((p = strstr(p, "\r\n")) != NULL && p < r->data + r->head) {
		p += 2;
		if (strncasecmp(p, "content-length:", 15) == 0)
			return strtoul(p + 15, NULL, 10);
	}
	return 0;
}

/* The next request; what is behind it stays for the one after. */
static bool
get(int fd, struct request *r)
{
	size_t want = 0;
	char *end;
	ssize_t n;

	for (;;) {
		r->data[r->len] = '\0';
		if (want == 0 && (end = strstr(r->data, "\r\n\r\n")) != NULL) {
			r->head = (size_t)(end - r->data) + 4;
			want = r->head + body_length(r);
		}
		if (want > 0 && r->len >= want)
			break;
		n = read(fd, r->data + r->len, REQUEST_MAX - r->len);
		if (n <= 0)
			return false;
		r->len += (size_t)n;
	}
	r->len = want;
	return sscanf(r->data, "%*s %8299s", r->path) == 1;
}

static void
serve(int fd)
{
	struct request r = { .data = malloc(REQUEST_MAX + 1) };
	size_t i;

	while (r.len = 0, get(fd, &r)) {
		printf("%.*s %s\n", (int)strcspn(r.data, " "), r.data,
		    r.path);
		fflush(stdout);
		for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
			if (strncmp(r.path, answers[i].path,
			    strlen(answers[i].path)) == 0)
				break;
		if (i == sizeof(answers) / sizeof(answers[0]))
			head(fd, 404, "", 0);
		else
			answers[i].answer(fd, &r,
			    r.path + strlen(answers[i].path));
	}
	_exit(0);
}

/* -- listening ------------------------------------------------------------- */

static int
listen_on(const char *ip, in_port_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = *port };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6,
	    .sin6_port = *port };
	bool v4 = inet_pton(AF_INET, ip, &a.sin_addr) == 1;
	struct sockaddr *sa = v4 ? (void *)&a : (void *)&b;
	socklen_t len = v4 ? sizeof(a) : sizeof(b);
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (!v4)
		inet_pton(AF_INET6, ip, &b.sin6_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, sa, len) == -1 || listen(fd, 128) == -1 ||
	    getsockname(fd, sa, &len) == -1) {
		close(fd);
		return -1;
	}
	if (v4)
		*port = a.sin_port;
	return fd;
}

static void
accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd == -1)
		return;
	printf("connect\n");
	fflush(stdout);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
}

/* Serves until it is killed. */
static int
net_server(void)
{
	static const char *const ips[] = { "127.0.0.1", "127.0.0.2", "::1" };
	in_port_t port = 0;
	struct pollfd p[3];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < 3; i++)
		p[i] = (struct pollfd){ listen_on(ips[i], &port), POLLIN, 0 };
	if (p[0].fd == -1 || p[1].fd == -1)	/* ::1 may not be there */
		return 1;
	printf("%d\n", ntohs(port));
	fflush(stdout);
	while (poll(p, 3, -1) > 0)
		for (i = 0; i < 3; i++)
			if (p[i].revents & POLLIN)
				accept_one(p[i].fd);
	return 1;
}

#endif
