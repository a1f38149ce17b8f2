/* cmd/tq-ctl/backup.c -- backup, restore: a store as one file, and back. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/backup.h"
#include "util/time.h"

static bool
go_on(void *arg)
{
	(void)arg;
	return !tq_cli_interrupted();
}

static void
say(struct tq_cli *cli, const char *done, const struct tq_backup *b)
{
	char at[TQ_TIME_TEXT];

	tq_cli_note(cli, "%s as of %s: %llu task%s, %llu blob%s, %llu bytes",
	    done, tq_time_text(b->made_at, at), (unsigned long long)b->tasks,
	    b->tasks == 1 ? "" : "s", (unsigned long long)b->blobs,
	    b->blobs == 1 ? "" : "s", (unsigned long long)b->bytes);
}

static int
file_failed(struct tq_cli *cli, const char *path)
{
	return tq_err_sys(&cli->err, TQ_AT_OUTPUT, errno == EACCES ?
	    TQ_E_DENIED : TQ_E_IO, errno, "%s", path);
}

/* What the library says of an archive, whose name it does not know. */
static int
named(struct tq_cli *cli, int rc, const char *name)
{
	if (rc == -1 && strncmp(cli->err.msg, "archive:", 8) == 0)
		tq_err_prefix(&cli->err, "%s", name);
	return rc;
}

/* -- backup ------------------------------------------------------------------- */

/* The folder of ${path}, in the arena. */
static const char *
folder_of(struct tq_cli *cli, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? "." : slash == path ? "/" :
	    tq_arena_dup(&cli->arena, path, (size_t)(slash - path));
}

/* Bytes and name, before anybody relies on it. */
static int
settle(int fd, const char *tmp, const char *path, const char *folder)
{
	int dir, rc;

	if (fsync(fd) == -1 || rename(tmp, path) == -1)
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = dir == -1 ? -1 : fsync(dir);
	if (dir != -1)
		close(dir);
	return rc;
}

/* The name is the archive's when it is whole: until then it has another. */
static int
to_file(struct tq_cli *cli, const char *path, struct tq_backup *b)
{
	const char *folder = folder_of(cli, path);
	const char *tmp = tq_arena_fmt(&cli->arena, "%s.tmp-%016llx", path,
	    (unsigned long long)tq_random_u64(cli->env));
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd == -1)
		return file_failed(cli, path);
	b->scratch = folder;
	rc = tq_store_backup(cli->store_url, cli->env, fd, b, &cli->err);
	if (rc == 0 && settle(fd, tmp, path, folder) == -1)
		rc = file_failed(cli, path);
	if (rc == -1)
		(void)unlink(tmp);
	close(fd);
	return rc;
}

/* A tape, a named pipe, /dev/null: what is there is written to. */
static int
to_device(struct tq_cli *cli, const char *path, struct tq_backup *b)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return file_failed(cli, path);
	rc = tq_store_backup(cli->store_url, cli->env, fd, b, &cli->err);
	close(fd);
	return rc;
}

int
ctl_backup(struct tq_cli *cli, struct opts *o)
{
	struct tq_backup b = { .go_on = go_on };
	const char *path = cli->argv[0];
	struct stat sb;
	int rc;

	(void)o;
	if (strcmp(path, "-") == 0 && cli->out_tty)
		return tq_cli_usage(cli, "backup: - is for a pipe or a file; "
		    "standard output is a terminal");
	tq_cli_busy(cli, "backing up");
	if (strcmp(path, "-") == 0)
		rc = tq_store_backup(cli->store_url, cli->env, STDOUT_FILENO,
		    &b, &cli->err);
	else if (stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
		rc = to_device(cli, path, &b);
	else
		rc = to_file(cli, path, &b);
	tq_cli_work_end(cli);
	if (rc == 0)
		say(cli, "backed up", &b);
	return named(cli, rc, strcmp(path, "-") == 0 ? "stdout" : path);
}

/* -- restore -------------------------------------------------------------------- */

int
ctl_restore(struct tq_cli *cli, struct opts *o)
{
	struct tq_backup b = { .go_on = go_on };
	const char *path = cli->argv[0];
	int fd = STDIN_FILENO, rc;

	(void)o;
	if (strcmp(path, "-") == 0 && cli->in_tty)
		return tq_cli_usage(cli, "restore: - is for a pipe or a "
		    "file; standard input is a terminal");
	if (strcmp(path, "-") != 0 &&
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(&cli->err, TQ_AT_INPUT, errno == EACCES ?
		    TQ_E_DENIED : TQ_E_IO, errno, "%s", path);
	tq_cli_busy(cli, "restoring");
	rc = tq_store_restore(cli->store_url, cli->env, fd, &b, &cli->err);
	tq_cli_work_end(cli);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc == 0) {
		say(cli, "restored", &b);
		tq_cli_note(cli, "its queues are paused: tq-ctl resume QUEUE "
		    "lets one go on");
	}
	return named(cli, rc, strcmp(path, "-") == 0 ? "stdin" : path);
}
