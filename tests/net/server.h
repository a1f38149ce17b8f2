/* tests/net/server.h -- net_server beside a test, and what has come to it. */
#ifndef SERVER_H
#define SERVER_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_server.h"

static struct {
	pid_t	pid;
	int	port;
	FILE	*out;		/* what it prints, after the port */
} server;

static inline void
server_start(void)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		abort();
	fflush(stdout);
	if ((server.pid = fork()) == 0) {
		dup2(p[1], 1);
		close(p[0]);
		_exit(net_server());
	}
	close(p[1]);
	server.out = fdopen(p[0], "r");
	if (fscanf(server.out, "%d", &server.port) != 1)
		abort();
	fcntl(p[0], F_SETFL, O_NONBLOCK);
}

static inline void
server_stop(void)
{
	kill(server.pid, SIGTERM);
	waitpid(server.pid, NULL, 0);
	fclose(server.out);
}

/* Lines since the last call that are ${line}; all lines are gone after. */
static inline int
server_saw(const char *line)
{
	char buf[9000];
	int n = 0;

	clearerr(server.out);
	while (fgets(buf, sizeof(buf), server.out) != NULL) {
		buf[strcspn(buf, "\n")] = '\0';
		n += strcmp(buf, line) == 0;
	}
	return n;
}

/* "http://HOST:PORT/PATH"; good until the fourth call after. */
static inline const char *
server_url(const char *host, const char *path)
{
	static char url[4][9000];
	static unsigned at;

	at = (at + 1) % 4;
	snprintf(url[at], sizeof(url[at]), "http://%s:%d%s", host,
	    server.port, path);
	return url[at];
}

#endif
