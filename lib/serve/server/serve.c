/* lib/serve/server/serve.c -- start and stop. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/server/inside.h"
#include "store/offer.h"
#include "util/str.h"
#include "util/thread.h"

#define POOL_THREADS	2	/* as many long reads at a time */

static int
make_store(struct tq_serve *s, struct tq_err *err)
{
	if (tq_store_open(s->o->store_url, s->env, TQ_OPEN_CREATE,
	    &s->writer.store, err) == -1)
		return -1;
	if (tq_store_note(s->writer.store) != NULL)
		sv_note(s, "%s", tq_store_note(s->writer.store));
	s->store_url = tq_must(strdup(tq_store_url(s->writer.store)));
	s->local = tq_str_starts(tq_store_name(s->writer.store), "sqlite:");
	s->offers = tq_store_offers(s->writer.store);
	s->store_seen = tq_boot_ms(s->env);
	return sv_ask(s->writer.store, err);
}

/*
 * The store is made here, so that what is wrong with it is said at once, which may
 * take long: a service that does not answer is asked again.
 */
static int
open_store(struct tq_serve *s, struct tq_err *err)
{
	int rc;

	if (s->o->let_in != NULL)
		s->o->let_in(true);
	rc = make_store(s, err);
	if (s->o->let_in != NULL)
		s->o->let_in(false);
	return rc;
}

static int
start_threads(struct tq_serve *s, struct tq_err *err)
{
	if (pthread_key_create(&s->reader_key, sv_reader_close) != 0)
		goto fail;
	s->has_reader_key = true;
	if (pthread_key_create(&s->spare_key, free) != 0)
		goto fail;
	s->has_spare_key = true;
	if (sv_exec_start(&s->writer, s, 1, sv_writer_run) == -1 ||
	    sv_exec_start(&s->stager, s, 1, sv_stager_run) == -1 ||
	    sv_exec_start(&s->pool, s, POOL_THREADS, sv_pool_run) == -1 ||
	    sv_exec_start(&s->operator, s, 1, sv_operator_run) == -1)
		goto fail;
	if (tq_thread_start(&s->watcher, sv_watch_run, s) != 0)
		goto fail;
	s->watching = true;
	if (tq_thread_start(&s->reaper, sv_conn_reaper, s) != 0)
		goto fail;
	s->reaping = true;
	return 0;
fail:
	return tq_err_start(err, EAGAIN, "a thread");
}

static int
start_daemons(struct tq_serve *s, struct tq_err *err)
{
	const struct sv_callbacks cb = { s, sv_conn_policy, sv_http_request,
	    sv_http_uri, sv_conn_notify, sv_http_completed,
	    sv_heads_trouble, (unsigned)s->conns_max };
	const struct tq_serve_opts *o = s->o;
	size_t i;

	if (o->nfds > SV_LISTENERS_MAX)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "more than %d addresses to listen on",
		    SV_LISTENERS_MAX);
	for (i = 0; i < o->nfds; i++) {
		s->daemons[i] = sv_daemon(&cb, o->fds[i], o->threads,
		    s->strict);
		if (s->daemons[i] == NULL)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_IO,
			    "can't start to listen");
		s->ndaemons++;
	}
	return 0;
}

int
tq_serve_start(const struct tq_serve_opts *o, struct tq_serve **out,
    struct tq_err *err)
{
	struct tq_serve *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "out of memory");
	s->o = o;
	s->env = o->env;
	s->web_fd = -1;
	s->metrics.api = o->api;
	s->conns_max = o->conns > 0 && o->conns < SV_CONNS_MAX ? o->conns :
	    SV_CONNS_MAX;
	snprintf(s->keep_alive, sizeof(s->keep_alive), "timeout=%lld",
	    (long long)(o->keepalive_ms / 1000));
	pthread_mutex_init(&s->conn_lock, NULL);
	pthread_mutex_init(&s->key_lock, NULL);
	pthread_mutex_init(&s->watch_lock, NULL);
	pthread_cond_init(&s->watch_come, NULL);
	if (o->web != NULL && (s->web_fd = open(o->web, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC)) == -1) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "--web %s: no such folder", o->web);
		goto fail;
	}
	if ((o->keys != NULL && tq_keys_load(o->keys, &s->keys, err) == -1) ||
	    sv_probe(&s->strict, err) == -1 ||
	    open_store(s, err) == -1 || start_threads(s, err) == -1 ||
	    start_daemons(s, err) == -1)
		goto fail;
	*out = s;
	return 0;
fail:
	tq_serve_stop(s, 0);
	return -1;
}

bool
tq_serve_failed(struct tq_serve *s, struct tq_err *err)
{
	if (!__atomic_load_n(&s->failed, __ATOMIC_ACQUIRE))
		return false;
	*err = s->failure;
	return true;
}

int
tq_serve_reload(struct tq_serve *s, struct tq_err *err)
{
	struct tq_keys *fresh, *old;

	if (s->o->keys == NULL)
		return 0;
	if (tq_keys_load(s->o->keys, &fresh, err) == -1)
		return -1;
	pthread_mutex_lock(&s->key_lock);
	old = s->keys;
	s->keys = fresh;
	__atomic_add_fetch(&s->keys_generation, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&s->key_lock);
	tq_keys_free(old);
	/* Those that wait with a key that is gone are told so. */
	sv_watch_wake_all(s);
	return 0;
}

static unsigned
drain(struct tq_serve *s, int64_t grace_ms)
{
	static const struct timespec nap = { 0, 5000000 };
	int64_t end = tq_boot_ms(s->env) + grace_ms;
	unsigned left;

	while ((left = __atomic_load_n(&s->inflight, __ATOMIC_ACQUIRE)) > 0 &&
	    tq_boot_ms(s->env) < end) {
		sv_watch_wake_all(s);
		nanosleep(&nap, NULL);
	}
	return left;
}

unsigned
tq_serve_stop(struct tq_serve *s, int64_t grace_ms)
{
	unsigned left;
	size_t i;

	__atomic_store_n(&s->stopping, true, __ATOMIC_RELEASE);
	for (i = 0; i < s->ndaemons; i++)
		MHD_quiesce_daemon(s->daemons[i]);
	left = drain(s, grace_ms);
	/* Nothing may be suspended when the event loops end. */
	sv_exec_stop(&s->pool);
	sv_exec_stop(&s->operator);
	sv_exec_stop(&s->stager);
	sv_exec_stop(&s->writer);
	sv_watch_wake_all(s);
	for (i = 0; i < s->ndaemons; i++) {
		MHD_stop_daemon(s->daemons[i]);
		close(s->o->fds[i]);
	}
	__atomic_store_n(&s->watch_stop, true, __ATOMIC_RELEASE);
	if (s->watching)
		pthread_join(s->watcher, NULL);
	if (s->reaping)
		pthread_join(s->reaper, NULL);
	if (s->has_reader_key)
		pthread_key_delete(s->reader_key);
	if (s->has_spare_key)
		pthread_key_delete(s->spare_key);
	tq_store_close(s->writer.store);
	free(s->store_url);
	tq_keys_free(s->keys);
	if (s->web_fd != -1)
		close(s->web_fd);
	free(s);
	return left;
}
