/* tests/unit/test_cli.h -- run something and keep what it wrote. */
#ifndef TEST_CLI_H
#define TEST_CLI_H

#include "t.h"

#include <sys/mman.h>
#include <unistd.h>

static char t_out[65536], t_err[65536];

struct t_capture {
	int	saved[2], file[2];
};

static inline void
t_capture(struct t_capture *c)
{
	int i;

	fflush(stdout);
	for (i = 0; i < 2; i++) {
		c->saved[i] = dup(i + 1);
		c->file[i] = memfd_create("capture", MFD_CLOEXEC);
		dup2(c->file[i], i + 1);
	}
}

/* Streams are as before; what was written is in t_out and t_err. */
static inline void
t_release(struct t_capture *c)
{
	char *to[2] = { t_out, t_err };
	ssize_t n;
	int i;

	fflush(stdout);
	for (i = 0; i < 2; i++) {
		n = pread(c->file[i], to[i], sizeof(t_out) - 1, 0);
		to[i][n > 0 ? n : 0] = '\0';
		dup2(c->saved[i], i + 1);
		close(c->saved[i]);
		close(c->file[i]);
	}
}

/* A pipe's end with ${n} bytes to read; ${hold}: the end to write, or NULL. */
static inline int
t_pipe(const char *bytes, size_t n, int *hold)
{
	int fd[2];

	if (pipe(fd) == -1 || write(fd[1], bytes, n) != (ssize_t)n)
		abort();
	if (hold != NULL)
		*hold = fd[1];
	else
		close(fd[1]);
	return fd[0];
}

#endif
