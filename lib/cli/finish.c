/* lib/cli/finish.c -- the last line of each main(). */
#include "cli/calls.h"
#include "cli/cli.h"
#include "cli/out.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* A clean "no" of the store's needs no word about where it came from. */
static void
print(const struct tq_cli *cli, const struct tq_err *err)
{
	enum tq_exit ex = tq_exit_of(err->code);

	if (err->code == TQ_OK)
		tq_cli_warn(cli, "failed without a reason: please report it");
	else if (err->stage == TQ_AT_STORE && ex != TQ_EX_NO &&
	    ex != TQ_EX_NOTASK && ex != TQ_EX_DATA)
		tq_cli_warn(cli, "store: %s", err->msg);
	else
		tq_cli_warn(cli, "%s", err->msg);
}

/*
 * Some file systems report a failed write only when the file is closed;
 * closing a copy is enough for that.
 */
static void
check_stdout(struct tq_cli *cli)
{
	int fd;

	if (cli->out_failed || tq_out_write(cli) == -1)
		return;
	fd = dup(STDOUT_FILENO);
	if (fflush(stdout) == 0 && (fd == -1 || close(fd) == 0))
		return;
	cli->out_failed = true;
	tq_err_sys(&cli->err, TQ_AT_OUTPUT, TQ_E_IO, errno, "stdout");
}

int
tq_cli_finish(struct tq_cli *cli, int rc)
{
	struct tq_err why = cli->err;	/* run()'s: flushing may fail anew */
	bool failed_before = cli->out_failed;

	tq_cli_work_end(cli);
	check_stdout(cli);
	if (rc == -1) {
		print(cli, &why);
		rc = why.code == TQ_OK ? TQ_EX_BUG : (int)tq_exit_of_err(&why);
	} else if (failed_before && rc != TQ_EX_IO && rc != TQ_EX_INTR) {
		print(cli, &why);
		rc = TQ_EX_IO;
	}
	if (cli->out_failed && !failed_before) {
		print(cli, &cli->err);
		rc = (int)tq_exit_of(cli->err.code);
	}
	tq_calls_say(cli);
	tq_buf_free(&cli->out);
	tq_arena_free(&cli->arena);
	return rc;
}
