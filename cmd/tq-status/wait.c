/*
 * cmd/tq-status/wait.c -- --wait: print how each task ended, as it ends.
 *
 * Ids may trickle in on stdin for hours while tasks end, so a thread reads
 * them into an inbox, where the waiting one looks after each turn.
 */
#include "status.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/time.h"

#define TURN_MS	1000	/* how late an interrupt may be noticed at worst */
#define INPUT_MS 100	/* how late an id from stdin may be taken up */

/*
 * Static, as the reader may still be blocked in read(2) when the run is over
 * and its stack is gone.
 */
static struct inbox {
	pthread_mutex_t	 lock;
	pthread_cond_t	 came;
	char		**ids;
	size_t		 n, cap;
	bool		 ended;		/* no more will come */
	bool		 closed;	/* nobody wants more */
	bool		 failed;	/* cli.err says why */
	struct tq_cli	 cli;		/* a copy, for the reader's own errors */
} inbox = { .lock = PTHREAD_MUTEX_INITIALIZER,
    .came = PTHREAD_COND_INITIALIZER };

static int
inbox_put(void *arg, const char *const *ids, size_t n)
{
	struct inbox *in = arg;
	size_t i;
	int rc = 0;

	pthread_mutex_lock(&in->lock);
	if (in->n + n > in->cap) {
		in->cap = 2 * (in->n + n);
		in->ids = realloc(in->ids, in->cap * sizeof(*in->ids));
		if (in->ids == NULL)
			abort();
	}
	for (i = 0; i < n && !in->closed; i++)
		if ((in->ids[in->n++] = strdup(ids[i])) == NULL)
			abort();
	if (in->closed)
		rc = -1;
	pthread_cond_signal(&in->came);
	pthread_mutex_unlock(&in->lock);
	return rc;
}

static void *
inbox_read(void *arg)
{
	struct inbox *in = arg;
	int rc = tq_cli_ids(&in->cli, 256, inbox_put, in);

	pthread_mutex_lock(&in->lock);
	in->failed = rc == -1;
	in->ended = true;
	pthread_cond_signal(&in->came);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

static bool
reads_stdin(const struct tq_cli *cli)
{
	int i;

	for (i = 0; i < cli->argc; i++)
		if (strcmp(cli->argv[i], "-") == 0)
			return true;
	return false;
}

/* Operands are all there; so must be stdin when nothing may be waited for. */
static int
inbox_start(struct status *s)
{
	struct tq_cli *cli = s->cli;
	sigset_t all, old;
	pthread_t thread;
	int rc;

	inbox.cli = *cli;
	inbox.cli.arena = (struct tq_arena)TQ_ARENA_INIT;
	if (!reads_stdin(cli) || s->o->timeout_ms == 0) {
		inbox_read(&inbox);
		return 0;
	}
	/* Signals are for the thread that waits. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, NULL, inbox_read, &inbox);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return tq_err_sys(&cli->err, TQ_AT_INPUT, TQ_E_IO, rc,
		    "stdin: can't start a reader");
	pthread_detach(thread);
	return 0;
}

struct waiting {
	struct status	*s;
	struct tq_ref	*refs;		/* those that have not ended */
	size_t		 n, cap;
	struct tq_task	**news;
	uint64_t	 ended, named;
	unsigned	 seen;		/* TQ_BIT()s of ends */
	bool		 input_over, input_bad;
	int64_t		 until;		/* boot clock; INT64_MAX: no end */
	struct tq_arena	 a;
};

/* Everything that came goes into refs; rev 0 asks for its state at once. */
static void
take_ids(struct waiting *w)
{
	size_t i;

	pthread_mutex_lock(&inbox.lock);
	if (w->n + inbox.n > w->cap) {
		w->cap = 2 * (w->n + inbox.n);
		w->refs = realloc(w->refs, w->cap * sizeof(*w->refs));
		w->news = realloc(w->news, w->cap * sizeof(struct tq_task *));
		if (w->refs == NULL || w->news == NULL)
			abort();
	}
	for (i = 0; i < inbox.n; i++)
		w->refs[w->n++] = (struct tq_ref){ .id = inbox.ids[i] };
	w->named += inbox.n;
	inbox.n = 0;
	w->input_over = inbox.ended;
	w->input_bad = inbox.failed;
	pthread_mutex_unlock(&inbox.lock);
}

static int64_t
time_left(const struct waiting *w)
{
	int64_t left;

	if (w->until == INT64_MAX)
		return INT64_MAX;
	left = w->until - tq_boot_ms(w->s->cli->env);
	return left > 0 ? left : 0;
}

/* Nothing to wait for yet but ids. */
static void
wait_for_ids(struct waiting *w)
{
	int64_t ms = time_left(w) < TURN_MS ? time_left(w) : TURN_MS;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&inbox.lock);
	if (inbox.n == 0 && !inbox.ended)
		pthread_cond_timedwait(&inbox.came, &inbox.lock, &ts);
	pthread_mutex_unlock(&inbox.lock);
}

static int
print_end(struct status *s, const struct tq_task *t)
{
	if (s->cli->json)
		return status_json(s, t);
	tq_buf_fmt(&s->cli->out, "%s\t%s\n", t->id,
	    tq_status_name(t->status));
	return 0;
}

/* Has the task ended or vanished?  Then it needs no more waiting. */
static int
take_news(struct waiting *w, struct tq_ref *ref, const struct tq_task *t,
    bool *over)
{
	*over = false;
	if (t == NULL)
		return 0;
	if (t == &tq_gone) {
		*over = true;
		status_no_task(w->s, ref->id);
		return 0;
	}
	ref->rev = t->rev;
	if ((TQ_FINISHED & TQ_BIT(t->status)) == 0)
		return 0;
	*over = true;
	w->ended++;
	w->seen |= TQ_BIT(t->status);
	return print_end(w->s, t);
}

/* Ask the store, print what has ended, keep the rest. */
static int
wait_round(struct waiting *w, int64_t ms)
{
	struct tq_cli *cli = w->s->cli;
	size_t i, kept = 0;
	bool over;

	tq_arena_reset(&w->a);
	if (tq_store_wait_ids(w->s->st, w->refs, w->n, ms, &w->a, w->news,
	    &cli->err) == -1)
		return -1;
	for (i = 0; i < w->n; i++) {
		if (take_news(w, &w->refs[i], w->news[i], &over) == -1)
			return -1;
		if (over)
			free((char *)(uintptr_t)w->refs[i].id);
		else
			w->refs[kept++] = w->refs[i];
	}
	w->n = kept;
	if (w->input_over && !cli->out_tty && w->named > 1)
		tq_cli_progress(cli, w->named - w->n, w->named, "ended");
	return tq_cli_flush(cli);
}

/*
 * A scan costs as much as there are tasks to wait for, and each change in the
 * store causes one.  So with many, a breath between scans lets changes gather:
 * 10 scans a second for 10,000 tasks, none to speak of for a handful.
 */
static void
breathe(const struct waiting *w)
{
	int ms = w->n > 20000 ? 200 : (int)(w->n / 100);

	if (ms > 0)
		poll(NULL, 0, ms);
}

/* Each turn looks at every task once, so many tasks make turns longer. */
static int64_t
turn_ms(const struct waiting *w)
{
	int64_t ms = INPUT_MS + (int64_t)w->n / 20;

	return w->input_over || ms > TURN_MS ? TURN_MS : ms;
}

static bool
done_waiting(const struct waiting *w)
{
	return tq_cli_interrupted() || w->input_bad ||
	    (w->n == 0 && w->input_over) || (w->s->o->any && w->ended > 0);
}

static int
wait_all(struct waiting *w)
{
	int64_t left, turn;

	for (take_ids(w); !done_waiting(w); take_ids(w)) {
		left = time_left(w);
		if (w->n == 0) {
			if (left == 0)
				return 0;
			wait_for_ids(w);
			continue;
		}
		/* Whoever names the first id has made the store. */
		if (status_open(w->s) == -1)
			return -1;
		turn = turn_ms(w);
		if (wait_round(w, left < turn ? left : turn) == -1)
			return -1;
		if (left == 0 && w->n > 0)
			return 0;
		if (!done_waiting(w))
			breathe(w);
	}
	return 0;
}

/* 5 over 3 over 1 over 6. */
static int
wait_answer(const struct waiting *w)
{
	const struct status *s = w->s;
	char text[TQ_TIME_TEXT];

	if (tq_cli_interrupted())
		return TQ_EX_INTR;
	if (w->input_bad) {
		s->cli->err = inbox.cli.err;
		return -1;
	}
	if (s->rc == TQ_EX_NOTASK)
		return TQ_EX_NOTASK;
	if (w->named == 0 && w->input_over) {
		if (s->o->allow_empty)
			return 0;
		tq_cli_warn(s->cli, "no task was named (--allow-empty makes "
		    "that fine)");
		return TQ_EX_NOTASK;
	}
	if (!(s->o->any && w->ended > 0) && (w->n > 0 || !w->input_over)) {
		tq_cli_warn(s->cli, "timed out after %s: %zu of %llu not "
		    "ended", tq_duration_text(s->o->timeout_ms, text), w->n,
		    (unsigned long long)w->named);
		return TQ_EX_TIMEOUT;
	}
	if (w->seen & TQ_BIT(TQ_FAILED))
		return TQ_EX_NO;
	return w->seen & TQ_BIT(TQ_CANCELLED) ? TQ_EX_CANCELLED : 0;
}

static void
wait_free(struct waiting *w)
{
	size_t i;

	pthread_mutex_lock(&inbox.lock);
	inbox.closed = true;
	for (i = 0; i < inbox.n; i++)
		free(inbox.ids[i]);
	free(inbox.ids);
	inbox.ids = NULL;
	inbox.n = inbox.cap = 0;
	pthread_mutex_unlock(&inbox.lock);
	for (i = 0; i < w->n; i++)
		free((char *)(uintptr_t)w->refs[i].id);
	free(w->refs);
	free(w->news);
	tq_arena_free(&w->a);
}

int
mode_wait(struct status *s)
{
	struct waiting w = { .s = s, .until = INT64_MAX };
	int rc;

	if (s->o->timeout_ms != -1)
		w.until = tq_boot_ms(s->cli->env) + s->o->timeout_ms;
	rc = inbox_start(s);
	if (rc == 0)
		rc = wait_all(&w);
	if (rc == 0)
		rc = wait_answer(&w);
	wait_free(&w);
	return rc;
}
