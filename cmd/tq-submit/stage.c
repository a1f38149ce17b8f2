/* cmd/tq-submit/stage.c -- input files become blobs of the store. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "submit.h"
#include "task/input.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/limits.h"

#define CHUNK	(64 * 1024)

static int
fault(struct tq_err *err, const char *path)
{
	return tq_err_sys(err, TQ_AT_INPUT, TQ_E_IO, errno, "input %s", path);
}

/* As pread(2), at the offset of ${fd} if ${at} is -1; -1 on an interrupt. */
static ssize_t
read_at(int fd, char *buf, off_t at)
{
	if (!tq_cli_interrupted())
		return at == -1 ? read(fd, buf, CHUNK) :
		    pread(fd, buf, CHUNK, at);
	errno = EINTR;
	return -1;
}

/* Copy what can't be mapped or read twice to a file of the store. */
static int
spool(struct submit *s, int from, const char *path, struct tq_err *err)
{
	char buf[CHUNK];
	uint64_t total = 0;
	ssize_t n;
	int fd = tq_store_blob_tmp(s->st, err);

	if (fd == -1)
		return -1;
	while ((n = read_at(from, buf, -1)) > 0) {
		total += (uint64_t)n;
		if (total > TQ_OUTPUT_MAX) {
			close(fd);
			return tq_err_set(err, TQ_AT_INPUT, TQ_E_TOOBIG,
			    "input %s: over the limit of 5 GiB", path);
		}
		if (tq_fd_write_till(fd, (struct tq_span){ buf, (size_t)n },
		    tq_cli_interrupted) == -1) {
			tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno,
			    "%s: copy of %s", tq_store_name(s->st), path);
			close(fd);
			return -1;
		}
	}
	if (n == -1) {
		fault(err, path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
hash_file(int fd, const char *path, char *out, struct tq_err *err)
{
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_sha256 h;
	char buf[CHUNK];
	off_t at = 0;
	ssize_t n;

	tq_sha256_init(&h);
	while ((n = read_at(fd, buf, at)) > 0) {
		tq_sha256_add(&h, buf, (size_t)n);
		at += n;
	}
	if (n == -1)
		return fault(err, path);
	tq_sha256_end(&h, sum);
	tq_hex(sum, sizeof(sum), out);
	return 0;
}

static int
open_input(const char *path, struct tq_err *err)
{
	int fd;

	if (strcmp(path, "-") == 0)
		fd = dup(STDIN_FILENO);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		fault(err, path);
	return fd;
}

/* May the file be stored as it stands?  -1: it can't be an input. */
static int
as_it_stands(int fd, const char *path, bool *yes, struct tq_err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return fault(err, path);
	if (S_ISDIR(sb.st_mode)) {
		errno = EISDIR;
		return fault(err, path);
	}
	if (S_ISREG(sb.st_mode) && sb.st_size > (off_t)TQ_OUTPUT_MAX)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_TOOBIG,
		    "input %s: over the limit of 5 GiB", path);
	/* Of a stdin that was read from before, only the rest is meant. */
	*yes = S_ISREG(sb.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
	return 0;
}

static int
open_store(struct submit *s, struct tq_err *err)
{
	if (s->st != NULL || tq_cli_open(s->cli, TQ_OPEN_CREATE, &s->st) == 0)
		return 0;
	*err = s->cli->err;
	return -1;
}

/* Put the open file ${fd} under ${name}; closes nothing. */
static int
put(struct submit *s, int fd, const char *path, const char *name, char *sha,
    struct tq_err *err)
{
	int tmp = -1, rc = -1;
	bool yes = false;

	if (as_it_stands(fd, path, &yes, err) == -1)
		return -1;
	if (s->o->dry_run)
		return yes && sha != NULL ? hash_file(fd, path, sha, err) : 0;
	if (open_store(s, err) == -1)
		return -1;
	if (!yes && (tmp = spool(s, fd, path, err)) == -1)
		return -1;
	if (!yes)
		fd = tmp;
	if (sha == NULL || hash_file(fd, path, sha, err) == 0)
		rc = tq_store_blob_put(s->st, name, fd, false, err);
	if (tmp != -1)
		close(tmp);
	return rc;
}

/* A blob of the store, which another task owns: this one gets its own. */
static int
open_blob(struct submit *s, const char *name, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	int64_t size;
	int fd;

	if (open_store(s, err) == -1)
		return -1;
	if ((fd = tq_store_blob_get(s->st, name, &size, &why)) != -1)
		return fd;
	if (why.code == TQ_E_NOTFOUND)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_DATA,
		    "input %s: is not in %s", name, tq_store_name(s->st));
	*err = why;
	return -1;
}

int
submit_stage(struct submit *s, struct tq_task *t, const char *path,
    const char **blob, char *sha, struct tq_err *err)
{
	enum tq_input kind = tq_input_kind(path);
	struct stat sb;
	char *url;
	int fd, rc;

	t->input = path;
	if (kind != TQ_INPUT_OTHER && tq_task_check(t, err) == -1)
		return -1;
	if (kind != TQ_INPUT_OTHER && (kind != TQ_INPUT_BLOB ||
	    s->o->dry_run))
		return 0;
	t->input = NULL;
	fd = kind == TQ_INPUT_BLOB ? open_blob(s, path, err) :
	    open_input(path, err);
	if (fd == -1)
		return -1;
	url = tq_arena_fmt(&s->g->arena, "blob:%s/%s/%s/in", t->queue, t->id,
	    t->submit_id);
	rc = put(s, fd, path, tq_blob_name(url), sha, err);
	if (kind == TQ_INPUT_OTHER && strcmp(path, "-") != 0)
		t->input_name = tq_input_name(path, &s->g->arena);
	if (rc == 0) {
		t->input = url;
		*blob = url;
		if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
			t->input_size = sb.st_size;
	}
	close(fd);
	return rc;
}
