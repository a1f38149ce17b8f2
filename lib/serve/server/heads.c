/*
 * lib/serve/server/heads.c -- heads that libmicrohttpd refuses by itself.
 *
 * Before 0.9.77 it answers a malformed Content-Length with two heads, before it
 * calls any function of ours but its logger.  So we answer first: the logger
 * says that something is wrong in this thread, and of the heads that are coming
 * in here those with such a length are refused, whichever it was.  What
 * libmicrohttpd sends then meets a socket that is shut for writing.
 */
#include <stdarg.h>
#include <string.h>

#include "serve/server/inside.h"

static __thread struct sv_req *coming;

void
sv_heads_enter(struct sv_req *r)
{
	if (r->s->strict)
		return;
	r->head_prev = NULL;
	r->head_next = coming;
	if (coming != NULL)
		coming->head_prev = r;
	coming = r;
	r->in_heads = true;
}

void
sv_heads_leave(struct sv_req *r)
{
	if (!r->in_heads)
		return;
	r->in_heads = false;
	if (r->head_prev != NULL)
		r->head_prev->head_next = r->head_next;
	else
		coming = r->head_next;
	if (r->head_next != NULL)
		r->head_next->head_prev = r->head_prev;
}

/* The status that the length of ${r} is due; 0: it has none, or a good one. */
static int
judge_length(struct sv_req *r)
{
	const char *v = NULL;
	uint64_t ignored;
	size_t n = 0;

	return MHD_lookup_connection_value_n(r->mc, MHD_HEADER_KIND,
	    "Content-Length", strlen("Content-Length"), &v, &n) != MHD_YES ?
	    0 : tq_guard_length(v != NULL ? v : "", n, &ignored);
}

void
sv_heads_trouble(void *cls, const char *fmt, va_list ap)
{
	struct sv_req *r, *next;
	int status;

	(void)cls;
	(void)fmt;
	(void)ap;
	for (r = coming; r != NULL; r = next) {
		next = r->head_next;
		if ((status = judge_length(r)) == 0)
			continue;
		sv_heads_leave(r);
		sv_name_request(r);
		sv_client_find(r);
		r->seen = true;
		r->method = "-";
		sv_conn_raw(r, tq_problem_of_status(status), status == 413 ?
		    "Content-Length is too large" :
		    "Content-Length is malformed");
	}
}
