/* cmd/tq-status/watch_look.c -- see watch_look.h. */
#include "watch_look.h"

#include <stdlib.h>
#include <string.h>

static const unsigned statuses[NPARTS] = {
	[PART_RUNNING] = TQ_BIT(TQ_RUNNING),
	[PART_WAITING] = TQ_WAITING | TQ_BIT(TQ_BLOCKED),
	[PART_DEAD] = TQ_BIT(TQ_FAILED),
	[PART_DONE] = TQ_BIT(TQ_COMPLETED),
};

static bool
newest_first(size_t part)
{
	return part == PART_DEAD || part == PART_DONE;
}

static int
read_part(struct status *s, struct watch_look *l, size_t part,
    const char *type)
{
	struct tq_list req = { .limit = WATCH_ROWS,
	    .newest_first = newest_first(part),
	    .filter = { .queue = s->filter.queue, .type = type,
	    .statuses = statuses[part] } };
	struct tq_page page;
	size_t i;

	if (tq_store_list(s->st, &req, &l->a, &page, &s->cli->err) == -1)
		return -1;
	for (i = 0; i < page.n; i++)
		l->tasks[part][i] = &page.tasks[i];
	l->ntasks[part] = page.n;
	return 0;
}

struct watch_look *
watch_look_new(struct status *s, const char *type)
{
	struct watch_look *l = tq_must(calloc(1, sizeof(*l)));
	size_t part;

	l->at = tq_boot_ms(s->cli->env);
	l->tally.at = tq_wall_ms(s->cli->env);
	if (status_facts(s, &l->f) == -1)
		goto fail;
	for (part = PART_RUNNING; part <= PART_DONE; part++) {
		/* Of all queues, what has ended is too much to be of use. */
		if (part == PART_DONE && s->filter.queue == NULL)
			continue;
		if (read_part(s, l, part, type) == -1)
			goto fail;
	}
	watch_look_rows(l, l->f.now);
	l->cost_ms = tq_boot_ms(s->cli->env) - l->at;
	return l;
fail:
	watch_look_free(l);
	return NULL;
}

void
watch_look_free(struct watch_look *l)
{
	if (l == NULL)
		return;
	tq_facts_free(&l->f);
	tq_arena_free(&l->a);
	free(l);
}

static void
take_out(struct watch_look *l, size_t part, const char *id)
{
	size_t i;

	for (i = 0; i < l->ntasks[part]; i++)
		if (strcmp(l->tasks[part][i]->id, id) == 0)
			break;
	if (i == l->ntasks[part])
		return;
	memmove(&l->tasks[part][i], &l->tasks[part][i + 1],
	    (l->ntasks[part] - i - 1) * sizeof(l->tasks[part][0]));
	l->ntasks[part]--;
}

/* At the front, or the end if there is room: its place in the order is found
   by the next look. */
static void
put_in(struct watch_look *l, size_t part, struct tq_task *t)
{
	size_t n = l->ntasks[part];

	if (!newest_first(part)) {
		if (n < WATCH_ROWS)
			l->tasks[part][l->ntasks[part]++] = t;
		return;
	}
	n = n < WATCH_ROWS ? n : WATCH_ROWS - 1;
	memmove(&l->tasks[part][1], &l->tasks[part][0],
	    n * sizeof(l->tasks[part][0]));
	l->tasks[part][0] = t;
	l->ntasks[part] = n + 1;
}

bool
watch_look_change(struct watch_look *l, struct tq_task *t, const char *type)
{
	size_t part;

	for (part = PART_RUNNING; part <= PART_DONE; part++) {
		take_out(l, part, t->id);
		if ((statuses[part] & TQ_BIT(t->status)) != 0 && !t->drained &&
		    (type == NULL || strcmp(type, t->type) == 0))
			put_in(l, part, t);
	}
	return watch_tally_change(&l->tally, l->f.counts, l->f.ncounts, t);
}

void
watch_look_rows(struct watch_look *l, int64_t now)
{
	l->f.now = now;
	tq_facts_rows(&l->f, &l->a, &l->rows, &l->nrows);
}
