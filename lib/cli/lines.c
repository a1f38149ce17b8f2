/* lib/cli/lines.c -- the line reader of cli.h. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES	(128 * 1024)

void
tq_lines_init(struct tq_lines *l, int fd, char sep, size_t line_max)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->sep = sep;
	l->line_max = line_max;
	/* A line may have "\r\n" behind it, and a read is made before we know
	   that the line is too long. */
	l->buf.max = line_max + 2 + 2 * READ_BYTES;
}

void
tq_lines_free(struct tq_lines *l)
{
	tq_buf_free(&l->buf);
	l->at = l->scanned = 0;
}

static int
fail(struct tq_err *err, int errnum)
{
	tq_err_set(err, TQ_AT_INPUT, TQ_E_IO, "%s", strerror(errnum));
	err->sys_errno = errnum;
	return -1;
}

static int
interrupted(struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_INPUT, TQ_E_INTR, "interrupted");
}

/*
 * 1: readable, 2: not yet (never when ${block}), -1: failed.  The signals are
 * let in by ppoll() only, so that none comes between the look at the flag and
 * the sleep, where it would go unnoticed until the next byte.
 */
static int
wait_readable(int fd, bool block, struct tq_err *err)
{
	static const struct timespec now = { 0, 0 };
	struct pollfd pfd = { fd, POLLIN, 0 };
	sigset_t set, old;
	int n, errnum;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	do {
		if (tq_cli_interrupted()) {
			pthread_sigmask(SIG_SETMASK, &old, NULL);
			return interrupted(err);
		}
		n = ppoll(&pfd, 1, block ? NULL : &now, &old);
		errnum = errno;
	} while (n == -1 && errnum == EINTR);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (n == -1)
		return fail(err, errnum);
	return n > 0 ? 1 : 2;
}

/* Read what is there behind the unparsed rest, which moves to the front. */
static int
fill(struct tq_lines *l, bool block, struct tq_err *err)
{
	ssize_t n;
	char *p;
	int rc;

	if ((rc = wait_readable(l->fd, block, err)) != 1)
		return rc;
	if (l->at > 0) {
		l->buf.len -= l->at;
		memmove(l->buf.data, l->buf.data + l->at, l->buf.len);
		l->scanned -= l->at;
		l->at = 0;
	}
	if ((p = tq_buf_room(&l->buf, READ_BYTES)) == NULL)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_NOMEM,
		    "out of memory");
	n = read(l->fd, p, READ_BYTES);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return block ? 1 : 2;	/* somebody else was faster */
	if (n == -1)
		return fail(err, errno);
	l->buf.len += (size_t)n;
	l->eof = n == 0;
	return 1;
}

static int
too_long(struct tq_lines *l, struct tq_err *err)
{
	l->number++;
	return tq_err_set(err, TQ_AT_INPUT, TQ_E_TOOBIG,
	    "line %llu: longer than %zu bytes", (unsigned long long)l->number,
	    l->line_max);
}

/* The bytes from l->at to ${end} are a line, or the last of one we skip. */
static int
give(struct tq_lines *l, size_t end, size_t next, struct tq_span *line,
    struct tq_err *err)
{
	size_t n = end - l->at;

	*line = (struct tq_span){ l->buf.data + l->at, n };
	l->at = l->scanned = next;
	if (l->skipping) {
		l->skipping = false;
		return 2;
	}
	if (l->sep == '\n' && next > end && n > 0 && line->p[n - 1] == '\r')
		line->n--;
	if (line->n > l->line_max)
		return too_long(l, err);
	/* Some editors and PowerShell put this before the first line. */
	if (l->number == 0 && l->sep == '\n' && line->n >= 3 &&
	    memcmp(line->p, "\xef\xbb\xbf", 3) == 0)
		*line = (struct tq_span){ line->p + 3, line->n - 3 };
	l->number++;
	return 1;
}

int
tq_lines_next(struct tq_lines *l, struct tq_span *line, bool block,
    struct tq_err *err)
{
	const char *sep;
	size_t end;
	int rc;

	for (;;) {
		sep = l->scanned == l->buf.len ? NULL :
		    memchr(l->buf.data + l->scanned, l->sep,
		    l->buf.len - l->scanned);
		if (sep != NULL) {
			end = (size_t)(sep - l->buf.data);
			if ((rc = give(l, end, end + 1, line, err)) == 2)
				continue;
			return rc;
		}
		l->scanned = l->buf.len;
		if (l->skipping)
			l->at = l->buf.len;
		if (l->eof) {
			if (l->at == l->buf.len)
				return 0;
			return give(l, l->buf.len, l->buf.len, line, err);
		}
		if (!l->skipping && l->buf.len - l->at > l->line_max + 1) {
			l->skipping = true;
			l->at = l->buf.len;
			return too_long(l, err);
		}
		if ((rc = fill(l, block, err)) != 1)
			return rc;
	}
}
