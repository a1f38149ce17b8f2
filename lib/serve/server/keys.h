/*
 * lib/serve/server/keys.h -- bearer keys and the sessions that stand for them.
 *
 * The file holds lines "ID:SHA256-HEX:SCOPES" ('#' starts a comment), scopes
 * being read, submit, admin with commas between; admin includes the others.
 */
#ifndef TQ_SERVE_KEYS_H
#define TQ_SERVE_KEYS_H

#include <sys/types.h>

#include "util/buf.h"
#include "util/env.h"
#include "util/err.h"

struct tq_keys;

/* What a key must allow; OPEN needs none. */
enum tq_scope { TQ_SCOPE_OPEN = 0, TQ_SCOPE_READ = 1, TQ_SCOPE_SUBMIT = 2,
	TQ_SCOPE_ADMIN = 4 };

#define TQ_SESSION_TEXT	65		/* 64 hex digits and NUL */
#define TQ_SESSION_MS	(INT64_C(12) * 3600000)

/* Whom a request comes from. */
struct tq_who {
	char		id[65];		/* the key's; "" when keys are off */
	unsigned	scopes;		/* tq_scope bits */
};

/*
 * tq_keys_parse(text, out, err): read the file's text.  A bad line fails with
 * TQ_E_CONFIG and its number; ${out} is then untouched.
 */
int tq_keys_parse(struct tq_span text, struct tq_keys **out,
    struct tq_err *err);

/*
 * tq_keys_private(mode, owner, me):
 * May the keys of process ${me} be in a file of this mode and owner?  Nobody
 * else may read or write it; but one of root's a group may read, as secrets
 * are that Kubernetes or systemd pass on to a service (PostgreSQL judges its
 * own so).
 */
bool tq_keys_private(mode_t mode, uid_t owner, uid_t me);

/*
 * tq_keys_load(path, out, err): the same as tq_keys_parse() from a file, which
 * must be private (TQ_E_DENIED).
 */
int tq_keys_load(const char *path, struct tq_keys **out, struct tq_err *err);

void tq_keys_free(struct tq_keys *k);

/*
 * tq_keys_find(k, key, who): is ${key} one of them?  Compares hashes, all of
 * them, in a time that does not depend on which fits.
 */
bool tq_keys_find(const struct tq_keys *k, const char *key,
    struct tq_who *who);

/* tq_keys_named(k, id, who): the key called ${id}. */
bool tq_keys_named(const struct tq_keys *k, const char *id,
    struct tq_who *who);

/*
 * Sessions: random tokens that stand for a key's id, in memory only.  They
 * end after 12 hours, at the 256th newer one, or with the process.
 */
#define TQ_SESSIONS_MAX	256
struct tq_sessions {
	struct {
		uint8_t	hash[32];
		char	id[65];
		int64_t	until;
	} row[TQ_SESSIONS_MAX];
	size_t	next;
};

/* Not thread-safe: the caller holds a lock. */
void tq_session_new(struct tq_sessions *s, const char *id, int64_t now,
    const struct tq_env *env, char token[TQ_SESSION_TEXT]);
/* tq_session_find(...): the id of the key it stands for, or NULL. */
const char *tq_session_find(const struct tq_sessions *s, const char *token,
    int64_t now);
void tq_session_end(struct tq_sessions *s, const char *token);

/* tq_cookie(header, name, out, n): the value of a cookie; false if none. */
bool tq_cookie(const char *header, const char *name, char *out, size_t n);

#endif
