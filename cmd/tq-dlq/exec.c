/* cmd/tq-dlq/exec.c -- drain --exec: a program takes the tasks. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dlq.h"
#include "util/fd.h"

/* The record as an unnamed file: a program that does not read can't hang us. */
static int
record_fd(struct dlq *d, const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(SIZE_MAX / 2);
	int fd = tq_fd_unnamed("task");

	tq_task_write(t, &b);
	tq_buf_chr(&b, '\n');
	if (b.failed)
		errno = ENOMEM;
	if (fd == -1 || b.failed || tq_fd_write(fd, tq_buf_span(&b)) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1) {
		tq_err_sys(&d->cli->err, TQ_AT_EXEC, TQ_E_IO, errno,
		    "task %s", t->id);
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	tq_buf_free(&b);
	return fd;
}

static int
exec_one(struct dlq *d, struct tq_task *t)
{
	const char *argv[] = { "/bin/sh", "-c", d->o->exec, NULL };
	int fd, status;

	if ((fd = record_fd(d, t)) == -1)
		return -1;
	status = dlq_run(d, argv, fd);
	close(fd);
	if (status == -1)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return dlq_take_out(d, t, 1);
	d->bad = true;
	if (WIFEXITED(status))
		tq_cli_warn(d->cli, "task %s stays: the command exited %d",
		    t->id, WEXITSTATUS(status));
	else
		tq_cli_warn(d->cli, "task %s stays: the command died of "
		    "signal %d", t->id, WTERMSIG(status));
	return 0;
}

int
dlq_exec_all(struct dlq *d, struct tq_task *tasks, size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		rc = exec_one(d, &tasks[i]);
		if (rc == 0 && tq_cli_interrupted())
			rc = tq_err_set(&d->cli->err, TQ_AT_EXEC, TQ_E_INTR,
			    "interrupted");
	}
	return rc;
}
