/* lib/serve/route.c -- see route.h. */
#include "serve/route.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "serve/dialect.h"

#define ROUTES_MAX	48

#define TASK_PARAMS	"type queue taskId key payload labels delay " \
    "notBefore expiresAt prio maxAttempts timeout group"

static const struct tq_route own[] = {
	{ "POST", "/v1/tasks", TQ_R_SUBMIT, TQ_SCOPE_SUBMIT, TQ_BODY_TASK,
	    "Submit a task: JSON, an image, or a form with a file",
	    TASK_PARAMS " wait",
	    "201 202 400 401 403 409 413 415 422 429 503", NULL },
	{ "GET", "/v1/tasks", TQ_R_LIST, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "List tasks, newest first", "status type queue label error since "
	    "until drained ids cursor limit order",
	    "200 400 401 403 429 503", NULL },
	{ "POST", "/v1/tasks/batch", TQ_R_BATCH, TQ_SCOPE_SUBMIT,
	    TQ_BODY_NDJSON, "Submit many: a task a line, an answer a line",
	    "", "200 400 401 403 413 415 429 503", NULL },
	{ "GET", "/v1/tasks/{id}", TQ_R_GET, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "One task; wait for its end, or with If-None-Match for a change",
	    "wait", "200 304 400 401 403 404 429 503", NULL },
	{ "DELETE", "/v1/tasks/{id}", TQ_R_CANCEL, TQ_SCOPE_SUBMIT,
	    TQ_BODY_NONE, "Cancel a task", "",
	    "200 202 400 401 403 404 409 429 503", NULL },
	{ "POST", "/v1/tasks/{id}/redrive", TQ_R_REDRIVE, TQ_SCOPE_SUBMIT,
	    TQ_BODY_NONE, "Run a dead or cancelled task again", "",
	    "200 400 401 403 404 409 412 429 503", NULL },
	{ "GET", "/v1/tasks/{id}/output", TQ_R_OUTPUT, TQ_SCOPE_READ,
	    TQ_BODY_NONE, "The bytes that a task made", "",
	    "200 304 400 401 403 404 429 503", NULL },
	{ "GET", "/v1/tasks/{id}/input", TQ_R_INPUT, TQ_SCOPE_READ,
	    TQ_BODY_NONE, "The bytes that were uploaded for a task", "",
	    "200 304 400 401 403 404 429 503", NULL },
	{ "GET", "/v1/tasks/{id}/log", TQ_R_LOG, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "What its last attempt wrote to stderr", "",
	    "200 304 400 401 403 404 429 503", NULL },
	{ "GET", "/v1/tasks/{id}/events", TQ_R_EVENTS, TQ_SCOPE_READ,
	    TQ_BODY_NONE, "Its changes, as server-sent events", "",
	    "200 204 400 401 403 404 429 503", NULL },
	{ "GET", "/v1/summary", TQ_R_SUMMARY, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "Counts by queue, type and status", "queue",
	    "200 400 401 403 429 503", NULL },
	{ "GET", "/v1/workers", TQ_R_WORKERS, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "Workers seen within the last minute", "",
	    "200 400 401 403 429 503", NULL },
	{ "GET", "/v1/session", TQ_R_SESSION_GET, TQ_SCOPE_OPEN, TQ_BODY_NONE,
	    "Are keys in use, and who am I?", "", "200 400", NULL },
	{ "POST", "/v1/session", TQ_R_SESSION_PUT, TQ_SCOPE_OPEN,
	    TQ_BODY_JSON, "Trade a key ({\"key\": ...}) for a cookie", "",
	    "200 400 401 403 413 415", NULL },
	{ "DELETE", "/v1/session", TQ_R_SESSION_END, TQ_SCOPE_OPEN,
	    TQ_BODY_NONE, "End the session", "", "204 400 403", NULL },
	{ "GET", "/health", TQ_R_HEALTH, TQ_SCOPE_OPEN, TQ_BODY_NONE,
	    "The process is there", "", "200 400", NULL },
	{ "GET", "/ready", TQ_R_READY, TQ_SCOPE_OPEN, TQ_BODY_NONE,
	    "The store can be used", "", "200 400 503", NULL },
	{ "GET", "/metrics", TQ_R_METRICS, TQ_SCOPE_READ, TQ_BODY_NONE,
	    "Numbers for Prometheus", "", "200 400 401 403 503", NULL },
	{ "GET", "/openapi.json", TQ_R_OPENAPI, TQ_SCOPE_OPEN, TQ_BODY_NONE,
	    "This description", "", "200 400", NULL },
};

static struct tq_route table[ROUTES_MAX];
static char patterns[ROUTES_MAX][64];
static size_t nroutes;

static void
add(struct tq_route r, const char *prefix, const char *rest)
{
	snprintf(patterns[nroutes], sizeof(patterns[0]), "%s%s", prefix, rest);
	r.pattern = patterns[nroutes];
	table[nroutes++] = r;
}

static void
build(void)
{
	const struct tq_dialect *d;
	size_t i, n;

	memcpy(table, own, sizeof(own));
	nroutes = sizeof(own) / sizeof(own[0]);
	for (i = 0; (d = tq_dialect_row(i)) != NULL; i++) {
		n = nroutes;
		if (n + 3 > ROUTES_MAX)
			break;
		add((struct tq_route){ "POST", NULL, TQ_R_DIALECT_SUBMIT,
		    TQ_SCOPE_SUBMIT, TQ_BODY_JSON, "Submit a task", "",
		    d->answers, d }, d->prefix, "");
		add((struct tq_route){ "GET", NULL, TQ_R_DIALECT_GET,
		    TQ_SCOPE_READ, TQ_BODY_NONE, "One task", "",
		    "200 400 401 403 404 429 503", d }, d->prefix, "/{id}");
		if (d->health != NULL)
			add((struct tq_route){ "GET", NULL,
			    TQ_R_DIALECT_HEALTH, TQ_SCOPE_OPEN, TQ_BODY_NONE,
			    "The store can be used", "", "200 400 503", d },
			    d->health, "");
	}
}

const struct tq_route *
tq_routes(size_t *n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, build);
	*n = nroutes;
	return table;
}

static bool
matches(const char *pattern, const struct tq_uri *u, const char **id)
{
	size_t i, n;

	*id = NULL;
	for (i = 0; *pattern != '\0'; i++) {
		pattern++;
		n = strcspn(pattern, "/");
		if (i == u->nsegments)
			return false;
		if (n == 4 && memcmp(pattern, "{id}", 4) == 0)
			*id = u->segment[i];
		else if (strlen(u->segment[i]) != n ||
		    memcmp(pattern, u->segment[i], n) != 0)
			return false;
		pattern += n;
	}
	return i == u->nsegments;
}

const struct tq_route *
tq_route_find(const char *method, const struct tq_uri *u, const char **id,
    char allow[64])
{
	const struct tq_route *t;
	size_t i, n;
	bool head = strcmp(method, "HEAD") == 0;

	t = tq_routes(&n);
	allow[0] = '\0';
	if (head)
		method = "GET";
	for (i = 0; i < n; i++) {
		if (!matches(t[i].pattern, u, id))
			continue;
		if (strcmp(t[i].method, method) == 0)
			return &t[i];
		snprintf(allow + strlen(allow), 64 - strlen(allow), "%s%s%s",
		    allow[0] != '\0' ? ", " : "", t[i].method,
		    strcmp(t[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	*id = NULL;
	return NULL;
}

bool
tq_route_param_ok(const struct tq_route *r, const struct tq_uri *u,
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
