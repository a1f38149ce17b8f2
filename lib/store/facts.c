/* lib/store/facts.c -- see facts.h. */
#include "store/facts.h"

#include <stdlib.h>
#include <string.h>

static void
add_queue(struct tq_facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->nqueues; i++)
		if (strcmp(f->queues[i], queue) == 0)
			return;
	f->queues[f->nqueues++] = queue;
}

/* Of every queue, or of that one alone. */
static void
name_queues(struct tq_facts *f, const char *only)
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
		if (tq_facts_paused(f, &f->controls[i]))
			add_queue(f, f->controls[i].queue);
}

int
tq_facts_load(struct tq_store *st, const char *queue, int64_t now,
    struct tq_facts *f, struct tq_err *err)
{
	tq_arena_reset(&f->a);
	f->now = now;
	if (tq_store_count(st, queue, &f->a, &f->counts, &f->ncounts,
	    err) == -1 ||
	    tq_store_workers(st, &f->a, &f->workers, &f->nworkers,
	    err) == -1 ||
	    tq_store_control_list(st, &f->a, &f->controls, &f->ncontrols,
	    err) == -1)
		return -1;
	f->mistyped = queue != NULL && f->ncounts == 0 &&
	    tq_facts_control(f, queue) == NULL &&
	    tq_facts_workers(f, queue, NULL) == 0;
	name_queues(f, queue);
	return 0;
}

void
tq_facts_free(struct tq_facts *f)
{
	tq_arena_free(&f->a);
}

const struct tq_control *
tq_facts_control(const struct tq_facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->ncontrols; i++)
		if (strcmp(f->controls[i].queue, queue) == 0)
			return &f->controls[i];
	return NULL;
}

bool
tq_facts_paused(const struct tq_facts *f, const struct tq_control *c)
{
	return c != NULL && c->paused && (c->until == 0 || c->until > f->now);
}

bool
tq_facts_takes(const char *types, const char *type)
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
	    (type == NULL || tq_facts_takes(p->types, type));
}

int
tq_facts_workers(const struct tq_facts *f, const char *queue, const char *type)
{
	size_t i;
	int n = 0;

	for (i = 0; i < f->nworkers; i++)
		n += works_on(&f->workers[i], queue, type);
	return n;
}

static void
why_control(const struct tq_facts *f, const struct tq_control *c,
    struct tq_why *w)
{
	int64_t max;

	if (c == NULL)
		return;
	w->paused = tq_facts_paused(f, c);
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
tq_facts_why(const struct tq_facts *f, const struct tq_task *t, struct tq_why *w)
{
	const struct tq_presence *p;
	size_t i;

	*w = (struct tq_why){ .task = t, .now = f->now,
	    .workers_known = true };
	why_control(f, tq_facts_control(f, t->queue), w);
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
row_pause(const struct tq_facts *f, struct tq_arena *a,
    struct tq_facts_row *r)
{
	const struct tq_control *c = tq_facts_control(f, r->queue);
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_why w = { .now = f->now };

	if (!tq_facts_paused(f, c))
		return;
	why_control(f, c, &w);
	tq_why_pause(&w, &b);
	r->paused = true;
	r->pause = tq_arena_dup(a, b.data != NULL ? b.data : "", b.len);
	tq_buf_free(&b);
}

/* The other facts: limits always, the rest when it is waited for. */
static void
row_cause(const struct tq_facts *f, struct tq_arena *a,
    struct tq_facts_row *r)
{
	struct tq_task t = { .queue = r->queue, .type = r->type };
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_why w;

	tq_facts_why(f, &t, &w);
	r->rate = w.rate;
	r->limit = w.limit;
	/* No worker at all is said by the number of workers. */
	if (w.workers + w.others + w.elsewhere > 0 && r->oldest_ms > 0 &&
	    !r->paused && tq_why_cause(&w, &b))
		r->cause = tq_arena_dup(a, b.data, b.len);
	tq_buf_free(&b);
}

static void
row_count(const struct tq_facts *f, const struct tq_count *c,
    struct tq_arena *a, struct tq_facts_row *r)
{
	*r = (struct tq_facts_row){
		.queue = c->queue, .type = c->type,
		.waiting = c->by_status[TQ_PENDING] +
		    c->by_status[TQ_BLOCKED],
		.blocked = c->by_status[TQ_BLOCKED],
		.running = c->by_status[TQ_RUNNING],
		.retrying = c->by_status[TQ_RETRYING],
		.completed = c->by_status[TQ_COMPLETED],
		.failed = c->by_status[TQ_FAILED],
		.cancelled = c->by_status[TQ_CANCELLED],
		.workers = tq_facts_workers(f, c->queue, c->type),
	};
	if (c->oldest_due != 0 && c->oldest_due < f->now)
		r->oldest_ms = f->now - c->oldest_due;
	row_pause(f, a, r);
	row_cause(f, a, r);
}

static int
row_cmp(const void *a, const void *b)
{
	const struct tq_facts_row *x = a, *y = b;
	int d = strcmp(x->queue, y->queue);

	return d != 0 ? d : strcmp(x->type, y->type);
}

static bool
has_tasks(const struct tq_facts *f, const char *queue)
{
	size_t i;

	for (i = 0; i < f->ncounts; i++)
		if (strcmp(f->counts[i].queue, queue) == 0)
			return true;
	return false;
}

void
tq_facts_rows(const struct tq_facts *f, struct tq_arena *a,
    struct tq_facts_row **rows, size_t *n)
{
	struct tq_facts_row *r;
	size_t i;

	*rows = tq_arena_alloc(a,
	    (f->ncounts + f->nqueues) * sizeof(**rows) + 1);
	for (*n = 0; *n < f->ncounts; (*n)++)
		row_count(f, &f->counts[*n], a, &(*rows)[*n]);
	for (i = 0; i < f->nqueues; i++) {
		if (has_tasks(f, f->queues[i]))
			continue;
		r = &(*rows)[(*n)++];
		*r = (struct tq_facts_row){ .queue = f->queues[i], .type = "-",
		    .workers = tq_facts_workers(f, f->queues[i], NULL) };
		row_pause(f, a, r);
	}
	qsort(*rows, *n, sizeof(**rows), row_cmp);
}
