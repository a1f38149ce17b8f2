/* lib/serve/server/client.c -- where a request comes from. */
#include <string.h>

#include "serve/server/inside.h"

bool
sv_client_trusted(const struct tq_serve *s, const struct sockaddr *sa)
{
	struct tq_ip ip;

	if (sa->sa_family == AF_UNIX)
		return s->o->trust_unix;
	return s->o->nproxies > 0 && tq_ip_of(sa, &ip, NULL) &&
	    tq_cidr_any(s->o->proxies, s->o->nproxies, &ip);
}

void
sv_client_find(struct sv_req *r)
{
	const struct sockaddr *sa = (const void *)&r->conn->addr;
	struct tq_via v;
	char text[TQ_IP_TEXT];

	r->via.prefix = "";
	r->client = r->conn->peer;
	if (sv_client_trusted(r->s, sa)) {
		v = (struct tq_via){ sv_header(r, "Forwarded"),
		    sv_header(r, "X-Forwarded-For"),
		    sv_header(r, "X-Forwarded-Proto"),
		    sv_header(r, "X-Forwarded-Prefix") };
		tq_forwarded(&v, r->s->o->proxies, r->s->o->nproxies,
		    &r->arena, &r->via);
	}
	if (r->via.has_client)
		r->client = tq_arena_str(&r->arena,
		    tq_ip_text(&r->via.client, text));
}

bool
sv_client_local(const struct sv_req *r)
{
	return strcmp(r->client, "unix") == 0 ||
	    strncmp(r->client, "127.", 4) == 0 || strcmp(r->client, "::1") == 0;
}
