/* lib/archive/archive.c -- see archive.h; libarchive's one user. */
#include "archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/module.h"

#define READ_SIZE	((size_t)64 * 1024)

struct tq_archive_out {
	struct archive		*a;
	struct archive_entry	*entry;
	int			 fd;
};

struct tq_archive_in {
	struct archive	*a;
	int		 fd;
	char		 buf[READ_SIZE];
};

/* libarchive's last error as ours; returns -1. */
static int
fail(struct archive *a, enum tq_code code, struct tq_err *err)
{
	const char *text = archive_error_string(a);
	int e = archive_errno(a);

	if (e == EINTR)
		code = TQ_E_INTR;
	else if (e == ENOMEM)
		code = TQ_E_NOMEM;
	else if (e == EIO || e == ENOSPC || e == EPIPE || e == EDQUOT ||
	    e == EFBIG)
		code = TQ_E_IO;
	tq_err_set(err, TQ_AT_STORE, code, "archive: %s", code == TQ_E_INTR ?
	    "interrupted" : e > 0 && code == TQ_E_IO ? strerror(e) :
	    text != NULL ? text : "is damaged");
	if (err != NULL)
		err->sys_errno = e > 0 ? e : 0;
	return -1;
}

/* -- writing ---------------------------------------------------------------- */

/* libarchive's own would go on after a signal. */
static la_ssize_t
write_some(struct archive *a, void *arg, const void *p, size_t n)
{
	struct tq_archive_out *o = arg;
	ssize_t put = write(o->fd, p, n);

	if (put == -1)
		archive_set_error(a, errno, "write");
	return put;
}

static void
drop(struct tq_archive_out *o)
{
	if (o == NULL)
		return;
	archive_entry_free(o->entry);
	/* To free one that has not failed would write its end. */
	if (o->a != NULL)
		archive_write_fail(o->a);
	archive_write_free(o->a);
	free(o);
}

static struct tq_archive_out *
create(int fd, struct tq_err *err)
{
	struct tq_archive_out *o = tq_must(calloc(1, sizeof(*o)));

	o->fd = fd;
	o->a = archive_write_new();
	o->entry = archive_entry_new();
	if (o->a == NULL || o->entry == NULL) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
		drop(o);
		return NULL;
	}
	/* pax: sizes above 8 GiB, where a header has no room for them. */
	if (archive_write_set_format_pax_restricted(o->a) != ARCHIVE_OK ||
	    archive_write_open(o->a, o, NULL, write_some, NULL) !=
	    ARCHIVE_OK) {
		fail(o->a, TQ_E_IO, err);
		drop(o);
		return NULL;
	}
	return o;
}

static int
add(struct tq_archive_out *o, const char *name, int64_t size,
    int64_t mtime_ms, struct tq_err *err)
{
	archive_entry_clear(o->entry);
	archive_entry_set_pathname(o->entry, name);
	archive_entry_set_size(o->entry, size);
	archive_entry_set_filetype(o->entry, AE_IFREG);
	archive_entry_set_perm(o->entry, 0600);
	archive_entry_set_mtime(o->entry, (time_t)(mtime_ms / 1000), 0);
	return archive_write_header(o->a, o->entry) == ARCHIVE_OK ? 0 :
	    fail(o->a, TQ_E_IO, err);
}

static int
put(struct tq_archive_out *o, struct tq_span bytes, struct tq_err *err)
{
	la_ssize_t n = archive_write_data(o->a, bytes.p, bytes.n);

	if (n < 0)
		return fail(o->a, TQ_E_IO, err);
	return (size_t)n == bytes.n ? 0 : tq_err_set(err, TQ_AT_STORE,
	    TQ_E_BUG, "archive: more bytes than its entry was to have");
}

static int
finish(struct tq_archive_out *o, struct tq_err *err)
{
	return archive_write_close(o->a) == ARCHIVE_OK ? 0 :
	    fail(o->a, TQ_E_IO, err);
}

/* -- reading ---------------------------------------------------------------- */

static la_ssize_t
read_some(struct archive *a, void *arg, const void **p)
{
	struct tq_archive_in *in = arg;
	ssize_t n = read(in->fd, in->buf, sizeof(in->buf));

	*p = in->buf;
	if (n == -1)
		archive_set_error(a, errno, "read");
	return n;
}

static void
close_in(struct tq_archive_in *in)
{
	if (in != NULL)
		archive_read_free(in->a);
	free(in);
}

/* tar alone, and no filter: a compressed one is piped through its program. */
static struct tq_archive_in *
open_in(int fd, struct tq_err *err)
{
	struct tq_archive_in *in = tq_must(calloc(1, sizeof(*in)));

	in->fd = fd;
	if ((in->a = archive_read_new()) == NULL) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
		close_in(in);
		return NULL;
	}
	if (archive_read_support_format_tar(in->a) != ARCHIVE_OK ||
	    archive_read_open(in->a, in, NULL, read_some, NULL) !=
	    ARCHIVE_OK) {
		fail(in->a, TQ_E_DATA, err);
		close_in(in);
		return NULL;
	}
	return in;
}

static int
next(struct tq_archive_in *in, const char **name, int64_t *size,
    struct tq_err *err)
{
	struct archive_entry *e;
	int rc = archive_read_next_header(in->a, &e);

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc != ARCHIVE_OK)
		return fail(in->a, TQ_E_DATA, err);
	if ((*name = archive_entry_pathname(e)) == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DATA,
		    "archive: an entry has no name");
	if (archive_entry_filetype(e) != AE_IFREG ||
	    archive_entry_hardlink(e) != NULL ||
	    archive_entry_symlink(e) != NULL ||
	    archive_entry_sparse_count(e) > 0 ||
	    !archive_entry_size_is_set(e) || archive_entry_size(e) < 0)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DATA,
		    "archive: %.200s: is not a plain file", *name);
	*size = archive_entry_size(e);
	return 1;
}

static ssize_t
get(struct tq_archive_in *in, void *to, size_t n, struct tq_err *err)
{
	la_ssize_t got = archive_read_data(in->a, to, n);

	return got < 0 ? fail(in->a, TQ_E_DATA, err) : got;
}

extern TQ_EXPORT const struct tq_archive_module tq_archive_module;

const struct tq_archive_module tq_archive_module = {
	TQ_ARCHIVE_VERSION, create, add, put, finish, drop, open_in, next,
	get, close_in,
};
