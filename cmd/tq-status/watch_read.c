/* cmd/tq-status/watch_read.c -- see watch_read.h. */
#include "watch_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/thread.h"
#include "watch_close.h"
#include "watch_look.h"

#define LOOK_MS		250	/* between two looks at what changed */
#define QUIET_MS	4000	/* the same, of a store that is asked, while
				   nothing changes */
#define COUNT_MS	1000	/* between two counts */
#define COUNT_ASKED_MS	30000	/* the same, of a store that is asked */
#define COUNT_SHARE	20	/* a count takes at most a twentieth of all time */
#define CHANGES_MAX	((size_t)32 << 20)	/* bytes of changes that are kept */
#define RETRY_MS	2000	/* after a failure that may pass */
#define STOP_MS		2000	/* that its end is waited for */

static const char *
or_null(const char *s)
{
	return *s == '\0' ? NULL : s;
}

static void
ring(struct watch_reader *r)
{
	const uint64_t one = 1;

	(void)!write(r->bell, &one, sizeof(one));
}

/* What is shown from now on; called with the lock. */
static void
show(struct watch_reader *r)
{
	const struct watch_look *l = r->look;
	size_t i;

	r->data.rows = l->rows;
	r->data.nrows = l->nrows;
	r->data.workers = l->f.workers;
	r->data.nworkers = l->f.nworkers;
	r->data.counted_at = l->tally.at;
	for (i = 0; i < NPARTS; i++) {
		r->data.tasks[i] = l->tasks[i];
		r->data.ntasks[i] = l->ntasks[i];
	}
	r->ready = true;
	ring(r);
}

static int
count(struct watch_reader *r)
{
	struct watch_look *old = r->look, *l;

	r->s->filter.queue = or_null(r->has.queue);
	if ((l = watch_look_new(r->s, or_null(r->has.type))) == NULL)
		return -1;
	watch_rates_see(&r->rates, l->rows, l->nrows, l->at);
	pthread_mutex_lock(&r->lock);
	r->look = l;
	show(r);
	pthread_mutex_unlock(&r->lock);
	watch_look_free(old);
	/* What was told before lived in the old one's lists. */
	tq_arena_reset(&r->changes);
	r->recount = r->changed = false;
	return 0;
}

static bool
count_due(const struct watch_reader *r)
{
	int64_t age, pace = tq_store_asked(r->s->st) ? COUNT_ASKED_MS :
	    r->changed ? LOOK_MS : COUNT_MS;

	if (r->look == NULL)
		return true;
	if (COUNT_SHARE * r->look->cost_ms > pace)
		pace = COUNT_SHARE * r->look->cost_ms;
	age = tq_boot_ms(r->s->cli->env) - r->look->at;
	return age >= pace || (r->recount && age >= COUNT_SHARE *
	    r->look->cost_ms + LOOK_MS);
}

/* Also of nothing: what waits grows older, and rates fall. */
static void
apply(struct watch_reader *r, const struct tq_page *page)
{
	size_t i;

	pthread_mutex_lock(&r->lock);
	for (i = 0; i < page->n; i++)
		if (!watch_look_change(r->look, &page->tasks[i],
		    or_null(r->has.type)))
			r->recount = true;
	watch_look_rows(r->look, tq_wall_ms(r->s->cli->env));
	watch_rates_see(&r->rates, r->look->rows, r->look->nrows,
	    tq_boot_ms(r->s->cli->env));
	show(r);
	pthread_mutex_unlock(&r->lock);
	r->changed = r->changed || page->n > 0;
	r->recount = r->recount || r->changes.total > CHANGES_MAX;
}

/* What changed since the last time. */
static int
follow(struct watch_reader *r)
{
	struct tq_err *err = &r->s->cli->err;
	struct tq_page page;

	if (tq_store_wait_changes(r->s->st, or_null(r->has.queue), false,
	    r->cursor.len != 0 ? r->cursor.data : NULL, 0, &r->changes, &page,
	    err) == -1) {
		tq_buf_clear(&r->cursor);
		r->recount = err->code == TQ_E_LOST;
		/* Who may only read sees changes when it is counted anew. */
		return err->code == TQ_E_LOST || err->code == TQ_E_DENIED ? 0 :
		    -1;
	}
	tq_buf_clear(&r->cursor);
	if (page.cursor != NULL)
		tq_buf_str(&r->cursor, page.cursor);
	if (page.n > 0 || (r->look != NULL && tq_store_asked(r->s->st)))
		apply(r, &page);
	r->quiet_ms = !tq_store_asked(r->s->st) || page.n > 0 ? LOOK_MS :
	    r->quiet_ms < QUIET_MS / 2 ? 2 * r->quiet_ms : QUIET_MS;
	return 0;
}

/* The task that is looked at closely; not oftener than it is worth. */
static int
look_close(struct watch_reader *r, bool other)
{
	struct watch_close *c = NULL, *old = r->close;
	int64_t pace = tq_store_asked(r->s->st) ? 3000 : 500;

	if (!other && (old == NULL || tq_boot_ms(r->s->cli->env) - old->at <
	    pace))
		return 0;
	if (*r->has.id != '\0' && (c = watch_close_new(r->s, &r->look->f,
	    r->has.id)) == NULL)
		return -1;
	pthread_mutex_lock(&r->lock);
	r->close = c;
	r->detail = c != NULL ? c->detail : (struct watch_detail){ 0 };
	ring(r);
	pthread_mutex_unlock(&r->lock);
	watch_close_free(old);
	return 0;
}

static int
step(struct watch_reader *r)
{
	struct watch_want want;
	bool other, task;
	int rc;

	pthread_mutex_lock(&r->lock);
	want = r->want;
	pthread_mutex_unlock(&r->lock);
	other = strcmp(want.queue, r->has.queue) != 0 ||
	    strcmp(want.type, r->has.type) != 0;
	task = strcmp(want.id, r->has.id) != 0;
	r->has = want;
	if (other || task)
		r->quiet_ms = LOOK_MS;
	/* First of all, so that nothing is missed that changes while we count. */
	if (other)
		tq_buf_clear(&r->cursor);
	if (follow(r) == -1)
		return -1;
	rc = other || count_due(r) ? count(r) : 0;
	return rc == 0 ? look_close(r, task) : -1;
}

/* A failure that may pass is shown, and tried again. */
static bool
bear(struct watch_reader *r)
{
	const struct tq_err *err = &r->s->cli->err;

	if (r->look == NULL || !err->retryable)
		return false;
	pthread_mutex_lock(&r->lock);
	snprintf(r->trouble, sizeof(r->trouble), "%s", err->msg);
	r->data.trouble = r->trouble;
	ring(r);
	pthread_mutex_unlock(&r->lock);
	r->recount = true;
	return true;
}

/* Until the time is up or something else is wanted; with the lock. */
static void
rest(struct watch_reader *r, int64_t ms)
{
	while (!r->stop && memcmp(&r->want, &r->has, sizeof(r->want)) == 0)
		if (!tq_cond_wait(&r->asked, &r->lock, ms))
			break;
}

static void *
run(void *arg)
{
	struct watch_reader *r = arg;
	bool good;

	pthread_mutex_lock(&r->lock);
	while (!r->stop && !r->failed) {
		pthread_mutex_unlock(&r->lock);
		good = step(r) == 0;
		if (!good && !bear(r)) {
			pthread_mutex_lock(&r->lock);
			r->failed = true;
			break;
		}
		pthread_mutex_lock(&r->lock);
		if (good)
			r->data.trouble = NULL;
		rest(r, good ? r->quiet_ms : RETRY_MS);
	}
	ring(r);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

int
watch_reader_start(struct watch_reader *r, struct status *s,
    const struct watch_want *want)
{
	int rc;

	r->s = s;
	r->want = *want;
	r->has = (struct watch_want){ .queue = "" };
	r->quiet_ms = LOOK_MS;
	r->cursor.max = 4096;
	r->data.store = tq_store_name(s->st);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	if ((r->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_NONE, TQ_E_NOMEM, errno,
		    "--watch");
	rc = tq_thread_start(&r->thread, run, r);
	return rc == 0 ? 0 : tq_err_start(&s->cli->err, rc, "a reader");
}

void
watch_reader_want(struct watch_reader *r, const struct watch_want *want)
{
	if (memcmp(&r->want, want, sizeof(*want)) == 0)
		return;
	r->want = *want;
	pthread_cond_signal(&r->asked);
}

bool
watch_reader_stop(struct watch_reader *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
	if (!tq_thread_join(r->thread, STOP_MS))
		return false;
	close(r->bell);
	watch_look_free(r->look);
	watch_close_free(r->close);
	watch_rates_free(&r->rates);
	tq_arena_free(&r->changes);
	tq_buf_free(&r->cursor);
	return true;
}
