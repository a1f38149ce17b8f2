/* lib/work/run.c -- a worker's beginning and end; see work.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "image/image.h"
#include "store/pushed.h"
#include "util/digest.h"
#include "util/memory.h"
#include "util/notify.h"
#include "util/ignored.h"
#include "util/str.h"
#include "work/folder.h"
#include "work/loop.h"
#include "work/singleton.h"
#include "work/handler/simulate.h"
#include "work/handler/webhook.h"
#include "work/worker.h"

/* -- what is known without the store --------------------------------------- */

static int
read_failure_rate(struct worker *w, struct tq_err *err)
{
	const char *s = tq_getenv(w->env, "FAILURE_RATE");
	const struct tq_handler *h = tq_handlers_find(&w->h, "simulate");

	w->failure_rate = TQ_FAILURE_RATE;
	if (s == NULL || h == NULL || h->runner != &tq_runner_simulate ||
	    tq_simulate_rate(s, &w->failure_rate))
		return 0;
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
	    "FAILURE_RATE is a number from 0 to 1, not \"%s\"", s);
}

/* --adopt wants a store that has such messages, and somebody to run them. */
static int
check_adopt(const struct worker *w, struct tq_err *err)
{
	const struct tq_work_opts *o = w->o;

	if (o->adopt == NULL)
		return 0;
	if (!tq_name_ok(o->adopt))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--adopt: \"%s\" is no name of a type", o->adopt);
	if (tq_handlers_find(&w->h, o->adopt) == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--adopt: there is no handler for \"%s\" here: "
		    "--on %s=COMMAND names one", o->adopt, o->adopt);
	if (!tq_store_adopts(o->store_url))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--adopt: only an aws: store has messages of others, not "
		    "%s", o->store_url);
	return 0;
}

static int
read_options(struct worker *w, struct tq_err *err)
{
	const struct tq_work_opts *o = w->o;
	size_t i;

	for (i = 0; i < o->queues.n; i++)
		if (!tq_queue_ok(o->queues.v[i]))
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--queue: \"%s\" is no name of a queue",
			    o->queues.v[i]);
	if (o->rate != NULL && tq_rate_parse(o->rate, &w->claims.rate) == -1)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--rate wants N/s, N/m or N/h, not \"%s\"", o->rate);
	w->lease_ms = o->lease_ms > 0 ? o->lease_ms : TQ_LEASE_MS;
	w->grace_ms = o->grace_ms >= 0 ? o->grace_ms : TQ_GRACE_MS;
	w->slots.n = o->jobs > 0 ? o->jobs :
	    (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (w->slots.n < 1)
		w->slots.n = 1;
	if (w->slots.n > TQ_JOBS_MAX)
		w->slots.n = TQ_JOBS_MAX;
	w->claims.max = o->once ? 1 : o->max_tasks > 0 ? o->max_tasks :
	    INT64_MAX;
	if (tq_fetch_init(w, err) == -1)
		return -1;
	if (tq_handlers_init(&w->h, o, tq_getenv(w->env, "PATH"), err) == -1 ||
	    read_failure_rate(w, err) == -1)
		return -1;
	tq_room_init(&w->line.room, o->image_memory > 0 ?
	    (uint64_t)o->image_memory : o->memory > 0 ?
	    (uint64_t)o->memory / 2 : tq_memory_max("") / 2, w->slots.n);
	return check_adopt(w, err);
}

/* host:pid:start, never the same for two processes. */
static void
name_worker(struct worker *w)
{
	char host[64];

	if (gethostname(host, sizeof(host)) == -1)
		snprintf(host, sizeof(host), "localhost");
	host[sizeof(host) - 1] = '\0';
	snprintf(w->id, sizeof(w->id), "%s:%d:%llx", host, (int)getpid(),
	    (unsigned long long)w->born_wall);
}

static int
make_dir(struct worker *w, struct tq_err *err)
{
	const char *tmp = tq_getenv(w->env, "TMPDIR");
	int n;

	if (tmp == NULL)
		tmp = "/tmp";
	if ((n = tq_folder_tidy(tmp, tq_wall_ms(w->env))) > 0)
		tq_say(w, SAY_NOTE, "tidy", "%d folder%s of killed workers "
		    "removed from %s", n, n == 1 ? "" : "s", tmp);
	w->dir_lock = tq_folder_make(tmp, w->dir, sizeof(w->dir), err);
	return w->dir_lock == -1 ? -1 : 0;
}

/*
 * As many descriptors as we may have; where those are too few, fewer slots, and
 * without room for one an end before a task is claimed that can't be run.
 * Handlers keep the limit that we were started with: see spawn.h.
 */
static int
fit_slots(struct worker *w, struct tq_err *err)
{
	struct rlimit r;
	int n;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_max == RLIM_INFINITY)
		return 0;
	n = tq_slots_fit((uint64_t)r.rlim_max, w->h.nstreams);
	if (n >= w->slots.n)
		return 0;
	if (n == 0)
		return tq_err_set(err, TQ_AT_NONE, TQ_E_CONFIG, "%llu open files "
		    "are too few to run tasks: it takes %llu (ulimit -n, "
		    "LimitNOFILE=)", (unsigned long long)r.rlim_max,
		    (unsigned long long)tq_slots_need(w->h.nstreams));
	tq_say(w, SAY_LOUD, "limit", "%d at a time, not %d: that is what %llu "
	    "open files are enough for (ulimit -n, LimitNOFILE=)", n,
	    w->slots.n, (unsigned long long)r.rlim_max);
	w->slots.n = n;
	return 0;
}

static void
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* The functions that run in a forked child without exec. */
static const struct tq_spawn_fn fns[TQ_FN_MAX] = {
	[TQ_FN_IMAGE] = { tq_image_child, tq_image_preload },
	[TQ_FN_FETCH] = { tq_fetch_child, NULL },
	[TQ_FN_STORE] = { tq_store_child, NULL },
	[TQ_FN_POST] = { tq_post_child, NULL },
};

/* -- setting up ------------------------------------------------------------ */

/* From here on a signal is one of the loop's: who is told to end leaves nothing. */
static void
take_signals(sigset_t *mask)
{
	sigemptyset(mask);
	sigaddset(mask, SIGTERM);
	sigaddset(mask, SIGUSR1);
	/* Blocked, ignored ones would reach the signalfd all the same. */
	if (!tq_signal_ignored(SIGINT))
		sigaddset(mask, SIGINT);
	if (!tq_signal_ignored(SIGHUP))
		sigaddset(mask, SIGHUP);
	sigprocmask(SIG_BLOCK, mask, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* It may take long: a service that does not answer is asked again. */
static int
open_store(struct worker *w, struct tq_err *err)
{
	int rc;

	if (w->o->let_in != NULL)
		w->o->let_in(true);
	rc = tq_store_open(w->o->store_url, w->env, TQ_OPEN_CREATE, &w->st,
	    err);
	if (w->o->let_in != NULL)
		w->o->let_in(false);
	return rc;
}

static int
set_up(struct worker *w, sigset_t *mask, struct tq_err *err)
{
	uint32_t nchildren;

	name_worker(w);
	if (fit_slots(w, err) == -1)
		return -1;
	take_signals(mask);
	tq_presence_init(w);
	if (tq_beat_init(&w->beat, w->o->heartbeat, w->env, w->now, err) == -1 ||
	    make_dir(w, err) == -1)
		return -1;
	nchildren = (uint32_t)w->slots.n * (uint32_t)(1 + w->h.nstreams);
	if (tq_spawn_init(&w->spawn, nchildren, w->dir, fns, TQ_FN_MAX,
	    err) == -1)
		return -1;
	raise_limits();
	if (tq_post_init(w, err) == -1 || open_store(w, err) == -1)
		return -1;
	if (w->o->call != NULL && tq_store_push(w->st, w->o->queues.v,
	    w->o->queues.n, w->o->call->msgs, w->o->call->n, err) == -1)
		return -1;
	if (asprintf(&w->store_env, "TQ_STORE=%s", tq_store_url(w->st)) == -1)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "out of memory");
	if (tq_loop_init(w, mask, err) == -1 ||
	    tq_slots_init(w, err) == -1 || tq_source_init(w, err) == -1 ||
	    tq_cancels_init(w, err) == -1)
		return -1;
	if (tq_keeper_init(w, err) == -1 || tq_patience_init(w, err) == -1)
		return -1;
	return tq_protect_init(w, err) == -1 ? -1 : tq_sweeper_init(w, err);
}

/* -- the end --------------------------------------------------------------- */

static void
tear_down(struct worker *w)
{
	tq_say_metrics(w, true);
	tq_beat_end(&w->beat);
	tq_protect_free(w);
	tq_sweeper_free(w);
	tq_patience_free(w);
	tq_keeper_free(w);
	tq_say_flush(w);
	tq_cancels_free(w);
	tq_source_free(w);
	tq_slots_free(w);
	if (w->dir_lock != -1)
		close(w->dir_lock);
	/* With it go the children that are left, and the directory. */
	tq_spawn_free(&w->spawn);
	/* Unless it was killed: then the directory is still there. */
	if (w->dir[0] != '\0')
		tq_spawn_remove(w->dir);
	tq_store_close(w->st);
	tq_jobs_free(&w->jobs);
	tq_handlers_free(&w->h);
	tq_arena_free(&w->scratch);
	tq_say_free(w);
	free(w->store_env);
	tq_presence_free(w);
	free(w->fetch.allow);
	if (w->webhook_keys != NULL)
		tq_wipe(w->webhook_keys, sizeof(*w->webhook_keys));
	free(w->webhook_keys);
	tq_loop_free(w);
}

static int
exit_status(const struct worker *w)
{
	if (w->stop.exit != TQ_WORK_OK)
		return w->stop.exit;
	/* A service that was told to end has ended well. */
	return (w->report.ended[TQ_EMF_FAILED] > 0 || w->sources.stuck > 0) &&
	    w->stop.signal == 0 ? TQ_WORK_DEAD : TQ_WORK_OK;
}

static int
work(struct worker *w, struct tq_err *err)
{
	char totals[TQ_TOTALS_TEXT];
	sigset_t mask;

	if (set_up(w, &mask, err) == -1)
		return -1;
	if (w->h.notes.len > 0)
		tq_say(w, SAY_LOUD, "note", "%s", w->h.notes.data);
	if (tq_store_note(w->st) != NULL)
		tq_say(w, SAY_LOUD, "note", "%s", tq_store_note(w->st));
	tq_say(w, SAY_EVENT, "start", "%s, %d at a time, for: %s",
	    tq_store_name(w->st), w->slots.n, w->presence.types);
	tq_notify(w->env, "READY=1");
	tq_loop(w);
	tq_presence_tell(w, true);
	tq_say_progress(w, true);
	tq_say(w, SAY_EVENT, "end", "%s", tq_say_totals(w, totals));
	if (w->stop.failed)
		*err = w->stop.err;
	return w->stop.failed ? -1 : exit_status(w);
}

/* One that has not begun; NULL: its options won't do. */
static struct worker *
worker_new(const struct tq_work_opts *o, const struct tq_env *env,
    struct tq_err *err)
{
	struct worker *w = tq_must(calloc(1, sizeof(*w)));

	w->o = o;
	w->env = env;
	w->now = w->born = tq_boot_ms(env);
	w->wall = w->born_wall = tq_wall_ms(env);
	tq_say_init(w);
	w->slots.fetch = &tq_runner_fetch;
	w->slots.store = &tq_runner_store;
	w->dir_lock = -1;
	w->watches.ep = w->signals.fd = w->spawner.ended.fd = -1;
	w->cancels.rang.fd = w->sources.rung.fd = w->spawn.fd = -1;
	tq_jobs_init(&w->jobs);
	w->claims.task_us[0] = w->claims.task_us[1] = -1;
	w->stop.kill_ms = o->call != NULL ? o->call->kill_ms :
	    TQ_KILL_AFTER_MS;
	if (read_options(w, err) == 0)
		return w;
	tear_down(w);
	free(w);
	return NULL;
}

int
tq_work_check(const struct tq_work_opts *o, const struct tq_env *env,
    struct tq_err *err)
{
	struct worker *w = worker_new(o, env, err);

	if (w == NULL)
		return -1;
	tear_down(w);
	free(w);
	return 0;
}

int
tq_work_run(const struct tq_work_opts *o, const struct tq_env *env,
    struct tq_err *err)
{
	struct worker *w = worker_new(o, env, err);
	int lock = -1, rc = -1;

	if (w == NULL)
		return -1;
	if (o->singleton != NULL &&
	    (lock = tq_singleton(env, o->singleton, err)) < 0) {
		if (lock == -2) {
			tq_say(w, SAY_EVENT, "end", "another worker is the "
			    "singleton %s", o->singleton);
			rc = TQ_WORK_OK;
		}
		goto out;
	}
	rc = work(w, err);
out:
	tear_down(w);
	if (lock >= 0)
		close(lock);
	free(w);
	return rc;
}
