/* lib/serve/server/keys.c -- see keys.h. */
#include "serve/server/keys.h"

#include <stdlib.h>
#include <string.h>

#include "serve/server/keys_inside.h"

struct tq_keys *
tq_keys_hold(struct tq_keys *k)
{
	__atomic_add_fetch(&k->holders, 1, __ATOMIC_RELAXED);
	return k;
}

void
tq_keys_free(struct tq_keys *k)
{
	if (k == NULL ||
	    __atomic_sub_fetch(&k->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(k->v);
	tq_arena_free(&k->arena);
	free(k);
}

static void
fill(struct tq_who *who, struct tq_key *k)
{
	memcpy(who->id, k->id, sizeof(who->id));
	who->scopes = k->scopes;
	memcpy(who->hash, k->hash, sizeof(who->hash));
	who->key = k;
}

bool
tq_keys_find(const struct tq_keys *k, const char *key, struct tq_who *who)
{
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_key *found = NULL;
	size_t i;

	tq_sha256_text(key, sum);
	for (i = 0; i < k->n; i++)
		if (tq_sha256_same(sum, k->v[i].hash))
			found = &k->v[i];
	if (found != NULL)
		fill(who, found);
	return found != NULL;
}

bool
tq_keys_match(const struct tq_keys *k, const char *id, const uint8_t sum[32],
    struct tq_who *who)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->v[i].id, id) == 0 &&
		    tq_sha256_same(k->v[i].hash, sum)) {
			fill(who, &k->v[i]);
			return true;
		}
	return false;
}

/* Is ${name} in the list?  Returns true for no list. */
static bool
listed(const char *list, const char *name)
{
	size_t n;

	for (; list != NULL; list += n + 1) {
		n = strcspn(list, ",");
		if (strlen(name) == n && memcmp(list, name, n) == 0)
			return true;
		if (list[n] == '\0')
			return false;
	}
	return true;
}

bool
tq_key_may(const struct tq_key *key, const char *queue, const char *type)
{
	return key == NULL || ((queue == NULL || listed(key->queues, queue)) &&
	    (type == NULL || listed(key->types, type)));
}

bool
tq_key_whole(const struct tq_key *key, const char *queue)
{
	return key == NULL || (key->types == NULL && (queue == NULL ?
	    key->queues == NULL : listed(key->queues, queue)));
}

void
tq_key_only(const struct tq_key *key, const char **queue, const char **type)
{
	*queue = key == NULL || key->queues == NULL ||
	    strchr(key->queues, ',') != NULL ? NULL : key->queues;
	*type = key == NULL || key->types == NULL ||
	    strchr(key->types, ',') != NULL ? NULL : key->types;
}

bool
tq_key_pace(struct tq_key *key, int64_t now)
{
	return key == NULL || key->rate == 0 || tq_bucket_take(&key->bucket,
	    key->rate, key->rate < 1 ? 1 : key->rate, now);
}
