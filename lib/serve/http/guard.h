/*
 * lib/serve/http/guard.h -- may this request be looked at at all?
 *
 * Each is judged before its body is read.  Heads that two servers in a row may
 * read differently (request smuggling) are refused: some of them by
 * libmicrohttpd, since 1.0 all that can be seen in the bytes only.  Pure.
 */
#ifndef TQ_SERVE_GUARD_H
#define TQ_SERVE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TQ_GUARD_FIELDS_MAX	100

/* A header field as libmicrohttpd shows it: pointers into what it read. */
struct tq_field {
	const char	*name;
	size_t		 name_n;
	const char	*value;
	size_t		 value_n;
};

/* A request's head, also as pointers into the bytes that were read. */
struct tq_head {
	bool		 bytes;		/* tq_guard_layout() is to look, too */
	const char	*method;
	const char	*uri;		/* where it stood */
	size_t		 uri_n;
	const char	*version;
	const struct tq_field *fields;
	size_t		 nfields;
	size_t		 size;		/* of all, the empty line included */
};

struct tq_guard {
	int		 status;	/* 0: fine; else 4xx, and close */
	const char	*why;		/* a sentence; static */
	bool		 chunked;
	bool		 has_length;
	uint64_t	 length;
	const char	*host;		/* of the head; "" in HTTP/1.0 only */
};

/*
 * tq_guard_check(h, g):
 * Judge ${h}.  Refused: what breaks the form of RFC 9112 (bare line feeds,
 * folded lines, NUL and control bytes, blanks before a colon, doubled blanks
 * in the request line), no Host in HTTP/1.1 or two, two or odd Content-Length,
 * a Transfer-Encoding that is not just "chunked" or stands beside a length;
 * with ${h}->bytes any: how chunks are framed can't be seen then.
 * Returns true when it is fine; ${g} is filled in both cases.
 */
bool tq_guard_check(const struct tq_head *h, struct tq_guard *g);

/*
 * tq_guard_layout(h):
 * Does ${h} lie in memory as CRLF lines leave it, once libmicrohttpd has put
 * NULs over the separators?  False shows what it hides from its callers:
 * bare LF, folded lines, NUL inside a line.  Only for versions before 1.0: that
 * lays heads out otherwise, and refuses those itself.  0.9.77 puts blanks where a
 * line was folded, which nobody can see: it is not served with (sv_probe()).
 */
bool tq_guard_layout(const struct tq_head *h);

/*
 * tq_guard_length(v, n, length):
 * Read a Content-Length, digits only.  Returns 0, or the status that is due:
 * 400 malformed, 413 more than 10^18 - 1.
 */
int tq_guard_length(const char *v, size_t n, uint64_t *length);

/*
 * tq_guard_host(host, names, n):
 * Is ${host} ("name", "name:port", "[v6]:port") a name of this machine's
 * loopback (localhost, *.localhost, 127.x.x.x, [::1]) or one of ${names}?
 * Keeps pages of foreign names that resolve to us out (DNS rebinding).
 */
bool tq_guard_host(const char *host, const char *const *names, size_t n);

#endif
