/* lib/serve/server/admit.c -- who may ask what: Host, Origin, keys. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve/server/inside.h"

#define KEPT	16	/* the part of all connections that probes alone get */

static bool
check_host(struct sv_req *r, const char *host)
{
	const struct tq_serve_opts *o = r->s->o;

	if (*host == '\0')
		return sv_early(r, TQ_P_BAD_REQUEST, "Host is missing");
	if (o->nhosts == 0 && !r->conn->loopback)
		return true;
	if (tq_guard_host(host, o->hosts, o->nhosts))
		return true;
	return sv_early(r, TQ_P_HOST, tq_arena_fmt(&r->arena, "\"%s\" is not a "
	    "name of this server (--host NAME adds one)", host));
}

static bool
is_get(const struct sv_req *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

static bool
safe_method(const struct sv_req *r)
{
	return is_get(r) || strcmp(r->method, "OPTIONS") == 0;
}

/* A page of another origin may send forms to us, if we let it. */
static bool
check_origin(struct sv_req *r, const char *host)
{
	const char *origin = sv_header(r, "Origin"), *at;
	size_t i;

	if (origin == NULL)
		return true;
	for (i = 0; i < r->s->o->ncors; i++)
		if (strcmp(origin, r->s->o->cors[i]) == 0) {
			r->origin = r->s->o->cors[i];
			return true;
		}
	at = strstr(origin, "://");
	if (safe_method(r) || (at != NULL && strcasecmp(at + 3, host) == 0))
		return true;
	return sv_early(r, TQ_P_ORIGIN, "pages of this origin may not change "
	    "anything here (--cors ORIGIN allows one)");
}

static const char *
scope_name(enum tq_scope scope)
{
	return scope == TQ_SCOPE_READ ? "read" :
	    scope == TQ_SCOPE_SUBMIT ? "submit" : "operate";
}

/* Nobody is known: what is said, and how often to one address. */
static bool
refuse_stranger(struct sv_req *r)
{
	if (sv_header(r, "Authorization") == NULL)
		return sv_early(r, TQ_P_UNAUTHORIZED,
		    "send Authorization: Bearer KEY");
	return sv_who_try(r) ? sv_early(r, TQ_P_UNAUTHORIZED,
	    "the key is not known") : sv_early(r, TQ_P_THROTTLED,
	    "too many keys that are not known came from this address");
}

static bool
check_scope(struct sv_req *r, enum tq_scope scope)
{
	bool found = sv_who_find(r), fine;

	if (scope == TQ_SCOPE_OPEN)
		return true;
	if (!found)
		return refuse_stranger(r);
	if ((r->who.scopes & scope) == 0)
		return sv_early(r, TQ_P_FORBIDDEN, tq_arena_fmt(&r->arena,
		    "the key's scopes lack \"%s\"", scope_name(scope)));
	if (r->who.key == NULL)
		return true;
	pthread_mutex_lock(&r->s->key_lock);
	fine = tq_key_pace(r->who.key, tq_boot_ms(r->s->env));
	pthread_mutex_unlock(&r->s->key_lock);
	return fine ? true : sv_early(r, TQ_P_THROTTLED,
	    "the key's rate is used up");
}

static enum MHD_Result
options_run(struct sv_req *r)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);

	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Allow", r->early_extra);
	if (r->origin != NULL) {
		sv_answer_header(resp, "Access-Control-Allow-Methods",
		    r->early_extra);
		sv_answer_header(resp, "Access-Control-Allow-Headers",
		    "Authorization, Content-Type, Idempotency-Key, If-Match, "
		    "If-None-Match, Last-Event-ID, Prefer, X-Request-Id, "
		    "traceparent");
		sv_answer_header(resp, "Access-Control-Max-Age", "600");
	}
	return sv_answer(r, 204, resp, 0);
}

/* Paths without a route: the page's files, and other methods. */
static bool
no_route(struct sv_req *r, const char *allow)
{
	const struct sv_api *api = r->s->o->api;
	bool own = r->uri.nsegments > 0 &&
	    strcmp(r->uri.segment[0], "v1") == 0;
	bool other = allow[0] == '\0' && !own;

	if (other && is_get(r)) {
		r->next = api->other;
		return !r->has_body || sv_body_unread(r);
	}
	if (other && api->has_other(r))
		allow = "GET, HEAD";
	if (allow[0] == '\0')
		return sv_early(r, TQ_P_NO_ROUTE, tq_arena_fmt(&r->arena,
		    "nothing is at %s", r->uri.path));
	r->early_extra = tq_arena_str(&r->arena, allow);
	if (strcmp(r->method, "OPTIONS") == 0) {
		r->next = options_run;
		return !r->has_body || sv_body_unread(r);
	}
	return sv_early(r, TQ_P_METHOD, tq_arena_fmt(&r->arena,
	    "%s is not possible here, but %s", r->method, allow));
}

/* A probe is answered whatever happens and whatever it calls us. */
static bool
is_probe(const struct sv_req *r)
{
	return strcmp(r->raw_uri, "/health") == 0 ||
	    strcmp(r->raw_uri, "/ready") == 0;
}

/* The last connections are kept back for probes. */
static bool
crowded(struct tq_serve *s)
{
	return __atomic_load_n(&s->nconns, __ATOMIC_RELAXED) >
	    s->conns_max - s->conns_max / KEPT;
}

/* May it do what its route does, with this id and these parameters? */
static bool
admit_to(struct sv_req *r, const struct tq_guard *g)
{
	const char *bad;

	if (!check_scope(r, r->route->scope))
		return false;
	if (r->task_id != NULL && !tq_name_ok(r->task_id)) {
		r->task_id = NULL;
		/* The older systems know no form of ids: it is not there. */
		if (r->route->dialect != NULL)
			return sv_early(r, TQ_P_NOT_FOUND, "no such task");
		return sv_early(r, TQ_P_DATA, "taskId: must be 1 to 128 of A-Z "
		    "a-z 0-9 . _ : -, starting with a letter or digit");
	}
	if (!sv_route_param_ok(r->route, &r->uri, &bad))
		return sv_early(r, TQ_P_BAD_REQUEST, tq_arena_fmt(&r->arena,
		    "unknown parameter \"%s\"", bad));
	r->next = r->route->run;
	return sv_body_begin(r, g);
}

bool
sv_admit(struct sv_req *r, const struct tq_guard *g)
{
	struct tq_err err = TQ_ERR_INIT;
	char allow[64];
	bool foreign;

	if (sv_stopping(r->s))
		return sv_early(r, TQ_P_STOPPING, "try again in a moment");
	if (!is_probe(r) && crowded(r->s)) {
		r->close = true;
		return sv_early(r, TQ_P_BUSY, "too many connections");
	}
	if (!is_probe(r) && !check_host(r, g->host))
		return false;
	foreign = !check_origin(r, g->host);
	if (tq_uri_parse(r->raw_uri, &r->arena, &r->uri, &err) == -1) {
		r->close = true;
		return sv_early(r, TQ_P_BAD_REQUEST,
		    tq_arena_str(&r->arena, err.msg));
	}
	r->route =
	    sv_route_find(r->s->o->api, r->method, &r->uri, &r->task_id, allow);
	/* Said in the words of the route. */
	if (foreign)
		return false;
	if (r->route == NULL)
		return no_route(r, allow);
	return admit_to(r, g);
}
