/* lib/serve/api/session.c -- a key for a cookie, so that a page's images and
   event streams, which can't send headers, work with keys on. */

#include "serve/api/inside.h"
#include "util/json.h"

static enum MHD_Result
answer_who(struct sv_req *r, bool found, const char *cookie)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ TQ_SCOPE_READ, "read" }, { TQ_SCOPE_SUBMIT, "submit" },
		{ TQ_SCOPE_ADMIN, "admin" }, { TQ_SCOPE_OPERATE, "operate" },
	};
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct MHD_Response *resp;
	int64_t n;
	size_t i;

	tq_buf_chr(&b, '{');
	tq_json_member_bool(&b, "keys", sv_keys_on(r->s));
	tq_json_member_bool(&b, "known", found);
	if (r->who.id[0] != '\0')
		tq_json_member_str(&b, "id", r->who.id);
	tq_json_key(&b, "scopes");
	tq_buf_chr(&b, '[');
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((r->who.scopes & names[i].bit) != 0)
			tq_buf_fmt(&b, "%s\"%s\"", b.data[b.len - 1] == '[' ?
			    "" : ",", names[i].name);
	tq_buf_str(&b, "]}\n");
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	if (cookie != NULL)
		sv_answer_header(resp, "Set-Cookie", cookie);
	return sv_answer(r, 200, resp, n);
}

enum MHD_Result
sv_session_get_run(struct sv_req *r)
{
	bool found = sv_who_find(r);

	return answer_who(r, found, NULL);
}

/* The key of the body, or of the Authorization header. */
static bool
find(struct sv_req *r)
{
	struct tq_span text = tq_buf_span(&r->body), v;
	struct tq_err err = TQ_ERR_INIT;

	if (text.n == 0)
		return sv_header(r, "Authorization") != NULL && sv_who_find(r);
	return tq_json_check(text, &err) == 0 &&
	    tq_json_get(text, "key", &v) && tq_json_str(v, &r->arena, &v) &&
	    sv_who_by_key(r, v.p);
}

/* The proxy that speaks TLS for us says so; the path is where it put us. */
static const char *
cookie(struct sv_req *r, const char *token, int64_t seconds)
{
	return tq_arena_fmt(&r->arena, "tq_session=%s; Max-Age=%lld; "
	    "Path=%s/; HttpOnly; SameSite=Strict%s", token,
	    (long long)seconds, r->via.prefix, r->via.tls ? "; Secure" : "");
}

enum MHD_Result
sv_session_put_run(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	char token[TQ_SESSION_TEXT];

	if (!sv_keys_on(s))
		return sv_session_get_run(r);
	if (!find(r))
		return sv_who_try(r) ? sv_answer_problem(r, TQ_P_UNAUTHORIZED,
		    "the key is not known", NULL) : sv_answer_problem(r,
		    TQ_P_THROTTLED, "too many keys that are not known came "
		    "from this address", NULL);
	pthread_mutex_lock(&s->key_lock);
	tq_session_new(&s->sessions, &r->who, tq_boot_ms(s->env), s->env,
	    token);
	pthread_mutex_unlock(&s->key_lock);
	return answer_who(r, true, cookie(r, token, TQ_SESSION_MS / 1000));
}

enum MHD_Result
sv_session_end_run(struct sv_req *r)
{
	const char *cookies = sv_header(r, "Cookie");
	struct MHD_Response *resp;
	char token[TQ_SESSION_TEXT];

	if (cookies != NULL && tq_cookie(cookies, "tq_session", token,
	    sizeof(token))) {
		pthread_mutex_lock(&r->s->key_lock);
		tq_session_end(&r->s->sessions, token);
		pthread_mutex_unlock(&r->s->key_lock);
	}
	resp = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);
	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Set-Cookie", cookie(r, "", 0));
	return sv_answer(r, 204, resp, 0);
}
