/* tests/unit/t_serve.h -- a tq-serve in the test's own process, asked over loopback. */
#ifndef T_SERVE_H
#define T_SERVE_H

#include "t.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/api/api.h"
#include "serve/server/serve.h"
#include "util/env.h"
#include "util/err.h"
#include "work/spawn/spawn.h"

#define ANSWER_MS	60000

static char t_dir[96], t_url[160], t_answer[1 << 20];
static const char *t_body = t_answer;	/* the answer's, behind its head */
static struct tq_serve_opts t_opts;
static struct tq_serve *t_serve;
static struct sockaddr_in t_addr;

static inline void
t_serve_access(void *arg, const struct tq_serve_access *a)
{
	(void)arg;
	(void)a;
}

static inline void
t_serve_note(void *arg, const char *text)
{
	(void)arg;
	printf("# %s\n", text);
}

static inline void
t_serve_failed(void *arg)
{
	(void)arg;
	T_FAIL("the store was taken away");
}

/* A server over a new store, with what ${o} says beside. */
static inline void
t_serve_begin(struct tq_serve_opts o)
{
	socklen_t len = sizeof(t_addr);
	struct tq_err err = TQ_ERR_INIT;
	char shown[TQ_LISTEN_SHOWN];
	static int fd;

	if (t_dir[0] == '\0') {
		T_MUST(t_mkdir(t_dir, sizeof(t_dir), "serve"));
		snprintf(t_url, sizeof(t_url), "sqlite:%s/tq.db", t_dir);
	}
	T_MUST(tq_listen("127.0.0.1:0", &fd, shown, &err) == 0);
	T_MUST(getsockname(fd, (struct sockaddr *)&t_addr, &len) == 0);
	t_opts = o;
	t_opts.store_url = t_url;
	t_opts.env = &tq_env_system;
	t_opts.api = tq_serve_api();
	t_opts.fds = &fd;
	t_opts.nfds = 1;
	t_opts.threads = 1;
	t_opts.header_ms = t_opts.keepalive_ms = t_opts.body_ms = ANSWER_MS;
	t_opts.access = t_serve_access;
	t_opts.note = t_serve_note;
	t_opts.failed = t_serve_failed;
	if (tq_serve_start(&t_opts, &t_serve, &err) == -1) {
		T_FAIL("%s", err.msg);
		exit(1);
	}
}

/* The store stays for the next server. */
static inline void
t_serve_stop(void)
{
	T_INT(tq_serve_stop(t_serve, ANSWER_MS), 0);
	t_serve = NULL;
}

static inline void
t_serve_end(void)
{
	t_serve_stop();
	tq_spawn_remove(t_dir);
	t_dir[0] = '\0';
}

/* A connection on which ${method} ${path} was asked, with ${n} bytes of a body. */
static inline int
t_send(const char *method, const char *path, const char *head, const char *body, size_t n)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[4096];
	size_t len, at = 0;
	ssize_t done;

	if (connect(fd, (struct sockaddr *)&t_addr, sizeof(t_addr)) == -1)
		abort();
	len = (size_t)snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n"
	    "Host: localhost\r\n%s%s", method, path, strstr(head,
	    "Connection:") == NULL ? "Connection: close\r\n" : "", head);
	if (body != NULL)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "Content-Length: %zu\r\n", n);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "\r\n");
	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
	/* A server that has refused it reads no more. */
	for (; body != NULL && at < n; at += (size_t)done)
		if ((done = send(fd, body + at, n - at, MSG_NOSIGNAL)) <= 0)
			break;
	return fd;
}

/* Until the answer has ${text}, or, if that is NULL, until its end; its status. */
static inline int
t_read(int fd, const char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t got;

	do {
		t_answer[n] = '\0';
		if (text != NULL && strstr(t_answer, text) != NULL)
			break;
		if (n == sizeof(t_answer) - 1 || poll(&p, 1, ANSWER_MS) != 1)
			return -1;
		got = recv(fd, t_answer + n, sizeof(t_answer) - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	t_body = strstr(t_answer, "\r\n\r\n");
	t_body = t_body != NULL ? t_body + 4 : "";
	return strncmp(t_answer, "HTTP/1.1 ", 9) == 0 ? atoi(t_answer + 9) : -1;
}

static inline int
t_ask(const char *method, const char *path, const char *head, const char *body)
{
	int fd = t_send(method, path, head, body, body != NULL ? strlen(body) : 0);
	int status = t_read(fd, NULL);

	close(fd);
	return status;
}

#define T_HAS(text) do {						\
	if (strstr(t_answer, (text)) == NULL)				\
		T_FAIL("no %s in: %s", (text), t_answer);		\
} while (0)

#define T_HAS_NOT(text) do {						\
	if (strstr(t_answer, (text)) != NULL)				\
		T_FAIL("%s in: %s", (text), t_answer);			\
} while (0)

#endif
