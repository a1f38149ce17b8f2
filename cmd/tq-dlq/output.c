/* cmd/tq-dlq/output.c -- drain: records go out, and surely arrive. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlq.h"

static int
write_fault(struct dlq *d)
{
	return tq_err_sys(&d->cli->err, TQ_AT_OUTPUT, TQ_E_IO, errno, "%s",
	    d->o->out);
}

/*
 * What is still in the pipe when its reader goes is lost to it: a task is
 * drained once the reader has taken it.  The kernel tells nobody of that
 * moment, so we look, less and less often.
 */
static int
taken_by_reader(struct dlq *d)
{
	struct pollfd p = { .fd = STDOUT_FILENO };
	int ms = 0, left;
	bool gone = false;

	if (!d->drain.pipe)
		return 0;
	/* Looked at once more when the reader has gone: it may have read. */
	while (ioctl(STDOUT_FILENO, FIONREAD, &left) == 0 && left > 0) {
		if (gone)
			return tq_err_sys(&d->cli->err, TQ_AT_OUTPUT,
			    TQ_E_IO, EPIPE, "stdout");
		if (tq_cli_interrupted())
			return tq_err_set(&d->cli->err, TQ_AT_OUTPUT,
			    TQ_E_INTR, "interrupted");
		gone = poll(&p, 1, ms) > 0 && (p.revents & POLLERR) != 0;
		if (ms < 20)
			ms++;
	}
	return 0;
}

int
dlq_to_stdout(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tq_task_write(&tasks[i], &d->cli->out);
		if (tq_cli_line(d->cli, TQ_SPAN_NONE) == -1)
			return -1;
	}
	if (tq_cli_flush(d->cli) == -1)
		return -1;
	return taken_by_reader(d);
}

int
dlq_write_all(int fd, const char *p, size_t n)
{
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w) {
		while ((w = write(fd, p, n)) == -1 && errno == EINTR)
			;
		if (w == -1)
			return -1;
	}
	return 0;
}

/* All of a group, or nothing of it: half a line would spoil the file. */
int
dlq_to_file(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	struct tq_buf b = TQ_BUF_INIT(SIZE_MAX / 2);
	int fd = d->drain.fd, rc = 0;
	off_t end = d->drain.regular ? lseek(fd, 0, SEEK_END) : -1;
	size_t i;

	for (i = 0; i < n; i++) {
		tq_task_write(&tasks[i], &b);
		tq_buf_chr(&b, '\n');
	}
	if (b.failed) {
		errno = ENOMEM;
		rc = write_fault(d);
	} else if (dlq_write_all(fd, b.data, b.len) == -1 ||
	    (d->drain.regular && fsync(fd) == -1)) {
		rc = write_fault(d);
		if (end != -1 && ftruncate(fd, end) == -1)
			tq_cli_warn(d->cli, "%s: its last line is incomplete",
			    d->o->out);
	}
	tq_buf_free(&b);
	return rc;
}

/* A new file is only there for good when its directory says so. */
static int
sync_directory(struct dlq *d)
{
	char *copy = tq_arena_str(&d->cli->arena, d->o->out);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || (fsync(fd) == -1 && errno != EINVAL))
		rc = write_fault(d);
	if (fd != -1)
		close(fd);
	return rc;
}

/* Appending behind half a line would spoil two records. */
static int
end_last_line(struct dlq *d, off_t size)
{
	char last;

	if (size > 0 && pread(d->drain.fd, &last, 1, size - 1) == 1 &&
	    last != '\n' && dlq_write_all(d->drain.fd, "\n", 1) == -1)
		return write_fault(d);
	return 0;
}

int
dlq_output_open(struct dlq *d)
{
	struct stat sb;

	d->drain.fd = -1;
	d->drain.pipe = fstat(STDOUT_FILENO, &sb) == 0 && S_ISFIFO(sb.st_mode);
	if (d->o->out == NULL || d->o->dry_run)
		return 0;
	d->drain.fd = open(d->o->out, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC,
	    0666);
	if (d->drain.fd == -1 || fstat(d->drain.fd, &sb) == -1)
		return write_fault(d);
	d->drain.regular = S_ISREG(sb.st_mode);
	if (!d->drain.regular)
		return 0;
	return end_last_line(d, sb.st_size) == -1 ? -1 : sync_directory(d);
}

void
dlq_output_close(struct dlq *d)
{
	if (d->drain.fd != -1)
		close(d->drain.fd);
}
