/* lib/serve/server/sessions.h -- cookies that stand for a key. */
#ifndef TQ_SERVE_SESSIONS_H
#define TQ_SERVE_SESSIONS_H

#include "serve/server/keys.h"

#define TQ_SESSION_TEXT	65		/* 64 hex digits and NUL */
#define TQ_SESSION_MS	(INT64_C(12) * 3600000)

/*
 * Sessions: random tokens that stand for a key's id, in memory only.  They
 * end after 12 hours, at the 256th newer one, or with the process.
 */
#define TQ_SESSIONS_MAX	256
struct tq_sessions {
	struct {
		uint8_t	hash[32];	/* of the token */
		char	id[65];		/* of the key ... */
		uint8_t	key[32];	/* ... and its hash */
		int64_t	until;
	} row[TQ_SESSIONS_MAX];
	size_t	next;
};

/* Not thread-safe: the caller holds a lock. */
void tq_session_new(struct tq_sessions *s, const struct tq_who *who,
    int64_t now, const struct tq_env *env, char token[TQ_SESSION_TEXT]);
/*
 * tq_session_find(s, token, k, now, who): the key in ${k} that ${token} stands
 * for; false when the session or the key has ended.
 */
bool tq_session_find(const struct tq_sessions *s, const char *token,
    const struct tq_keys *k, int64_t now, struct tq_who *who);
void tq_session_end(struct tq_sessions *s, const char *token);

/* tq_cookie(header, name, out, n): the value of a cookie; false if none. */
bool tq_cookie(const char *header, const char *name, char *out, size_t n);

#endif
