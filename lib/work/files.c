/* lib/work/files.c -- see files.h. */
#include "work/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/edges.h"
#include "task/edge.h"
#include "task/input.h"
#include "util/fd.h"
#include "util/str.h"
#include "work/handler/dataurl.h"
#include "work/worker.h"


static char *
name_in(const struct slot *s, const char *what)
{
	struct tq_buf b = TQ_BUF_INIT(4096);

	tq_buf_fmt(&b, "%s/%s", s->dir, what);
	return tq_must(b.failed ? NULL : b.data);
}

int
tq_files_init(struct worker *w, struct slot *s, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(4096);

	tq_buf_fmt(&b, "%s/%d", w->dir, s->n);
	s->dir = tq_must(b.failed ? NULL : b.data);
	s->payload = name_in(s, "payload");
	s->input = name_in(s, "input");
	s->output = name_in(s, "output");
	s->after = name_in(s, "after");
	if (mkdir(s->dir, 0700) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "%s",
		    s->dir);
	return 0;
}

void
tq_files_free(struct slot *s)
{
	free(s->dir);
	free(s->payload);
	free(s->input);
	free(s->output);
	free(s->after);
}

static int
overwrite(const char *path, struct tq_span v)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd != -1 && ftruncate(fd, (off_t)v.n) == 0 &&
	    tq_fd_write(fd, v) == 0)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

/*
 * The same inode and blocks again and again where it can be: to make them for
 * each task, or to free them first (O_TRUNC), costs ext4 more than everything
 * else the worker does for it.
 */
static int
write_file(const char *path, struct tq_span v, struct tq_err *err)
{
	int fd = overwrite(path, v), errnum = errno;

	if (fd == -1 && unlink(path) == 0) {	/* the handler's doing */
		fd = overwrite(path, v);
		errnum = errno;
	}
	if (fd == -1)
		tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errnum, "%s", path);
	return fd;
}

int
tq_files_new_input(struct slot *s)
{
	/* A new one: what the last task left running may still hold its own. */
	unlink(s->input);
	return open(s->input, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* The keeper renews the leases beside a copy of gigabytes. */
static int
copy_file(struct worker *w, struct slot *s, int from, struct tq_err *err)
{
	int to, errnum, rc = -1;

	if ((to = tq_files_new_input(s)) != -1) {
		tq_keeper_lend(w);
		rc = tq_fd_copy(from, to, w->env);
		errnum = errno;
		close(to);
		tq_keeper_back(w);
		errno = errnum;
	}
	return rc == 0 ? 0 : tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno, "%s",
	    s->input);
}

bool
tq_files_to_fetch(const struct job *j)
{
	const char *in = j->task->input;
	enum tq_input kind = in != NULL ? tq_input_kind(in) : TQ_INPUT_OTHER;

	return j->handler->runner->input_max > 0 &&
	    (kind == TQ_INPUT_HTTP || kind == TQ_INPUT_S3);
}

static int
fetched_input(struct slot *s, int64_t *size, struct tq_err *err)
{
	int fd = open(s->input, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat sb;

	if (fd == -1 || fstat(fd, &sb) == -1) {
		tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno, "%s", s->input);
		if (fd != -1)
			close(fd);
		return -1;
	}
	*size = (int64_t)sb.st_size;
	return fd;
}

static int
data_input(struct slot *s, const char *url, int64_t *size, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_PAYLOAD_MAX);
	int fd = -1;

	if (tq_dataurl_decode(url, &b, err) == 0)
		fd = write_file(s->input, tq_buf_span(&b), err);
	if (fd != -1)
		lseek(fd, 0, SEEK_SET);
	*size = (int64_t)b.len;
	tq_buf_free(&b);
	return fd;
}

int
tq_files_input(struct worker *w, struct slot *s, int64_t *size,
    struct tq_err *err)
{
	const char *in = s->job->task->input;
	int fd;

	if (tq_input_kind(in) == TQ_INPUT_DATA)
		return data_input(s, in, size, err);
	if (tq_files_to_fetch(s->job))
		return fetched_input(s, size, err);
	if (tq_blob_name(in) == NULL)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA,
		    "can't fetch %s: this tq-work takes inputs from files "
		    "(blob:), http:, https:, s3: and data: only", in);
	tq_keeper_lend(w);
	fd = tq_store_blob_get(w->st, in, size, err);
	tq_keeper_back(w);
	if (fd == -1) {
		err->stage = TQ_AT_FETCH;
		return -1;
	}
	if (s->job->task->input_size == 0 ||
	    *size == s->job->task->input_size)
		return fd;
	tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND, "its input has %lld bytes "
	    "instead of %lld", (long long)*size,
	    (long long)s->job->task->input_size);
	close(fd);
	return -1;
}

/* TQ_INPUT; returns a descriptor of the same bytes, -2 when there are none. */
static int
fetch(struct worker *w, struct slot *s, struct tq_err *err)
{
	int64_t size;
	int fd;

	if (s->job->task->input == NULL)
		return -2;
	if ((fd = tq_files_input(w, s, &size, err)) == -1)
		return -1;
	if (tq_blob_name(s->job->task->input) != NULL &&
	    copy_file(w, s, fd, err) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
tq_files_fetch(struct worker *w, struct slot *s, struct tq_err *err)
{
	int fd;

	unlink(s->output);
	if ((fd = fetch(w, s, err)) >= 0)
		close(fd);
	return fd == -1 ? -1 : 0;
}

/* TQ_AFTER: what the task waited for, and how that ended. */
static int
write_after(struct worker *w, struct slot *s, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(4 * 1024 * 1024);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_parent *v;
	size_t i, n;
	int fd = -1, rc;

	tq_keeper_lend(w);
	rc = tq_store_parents(w->st, s->job->task->id, &a, &v, &n, err);
	tq_keeper_back(w);
	if (rc == 0) {
		for (i = 0; i < n; i++)
			tq_after_line(&b, v[i].id, v[i].status);
		fd = write_file(s->after, tq_buf_span(&b), err);
	} else if (err != NULL) {
		err->stage = TQ_AT_FETCH;
	}
	if (fd != -1)
		close(fd);
	tq_arena_free(&a);
	tq_buf_free(&b);
	return fd == -1 ? -1 : 0;
}

int
tq_files_prepare(struct worker *w, struct slot *s, struct tq_err *err)
{
	int in, payload;

	unlink(s->output);
	if (s->job->task->parents > 0 && write_after(w, s, err) == -1)
		return -1;
	payload = write_file(s->payload, s->job->task->payload, err);
	if (payload == -1)
		return -1;
	if ((in = fetch(w, s, err)) != -2) {
		close(payload);
		return in;
	}
	lseek(payload, 0, SEEK_SET);
	return payload;
}

int
tq_files_read(int fd, size_t max, struct tq_arena *a, struct tq_span *out,
    struct tq_err *err)
{
	struct stat sb;
	size_t at = 0;
	ssize_t n;
	char *p;

	if (fstat(fd, &sb) == -1)
		return tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno, "fstat");
	if (sb.st_size > (off_t)max)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_TOOBIG,
		    "%lld bytes are over the limit of %zu",
		    (long long)sb.st_size, max);
	p = tq_arena_alloc(a, (size_t)sb.st_size + 1);
	while (at < (size_t)sb.st_size) {
		n = pread(fd, p + at, (size_t)sb.st_size - at, (off_t)at);
		if (n == -1)
			return tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno,
			    "read");
		if (n == 0)
			break;
		at += (size_t)n;
	}
	*out = (struct tq_span){ p, at };
	return 0;
}

void
tq_files_clear(struct slot *s)
{
	unlink(s->output);
	if (s->job->task->input != NULL)
		unlink(s->input);
}

const char *const *
tq_files_env(struct worker *w, struct slot *s)
{
	const struct tq_task *t = s->job->task;
	struct tq_arena *a = &s->job->batch->arena;
	const char **v = tq_arena_alloc(a, 16 * sizeof(*v));
	int64_t end = w->wall + (s->deadline - w->now);
	size_t n = 0;

	v[n++] = w->store_env;
	v[n++] = tq_arena_fmt(a, "TQ_TASK_ID=%s", t->id);
	v[n++] = tq_arena_fmt(a, "TQ_TYPE=%s", t->type);
	v[n++] = tq_arena_fmt(a, "TQ_QUEUE=%s", t->queue);
	v[n++] = tq_arena_fmt(a, "TQ_ATTEMPT=%d", t->attempts);
	v[n++] = tq_arena_fmt(a, "TQ_MAX_ATTEMPTS=%d",
	    tq_task_max_attempts(t));
	v[n++] = tq_arena_fmt(a, "TQ_TOKEN=%llu",
	    (unsigned long long)t->token);
	v[n++] = tq_arena_fmt(a, "TQ_DEADLINE=%lld", (long long)(end / 1000));
	v[n++] = tq_arena_fmt(a, "TQ_PAYLOAD=%s", s->payload);
	v[n++] = tq_arena_fmt(a, "TQ_OUTPUT=%s", s->output);
	if (t->input != NULL)
		v[n++] = tq_arena_fmt(a, "TQ_INPUT=%s", s->input);
	if (t->input_name != NULL && tq_input_name_ok(t->input_name))
		v[n++] = tq_arena_fmt(a, "TQ_INPUT_NAME=%s", t->input_name);
	if (t->parents > 0)
		v[n++] = tq_arena_fmt(a, "TQ_AFTER=%s", s->after);
	if (t->traceparent != NULL)
		v[n++] = tq_arena_fmt(a, "TRACEPARENT=%s", t->traceparent);
	return v;
}
