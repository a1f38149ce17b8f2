/* lib/store/causes.c -- see causes.h. */
#include "store/causes.h"

#include <string.h>

#include "task/builtin.h"
#include "task/input.h"
#include "util/module.h"
#include "util/time.h"

#define LOOK_AT		1000	/* waiting tasks */

struct say {
	tq_finding_fn	*fn;
	void		*arg;
	struct tq_facts	*f;
	struct tq_buf	 text;
};

static void
say(struct say *s, enum tq_level level, const char *queue, const char *remedy)
{
	struct tq_finding f = { .level = level, .text = s->text.data,
	    .remedy = remedy };

	f.subject = tq_arena_fmt(&s->f->a, "queue %s", queue);
	if (s->text.data != NULL)
		s->fn(s->arg, &f);
}

/* A built-in type needs no option, any other a command. */
static const char *
worker_for(const struct tq_task *t, struct tq_arena *a)
{
	const char *queue = strcmp(t->queue, "default") == 0 ? "" :
	    tq_arena_fmt(a, " -q %s", t->queue);

	if (strcmp(t->type, "exec") == 0)
		return tq_arena_fmt(a, "tq-work%s --exec", queue);
	if (tq_builtin_is(t->type))
		return tq_arena_fmt(a, "tq-work%s --builtin=%s", queue,
		    t->type);
	return tq_arena_fmt(a, "tq-work%s --on %s=COMMAND", queue, t->type);
}

/* What undoes the first cause that tq_why_cause() names. */
static const char *
remedy(const struct tq_why *w, struct tq_arena *a)
{
	const struct tq_task *t = w->task;

	if (w->workers == 0)
		return worker_for(t, a);
	if (w->limit > 0 && w->running >= (uint64_t)w->limit)
		return tq_arena_fmt(a, "tq-ctl limit %s %s=N", t->queue,
		    t->type);
	if (w->slots > 0 && w->busy >= w->slots)
		return "tq-work -j N, or another worker";
	return tq_arena_fmt(a, "tq-ctl rate %s N/s", t->queue);
}

/* What is busy is at work: only what nobody takes needs somebody. */
static void
say_row(struct say *s, const struct tq_facts_row *r)
{
	struct tq_task t = { .queue = r->queue, .type = r->type };
	char age[TQ_TIME_TEXT];
	struct tq_why w;

	tq_facts_why(s->f, &t, &w);
	if (r->oldest_ms == 0 || r->paused || (w.workers == 0 &&
	    s->f->nworkers == 0))
		return;
	tq_buf_clear(&s->text);
	tq_buf_fmt(&s->text, "the oldest due %s has waited for %s: ", r->type,
	    tq_duration_text(r->oldest_ms, age));
	if (tq_why_cause(&w, &s->text))
		say(s, w.workers == 0 ? TQ_LEVEL_WARN : TQ_LEVEL_NOTE,
		    r->queue, remedy(&w, &s->f->a));
}

/* Once a queue: its first row with tasks that wait. */
static void
say_pause(struct say *s, const struct tq_facts_row *r,
    const struct tq_facts_row *before)
{
	uint64_t waiting = r->waiting + r->retrying;

	if (!r->paused || waiting == 0 || (before != NULL && before->paused &&
	    before->waiting + before->retrying > 0 &&
	    strcmp(before->queue, r->queue) == 0))
		return;
	tq_buf_clear(&s->text);
	tq_buf_fmt(&s->text, "is paused%s, and tasks wait in it", r->pause);
	say(s, TQ_LEVEL_WARN, r->queue, tq_arena_fmt(&s->f->a,
	    "tq-ctl resume %s", r->queue));
}

void
tq_causes(struct tq_facts *f, tq_finding_fn *fn, void *arg)
{
	struct say s = { fn, arg, f, TQ_BUF_INIT(16 * 1024) };
	struct tq_facts_row *rows;
	size_t i, n;

	tq_facts_rows(f, &f->a, &rows, &n);
	for (i = 0; i < n; i++) {
		say_pause(&s, &rows[i], i > 0 ? &rows[i - 1] : NULL);
		say_row(&s, &rows[i]);
	}
	tq_buf_free(&s.text);
}

static int
some_need_it(struct tq_store *st, bool *some, struct tq_err *err)
{
	struct tq_list req = { .limit = LOOK_AT, .filter = { .statuses =
	    TQ_WAITING } };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_page page;
	enum tq_input kind;
	size_t i;
	int rc = tq_store_list(st, &req, &a, &page, err);

	*some = false;
	for (i = 0; rc == 0 && i < page.n; i++) {
		if (page.tasks[i].input == NULL)
			continue;
		kind = tq_input_kind(page.tasks[i].input);
		*some |= kind == TQ_INPUT_HTTP || kind == TQ_INPUT_S3;
	}
	tq_arena_free(&a);
	return rc;
}

int
tq_causes_module(struct tq_store *st, tq_finding_fn *fn, void *arg,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	struct tq_finding f = { .level = TQ_LEVEL_NOTE, .subject = "module",
	    .text = why.msg, .remedy = "install tq anew, whole; without it no "
	    "input is fetched from http: or s3:, and no aws: store opened" };
	bool some;

	if (tq_module_there(TQ_NET_SO, &why) == 0)
		return 0;
	if (some_need_it(st, &some, err) == -1)
		return -1;
	if (some)
		f.level = TQ_LEVEL_WARN;
	fn(arg, &f);
	return 0;
}
