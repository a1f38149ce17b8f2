/* lib/serve/api/session.c -- a key for a cookie, so that a page's images and
   event streams, which can't send headers, work with keys on. */

#include "serve/api/inside.h"
#include "util/json.h"

#define COOKIE_TAIL	"; Path=/; HttpOnly; SameSite=Strict"

static enum MHD_Result
answer_who(struct sv_req *r, const struct tq_who *who, bool keys_on, bool found,
    const char *cookie)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ TQ_SCOPE_READ, "read" }, { TQ_SCOPE_SUBMIT, "submit" },
		{ TQ_SCOPE_ADMIN, "admin" },
	};
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct MHD_Response *resp;
	int64_t n;
	size_t i;

	tq_buf_chr(&b, '{');
	tq_json_member_bool(&b, "keys", keys_on);
	tq_json_member_bool(&b, "known", found);
	if (who->id[0] != '\0')
		tq_json_member_str(&b, "id", who->id);
	tq_json_key(&b, "scopes");
	tq_buf_chr(&b, '[');
	for (i = 0; i < 3; i++)
		if ((who->scopes & names[i].bit) != 0)
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
	struct tq_who who;
	bool keys_on, found = sv_admit_who(r->s, r, &who, &keys_on);

	return answer_who(r, &who, keys_on, found, NULL);
}

/* The key of the body, or of the Authorization header. */
static bool
find(struct sv_req *r, struct tq_who *who, bool *keys_on)
{
	struct tq_span text = tq_buf_span(&r->body), v;
	struct tq_err err = TQ_ERR_INIT;
	bool found = false;

	if (text.n == 0)
		return sv_header(r, "Authorization") != NULL ?
		    sv_admit_who(r->s, r, who, keys_on) : false;
	if (tq_json_check(text, &err) == -1 ||
	    !tq_json_get(text, "key", &v) || !tq_json_str(v, &r->arena, &v))
		return false;
	pthread_mutex_lock(&r->s->key_lock);
	*keys_on = r->s->keys != NULL;
	if (*keys_on)
		found = tq_keys_find(r->s->keys, v.p, who);
	pthread_mutex_unlock(&r->s->key_lock);
	return found;
}

enum MHD_Result
sv_session_put_run(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	struct tq_who who = { "", 0 };
	char token[TQ_SESSION_TEXT];
	bool keys_on = false, off;

	pthread_mutex_lock(&s->key_lock);
	off = s->keys == NULL;
	pthread_mutex_unlock(&s->key_lock);
	if (off)
		return sv_session_get_run(r);
	if (!find(r, &who, &keys_on))
		return sv_answer_problem(r, TQ_P_UNAUTHORIZED,
		    "the key is not known", NULL);
	pthread_mutex_lock(&s->key_lock);
	tq_session_new(&s->sessions, who.id, tq_boot_ms(s->env), s->env,
	    token);
	pthread_mutex_unlock(&s->key_lock);
	return answer_who(r, &who, keys_on, true, tq_arena_fmt(&r->arena,
	    "tq_session=%s; Max-Age=%lld" COOKIE_TAIL, token,
	    (long long)(TQ_SESSION_MS / 1000)));
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
	sv_answer_header(resp, "Set-Cookie", "tq_session=; Max-Age=0"
	    COOKIE_TAIL);
	return sv_answer(r, 204, resp, 0);
}
