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
#include "util/fd.h"

static int
write_fault(struct dlq *d, int errnum)
{
	return tq_err_sys(&d->cli->err, TQ_AT_OUTPUT, TQ_E_IO, errnum, "%s",
	    d->o->out);
}

/*
 * Bytes still in the pipe when its reader goes are lost to it: a task is
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

static int
print(struct dlq *d, const struct tq_task *tasks, size_t n)
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
dlq_to_stdout(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	int rc = print(d, tasks, n);

	/* By the name that the user knows: see dlq_output_open(). */
	return rc == -1 && d->o->out != NULL && d->cli->err.code == TQ_E_IO ?
	    write_fault(d, d->cli->err.sys_errno) : rc;
}

/* All of a group, or nothing of it: half a line would spoil the file. */
int
dlq_to_file(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	struct tq_buf b = TQ_BUF_INIT(SIZE_MAX / 2);
	int fd = d->drain.fd, rc = 0;
	off_t end = lseek(fd, 0, SEEK_END);
	size_t i;

	for (i = 0; i < n; i++) {
		tq_task_write(&tasks[i], &b);
		tq_buf_chr(&b, '\n');
	}
	if (b.failed) {
		rc = write_fault(d, ENOMEM);
	} else if (tq_fd_write(fd, tq_buf_span(&b)) == -1 ||
	    fsync(fd) == -1) {
		rc = write_fault(d, errno);
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
	char *real = realpath(d->o->out, NULL);
	int rc = 0, fd = real == NULL ? -1 :
	    open(dirname(real), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(real);
	if (fd == -1 || (fsync(fd) == -1 && errno != EINVAL))
		rc = write_fault(d, errno);
	if (fd != -1)
		close(fd);
	return rc;
}

/* Appending behind half a line would spoil two records. */
static int
end_last_line(struct dlq *d, off_t size)
{
	int fd = size == 0 ? -1 : open(d->o->out, O_RDONLY | O_CLOEXEC);
	bool half = false;
	char last;

	if (fd == -1)
		return 0;	/* one that may not be read: as it is */
	half = pread(fd, &last, 1, size - 1) == 1 && last != '\n';
	close(fd);
	return half && tq_fd_write(d->drain.fd, tq_span_of("\n")) == -1 ?
	    write_fault(d, errno) : 0;
}

/* Can it be made sure that what is written there stays? */
static bool
can_sync(int fd, const struct stat *sb)
{
	return S_ISREG(sb->st_mode) && (fsync(fd) == 0 || (errno != EINVAL &&
	    errno != ENOSYS && errno != EOPNOTSUPP));
}

int
dlq_output_open(struct dlq *d)
{
	struct stat sb;

	d->drain.fd = -1;
	d->drain.pipe = fstat(STDOUT_FILENO, &sb) == 0 && S_ISFIFO(sb.st_mode);
	if (d->o->out == NULL || d->o->dry_run)
		return 0;
	/* Not for reading too: we would be the reader that a pipe waits for. */
	d->drain.fd = open(d->o->out, O_WRONLY | O_APPEND | O_CREAT |
	    O_CLOEXEC, 0666);
	if (d->drain.fd == -1 && errno == EINTR)
		return tq_err_set(&d->cli->err, TQ_AT_OUTPUT, TQ_E_INTR,
		    "interrupted");
	if (d->drain.fd == -1 || fstat(d->drain.fd, &sb) == -1)
		return write_fault(d, errno);
	if (can_sync(d->drain.fd, &sb))
		return end_last_line(d, sb.st_size) == -1 ? -1 :
		    sync_directory(d);
	/* A pipe, a device: as if the shell had made it our stdout. */
	if (dup2(d->drain.fd, STDOUT_FILENO) == -1)
		return write_fault(d, errno);
	dlq_output_close(d);
	d->cli->out_tty = isatty(STDOUT_FILENO);
	d->drain.pipe = S_ISFIFO(sb.st_mode);
	return 0;
}

void
dlq_output_close(struct dlq *d)
{
	if (d->drain.fd != -1)
		close(d->drain.fd);
	d->drain.fd = -1;
}
