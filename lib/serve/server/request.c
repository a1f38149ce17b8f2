/* lib/serve/server/request.c -- libmicrohttpd's callbacks: a request's way. */
#include <stdlib.h>
#include <string.h>

#include "serve/server/inside.h"

/*
 * A thread keeps the last request that ended as room for the next, as the
 * processor has that in its cache.
 */
static struct sv_req *
room(struct tq_serve *s)
{
	struct sv_req *r = pthread_getspecific(s->spare_key);

	if (r == NULL)
		return malloc(sizeof(*r));
	pthread_setspecific(s->spare_key, NULL);
	return r;
}

static void
keep_room(struct tq_serve *s, struct sv_req *r)
{
	if (pthread_getspecific(s->spare_key) != NULL ||
	    pthread_setspecific(s->spare_key, r) != 0)
		free(r);
}

/* A connection's next request; NULL without a connection, or memory. */
static struct sv_req *
begin(struct tq_serve *s, struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *ci = MHD_get_connection_info(mc,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct sv_conn *c = ci != NULL ? ci->socket_context : NULL;
	struct sv_req *r = c != NULL ? room(s) : NULL;

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->mc = mc;
	r->conn = c;
	return r;
}

/* Called for the first line, before it is taken apart in place. */
void *
sv_http_uri(void *cls, const char *uri, struct MHD_Connection *mc)
{
	struct tq_serve *s = cls;
	struct sv_req *r = begin(s, mc);

	if (r == NULL)
		return NULL;
	r->s = s;
	r->begun = tq_boot_ms(s->env);
	r->uri_at = uri;
	if (uri != NULL)
		r->raw_uri = tq_arena_str(&r->arena, uri);
	r->body.max = SV_JSON_MAX;
	r->op.blob_fd = -1;
	r->wait_ms = -1;
	sv_conn_deadline(r, s->o->header_ms);
	sv_heads_enter(r);
	__atomic_add_fetch(&s->inflight, 1, __ATOMIC_RELAXED);
	return r;
}

/* The head is there: judge it before a byte of the body is read. */
static enum MHD_Result
head_done(struct sv_req *r, const char *version)
{
	struct tq_head h = { .method = r->method, .uri = r->uri_at,
	    .uri_n = r->raw_uri != NULL ? strlen(r->raw_uri) : 0,
	    .version = version, .bytes = !r->s->strict };
	struct tq_guard g;
	bool fine = sv_judge(r->mc, h, &g);

	r->has_body = g.chunked || g.length > 0;
	sv_name_request(r);
	sv_client_find(r);
	if (!fine) {
		sv_conn_deadline(r, SV_ANSWER_MS);
		/* Nothing that follows is read as a request. */
		r->close = true;
		return sv_answer_problem(r, tq_problem_of_status(g.status),
		    g.why, NULL);
	}
	sv_conn_deadline(r, r->s->o->body_ms);
	if (sv_admit(r, &g))
		return MHD_YES;
	/* The library closes: a body that is refused is not read. */
	r->close = r->close || r->has_body;
	if (r->has_body)
		return sv_answer_problem(r, r->early_id, r->early_detail,
		    r->early_extra);
	return MHD_YES;
}

enum MHD_Result
sv_http_request(void *cls, struct MHD_Connection *mc, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **ctx)
{
	struct sv_req *r = *ctx;
	sv_handler *next;

	(void)cls;
	(void)mc;
	(void)url;
	if (r == NULL)
		return MHD_NO;
	if (!r->seen) {
		r->seen = true;
		r->method = method;
		sv_heads_leave(r);
		return head_done(r, version);
	}
	if (*n > 0) {
		sv_body_data(r, (struct tq_span){ data, *n });
		*n = 0;
		return MHD_YES;
	}
	if (r->status != 0)
		return MHD_NO;		/* it was answered on the way */
	if (!r->body_done && !r->early && r->has_body)
		r->early = !sv_body_end(r);
	r->body_done = true;
	if (r->early) {
		sv_conn_deadline(r, SV_ANSWER_MS);
		return sv_answer_problem(r, r->early_id, r->early_detail,
		    r->early_extra);
	}
	/* From here on time is ours, not the client's. */
	sv_conn_deadline(r, 0);
	next = r->next;
	return next(r);
}

static void
log_access(const struct sv_req *r, int64_t ms)
{
	struct tq_serve_access a = {
		.request_id = r->id, .method = r->method,
		.path = r->uri.path != NULL ? r->uri.path : r->raw_uri,
		.status = r->status, .bytes = r->bytes, .duration_ms = ms,
		.key_id = r->who.id[0] != '\0' ? r->who.id : NULL,
		.task_id = r->task_id,
	};

	if (a.path == NULL)
		a.path = "";
	if (r->s->o->access == NULL)
		return;
	a.remote = r->client;
	r->s->o->access(r->s->o->arg, &a);
}

void
sv_http_completed(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_RequestTerminationCode code)
{
	struct sv_req *r = *ctx;
	struct tq_serve *s = cls;
	int64_t ms;

	(void)mc;
	(void)code;
	if (r == NULL)
		return;
	sv_heads_leave(r);
	ms = tq_boot_ms(s->env) - r->begun;
	if (r->seen && r->status != 0) {
		tq_metrics_request(&s->metrics, r->route, r->status, ms);
		log_access(r, ms);
	}
	sv_watch_leave(r);
	sv_conn_end(r);
	sv_who_drop(r);
	sv_body_free(r);
	tq_buf_free(&r->out);
	tq_arena_free(&r->scratch);
	tq_arena_free(&r->arena);
	keep_room(s, r);
	*ctx = NULL;
	__atomic_sub_fetch(&s->inflight, 1, __ATOMIC_RELAXED);
}
