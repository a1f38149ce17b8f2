/* cmd/tq-status/facts.c -- what surrounds tasks; see status.h. */
#include "status.h"

#include <stdlib.h>
#include <string.h>

static void
add_queue(struct facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->nqueues; i++)
		if (strcmp(f->queues[i], queue) == 0)
			return;
	f->queues[f->nqueues++] = queue;
}

/* Of every queue, or of that one alone. */
static void
name_queues(struct facts *f, const char *only)
{
	size_t i;

	f->nqueues = 0;
	f->queues = tq_arena_alloc(&f->a, (f->ncounts + f->nworkers +
	    f->ncontrols + 1) * sizeof(*f->queues));
	if (only != NULL) {
		add_queue(f, only);
		return;
	}
	for (i = 0; i < f->ncounts; i++)
		add_queue(f, f->counts[i].queue);
	for (i = 0; i < f->nworkers; i++)
		add_queue(f, f->workers[i].queue);
	for (i = 0; i < f->ncontrols; i++)
		if (facts_paused(f, &f->controls[i]))
			add_queue(f, f->controls[i].queue);
}

int
facts_load(struct status *s, struct facts *f)
{
	struct tq_err *err = &s->cli->err;
	const char *queue = s->filter.queue;

	tq_arena_reset(&f->a);
	f->now = tq_wall_ms(s->cli->env);
	if (tq_store_count(s->st, queue, &f->a, &f->counts, &f->ncounts,
	    err) == -1 ||
	    tq_store_workers(s->st, &f->a, &f->workers, &f->nworkers,
	    err) == -1 ||
	    tq_store_control_list(s->st, &f->a, &f->controls, &f->ncontrols,
	    err) == -1)
		return -1;
	f->mistyped = queue != NULL && f->ncounts == 0 &&
	    facts_control(f, queue) == NULL &&
	    facts_workers(f, queue, NULL) == 0;
	if (f->mistyped && !s->queue_asked) {
		s->queue_asked = true;
		if (tq_cli_queue(s->cli, s->st, queue) == -1)
			return -1;
	}
	name_queues(f, queue);
	return 0;
}

void
facts_free(struct facts *f)
{
	tq_arena_free(&f->a);
}

const struct tq_control *
facts_control(const struct facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->ncontrols; i++)
		if (strcmp(f->controls[i].queue, queue) == 0)
			return &f->controls[i];
	return NULL;
}

bool
facts_paused(const struct facts *f, const struct tq_control *c)
{
	return c != NULL && c->paused && (c->until == 0 || c->until > f->now);
}

/* Is ${type} one of the words of ${types}? */
static bool
has_type(const char *types, const char *type)
{
	size_t n, want = strlen(type);
	const char *p;

	for (p = types; p != NULL && *p != '\0'; p += n) {
		p += strspn(p, " ");
		n = strcspn(p, " ");
		if (n == want && strncmp(p, type, n) == 0)
			return true;
	}
	return false;
}

static bool
works_on(const struct tq_presence *p, const char *queue, const char *type)
{
	return strcmp(p->queue, queue) == 0 &&
	    (type == NULL || has_type(p->types, type));
}

int
facts_workers(const struct facts *f, const char *queue, const char *type)
{
	size_t i;
	int n = 0;

	for (i = 0; i < f->nworkers; i++)
		n += works_on(&f->workers[i], queue, type);
	return n;
}

static void
why_control(const struct facts *f, const struct tq_control *c,
    struct tq_why *w)
{
	int64_t max;

	if (c == NULL)
		return;
	w->paused = facts_paused(f, c);
	w->paused_until = c->until;
	w->pause_reason = c->reason;
	w->rate = c->rate;
	if (w->task == NULL)
		return;
	max = tq_limit_of(NULL, 0, c, w->task->type);
	if (max != TQ_NO_LIMIT)
		w->limit = (int)max;
}

void
facts_why(const struct facts *f, const struct tq_task *t, struct tq_why *w)
{
	const struct tq_presence *p;
	size_t i;

	*w = (struct tq_why){ .task = t, .now = f->now,
	    .workers_known = true };
	why_control(f, facts_control(f, t->queue), w);
	for (i = 0; i < f->ncounts; i++)
		if (strcmp(f->counts[i].queue, t->queue) == 0 &&
		    strcmp(f->counts[i].type, t->type) == 0)
			w->running = f->counts[i].by_status[TQ_RUNNING];
	for (i = 0; i < f->nworkers; i++) {
		p = &f->workers[i];
		if (works_on(p, t->queue, t->type)) {
			w->workers++;
			w->slots += p->slots;
			w->busy += p->busy;
		} else if (works_on(p, t->queue, NULL)) {
			w->others++;
		} else if (works_on(p, p->queue, t->type)) {
			w->elsewhere++;
			w->where = p->queue;
		}
	}
	/* Workers say how busy they are only every now and then. */
	if (w->running > (uint64_t)w->busy)
		w->busy = w->running < (uint64_t)w->slots ? (int)w->running :
		    w->slots;
}

static void
row_pause(struct facts *f, struct row *r)
{
	const struct tq_control *c = facts_control(f, r->queue);
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_why w = { .now = f->now };

	if (!facts_paused(f, c))
		return;
	why_control(f, c, &w);
	tq_why_pause(&w, &b);
	r->paused = true;
	r->pause = tq_arena_dup(&f->a, b.data != NULL ? b.data : "", b.len);
	tq_buf_free(&b);
}

/* What else there is to know: limits always, the rest when it is waited for. */
static void
row_cause(struct facts *f, struct row *r)
{
	struct tq_task t = { .queue = r->queue, .type = r->type };
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_why w;

	facts_why(f, &t, &w);
	r->rate = w.rate;
	r->limit = w.limit;
	/* No worker at all is said by the number of workers. */
	if (w.workers + w.others + w.elsewhere > 0 && r->oldest_ms > 0 &&
	    !r->paused && tq_why_cause(&w, &b))
		r->cause = tq_arena_dup(&f->a, b.data, b.len);
	tq_buf_free(&b);
}

static void
row_count(struct facts *f, const struct tq_count *c, struct row *r)
{
	*r = (struct row){
		.queue = c->queue, .type = c->type,
		.waiting = c->by_status[TQ_PENDING] +
		    c->by_status[TQ_BLOCKED],
		.blocked = c->by_status[TQ_BLOCKED],
		.running = c->by_status[TQ_RUNNING],
		.retrying = c->by_status[TQ_RETRYING],
		.completed = c->by_status[TQ_COMPLETED],
		.failed = c->by_status[TQ_FAILED],
		.cancelled = c->by_status[TQ_CANCELLED],
		.workers = facts_workers(f, c->queue, c->type),
	};
	if (c->oldest_due != 0 && c->oldest_due < f->now)
		r->oldest_ms = f->now - c->oldest_due;
	row_pause(f, r);
	row_cause(f, r);
}

static int
row_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = strcmp(x->queue, y->queue);

	return d != 0 ? d : strcmp(x->type, y->type);
}

static bool
has_tasks(const struct facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->ncounts; i++)
		if (strcmp(f->counts[i].queue, queue) == 0)
			return true;
	return false;
}

void
facts_rows(struct facts *f, struct row **rows, size_t *n)
{
	struct row *r;
	size_t i;

	*rows = tq_arena_alloc(&f->a,
	    (f->ncounts + f->nqueues) * sizeof(**rows) + 1);
	for (*n = 0; *n < f->ncounts; (*n)++)
		row_count(f, &f->counts[*n], &(*rows)[*n]);
	for (i = 0; i < f->nqueues; i++) {
		if (has_tasks(f, f->queues[i]))
			continue;
		r = &(*rows)[(*n)++];
		*r = (struct row){ .queue = f->queues[i], .type = "-",
		    .workers = facts_workers(f, f->queues[i], NULL) };
		row_pause(f, r);
	}
	qsort(*rows, *n, sizeof(**rows), row_cmp);
}
