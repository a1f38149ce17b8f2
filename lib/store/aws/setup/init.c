/*
 * lib/store/aws/setup/init.c -- init: all that the store needs, made or
 * verified.
 */
#include <string.h>

#include "store/aws/record/shards.h"
#include "store/aws/setup/setup.h"

static int
init_queues(struct aq_setup *w, struct tq_err *err)
{
	const struct tq_init *o = w->opts;
	size_t i;

	if (aq_init_queue(w, "default", err) == -1)
		return -1;
	for (i = 0; i < o->nqueues; i++)
		if (strcmp(o->queues[i], "default") != 0 &&
		    aq_init_queue(w, o->queues[i], err) == -1)
			return -1;
	return 0;
}

/* All are read first, and then written: those who looked before look again. */
static int
init_shards(struct aq_setup *w, struct tq_err *err)
{
	static const char *const by_default[] = { "default" };
	const struct tq_init *o = w->opts;
	const char *const *q = o->nqueues > 0 ? o->queues : by_default;
	size_t i, n = o->nqueues > 0 ? o->nqueues : 1, wait = 0;
	int rc = 1;

	if (o->shards == 0)
		return 0;
	if (aq_dry(w)) {
		aq_say(w, TQ_LEVEL_NOTE, "shards", "would be raised, where "
		    "there are fewer", NULL);
		return 0;
	}
	for (i = 0; rc != -1 && i < n; i++) {
		rc = aq_shards_set(w->s, q[i], o->shards, false, err);
		wait += rc == 0;
	}
	if (rc != -1 && wait > 0)
		aq_sleep(AQ_SHARDS_SETTLE_MS);
	for (i = 0; rc != -1 && wait > 0 && i < n; i++)
		rc = aq_shards_set(w->s, q[i], o->shards, true, err);
	if (rc != -1)
		aq_say(w, TQ_LEVEL_OK, "shards", tq_arena_fmt(&w->mem,
		    "at least %d", o->shards), NULL);
	return rc == -1 ? -1 : 0;
}

/* What CreateQueue and its like make is the caller's. */
static int
may_make(struct aq *s, struct tq_err *err)
{
	const char *own;

	if (s->url.owner == NULL)
		return 0;
	if (tq_aws_account(s->a, &own, err) == -1)
		return -1;
	if (own == NULL || strcmp(own, s->url.owner) == 0)
		return 0;
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: owner=%s: these "
	    "credentials are of account %s, and would make the store there; "
	    "run init with credentials of the owner", s->base.name,
	    s->url.owner, own);
}

int
aq_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	struct aq_setup w = { .opts = opts, .report = report, .arg = arg };
	int rc;

	if (opts->shared != NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE, "--shared: "
		    "who may use an aws: store is for its policies to say "
		    "(--print-policy)");
	if (aq_new(url, env, 0, aq_explain, &w.s, err) == -1)
		return -1;
	rc = may_make(w.s, err);
	if (rc == 0)
		rc = aq_init_table(&w, err);
	if (rc == 0)
		rc = init_queues(&w, err);
	if (rc == 0)
		rc = init_shards(&w, err);
	/* Its name may come from a queue's address, once there is one. */
	if (rc == 0)
		rc = aq_init_bucket(&w, err);
	tq_arena_free(&w.mem);
	aq_free(w.s);
	return rc;
}

int
aq_policy(const char *url, const struct tq_env *env, const char *role,
    const char *const *queues, size_t n, struct tq_buf *out, bool *whole,
    struct tq_err *err)
{
	static const char *const by_default[] = { "default" };
	struct aq_setup w = { .opts = NULL };
	struct aq_place at;
	int rc = 0;

	if (aq_new(url, env, 1, aq_explain, &w.s, err) == -1)
		return -1;
	aq_place_find(&w, &at);
	*whole = at.account != NULL;
	if (!aq_policy_write(role, w.s, &at, n > 0 ? queues : by_default,
	    n > 0 ? n : 1, out))
		rc = tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE, "--print-policy"
		    ": \"%.40s\" is no role: submitter, worker or operator",
		    role);
	tq_arena_free(&w.mem);
	aq_free(w.s);
	return rc;
}
