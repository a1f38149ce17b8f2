/* lib/serve/server/who.c -- whose request it is: keys and sessions. */
#include <string.h>
#include <strings.h>

#include "serve/server/inside.h"

#define COOKIE	"tq_session"
#define TRIES_RATE	1.0	/* unknown keys a second of one address ... */
#define TRIES_BURST	10.0	/* ... after so many at once */

bool
sv_keys_on(struct tq_serve *s)
{
	bool on;

	pthread_mutex_lock(&s->key_lock);
	on = s->keys != NULL;
	pthread_mutex_unlock(&s->key_lock);
	return on;
}

void
sv_who_drop(struct sv_req *r)
{
	tq_keys_free(r->keys);
	r->keys = NULL;
	r->who = (struct tq_who){ "", 0, { 0 }, NULL };
}

/* The lock is held, and keys are in use. */
static bool
known(struct sv_req *r)
{
	const char *auth = sv_header(r, "Authorization");
	const char *cookies = sv_header(r, "Cookie");
	struct tq_serve *s = r->s;
	char token[TQ_SESSION_TEXT];

	if (auth != NULL)
		return strncasecmp(auth, "Bearer ", 7) == 0 &&
		    tq_keys_find(s->keys, auth + 7 + strspn(auth + 7, " "),
		    &r->who);
	return cookies != NULL &&
	    tq_cookie(cookies, COOKIE, token, sizeof(token)) &&
	    tq_session_find(&s->sessions, token, s->keys, tq_boot_ms(s->env),
	    &r->who);
}

/* Keep the keys that who.key is one of.  The lock is held. */
static bool
hold(struct sv_req *r, bool found)
{
	r->keys_seen = r->s->keys_generation;
	if (found)
		r->keys = tq_keys_hold(r->s->keys);
	return found;
}

bool
sv_who_find(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	bool found = true;

	sv_who_drop(r);
	pthread_mutex_lock(&s->key_lock);
	if (s->keys == NULL)
		r->who.scopes = TQ_SCOPE_READ | TQ_SCOPE_SUBMIT |
		    TQ_SCOPE_ADMIN | TQ_SCOPE_OPERATE;
	else
		found = hold(r, known(r));
	pthread_mutex_unlock(&s->key_lock);
	return found;
}

bool
sv_who_by_key(struct sv_req *r, const char *key)
{
	struct tq_serve *s = r->s;
	bool found;

	sv_who_drop(r);
	pthread_mutex_lock(&s->key_lock);
	found = s->keys != NULL && hold(r, tq_keys_find(s->keys, key,
	    &r->who));
	pthread_mutex_unlock(&s->key_lock);
	return found;
}

bool
sv_who_try(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	bool again;

	pthread_mutex_lock(&s->key_lock);
	again = tq_throttle_take(&s->tries, r->client, TRIES_RATE, TRIES_BURST,
	    tq_boot_ms(s->env));
	pthread_mutex_unlock(&s->key_lock);
	return again;
}

bool
sv_who_still(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	struct tq_who now;
	bool same;

	if (r->who.key == NULL || r->keys_seen == __atomic_load_n(
	    &s->keys_generation, __ATOMIC_ACQUIRE))
		return true;
	pthread_mutex_lock(&s->key_lock);
	same = s->keys != NULL && tq_keys_match(s->keys, r->who.id,
	    r->who.hash, &now) && (now.scopes & r->route->scope) != 0;
	if (same) {
		tq_keys_free(r->keys);
		r->who = now;
		hold(r, true);
	}
	pthread_mutex_unlock(&s->key_lock);
	return same;
}

bool
sv_may(const struct sv_req *r, const char *queue, const char *type)
{
	return tq_key_may(r->who.key, queue, type);
}

bool
sv_may_whole(const struct sv_req *r, const char *queue)
{
	return tq_key_whole(r->who.key, queue);
}
