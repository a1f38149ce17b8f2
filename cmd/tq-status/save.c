/* cmd/tq-status/save.c -- bytes to stdout or a file; see save.h. */
#include "save.h"
#include "text.h"
#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	(64 * 1024)

/* Refuse to send pictures to a terminal; else show text harmlessly. */
static int
put_visible(struct status *s, struct tq_span text, bool first)
{
	if (first && text_binary(text))
		return tq_cli_usage(s->cli, "the output is binary: write it "
		    "to a file with -o FILE, or pipe it on");
	text_visible(&s->cli->out, text);
	return tq_cli_flush(s->cli);
}

/* One piece to ${fd}; -1 is the terminal that stdout is. */
static int
put_piece(struct status *s, int fd, const char *to, struct tq_span piece,
    bool first)
{
	if (fd == -1)
		return put_visible(s, piece, first);
	if (tq_fd_write_till(fd, piece, tq_cli_interrupted) == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_OUTPUT, TQ_E_IO, errno,
		    "%s", to);
	return 0;
}

/* Returns how many bytes came, 0 at the end; -1 with cli->err filled. */
static ssize_t
read_some(struct status *s, const struct source *src, char *chunk)
{
	ssize_t got;

	do {
		got = read(src->fd, chunk, CHUNK);
	} while (got == -1 && errno == EINTR && !tq_cli_interrupted());
	if (got > 0 && tq_cli_interrupted()) {
		errno = EINTR;
		got = -1;
	}
	if (got == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_STORE, TQ_E_IO, errno,
		    "%s", src->name);
	return got;
}

static int
copy_blob(struct status *s, const struct source *src, int fd, const char *to)
{
	char chunk[CHUNK];
	bool first = true;
	ssize_t got;
	int rc = 0;

	while (rc == 0 && (got = read_some(s, src, chunk)) != 0) {
		rc = got == -1 ? -1 : put_piece(s, fd, to, (struct tq_span){
		    chunk, (size_t)got }, first);
		first = false;
	}
	return rc;
}

/* A prompt behind the last line would look like part of it. */
static int
copy(struct status *s, const struct source *src, int fd, const char *to)
{
	int rc = src->fd != -1 ? copy_blob(s, src, fd, to) :
	    put_piece(s, fd, to, src->bytes, true);

	if (rc == 0 && fd == -1)
		tq_buf_chr(&s->cli->out, '\n');
	return rc;
}

/* In the directory of ${path}, so that it can be renamed to it. */
static void
temp_name(const char *path, char tmp[PATH_MAX + 16])
{
	const char *slash = strrchr(path, '/');
	int dir = slash == NULL ? 0 : (int)(slash + 1 - path);

	snprintf(tmp, PATH_MAX + 16, "%.*s.tq-XXXXXX", dir, path);
}

/* As the file that was there, or as open(2) would have made it. */
static void
set_mode(int fd, const struct stat *old)
{
	mode_t mask;

	if (old != NULL) {
		(void)!fchown(fd, old->st_uid, old->st_gid);
		(void)fchmod(fd, old->st_mode & 07777);
		return;
	}
	mask = umask(0);
	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

/* FILE appears whole, or is as it was; ${old}, if it is there. */
static int
replace_file(struct status *s, const struct source *src, const char *path,
    const struct stat *old)
{
	struct tq_err *err = &s->cli->err;
	char tmp[PATH_MAX + 16];
	int fd, rc;

	temp_name(path, tmp);
	if ((fd = mkostemp(tmp, O_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_OUTPUT, errno == EACCES ?
		    TQ_E_DENIED : TQ_E_IO, errno, "%s", path);
	set_mode(fd, old);
	rc = copy(s, src, fd, path);
	if (close(fd) == -1 && rc == 0)
		rc = tq_err_sys(err, TQ_AT_OUTPUT, TQ_E_IO, errno, "%s", path);
	if (rc == 0 && rename(tmp, path) == -1)
		rc = tq_err_sys(err, TQ_AT_OUTPUT, TQ_E_IO, errno, "%s", path);
	if (rc != 0)
		unlink(tmp);
	return rc;
}

int
save_stdout(struct status *s, const struct source *src)
{
	return copy(s, src, s->cli->out_tty ? -1 : STDOUT_FILENO, "stdout");
}

/* Anything but a regular file, or a link that leads to no name of one. */
static int
write_into(struct status *s, const struct source *src, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int rc;

	if (fd == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_OUTPUT, errno == EACCES ?
		    TQ_E_DENIED : TQ_E_IO, errno, "%s", path);
	rc = copy(s, src, fd, path);
	if (close(fd) == -1 && rc == 0)
		rc = tq_err_sys(&s->cli->err, TQ_AT_OUTPUT, TQ_E_IO, errno,
		    "%s", path);
	return rc;
}

/* Is it what stdout is, as /dev/stdout?  Opened anew, a file would lose what
   the shell has written before. */
static bool
is_stdout(const struct stat *sb)
{
	struct stat out;

	return fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == sb->st_dev &&
	    out.st_ino == sb->st_ino;
}

/* A file is replaced, its links are followed; all else is written to. */
int
save_file(struct status *s, const struct source *src, const char *path)
{
	char real[PATH_MAX];
	struct stat sb, link;
	bool there;

	if (strlen(path) >= PATH_MAX)
		return tq_err_set(&s->cli->err, TQ_AT_OUTPUT, TQ_E_IO,
		    "the name of the file is too long");
	there = stat(path, &sb) == 0;
	if (there && is_stdout(&sb))
		return save_stdout(s, src);
	if (there && S_ISREG(sb.st_mode) && realpath(path, real) != NULL)
		return replace_file(s, src, real, &sb);
	if (there || (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)))
		return write_into(s, src, path);
	return replace_file(s, src, path, NULL);
}
