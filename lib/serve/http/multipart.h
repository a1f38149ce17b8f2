/*
 * lib/serve/http/multipart.h -- multipart/form-data (RFC 7578), read as it
 * comes in, strictly.  Pure.  (libmicrohttpd's own reader has had memory bugs.)
 */
#ifndef TQ_SERVE_MULTIPART_H
#define TQ_SERVE_MULTIPART_H

#include "util/buf.h"
#include "util/err.h"

#define TQ_BOUNDARY_MAX	70

struct tq_part {
	const char	*name;
	const char	*filename;	/* NULL: a plain field */
	const char	*type;		/* Content-Type, or NULL */
};

/* Callbacks return 0, or -1 with ${err} filled, which ends the reading. */
struct tq_multipart_fn {
	int	(*begin)(void *arg, const struct tq_part *part,
		    struct tq_err *err);
	int	(*data)(void *arg, struct tq_span data, struct tq_err *err);
	int	(*end)(void *arg, struct tq_err *err);
};

struct tq_multipart {
	char		 delim[TQ_BOUNDARY_MAX + 8];	/* CR LF - - boundary */
	size_t		 delim_n;
	int		 state;
	int		 parts;
	struct tq_buf	 buf;
	const struct tq_multipart_fn *fn;
	void		*arg;
};

/*
 * tq_multipart_init(m, content_type, fn, arg, err): the boundary comes from
 * the Content-Type's value; TQ_E_DATA when it has no proper one.
 */
int tq_multipart_init(struct tq_multipart *m, const char *content_type,
    const struct tq_multipart_fn *fn, void *arg, struct tq_err *err);

/* tq_multipart_feed(m, data, err): read on; -1 with TQ_E_DATA on bad form. */
int tq_multipart_feed(struct tq_multipart *m, struct tq_span data,
    struct tq_err *err);

/* tq_multipart_end(m, err): was the last boundary there? */
int tq_multipart_end(struct tq_multipart *m, struct tq_err *err);

void tq_multipart_free(struct tq_multipart *m);

#endif
