/* lib/serve/server/req.c -- small things that every part asks of a request. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/server/inside.h"

void
sv_note(struct tq_serve *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (s->o->note != NULL)
		s->o->note(s->o->arg, text);
}

uint64_t
sv_random(struct tq_serve *s)
{
	static __thread uint64_t pool[64];
	static __thread size_t left;

	if (left == 0) {
		tq_random(s->env, pool, sizeof(pool));
		left = sizeof(pool) / sizeof(pool[0]);
	}
	return pool[--left];
}

const char *
sv_header(const struct sv_req *r, const char *name)
{
	return MHD_lookup_connection_value(r->mc, MHD_HEADER_KIND, name);
}

void
sv_suspend(struct sv_req *r, sv_handler *next)
{
	r->next = next;
	MHD_suspend_connection(r->mc);
}

void
sv_resume(struct sv_req *r)
{
	MHD_resume_connection(r->mc);
}

bool
sv_early(struct sv_req *r, enum tq_problem_id id, const char *detail)
{
	r->early = true;
	r->early_id = id;
	r->early_detail = detail;
	return false;
}

void
sv_name_request(struct sv_req *r)
{
	const char *given = sv_header(r, "X-Request-Id");
	uint64_t rnd;

	if (given != NULL && strlen(given) < sizeof(r->id) &&
	    tq_name_ok(given)) {
		memcpy(r->id, given, strlen(given) + 1);
		return;
	}
	rnd = sv_random(r->s);
	tq_hex((const uint8_t *)&rnd, sizeof(rnd), r->id);
}
