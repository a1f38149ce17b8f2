/*
 * cmd/tq-status/wait.c -- --wait: print how each task ended, as it ends.
 *
 * Ids may trickle in on stdin for hours while tasks end: see inbox.h.
 */
#include "inbox.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task/history.h"
#include "task/request.h"
#include "util/time.h"

#define TURN_MS	1000	/* how late an interrupt may be noticed at worst */
#define INPUT_MS 100	/* how late an id from stdin may be taken up */

/* The submitId of the run that is waited for; "": not seen yet. */
struct run {
	char		 id[TQ_SUBMIT_ID];
};

struct waiting {
	struct status	*s;
	struct tq_ref	*refs;		/* those that have not ended */
	struct run	*runs;		/* ... and the run of each */
	size_t		 n, cap;
	struct tq_task	**news;
	uint64_t	 ended, named;
	unsigned	 seen;		/* TQ_BIT()s of ends */
	enum inbox_state input;
	int64_t		 until;		/* boot clock; INT64_MAX: no end */
	struct tq_arena	 a;
};

/* Rev 0 asks for a task's state at once. */
static void
add_id(void *arg, char *id)
{
	struct waiting *w = arg;

	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 64 : 2 * w->cap;
		w->refs = tq_must(realloc(w->refs,
		    w->cap * sizeof(*w->refs)));
		w->runs = tq_must(realloc(w->runs,
		    w->cap * sizeof(*w->runs)));
		w->news = tq_must(realloc(w->news,
		    w->cap * sizeof(struct tq_task *)));
	}
	w->runs[w->n].id[0] = '\0';
	w->refs[w->n++] = (struct tq_ref){ .id = id };
	w->named++;
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

static int
print_end(struct status *s, const struct tq_task *t)
{
	if (s->cli->json)
		return status_json(s, t);
	tq_buf_fmt(&s->cli->out, "%s\t%s\n", t->id,
	    tq_status_name(t->status));
	return 0;
}

/*
 * The record that says how the run ended which was there at the first look:
 * ${t}, or, when that is of a later run, ${past} as its history has it; NULL:
 * that is forgotten.
 */
static const struct tq_task *
run_of(struct waiting *w, struct run *run, const struct tq_task *t,
    struct tq_task *past)
{
	const char *now = t->submit_id != NULL ? t->submit_id : "";

	if (run->id[0] == '\0')
		snprintf(run->id, sizeof(run->id), "%s", now);
	if (strncmp(run->id, now, sizeof(run->id) - 1) == 0)
		return t;
	*past = (struct tq_task){ .id = t->id, .queue = t->queue,
	    .type = t->type, .submit_id = run->id };
	if (tq_history_end(t, run->id, &w->a, past)) {
		tq_cli_note(w->s->cli, "task %s was %s, and was submitted "
		    "anew since", t->id, tq_status_name(past->status));
		return past;
	}
	tq_cli_warn(w->s->cli, "task %s was submitted anew since: how it "
	    "ended before is forgotten", t->id);
	w->s->rc = TQ_EX_NOTASK;
	return NULL;
}

/* Has the task ended or vanished?  Then it needs no more waiting. */
static int
take_news(struct waiting *w, struct tq_ref *ref, struct run *run,
    const struct tq_task *t, bool *over)
{
	struct tq_task past;

	*over = false;
	if (t == NULL)
		return 0;
	if (tq_is_gone(t)) {
		*over = true;
		status_no_task(w->s, ref->id);
		return 0;
	}
	ref->rev = t->rev;
	if ((t = run_of(w, run, t, &past)) == NULL) {
		*over = true;
		return 0;
	}
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
		if (take_news(w, &w->refs[i], &w->runs[i], w->news[i],
		    &over) == -1)
			return -1;
		if (over) {
			free((char *)(uintptr_t)w->refs[i].id);
			continue;
		}
		w->runs[kept] = w->runs[i];
		w->refs[kept++] = w->refs[i];
	}
	w->n = kept;
	if (tq_cli_flush(cli) == -1)
		return -1;
	if (w->input != INBOX_OPEN && w->named > 1)
		tq_cli_progress(cli, w->named - w->n, w->named, "ended");
	return 0;
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

	return w->input != INBOX_OPEN || ms > TURN_MS ? TURN_MS : ms;
}

static bool
done_waiting(const struct waiting *w)
{
	return tq_cli_interrupted() || w->input == INBOX_BAD ||
	    (w->n == 0 && w->input == INBOX_OVER) || (w->s->o->any && w->ended > 0);
}

static int
wait_all(struct waiting *w)
{
	int64_t left, turn;

	for (;;) {
		w->input = inbox_take(add_id, w);
		if (done_waiting(w))
			return 0;
		left = time_left(w);
		if (w->n == 0) {
			if (left == 0)
				return 0;
			inbox_wait(left < TURN_MS ? left : TURN_MS);
			continue;
		}
		/* With the first id the store must be there. */
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
}

/* 5 over 3 over 1 over 6. */
static int
wait_answer(const struct waiting *w)
{
	const struct status *s = w->s;
	char text[TQ_TIME_TEXT];

	if (tq_cli_interrupted())
		return TQ_EX_INTR;
	if (w->input == INBOX_BAD)
		return inbox_error(&s->cli->err);
	if (s->rc == TQ_EX_NOTASK)
		return TQ_EX_NOTASK;
	if (w->named == 0 && w->input == INBOX_OVER) {
		if (s->o->allow_empty)
			return 0;
		tq_cli_warn(s->cli, "no task was named (--allow-empty makes "
		    "that fine)");
		return TQ_EX_NOTASK;
	}
	if (!(s->o->any && w->ended > 0) && (w->n > 0 ||
	    w->input == INBOX_OPEN)) {
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

	inbox_close();
	for (i = 0; i < w->n; i++)
		free((char *)(uintptr_t)w->refs[i].id);
	free(w->refs);
	free(w->runs);
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
	rc = inbox_start(s->cli, s->o->timeout_ms == 0);
	if (rc == 0)
		rc = wait_all(&w);
	if (rc == 0)
		rc = wait_answer(&w);
	wait_free(&w);
	return rc;
}
