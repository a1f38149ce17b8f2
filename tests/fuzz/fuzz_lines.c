/*
 * tests/fuzz/fuzz_lines.c -- any bytes as what a tool reads line by line, in pieces
 * as a pipe gives them, or between NULs ('0'); and as its file of configuration ('c').
 *
 * Beyond "no crash": the lines are those of the text, whatever the pieces; one that is
 * too long is told, and costs no other; a configuration that is read has what it says.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "util/err.h"

#define LINE_MAX_HERE	60

/* The line at ${s}, of ${n} bytes, as it is to be read; -1: it is too long. */
static ssize_t
wanted(const char **s, size_t n, char sep, bool last, bool first)
{
	if (sep == '\n' && !last && n > 0 && (*s)[n - 1] == '\r')
		n--;
	if (n > LINE_MAX_HERE)
		return -1;
	if (sep == '\n' && first && n >= 3 &&
	    memcmp(*s, "\xef\xbb\xbf", 3) == 0) {
		*s += 3;
		n -= 3;
	}
	return (ssize_t)n;
}

/* The next line of ${l}, once more of ${in} was written where it asks for it. */
static int
next(struct tq_lines *l, int to, struct tq_span *in, size_t piece,
    struct tq_span *line, struct tq_err *err)
{
	size_t n;
	int rc;

	while ((rc = tq_lines_next(l, line, false, err)) == 2) {
		n = piece < in->n ? piece : in->n;
		if (n == 0)
			MUST(close(to) == 0);
		else
			MUST(write(to, in->p, n) == (ssize_t)n);
		in->p += n;
		in->n -= n;
	}
	return rc;
}

static void
lines(struct tq_span in, char sep)
{
	struct tq_span rest = in, line;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lines l;
	const char *at = in.p, *end = in.p + in.n, *stop, *want;
	size_t piece;
	ssize_t n;
	int fds[2], rc;

	piece = in.n > 0 ? 1 + (unsigned char)in.p[in.n - 1] : 1;
	MUST(pipe2(fds, O_CLOEXEC) == 0);
	tq_lines_init(&l, fds[0], sep, LINE_MAX_HERE);
	for (; at < end; at = stop + 1) {
		if ((stop = memchr(at, sep, (size_t)(end - at))) == NULL)
			stop = end;
		want = at;
		n = wanted(&want, (size_t)(stop - at), sep, stop == end,
		    at == in.p);
		rc = next(&l, fds[1], &rest, piece, &line, &err);
		MUST(n == -1 ? rc == -1 && err.code == TQ_E_TOOBIG :
		    rc == 1 && line.n == (size_t)n &&
		    (n == 0 || memcmp(line.p, want, line.n) == 0));
	}
	MUST(next(&l, fds[1], &rest, piece, &line, &err) == 0);
	MUST(rest.n == 0);
	tq_lines_free(&l);
	close(fds[0]);
}

static void
config(struct tq_span in)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_config cfg = { NULL, NULL };
	char path[40];
	int fd = memfd_create("config", MFD_CLOEXEC);

	MUST(fd != -1 && write(fd, in.p, in.n) == (ssize_t)in.n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (tq_config_read(path, &cfg, &a, &err) == -1) {
		MUST(err.code == TQ_E_CONFIG && err.msg[0] != '\0');
	} else {
		MUST(cfg.queue == NULL || tq_queue_ok(cfg.queue));
		MUST(cfg.store == NULL || cfg.store[0] != '\0' ||
		    memchr(in.p, 0, in.n) != NULL);
	}
	close(fd);
	tq_arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_span in;

	if (n < 1)
		return 0;
	in = (struct tq_span){ (const char *)data + 1, n - 1 };
	switch (data[0]) {
	case '0': lines(in, '\0'); break;
	case 'c': config(in); break;
	default: lines(in, '\n'); break;
	}
	return 0;
}
