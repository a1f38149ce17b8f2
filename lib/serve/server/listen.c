/* lib/serve/server/listen.c -- listening sockets. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/server/serve.h"
#include "util/str.h"

#define BACKLOG	1024

static int
bad(const char *addr, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE, "--listen \"%.100s\": "
	    "must be ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH", addr);
}

/* Is somebody listening at the path, or is it what a dead server left? */
static bool
stale(const struct sockaddr_un *sa)
{
	struct stat sb;
	int fd, rc;

	if (lstat(sa->sun_path, &sb) == -1 || !S_ISSOCK(sb.st_mode))
		return false;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	rc = connect(fd, (const void *)sa, sizeof(*sa)) == -1 ? errno : 0;
	close(fd);
	return rc == ECONNREFUSED;
}

static int
listen_unix(const char *path, struct tq_err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (*path == '\0' || strlen(path) >= sizeof(sa.sun_path))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--listen unix:%.120s: the path is empty or too long",
		    path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (stale(&sa))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || bind(fd, (const void *)&sa, sizeof(sa)) == -1 ||
	    chmod(path, 0660) == -1 || listen(fd, BACKLOG) == -1) {
		tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno,
		    "--listen unix:%s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

static int
listen_to(const struct addrinfo *ai, const char *addr, struct tq_err *err)
{
	int fd, on = 1;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd != -1)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno,
		    "--listen %s", addr);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

static int
listen_tcp(const char *addr, struct tq_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *ai;
	const char *colon = strrchr(addr, ':');
	char host[256];
	size_t n;
	int64_t port;
	int fd, rc;

	if (colon == NULL || tq_str_int(colon + 1, 0, 65535, &port) == -1)
		return bad(addr, err);
	n = (size_t)(colon - addr);
	if (n >= 2 && addr[0] == '[' && addr[n - 1] == ']') {
		addr++;
		n -= 2;
	} else if (memchr(addr, ':', n) != NULL) {
		return bad(addr, err);
	}
	if (n >= sizeof(host))
		return bad(addr, err);
	snprintf(host, sizeof(host), "%.*s", (int)n, addr);
	rc = getaddrinfo(n == 0 || strcmp(host, "*") == 0 ? NULL : host,
	    colon + 1, &hints, &ai);
	if (rc != 0)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "--listen %s: %s", host, gai_strerror(rc));
	fd = listen_to(ai, host, err);
	freeaddrinfo(ai);
	return fd;
}

int
tq_listen(const char *addr, int *fd, char shown[TQ_LISTEN_SHOWN],
    struct tq_err *err)
{
	*fd = tq_str_starts(addr, "unix:") ? listen_unix(addr + 5, err) :
	    listen_tcp(addr, err);
	if (*fd == -1)
		return -1;
	tq_listen_shown(*fd, shown);
	return 0;
}

bool
tq_listen_loopback(int fd)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	const struct sockaddr_in *in = (const void *)&sa;
	const struct sockaddr_in6 *in6 = (const void *)&sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (void *)&sa, &n) == -1)
		return false;
	if (sa.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	if (sa.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
		    (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
		    in6->sin6_addr.s6_addr[12] == 127);
	return sa.ss_family == AF_UNIX;
}

void
tq_listen_shown(int fd, char shown[TQ_LISTEN_SHOWN])
{
	union {
		struct sockaddr_storage	all;
		struct sockaddr_un	un;
	} sa;
	char host[64] = "?", port[8] = "?";
	socklen_t n = sizeof(sa);

	memset(&sa, 0, sizeof(sa));
	if (getsockname(fd, (void *)&sa, &n) == -1) {
		snprintf(shown, TQ_LISTEN_SHOWN, "?");
	} else if (sa.all.ss_family == AF_UNIX) {
		snprintf(shown, TQ_LISTEN_SHOWN, "unix:%.108s",
		    sa.un.sun_path);
	} else {
		getnameinfo((void *)&sa, n, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
		snprintf(shown, TQ_LISTEN_SHOWN, sa.all.ss_family == AF_INET6 ?
		    "http://[%s]:%s" : "http://%s:%s", host, port);
	}
}
