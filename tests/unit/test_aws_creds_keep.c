/*
 * tests/unit/test_aws_creds_keep.c -- keeping credentials fresh: who asks for
 * new ones, when, and who waits for that.
 */
#include "t.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "aws/creds_inside.h"
#include "aws/creds_keep.h"
#include "t_env.h"

#define NOW	INT64_C(1440938160000)
#define MIN	INT64_C(60000)

/* A provider: what it gives next, and how long it takes. */
static struct {
	const char	*id;		/* NULL: it fails */
	const char	*source;
	int64_t		 expires_ms;
	int64_t		 takes_ms;	/* of the fake clock */
	bool		 gated;		/* it waits for ${gate} */
	sem_t		 gate;
	atomic_int	 asked;
} provider_;
static struct t_env vars;
static struct tq_env env;
static struct tq_creds_keep keep;
static struct tq_err err;

static int
find(void *arg, struct tq_creds *out, struct tq_err *e)
{
	(void)arg;
	provider_.asked++;
	if (provider_.gated)
		sem_wait(&provider_.gate);
	vars.now += provider_.takes_ms;
	*out = (struct tq_creds){ 0 };
	if (provider_.id == NULL)
		return tq_err_set(e, TQ_AT_CREDS, TQ_E_UNAVAILABLE, "down");
	tq_creds_set(out, provider_.source, provider_.id, "S", NULL,
	    provider_.expires_ms);
	return 0;
}

/* From now on it gives ${id}, which ends in ${minutes}; 0: never. */
static void
gives(const char *id, int minutes)
{
	provider_.id = id;
	provider_.expires_ms = minutes == 0 ? 0 : vars.now + minutes * MIN;
}

static void
start(void)
{
	vars = (struct t_env){ .now = NOW, .random = 1, .vars = { NULL } };
	env = t_env_make(&vars);
	provider_.source = "process";
	provider_.takes_ms = 0;
	provider_.gated = false;
	provider_.asked = 0;
	sem_init(&provider_.gate, 0, 0);
	tq_creds_keep_init(&keep, &env, find, NULL);
}

static const char *
get(void)
{
	static char id[64];
	struct tq_creds c = { 0 };

	err = (struct tq_err)TQ_ERR_INIT;
	if (tq_creds_keep_get(&keep, &c, &err) == -1)
		return err.msg;
	snprintf(id, sizeof(id), "%s", c.key_id);
	tq_creds_free(&c);
	return id;
}

/* The search beside the work has ended. */
static void
settle(void)
{
	pthread_mutex_lock(&keep.lock);
	while (keep.asking)
		pthread_cond_wait(&keep.ended, &keep.lock);
	pthread_mutex_unlock(&keep.lock);
}

static void
test_early(void)
{
	start();
	gives("one", 60);
	T_STR(get(), "one");
	vars.now += 44 * MIN;
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 1);
	/* It hangs: nobody waits for it, and nobody else asks. */
	vars.now += 2 * MIN;
	gives("two", 60);
	provider_.gated = true;
	T_STR(get(), "one");
	vars.now += 10 * MIN;
	T_STR(get(), "one");
	T_STR(get(), "one");
	sem_post(&provider_.gate);
	settle();
	T_INT(provider_.asked, 2);
	T_STR(get(), "two");
	tq_creds_keep_free(&keep);
}

static void
test_early_fails(void)
{
	start();
	gives("one", 60);
	T_STR(get(), "one");
	vars.now += 46 * MIN;
	gives(NULL, 0);
	/* Longer than the pause, which is counted from its end. */
	provider_.takes_ms = 2 * MIN;
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 2);
	vars.now += MIN - 1;
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 2);
	vars.now += 1;
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 3);
	/* It matters once they have ended. */
	vars.now += 60 * MIN;
	provider_.takes_ms = 0;
	T_STR(get(), "down");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	gives("two", 60);
	T_STR(get(), "two");
	tq_creds_keep_free(&keep);
}

static void *
get_in_thread(void *arg)
{
	struct tq_creds c = { 0 };

	if (tq_creds_keep_get(&keep, &c, NULL) == 0)
		snprintf(arg, 8, "%s", c.key_id);
	tq_creds_free(&c);
	return NULL;
}

static void
test_one_asks(void)
{
	char got[4][8] = { "" };
	pthread_t t[4];
	int i;

	start();
	gives("one", 60);
	provider_.gated = true;
	for (i = 0; i < 4; i++)
		T_MUST(pthread_create(&t[i], NULL, get_in_thread, got[i]) ==
		    0);
	/* One is enough for as many as have asked by then. */
	for (i = 0; i < 4; i++)
		sem_post(&provider_.gate);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		T_STR(got[i], "one");
	}
	T_INT(provider_.asked, 1);
	tq_creds_keep_free(&keep);
}

static int
refused(const char *id)
{
	struct tq_creds used;
	int rc;

	err = (struct tq_err)TQ_ERR_INIT;
	tq_creds_set(&used, "process", id, "S", NULL, 0);
	rc = tq_creds_keep_refused(&keep, &used, &err);
	tq_creds_free(&used);
	return rc;
}

static void
test_refused(void)
{
	start();
	gives("one", 0);
	T_STR(get(), "one");
	gives("two", 0);
	T_INT(refused("one"), 1);
	T_INT(provider_.asked, 2);
	T_STR(get(), "two");
	/* Of a hundred calls that were on their way one asks. */
	T_INT(refused("one"), 1);
	T_INT(provider_.asked, 2);
	/* Nobody has put others there yet: asked once in a while. */
	T_INT(refused("two"), 0);
	T_INT(refused("two"), 0);
	T_INT(provider_.asked, 3);
	T_STR(get(), "two");
	vars.now += TQ_CREDS_SAME_MS;
	gives(NULL, 0);
	T_INT(refused("two"), -1);
	T_STR(err.msg, "down");
	gives("three", 0);
	T_STR(get(), "three");
	tq_creds_keep_free(&keep);
}

static void
test_refused_beside(void)
{
	start();
	gives("one", 10);
	T_STR(get(), "one");
	vars.now += MIN;
	gives("two", 60);
	provider_.gated = true;
	T_STR(get(), "one");
	sem_post(&provider_.gate);
	/* The search that is under way is the one that helps. */
	T_INT(refused("one"), 1);
	T_INT(provider_.asked, 2);
	T_STR(get(), "two");
	tq_creds_keep_free(&keep);
}

static void
test_instance(void)
{
	start();
	provider_.source = "instance";
	gives("one", -1);
	/* Ended as they come: used all the same, for a while. */
	T_STR(get(), "one");
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 1);
	gives(NULL, 0);
	vars.now += 60 * MIN;
	T_STR(get(), "one");
	T_INT(provider_.asked, 2);
	vars.now += 60 * MIN;
	gives("two", 600);
	T_STR(get(), "two");
	tq_creds_keep_free(&keep);
}

static void
test_wrong_clock(void)
{
	start();
	gives("one", -1);
	T_STR(get(), "one");
	T_STR(get(), "one");
	settle();
	T_INT(provider_.asked, 1);
	vars.now += MIN;
	T_STR(get(), "one");
	T_INT(provider_.asked, 2);
	gives(NULL, 0);
	vars.now += MIN;
	T_STR(get(), "down");
	tq_creds_keep_free(&keep);
}

T_MAIN(
	{ "while they are valid nobody waits for a provider that hangs",
	    test_early },
	{ "after a search that failed there is a pause, from its end",
	    test_early_fails },
	{ "of many threads without credentials one asks", test_one_asks },
	{ "refused ones are replaced, and the same not asked for at each call",
	    test_refused },
	{ "who is refused waits for the search that is under way",
	    test_refused_beside },
	{ "an instance's credentials go on when they can't be renewed",
	    test_instance },
	{ "what has ended by this clock is for the service to judge",
	    test_wrong_clock }
)
