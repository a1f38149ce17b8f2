/* lib/serve/http/mime.h -- what bytes are called on the wire.  Pure. */
#ifndef TQ_SERVE_MIME_H
#define TQ_SERVE_MIME_H

#include <stdbool.h>
#include <stddef.h>

struct tq_mime {
	const char	*type;
	const char	*ext;		/* ".png" */
	bool		 show;		/* a browser may show it by itself */
};

/*
 * tq_mime_sniff(p, n): by the first bytes of a task's input or output; never
 * a type that a browser would run.
 */
const struct tq_mime *tq_mime_sniff(const char *p, size_t n);

/* tq_mime_file(name): by a web file's extension; NULL: not served. */
const char *tq_mime_file(const char *name);

#endif
