/* lib/aws/creds_keep.c -- see creds_keep.h. */
#include "aws/creds_keep.h"

#include <string.h>

#include "util/env.h"
#include "util/thread.h"

void
tq_creds_keep_init(struct tq_creds_keep *k, const struct tq_env *env,
    tq_creds_finder *find, void *arg)
{
	*k = (struct tq_creds_keep){ .env = env, .find = find, .arg = arg };
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->ended, NULL);
}

static bool
valid(const struct tq_creds_keep *k, int64_t now)
{
	return k->now.key_id != NULL &&
	    (k->now.expires_ms == 0 || k->now.expires_ms > now);
}

static bool
instance(const struct tq_creds_keep *k)
{
	return k->now.source != NULL &&
	    strcmp(k->now.source, "instance") == 0;
}

/*
 * Credentials just found are used, whatever their date.  An instance's outlives
 * it while its metadata service is in trouble; the random part keeps instances
 * from coming back at once.  Of the others, what has ended by this clock may be
 * good by the service's: the service is to say so, and not at each request.
 */
static void
stretch(struct tq_creds_keep *k, int64_t now)
{
	if (k->now.expires_ms == 0)
		return;
	if (instance(k) && k->now.expires_ms <= now + TQ_CREDS_STABLE_MS)
		k->now.expires_ms = now + TQ_CREDS_EARLY_MS +
		    TQ_CREDS_STABLE_MS + (int64_t)(tq_random_u64(k->env) %
		    TQ_CREDS_STABLE_MS);
	else if (k->now.expires_ms <= now)
		k->now.expires_ms = now + TQ_CREDS_RETRY_MS;
}

/* Search without the lock; ${asking} is ours, and given up at the end. */
static void
search(struct tq_creds_keep *k)
{
	struct tq_err why = TQ_ERR_INIT;
	struct tq_creds fresh;
	int64_t now;
	int rc;

	pthread_mutex_unlock(&k->lock);
	rc = k->find(k->arg, &fresh, &why);
	pthread_mutex_lock(&k->lock);
	now = tq_wall_ms(k->env);
	k->why = why;
	if (rc == 0) {
		tq_creds_free(&k->now);
		k->now = fresh;
	}
	if (rc == 0 || instance(k))
		stretch(k, now);
	/* From its end: it may have taken longer than the pause. */
	k->early_ms = now + TQ_CREDS_RETRY_MS;
	k->asking = false;
	pthread_cond_broadcast(&k->ended);
}

/* A search, or the end of the one that is under way. */
static void
wait_for_search(struct tq_creds_keep *k)
{
	if (!k->asking) {
		k->asking = true;
		search(k);
		return;
	}
	while (k->asking)
		pthread_cond_wait(&k->ended, &k->lock);
}

static void *
beside(void *arg)
{
	struct tq_creds_keep *k = arg;

	pthread_mutex_lock(&k->lock);
	search(k);
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* The last thread has ended, or is about to: it needs no lock any more. */
static void
join(struct tq_creds_keep *k)
{
	if (k->beside)
		pthread_join(k->thread, NULL);
	k->beside = false;
}

/* Without a thread it is tried again later, or at the latest at the end. */
static void
start_search(struct tq_creds_keep *k, int64_t now)
{

	join(k);
	k->beside = tq_thread_start(&k->thread, beside, k) == 0;
	k->asking = k->beside;
	k->early_ms = now + TQ_CREDS_RETRY_MS;
}

int
tq_creds_keep_get(struct tq_creds_keep *k, struct tq_creds *out,
    struct tq_err *err)
{
	int64_t now = tq_wall_ms(k->env);
	int rc = 0;

	pthread_mutex_lock(&k->lock);
	if (!valid(k, now)) {
		wait_for_search(k);
		rc = valid(k, tq_wall_ms(k->env)) ? 0 : -1;
	} else if (k->now.expires_ms != 0 && !k->asking &&
	    now >= k->now.expires_ms - TQ_CREDS_EARLY_MS &&
	    now >= k->early_ms) {
		start_search(k, now);
	}
	if (rc == 0)
		tq_creds_copy(out, &k->now);
	else if (err != NULL)
		*err = k->why;
	pthread_mutex_unlock(&k->lock);
	return rc;
}

static bool
equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same(const struct tq_creds *a, const struct tq_creds *b)
{
	return equal(a->key_id, b->key_id) && equal(a->secret, b->secret) &&
	    equal(a->token, b->token);
}

int
tq_creds_keep_refused(struct tq_creds_keep *k, const struct tq_creds *used,
    struct tq_err *err)
{
	int rc = 1;

	pthread_mutex_lock(&k->lock);
	if (k->asking)
		wait_for_search(k);
	if (k->now.key_id == NULL || same(&k->now, used)) {
		rc = 0;
		if (tq_wall_ms(k->env) >= k->same_ms) {
			tq_creds_free(&k->now);
			wait_for_search(k);
			rc = k->now.key_id == NULL ? -1 : !same(&k->now, used);
			k->same_ms = rc == 1 ? 0 :
			    tq_wall_ms(k->env) + TQ_CREDS_SAME_MS;
		}
	}
	if (rc == -1 && err != NULL)
		*err = k->why;
	pthread_mutex_unlock(&k->lock);
	return rc;
}

void
tq_creds_keep_free(struct tq_creds_keep *k)
{
	join(k);
	tq_creds_free(&k->now);
	pthread_cond_destroy(&k->ended);
	pthread_mutex_destroy(&k->lock);
}
