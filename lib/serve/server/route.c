/* lib/serve/server/route.c -- see route.h. */
#include "serve/server/route.h"

#include <stdio.h>
#include <string.h>

static bool
matches(const char *pattern, const struct tq_uri *u, const char **id)
{
	const char *p = pattern, *s;
	size_t i;

	*id = NULL;
	for (i = 0; *p == '/'; i++) {
		if (i == u->nsegments)
			return false;
		s = u->segment[i];
		if (*++p == '{') {
			*id = s;
			p += strlen("{id}");
			continue;
		}
		for (; *s != '\0' && *p == *s; p++, s++)
			;
		if (*s != '\0' || (*p != '/' && *p != '\0'))
			return false;
	}
	return i == u->nsegments;
}

const struct sv_route *
sv_route_find(const struct sv_api *api, const char *method,
    const struct tq_uri *u, const char **id, char allow[64])
{
	const struct sv_route *t = api->routes;
	size_t i;

	allow[0] = '\0';
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (i = 0; i < api->nroutes; i++) {
		if (!matches(t[i].pattern, u, id))
			continue;
		if (strcmp(t[i].method, method) == 0)
			return &t[i];
		if (strstr(allow, t[i].method) != NULL)
			continue;
		snprintf(allow + strlen(allow), 64 - strlen(allow), "%s%s%s",
		    allow[0] != '\0' ? ", " : "", t[i].method,
		    strcmp(t[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	*id = NULL;
	return NULL;
}

bool
sv_route_param_ok(const struct sv_route *r, const struct tq_uri *u,
    const char **bad)
{
	const char *p;
	size_t i, n;

	for (i = 0; i < u->nparams; i++) {
		n = strlen(u->params[i].name);
		for (p = r->params; *p != '\0'; p += strcspn(p, " "),
		    p += *p == ' ')
			if (n == strcspn(p, " ") && n > 0 &&
			    memcmp(p, u->params[i].name, n) == 0)
				break;
		if (*p == '\0') {
			*bad = u->params[i].name;
			return false;
		}
	}
	return true;
}
