/* lib/aws/creds_keep.c -- credentials that are kept fresh; see creds.h. */
#include <string.h>

#include "aws/creds.h"
#include "aws/endpoint.h"
#include "util/env.h"
#include "util/err.h"

/*
 * An instance's credentials outlive their date while its metadata service is
 * in trouble; all instances coming back at once is what the random part avoids.
 */
static void
stretch(struct tq_creds_keep *k, int64_t now)
{
	if (k->now.source == NULL || strcmp(k->now.source, "instance") != 0 ||
	    k->now.expires_ms == 0 ||
	    k->now.expires_ms > now + TQ_CREDS_STABLE_MS)
		return;
	k->now.expires_ms = now + TQ_CREDS_EARLY_MS + TQ_CREDS_STABLE_MS +
	    (int64_t)(tq_random_u64(k->setup->env) % TQ_CREDS_STABLE_MS);
}

static int
refresh(struct tq_creds_keep *k, int64_t now, struct tq_err *err)
{
	struct tq_creds fresh;

	if (tq_creds_find(k->setup, k->io, &fresh, err) == -1) {
		k->retry_ms = now + TQ_CREDS_RETRY_MS;
		stretch(k, now);
		return -1;
	}
	tq_creds_free(&k->now);
	k->now = fresh;
	stretch(k, now);
	/* A short-lived kind must not be asked for at each request. */
	k->retry_ms = now + TQ_CREDS_RETRY_MS;
	return 0;
}

int
tq_creds_keep_get(struct tq_creds_keep *k, const struct tq_creds **out,
    struct tq_err *err)
{
	int64_t now = tq_wall_ms(k->setup->env), left;
	struct tq_err early = TQ_ERR_INIT;

	*out = &k->now;
	if (k->now.key_id == NULL)
		return refresh(k, now, err);
	if (k->now.expires_ms == 0)
		return 0;
	left = k->now.expires_ms - now;
	if (left > TQ_CREDS_EARLY_MS || (left > 0 && now < k->retry_ms))
		return 0;
	if (refresh(k, now, &early) == 0 || k->now.expires_ms > now)
		return 0;
	if (err != NULL)
		*err = early;
	return -1;
}

void
tq_creds_keep_drop(struct tq_creds_keep *k, const char *used_key_id)
{
	if (k->now.key_id != NULL && used_key_id != NULL &&
	    strcmp(k->now.key_id, used_key_id) == 0)
		tq_creds_free(&k->now);
}

void
tq_creds_keep_free(struct tq_creds_keep *k)
{
	tq_creds_free(&k->now);
	*k = (struct tq_creds_keep){ 0 };
}
