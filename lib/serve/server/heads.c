/*
 * lib/serve/server/heads.c -- heads that libmicrohttpd refuses by itself.
 *
 * It answers a malformed Content-Length with HTML, and before 1.0 with two
 * heads, before it calls any function of ours but its logger.  So we answer
 * first: the logger says that something is wrong in this thread, and of the
 * heads that are coming in here those with such a length are refused, whichever
 * it was.  What libmicrohttpd sends then meets a socket that is shut for
 * writing.
 */
#include <stdarg.h>
#include <strings.h>

#include "serve/server/inside.h"

static __thread struct sv_req *coming;

void
sv_heads_enter(struct sv_req *r)
{
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

/* What a head says of its body's length, so far. */
struct lengths {
	unsigned	 given, chunked;
	int		 status;	/* of a malformed one; 0: none is */
};

static enum MHD_Result
take_field(void *cls, enum MHD_ValueKind kind, const char *name,
    size_t name_n, const char *value, size_t value_n)
{
	struct lengths *l = cls;
	uint64_t ignored;

	(void)kind;
	(void)name_n;
	l->chunked += strcasecmp(name, "Transfer-Encoding") == 0;
	if (strcasecmp(name, "Content-Length") != 0)
		return MHD_YES;
	l->given++;
	if (l->status == 0)
		l->status = tq_guard_length(value != NULL ? value : "",
		    value_n, &ignored);
	return MHD_YES;
}

/* The status that the length of ${r} is due; 0: it has none, or a good one. */
static int
judge_length(struct sv_req *r)
{
	struct lengths l = { 0 };

	MHD_get_connection_values_n(r->mc, MHD_HEADER_KIND, take_field, &l);
	return l.given > 1 || (l.given > 0 && l.chunked > 0) ? 400 : l.status;
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
		    "Content-Length is malformed, given twice, or beside "
		    "Transfer-Encoding");
	}
}
