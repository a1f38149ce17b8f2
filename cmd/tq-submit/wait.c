/* cmd/tq-submit/wait.c -- --wait: see what was submitted to its end. */
#include <stdlib.h>
#include <string.h>

#include "store/stuck.h"
#include "submit.h"
#include "task/history.h"
#include "util/str.h"

#define WATCHED		1000	/* at once; the rest is looked at after them */
#define PRINT_MS	300	/* how late a command's output is printed */
#define SLICE_MS	5000	/* a signal just before the wait is lost */

/* The tasks that are being waited for. */
struct watch {
	struct tq_ref	 refs[WATCHED];
	struct tq_task	*seen[WATCHED];
	const char	*run[WATCHED];	/* submitId; NULL: not known yet */
	size_t		 n;
	size_t		 ended;		/* of all, before and among these */
	bool		 runs;		/* the last of them */
	struct tq_arena	 arena;
	int64_t		 deadline;	/* boot time; -1: none */
	int		 verdict;	/* the exit status so far */
	bool		 said;		/* that one waits for a dead task */
	bool		 replaced;	/* the last to end was, since */
};

static int
status_exit(enum tq_status status)
{
	switch (status) {
	case TQ_COMPLETED:
		return TQ_EX_OK;
	case TQ_CANCELLED:
		return TQ_EX_CANCELLED;
	default:
		return TQ_EX_NO;
	}
}

static void
say_end(const struct tq_cli *cli, const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);

	if (t->status == TQ_COMPLETED)
		return;
	if (t->reason != NULL) {
		tq_buf_str(&b, ": ");
		tq_visible(&b, tq_span_of(t->reason), 400);
	}
	tq_cli_note(cli, "task %s %s%s", t->id, tq_status_name(t->status),
	    b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
}

/*
 * Has the run that is waited for ended, and how?  The record may be of a later
 * run by now, and then remembers the ends of some before it.
 */
static bool
has_ended(struct submit *s, struct watch *w, size_t i,
    const struct tq_task *t, enum tq_status *how)
{
	if (w->run[i] == NULL && t->submit_id != NULL)
		w->run[i] = tq_arena_str(&s->cli->arena, t->submit_id);
	*how = t->status;
	w->replaced = w->run[i] != NULL && t->submit_id != NULL &&
	    strcmp(w->run[i], t->submit_id) != 0;
	if (!w->replaced)
		return (TQ_BIT(t->status) & TQ_FINISHED) != 0;
	if (!tq_history_run(t, w->run[i], how)) {
		tq_cli_warn(s->cli, "task %s was submitted anew often since: "
		    "how it ended before is forgotten", t->id);
		*how = TQ_STATUS_MAX;
	}
	return true;
}

static void
take_end(struct submit *s, struct watch *w, const struct tq_task *t,
    enum tq_status how)
{
	if (how == TQ_STATUS_MAX)
		w->verdict = tq_exit_graver(w->verdict, TQ_EX_NOTASK);
	else
		w->verdict = tq_exit_graver(w->verdict, status_exit(how));
	if (w->replaced && how != TQ_STATUS_MAX)
		tq_cli_note(s->cli, "task %s was %s, and was submitted anew "
		    "since", t->id, tq_status_name(how));
	else if (!w->replaced)
		say_end(s->cli, t);
}

/* Take note of what changed; what has ended leaves the watch. */
static void
look(struct submit *s, struct watch *w)
{
	size_t i, left = 0;
	const struct tq_task *t;
	enum tq_status how;

	for (i = 0; i < w->n; i++) {
		if ((t = w->seen[i]) == NULL) {
			w->run[left] = w->run[i];
			w->refs[left++] = w->refs[i];
		} else if (tq_is_gone(t)) {
			tq_cli_warn(s->cli, "no such task %s in %s",
			    w->refs[i].id, tq_store_name(s->st));
			w->verdict = tq_exit_graver(w->verdict, TQ_EX_NOTASK);
		} else if (has_ended(s, w, i, t, &how)) {
			take_end(s, w, t, how);
		} else {
			w->run[left] = w->run[i];
			w->refs[left] = w->refs[i];
			w->refs[left++].rev = t->rev;
			w->runs = t->status == TQ_RUNNING;
		}
	}
	w->ended += w->n - left;
	w->n = left;
}

static int64_t
time_left(const struct submit *s, const struct watch *w)
{
	int64_t ms;

	if (w->deadline == -1)
		return SLICE_MS;
	ms = w->deadline - tq_boot_ms(s->cli->env);
	if (ms < 0)
		return 0;
	return ms < SLICE_MS ? ms : SLICE_MS;
}

static int
interrupted(struct submit *s)
{
	struct tq_cli *cli = s->cli;
	struct tq_answer *out;

	if (!s->o->cancel_on_int || s->ndone == 0)
		return TQ_EX_INTR;
	out = tq_arena_alloc(&cli->arena, s->ndone * sizeof(*out));
	if (tq_store_cancel(s->st, s->done, s->ndone, out, &cli->err) == -1)
		return -1;
	tq_cli_note(cli, "interrupted: cancelled what had not ended");
	return TQ_EX_INTR;
}

/* A command prints as it runs, to who waits for its result. */
static bool
prints(const struct submit *s)
{
	return s->cli->dashdash && s->o->result && !s->many;
}

static int
print_more(struct submit *s, struct watch *w)
{
	struct tq_task *t;

	if (!prints(s) || !w->runs)
		return 0;
	tq_arena_reset(&w->arena);
	if (tq_store_get(s->st, &w->refs[0].id, 1, 0, &w->arena, &t,
	    &s->cli->err) == -1)
		return -1;
	return t == NULL || t->status != TQ_RUNNING ? 0 : submit_more(s, t);
}

/*
 * Once: which dead task one of these waits for.  A dead parent leaves its
 * children as they are, so nothing else would tell.
 */
static int
say_stuck(struct submit *s, struct watch *w)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_parent by;
	struct tq_task *t;
	uint64_t more;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && !w->said && i < w->n; i++) {
		tq_arena_reset(&a);
		rc = tq_store_get(s->st, &w->refs[i].id, 1, 0, &a, &t,
		    &s->cli->err);
		if (rc == -1 || t == NULL || t->status != TQ_BLOCKED)
			continue;
		rc = tq_blocker(s->st, t, &a, &by, &more, &s->cli->err);
		if (rc == -1 || by.id == NULL || by.status != TQ_FAILED)
			continue;
		tq_cli_note(s->cli, "task %s waits for %s, which is dead: "
		    "tq-dlq redrive %s", t->id, by.id, by.id);
		w->said = true;
	}
	tq_arena_free(&a);
	return rc;
}

/* Until all of ${w} ended: 0, an exit status that ends the wait, or -1. */
static int
watch(struct submit *s, struct watch *w)
{
	/* Lines of --batch may have parents of their own. */
	bool waits = s->def.after.n > 0 || s->def.after_ended.n > 0 ||
	    s->o->batch;
	int64_t ms;
	int n;

	while (w->n > 0) {
		if (s->ndone > 1)
			tq_cli_progress(s->cli, w->ended, s->ndone, "ended");
		if (tq_cli_interrupted())
			return interrupted(s);
		if (print_more(s, w) == -1)
			return -1;
		ms = time_left(s, w);
		if (waits && !w->said && say_stuck(s, w) == -1)
			return -1;
		if (prints(s) && ms > PRINT_MS)
			ms = PRINT_MS;
		tq_arena_reset(&w->arena);
		n = tq_store_wait_ids(s->st, w->refs, w->n, ms, &w->arena,
		    w->seen, &s->cli->err);
		if (n == -1)
			return -1;
		if (n > 0) {
			look(s, w);
		} else if (ms == 0 && !tq_cli_interrupted()) {
			tq_cli_warn(s->cli, "timed out waiting for task %s%s",
			    w->refs[0].id, w->n > 1 ? " and others" : "");
			w->verdict = tq_exit_graver(w->verdict, TQ_EX_TIMEOUT);
			return w->verdict;
		}
	}
	return 0;
}

static int
watch_all(struct submit *s, struct watch *w)
{
	size_t at, i;
	int rc = 0;

	for (at = 0; at < s->ndone && rc == 0; at += WATCHED) {
		for (i = 0; i < WATCHED && at + i < s->ndone; i++) {
			w->refs[i] = (struct tq_ref){ s->done[at + i], 0 };
			w->run[i] = s->runs[at + i];
		}
		w->n = i;
		rc = watch(s, w);
	}
	return rc;
}

int
submit_wait(struct submit *s)
{
	struct watch *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_NOMEM,
		    "out of memory");
	w->deadline = s->wait_ms == -1 ? -1 :
	    tq_boot_ms(s->cli->env) + s->wait_ms;
	w->verdict = s->bad ? TQ_EX_NO : TQ_EX_OK;
	if ((rc = watch_all(s, w)) == 0) {
		rc = w->verdict;
		if (s->ndone > 1)
			tq_cli_progress(s->cli, s->ndone, s->ndone, "ended");
		if ((s->o->result || s->o->pass_exit) && s->ndone == 1 &&
		    rc != TQ_EX_NOTASK && !w->replaced)
			rc = submit_left(s, rc);
		else if (s->o->result && w->replaced)
			tq_cli_warn(s->cli, "its result went with the run");
	}
	tq_arena_free(&w->arena);
	free(w);
	return rc;
}
