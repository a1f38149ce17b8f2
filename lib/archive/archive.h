/*
 * lib/archive/archive.h -- tar archives, one entry after the other.
 *
 * It lives in tq-archive.so, for libarchive brings a dozen libraries with it
 * that no other command needs.  Regular files only: an archive that holds a
 * link, a device or a sparse file is refused, so that what is read can be
 * nothing but names and bytes.  The caller says which names there may be.
 */
#ifndef TQ_ARCHIVE_H
#define TQ_ARCHIVE_H

#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

/* An archive being written to, or read from, a descriptor of the caller's. */
struct tq_archive_out;
struct tq_archive_in;

/*
 * Failures: TQ_E_IO (sys_errno; a full disk, a closed pipe), TQ_E_INTR (a
 * signal came while it waited), TQ_E_DATA (no tar, cut short, or an entry that
 * is no plain file), TQ_E_NOMEM.
 */
struct tq_archive_module {
	uint32_t	 version;	/* TQ_ARCHIVE_VERSION */

	/* Begin one on ${fd}; NULL on failure. */
	struct tq_archive_out *(*create)(int fd, struct tq_err *err);
	/* Begin an entry of exactly ${size} bytes, mode 0600. */
	int	(*add)(struct tq_archive_out *o, const char *name,
		    int64_t size, int64_t mtime_ms, struct tq_err *err);
	int	(*put)(struct tq_archive_out *o, struct tq_span bytes,
		    struct tq_err *err);
	/* Write its end.  It is still to be dropped. */
	int	(*finish)(struct tq_archive_out *o, struct tq_err *err);
	/* Free it; NULL is a no-op. */
	void	(*drop)(struct tq_archive_out *o);

	struct tq_archive_in *(*open)(int fd, struct tq_err *err);
	/* 1 and the next entry (valid until the next call), 0 at the end. */
	int	(*next)(struct tq_archive_in *in, const char **name,
		    int64_t *size, struct tq_err *err);
	/* Bytes of the entry, up to ${n}; 0 at its end. */
	ssize_t	(*get)(struct tq_archive_in *in, void *to, size_t n,
		    struct tq_err *err);
	void	(*close)(struct tq_archive_in *in);
};

#define TQ_ARCHIVE_SO		"tq-archive.so"
#define TQ_ARCHIVE_MODULE	"tq_archive_module"
#define TQ_ARCHIVE_VERSION	1u	/* +1 with each change of the struct */

#endif
