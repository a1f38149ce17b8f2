/* lib/work/behind.c -- see behind.h. */
#include "work/behind.h"

#include <string.h>

#include "task/rate.h"
#include "task/turn.h"
#include "util/time.h"
#include "work/worker.h"

#define PAGE		500
#define PATIENCE_MS	2000	/* a shorter wait is not worth a word */

static bool
wants(const struct source *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->ntypes && strcmp(s->types[i], type) != 0; i++)
		;
	return i < s->ntypes;
}

/* It is to end, and has nothing else to do. */
static bool
ends_soon(const struct worker *w)
{
	return (w->o->once || w->o->drain != TQ_DRAIN_NO) &&
	    w->slots.nfree + w->slots.nstuck == w->slots.n &&
	    w->jobs.nready == 0 && w->jobs.ndone == 0;
}

/* Would a drain wait for it? */
static bool
is_left(const struct worker *w, const struct tq_task *t)
{
	if (w->o->drain == TQ_DRAIN_ALL)
		return !t->held;
	return t->status == TQ_RUNNING ? t->lease_until != 0 &&
	    t->lease_until <= w->wall : tq_due(t, w->wall);
}

static bool
one_is_left(const struct worker *w, const struct source *s,
    const struct tq_page *page)
{
	size_t i;

	for (i = 0; i < page->n; i++)
		if (wants(s, page->tasks[i].type) &&
		    is_left(w, &page->tasks[i]))
			return true;
	return false;
}

/* Those of the queue and its types, page by page. */
static bool
any_is_left(struct worker *w, const struct source *s)
{
	struct tq_list req = { .limit = PAGE, .filter = {
	    .queue = w->o->queues.v[s->queue],
	    .type = s->ntypes == 1 ? s->types[0] : NULL,
	    .statuses = TQ_WAITING | TQ_BIT(TQ_RUNNING) } };
	struct tq_arena a[2] = { TQ_ARENA_INIT, TQ_ARENA_INIT };
	struct tq_page page = { .n = 0 };
	size_t looked = 0;
	int turn = 0, rc;
	bool left;

	do {
		/* The cursor is in the arena of the page before. */
		turn = !turn;
		tq_arena_reset(&a[turn]);
		rc = tq_store_list(w->st, &req, &a[turn], &page, NULL);
		left = rc == -1 || one_is_left(w, s, &page) ||
		    (looked += page.n) >= TQ_BEHIND_LOOKS;
		req.cursor = page.cursor;
	} while (!left && page.cursor != NULL);
	tq_arena_free(&a[0]);
	tq_arena_free(&a[1]);
	return left;
}

bool
tq_behind(struct worker *w, const struct source *s,
    const struct tq_claimed *got)
{
	bool left;

	if (!ends_soon(w) || got->n > 0)
		return true;
	tq_keeper_lend(w);
	left = any_is_left(w, s);
	tq_keeper_back(w);
	return left;
}

/* "runs at most 1 a at once": the limits on its types; false: there are none. */
static bool
put_limits(const struct source *s, const struct tq_control *c,
    struct tq_buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < c->nlimits; i++)
		if (wants(s, c->limits[i].type) && n++ < 3)
			tq_buf_fmt(b, "%s at most %d %s at once",
			    n == 1 ? "runs" : ",", c->limits[i].max,
			    c->limits[i].type);
	return n > 0;
}

static void
put_cause(const struct worker *w, const struct source *s,
    const struct tq_control *c, int64_t next_ms, struct tq_buf *b)
{
	char rate[TQ_RATE_TEXT], text[TQ_TIME_TEXT];

	tq_buf_fmt(b, "%squeue %s ", w->o->once ? "" : "waits: ", c->queue);
	if (c->rate > 0 && next_ms > w->wall)
		tq_buf_fmt(b, "starts at most %s, the next in %s",
		    tq_rate_text(c->rate, rate),
		    tq_duration_text(next_ms - w->wall, text));
	else if (!put_limits(s, c, b))
		tq_buf_str(b, "is at a limit");
}

void
tq_behind_say(struct worker *w, struct source *s,
    const struct tq_claimed *got)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_control c;
	int rc;

	if (!ends_soon(w) || (!got->paused && !s->limited))
		s->behind = 0;
	else if (s->behind == 0)
		s->behind = w->now;
	if (s->behind == 0 || s->told || (!got->paused && !w->o->once &&
	    w->now - s->behind < PATIENCE_MS))
		return;
	/* Once a queue. */
	w->sources.v[2 * s->queue].told = true;
	w->sources.v[2 * s->queue + 1].told = true;
	tq_keeper_lend(w);
	rc = tq_store_control_get(w->st, w->o->queues.v[s->queue], &a, &c,
	    NULL);
	tq_keeper_back(w);
	if (rc == 0 && got->paused)
		tq_say(w, SAY_NOTE, "drain", "queue %s is paused%s%s%s: what "
		    "waits there stays", c.queue, c.reason == NULL ? "" : " (",
		    c.reason == NULL ? "" : c.reason,
		    c.reason == NULL ? "" : ")");
	if (rc == 0 && !got->paused) {
		put_cause(w, s, &c, got->next_ms, &b);
		tq_say(w, w->o->once ? SAY_NOTE : SAY_LOUD, "drain", "%s",
		    b.data);
	}
	tq_buf_free(&b);
	tq_arena_free(&a);
}
