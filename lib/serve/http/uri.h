/* lib/serve/http/uri.h -- targets and header values, taken apart.  Pure. */
#ifndef TQ_SERVE_URI_H
#define TQ_SERVE_URI_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

#define TQ_URI_SEGMENTS	8
#define TQ_URI_PARAMS	32

struct tq_param {
	const char	*name;
	const char	*value;
};

/* A request target; everything is decoded and lives in the arena. */
struct tq_uri {
	const char	*path;		/* as sent, without the query */
	const char	*segment[TQ_URI_SEGMENTS];
	size_t		 nsegments;	/* "/": 0 */
	struct tq_param	 params[TQ_URI_PARAMS];
	size_t		 nparams;
	const char	*query;		/* as sent; "" if none */
};

/*
 * tq_uri_parse(raw, a, u, err):
 * Take "/a/b?x=1" apart.  Refused (stage parse, TQ_E_DATA): bytes that must
 * be encoded, bad percent escapes, encoded slashes, NUL or control bytes in
 * the path, segments "." and ".." and empty ones, the same parameter twice.
 */
int tq_uri_parse(const char *raw, struct tq_arena *a, struct tq_uri *u,
    struct tq_err *err);

/* tq_uri_param(u, name): its value, or NULL. */
const char *tq_uri_param(const struct tq_uri *u, const char *name);

/* tq_uri_escape(b, s): append ${s} as one query value or path segment. */
void tq_uri_escape(struct tq_buf *b, const char *s);

/*
 * tq_s3_ok(url, allowed, n): "s3://BUCKET/KEY" (s3url.h) within one of the
 * "BUCKET[/PREFIX]" that are allowed: the key is the prefix, or goes on
 * behind a slash.  Keys with a segment "." or ".." are refused, lest a proxy
 * on the way makes another key of them.
 * tq_s3_allow_ok(s): is it such a BUCKET[/PREFIX]?
 */
bool tq_s3_ok(const char *url, const char *const *allowed, size_t n);
bool tq_s3_allow_ok(const char *s);

/*
 * tq_sf_string(s, a): the text of a structured-field string (RFC 8941:
 * "..." with \" and \\, printable ASCII); NULL when it is none.
 */
const char *tq_sf_string(const char *s, struct tq_arena *a);

/*
 * tq_idempotency_key(s, a): an Idempotency-Key's value, as a structured-field
 * string or bare, as most clients send it: 1 to 1024 visible ASCII characters
 * without quotes, commas and backslashes.  NULL: malformed.
 */
const char *tq_idempotency_key(const char *s, struct tq_arena *a);

/*
 * tq_prefer_wait(s, ms): the "wait=SECONDS" of a Prefer header (RFC 7240);
 * false when it has none.
 */
bool tq_prefer_wait(const char *s, int64_t *ms);

/*
 * tq_etag_match(list, tag): does If-None-Match ${list} name ${tag}, which is
 * in its quotes, or *?
 */
bool tq_etag_match(const char *list, const char *tag);

/*
 * tq_range(s, size, from, n):
 * The one range of a Range field (RFC 9110, 14) over ${size} bytes: PART with
 * its start and length, NONE when no byte is in it.  ALL for several ranges,
 * other units and what is malformed: those are passed over.
 */
enum tq_range { TQ_RANGE_ALL, TQ_RANGE_PART, TQ_RANGE_NONE };
enum tq_range tq_range(const char *s, int64_t size, int64_t *from,
    int64_t *n);

/* tq_media_is(value, type): is Content-Type ${value} ${type}, parameters
   aside?  "image/" matches all of them. */
bool tq_media_is(const char *value, const char *type);

#endif
