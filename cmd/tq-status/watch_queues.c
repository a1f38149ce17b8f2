/* cmd/tq-status/watch_queues.c -- see watch_queues.h. */
#include "watch_queues.h"

#include <stdio.h>
#include <string.h>

#include "watch_rate.h"

enum queue_column {
	QUEUE, TYPE, WAIT, RUN, RETRY, DONE, DEAD, CANC, OLDEST, RATE, ETA, WORK
};

#define NAME_MIN	6	/* columns that a name keeps */
#define NAME_GOOD	14	/* that are worth more than another column */

/* Widths below 0: to the right.  Those of names follow from what is there. */
static const struct {
	const char	*head;
	int		 width;
} columns[QUEUE_COLUMNS] = {
	[QUEUE] = { "QUEUE", 0 }, [TYPE] = { "TYPE", 0 },
	[WAIT] = { "WAIT", -5 }, [RUN] = { "RUN", -4 },
	[RETRY] = { "RETRY", -5 }, [DONE] = { "DONE", -6 },
	[DEAD] = { "DEAD", -5 }, [CANC] = { "CANC", -4 },
	[OLDEST] = { "OLDEST", -6 }, [RATE] = { "RATE", -6 },
	[ETA] = { "ETA", -6 }, [WORK] = { "WRK", -3 },
};

/* The first to go comes first. */
static const enum queue_column dispensable[] = {
	CANC, RETRY, DONE, WORK, OLDEST, RATE, DEAD, ETA, RUN, TYPE,
};

/* Columns that the numbers take, each with its blank. */
static int
numbers(const struct queue_layout *l)
{
	int i, sum = 0;

	for (i = WAIT; i < QUEUE_COLUMNS; i++)
		if (l->width[i] != 0)
			sum += 1 - l->width[i];
	return sum;
}

static int
wanted(const struct watch_shown *s, enum queue_column c)
{
	size_t i, n, most = strlen(columns[c].head);
	const struct tq_facts_row *r;

	for (i = 0; i < s->n[PART_QUEUES]; i++) {
		r = s->rows[PART_QUEUES][i];
		n = strlen(c == QUEUE ? r->queue : r->type);
		most = n > most ? n : most;
	}
	return (int)most;
}

static int
at_most(int a, int b)
{
	return a < b ? a : b;
}

/* Give the two names ${room} columns, of which each has a blank. */
static void
share_names(struct queue_layout *l, int room, int queue, int type)
{
	int give;

	if (l->width[TYPE] == 0) {
		l->width[QUEUE] = at_most(queue, room - 1 > 1 ? room - 1 : 1);
		return;
	}
	room -= 2;
	give = queue + type - room;
	while (give > 0 && (queue > NAME_MIN || type > NAME_MIN)) {
		if (type >= queue)
			type--;
		else
			queue--;
		give--;
	}
	l->width[QUEUE] = queue;
	l->width[TYPE] = type;
}

void
watch_queues_fit(const struct watch_shown *s, int width,
    struct queue_layout *l)
{
	int queue = wanted(s, QUEUE), type = wanted(s, TYPE), names;
	size_t i;

	for (i = 0; i < QUEUE_COLUMNS; i++)
		l->width[i] = columns[i].width;
	l->width[QUEUE] = l->width[TYPE] = NAME_MIN;
	names = at_most(queue, NAME_GOOD) + at_most(type, NAME_GOOD) + 2;
	/* The first column is the cursor's. */
	for (i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]) &&
	    numbers(l) + names > width - 1; i++) {
		l->width[dispensable[i]] = 0;
		if (dispensable[i] == TYPE)
			break;
		/* Rather a shorter name than no idea of how it goes. */
		if (dispensable[i] == OLDEST)
			names = at_most(queue, NAME_MIN + 1) +
			    at_most(type, NAME_MIN) + 2;
	}
	share_names(l, width - 1 - numbers(l), queue, type);
}

void
watch_queues_head(struct pen *p, const struct queue_layout *l)
{
	size_t i;

	for (i = 0; i < QUEUE_COLUMNS; i++)
		if (l->width[i] != 0)
			pen_cell(p, PEN_BOLD, l->width[i], columns[i].head);
}

static void
put_times(struct pen *p, const struct queue_layout *l, const struct tq_facts_row *r)
{
	uint64_t waiting = r->waiting - r->blocked + r->retrying;
	int64_t eta = watch_eta_ms(waiting, r->speed);
	char text[24];

	if (l->width[OLDEST] != 0 && r->oldest_ms == 0)
		pen_cell(p, PEN_DIM, l->width[OLDEST], ".");
	else if (l->width[OLDEST] != 0)
		pen_time(p, PEN_PLAIN, l->width[OLDEST], r->oldest_ms);
	if (l->width[RATE] != 0)
		pen_cell(p, r->speed > 0 ? PEN_GREEN : PEN_DIM, l->width[RATE],
		    r->speed > 0 ? watch_speed_text(r->speed, text) : ".");
	if (l->width[ETA] != 0 && (waiting == 0 || eta == -1))
		pen_cell(p, PEN_DIM, l->width[ETA], waiting == 0 ? "." : "?");
	else if (l->width[ETA] != 0)
		pen_time(p, PEN_PLAIN, l->width[ETA], eta);
}

void
watch_queues_row(struct pen *p, const struct queue_layout *l,
    const struct tq_facts_row *r)
{
	const struct {
		enum queue_column	column;
		enum pen_style	style;
		uint64_t	n;
	} counts[] = {
		{ WAIT, PEN_PLAIN, r->waiting }, { RUN, PEN_GREEN, r->running },
		{ RETRY, PEN_YELLOW, r->retrying },
		{ DONE, PEN_PLAIN, r->completed }, { DEAD, PEN_RED, r->failed },
		{ CANC, PEN_PLAIN, r->cancelled },
	};
	char workers[24];
	size_t i;

	pen_cell(p, r->paused ? PEN_YELLOW : PEN_PLAIN, l->width[QUEUE],
	    r->queue);
	if (l->width[TYPE] != 0)
		pen_cell(p, PEN_PLAIN, l->width[TYPE], r->type);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (l->width[counts[i].column] != 0)
			pen_number(p, counts[i].style,
			    -l->width[counts[i].column], counts[i].n);
	put_times(p, l, r);
	snprintf(workers, sizeof(workers), "%d", r->workers);
	if (l->width[WORK] != 0)
		pen_cell(p, r->workers == 0 && r->oldest_ms != 0 ? PEN_RED :
		    PEN_PLAIN, l->width[WORK], workers);
}
