/* cmd/tq-status/watch_order.c -- see watch_order.h. */
#include "watch_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
waiting(const struct tq_facts_row *r)
{
	return r->waiting - r->blocked + r->retrying;
}

static int
more(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

static int
by_name(const struct tq_facts_row *a, const struct tq_facts_row *b)
{
	int d = strcmp(a->queue, b->queue);

	return d != 0 ? d : strcmp(a->type, b->type);
}

static int
by_waiting(const struct tq_facts_row *a, const struct tq_facts_row *b)
{
	return more(waiting(a), waiting(b));
}

/* What runs, then what waits: idle ones come last. */
static int
by_busy(const struct tq_facts_row *a, const struct tq_facts_row *b)
{
	int d = more(a->running, b->running);

	return d != 0 ? d : by_waiting(a, b);
}

static int
by_oldest(const struct tq_facts_row *a, const struct tq_facts_row *b)
{
	return more((uint64_t)a->oldest_ms, (uint64_t)b->oldest_ms);
}

static int
by_dead(const struct tq_facts_row *a, const struct tq_facts_row *b)
{
	return more(a->failed, b->failed);
}

static const struct {
	const char	*name;
	int		(*cmp)(const struct tq_facts_row *a, const struct tq_facts_row *b);
} sorts[NSORTS] = {
	[SORT_BUSY] = { "busy", by_busy },
	[SORT_NAME] = { "name", by_name },
	[SORT_WAITING] = { "waiting", by_waiting },
	[SORT_OLDEST] = { "oldest", by_oldest },
	[SORT_DEAD] = { "dead", by_dead },
};

const char *
watch_sort_name(enum watch_sort sort)
{
	return sorts[sort].name;
}

static int
row_cmp(const void *va, const void *vb, void *arg)
{
	const struct tq_facts_row *a = *(const void *const *)va;
	const struct tq_facts_row *b = *(const void *const *)vb;
	int d = sorts[*(const enum watch_sort *)arg].cmp(a, b);

	return d != 0 ? d : by_name(a, b);
}

static bool
holds(const char *text, const char *what)
{
	return text != NULL && strcasestr(text, what) != NULL;
}

static bool
task_passes(const struct tq_task *t, const char *filter)
{
	return holds(t->id, filter) || holds(t->queue, filter) ||
	    holds(t->type, filter) || holds(t->worker, filter) ||
	    holds(t->reason, filter) || holds(t->group, filter) ||
	    (t->labels.n > 0 && memmem(t->labels.p, t->labels.n, filter,
	    strlen(filter)) != NULL);
}

/* Is ${name} the one that was asked for; "": any? */
static bool
meant(const char *asked, const char *name)
{
	return *asked == '\0' || strcmp(asked, name) == 0;
}

static bool
passes(const struct watch_view *v, enum watch_part part, const void *row)
{
	const struct tq_presence *w = row;
	const struct tq_facts_row *r = row;
	const char *f = v->filter;

	if (part == PART_QUEUES)
		return meant(v->queue, r->queue) && meant(v->type, r->type) &&
		    (holds(r->queue, f) || holds(r->type, f));
	if (part != PART_WORKERS)
		return task_passes(row, f);
	return meant(v->queue, w->queue) && (*v->type == '\0' ||
	    tq_facts_takes(w->types, v->type)) && (holds(w->worker, f) ||
	    holds(w->queue, f) || holds(w->types, f));
}

/* How many tasks of a part there are by the counts. */
static uint64_t
counted(const struct watch_view *v, const struct watch_data *d,
    enum watch_part part)
{
	const struct tq_facts_row *r;
	uint64_t n = 0;

	for (r = d->rows; r < d->rows + d->nrows; r++)
		n += !passes(v, PART_QUEUES, r) ? 0 : part == PART_RUNNING ? r->running : part == PART_WAITING ?
		    r->waiting + r->retrying : part == PART_DEAD ? r->failed :
		    r->completed;
	return n;
}

static const void *
nth(const struct watch_data *d, enum watch_part part, size_t i)
{
	return part == PART_QUEUES ? (const void *)&d->rows[i] :
	    part == PART_WORKERS ? (const void *)&d->workers[i] :
	    (const void *)d->tasks[part][i];
}

void
watch_order(const struct watch_view *v, const struct watch_data *d,
    enum watch_part part, struct watch_shown *out)
{
	size_t i, n = part == PART_QUEUES ? d->nrows : part == PART_WORKERS ?
	    d->nworkers : d->ntasks[part];
	enum watch_sort sort = v->sort;
	const void **rows;

	rows = tq_arena_alloc(&out->a, (n + 1) * sizeof(*rows));
	out->rows[part] = rows;
	out->n[part] = 0;
	for (i = 0; i < n; i++)
		if (passes(v, part, nth(d, part, i)))
			rows[out->n[part]++] = nth(d, part, i);
	if (part == PART_QUEUES)
		qsort_r(rows, out->n[part], sizeof(*rows), row_cmp, &sort);
	out->all[part] = out->n[part];
	/* Of what a filter leaves out, nobody knows how much was not read. */
	if (part != PART_QUEUES && part != PART_WORKERS &&
	    *v->filter == '\0' && counted(v, d, part) > out->n[part])
		out->all[part] = counted(v, d, part);
}

void
watch_row_key(enum watch_part part, const void *row, char key[WATCH_KEY_MAX])
{
	const struct tq_presence *w = row;
	const struct tq_task *t = row;
	const struct tq_facts_row *r = row;

	if (part == PART_QUEUES)
		snprintf(key, WATCH_KEY_MAX, "%s %s", r->queue, r->type);
	else if (part == PART_WORKERS)
		snprintf(key, WATCH_KEY_MAX, "%s %s", w->queue, w->worker);
	else
		snprintf(key, WATCH_KEY_MAX, "%s", t->id);
}
