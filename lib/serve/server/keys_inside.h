/* lib/serve/server/keys_inside.h -- a set of keys; for keys*.c only. */
#ifndef TQ_SERVE_KEYS_INSIDE_H
#define TQ_SERVE_KEYS_INSIDE_H

#include "serve/server/keys.h"
#include "serve/server/quota.h"
#include "util/hash.h"

struct tq_key {
	char		id[65];
	uint8_t		hash[TQ_SHA256_LEN];
	unsigned	scopes;
	const char	*queues, *types;	/* "a,b"; NULL: all */
	double		rate;			/* requests/s; 0: no limit */
	struct tq_bucket bucket;
};

struct tq_keys {
	struct tq_key	*v;
	size_t		 n;
	unsigned	 holders;		/* atomic */
	struct tq_arena	 arena;
};

#endif
