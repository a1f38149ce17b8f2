/*
 * lib/serve/server/keys.h -- bearer keys: who may do what.
 *
 * The file holds lines "ID:SHA256-HEX:SCOPES[:BOUNDS]" ('#' starts a comment).
 * Scopes are read, submit, operate, admin with commas between; admin is read
 * and submit.  Bounds are queue=A,B and type=A,B (it sees and touches tasks of
 * these only) and rate=N/s (requests), with semicolons between.
 */
#ifndef TQ_SERVE_KEYS_H
#define TQ_SERVE_KEYS_H

#include <sys/types.h>

#include "util/buf.h"
#include "util/env.h"
#include "util/err.h"

struct tq_keys;

/* The scopes of keys; OPEN needs no key. */
enum tq_scope { TQ_SCOPE_OPEN = 0, TQ_SCOPE_READ = 1, TQ_SCOPE_SUBMIT = 2,
	TQ_SCOPE_ADMIN = 4, TQ_SCOPE_OPERATE = 8 };

/* Whom a request comes from. */
struct tq_who {
	char		 id[65];	/* the key's; "" when keys are off */
	unsigned	 scopes;	/* tq_scope bits */
	uint8_t		 hash[32];	/* the key's */
	struct tq_key	*key;		/* in the tq_keys; NULL: none */
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

/*
 * tq_keys_hold(k): one more holder; returns ${k}.  A request holds the keys
 * it points at while others are loaded.
 * tq_keys_free(k): one holder less; the last one frees them.
 */
struct tq_keys *tq_keys_hold(struct tq_keys *k);
void tq_keys_free(struct tq_keys *k);

/*
 * tq_keys_find(k, key, who): is ${key} one of them?  Compares hashes, all of
 * them, in a time that does not depend on which fits.
 */
bool tq_keys_find(const struct tq_keys *k, const char *key,
    struct tq_who *who);

/*
 * tq_keys_match(k, id, hash, who): the key called ${id} whose hash is that;
 * false if it is gone or has another secret.
 */
bool tq_keys_match(const struct tq_keys *k, const char *id,
    const uint8_t hash[32], struct tq_who *who);

/* tq_key_may(key, queue, type): is that within its bounds?  NULL: any is. */
bool tq_key_may(const struct tq_key *key, const char *queue, const char *type);

/*
 * tq_key_whole(key, queue): may it do what touches the tasks of every type in
 * ${queue}; in the whole store, if that is NULL?
 */
bool tq_key_whole(const struct tq_key *key, const char *queue);

/*
 * tq_key_only(key, queue, type): the one queue, the one type it is bound to;
 * NULL when it has several or all.
 */
void tq_key_only(const struct tq_key *key, const char **queue,
    const char **type);

/* tq_key_pace(key, now): may it ask once more?  Not thread-safe. */
bool tq_key_pace(struct tq_key *key, int64_t now);

#endif
