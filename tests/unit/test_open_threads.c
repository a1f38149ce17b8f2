/* tests/unit/test_open_threads.c -- the first handles, in many threads at once. */
#include "t.h"

#include <pthread.h>
#include <unistd.h>

#include "store/store.h"
#include "util/env.h"
#include "work/spawn/spawn.h"

#define N	16

static char dir[96], url[160];
static pthread_barrier_t together;

static void *
open_one(void *arg)
{
	struct tq_err *err = arg;
	struct tq_store *st;

	pthread_barrier_wait(&together);
	if (tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, err) == -1)
		return err;
	tq_store_close(st);
	return NULL;
}

static void *
learn_boot(void *arg)
{
	char *id = arg;

	pthread_barrier_wait(&together);
	snprintf(id, 40, "%s", tq_env_system.boot_id(tq_env_system.arg));
	return NULL;
}

/* Each sees all of it: leases of another boot are over. */
static void
one_boot(void)
{
	char id[N][40];
	pthread_t t[N];
	size_t i;

	T_INT(pthread_barrier_init(&together, NULL, N), 0);
	for (i = 0; i < N; i++)
		T_MUST(pthread_create(&t[i], NULL, learn_boot, id[i]) == 0);
	for (i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < N; i++) {
		T_INT(strlen(id[i]), 36);
		T_STR(id[i], id[0]);
	}
}

/* A process's one-time set-up of SQLite is done before anybody needs it. */
static void
all_open(void)
{
	struct tq_err err[N];
	pthread_t t[N];
	void *failed;
	size_t i;

	T_MUST(t_mkdir(dir, sizeof(dir), "threads"));
	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	T_INT(pthread_barrier_init(&together, NULL, N), 0);
	for (i = 0; i < N; i++) {
		err[i] = (struct tq_err)TQ_ERR_INIT;
		T_MUST(pthread_create(&t[i], NULL, open_one, &err[i]) == 0);
	}
	for (i = 0; i < N; i++) {
		pthread_join(t[i], &failed);
		if (failed != NULL)
			T_FAIL("thread %zu: %s", i, err[i].msg);
	}
	tq_spawn_remove(dir);
	T_INT(access(dir, F_OK), -1);
}

T_MAIN(
    { "sixteen threads learn which boot it is", one_boot },
    { "sixteen threads open a store that is not there", all_open })
