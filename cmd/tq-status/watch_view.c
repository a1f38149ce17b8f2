/* cmd/tq-status/watch_view.c -- see watch_view.h. */
#include "watch_view.h"

#include <stdio.h>
#include <string.h>

#include "util/str.h"
#include "watch_order.h"

#define GAPS_FROM	20	/* lines of a screen with room between parts */

/* The lines that a part takes: a heading, rows, the note about the rest. */
static int
height_of(const struct watch_shown *s, size_t part)
{
	int n = s->lines[part];

	return n == 0 ? 0 : n + 1 + s->gaps + ((uint64_t)n < s->all[part]) +
	    (part == PART_QUEUES ? s->nnotes : 0);
}

static int
height_of_all(const struct watch_shown *s)
{
	size_t i;
	int sum = 0;

	for (i = 0; i < NPARTS; i++)
		sum += height_of(s, i);
	return sum;
}

/* Take lines from the longest of the parts, or from ${focus} itself, while all
   is higher than ${lines} and they have more than ${least}. */
static void
take_lines(struct watch_shown *s, int lines, int least, enum watch_part focus,
    bool itself)
{
	size_t i, longest;

	while (height_of_all(s) > lines) {
		longest = NPARTS;
		for (i = 0; i < NPARTS; i++)
			if ((i == focus) == itself && s->lines[i] > least &&
			    (longest == NPARTS ||
			    s->lines[i] > s->lines[longest]))
				longest = i;
		if (longest == NPARTS)
			return;
		s->lines[longest]--;
	}
}

/* The last line of a part that was taken takes the note about it, too. */
static void
give_back(struct watch_shown *s, int lines, const int *had)
{
	size_t i;

	for (i = 0; i < NPARTS; i++)
		while (s->lines[i] > 0 && s->lines[i] < had[i]) {
			s->lines[i]++;
			if (height_of_all(s) > lines) {
				s->lines[i]--;
				break;
			}
		}
}

/*
 * Let the parts fit: the long ones give first, the one with the keys last; where
 * a row of each is too much, whole parts go, the last ones first.
 */
static void
share_lines(struct watch_shown *s, int lines, enum watch_part focus)
{
	int had[NPARTS];
	size_t i;

	memcpy(had, s->lines, sizeof(had));
	take_lines(s, lines, 3, focus, false);
	take_lines(s, lines, 8, focus, true);
	take_lines(s, lines, 1, focus, false);
	take_lines(s, lines, 3, focus, true);
	for (i = NPARTS; i-- > 0 && height_of_all(s) > lines;)
		if (i != focus)
			s->lines[i] = 0;
	take_lines(s, lines, 1, focus, true);
	give_back(s, lines, had);
}

/* The cursor stays on its row; where that is gone, on its line. */
static void
find_cursor(struct watch_view *v, struct watch_shown *s, size_t part)
{
	size_t i, n = s->n[part], at = v->part[part].at;
	char key[WATCH_KEY_MAX];

	for (i = 0; i < n && *v->part[part].key != '\0'; i++) {
		watch_row_key((enum watch_part)part, s->rows[part][i], key);
		if (strcmp(key, v->part[part].key) == 0) {
			at = i;
			break;
		}
	}
	if (at >= n)
		at = n == 0 ? 0 : n - 1;
	v->part[part].at = at;
	if (n > 0 && *v->part[part].key != '\0')
		watch_row_key((enum watch_part)part, s->rows[part][at],
		    v->part[part].key);
}

static void
scroll(struct watch_view *v, const struct watch_shown *s, size_t part)
{
	size_t lines = (size_t)s->lines[part], at = v->part[part].at;
	size_t *top = &v->part[part].top;

	if (at < *top)
		*top = at;
	if (lines > 0 && at >= *top + lines)
		*top = at - lines + 1;
	if (*top + lines > s->n[part])
		*top = s->n[part] > lines ? s->n[part] - lines : 0;
}

/* The keys go to a part that is there. */
static void
find_focus(struct watch_view *v, const struct watch_shown *s)
{
	size_t i;

	for (i = 0; i < NPARTS && s->n[v->focus] == 0; i++)
		v->focus = (enum watch_part)((v->focus + 1) % NPARTS);
}

/* A queue is paused as a whole: said once. */
static bool
noted(const struct watch_shown *s, const struct tq_facts_row *r)
{
	int i;

	for (i = 0; i < s->nnotes; i++)
		if (r->paused && s->note[i]->paused &&
		    strcmp(s->note[i]->queue, r->queue) == 0)
			return true;
	return false;
}

static void
find_notes(struct watch_shown *s)
{
	const struct tq_facts_row *r;
	size_t i;

	for (i = 0; i < s->n[PART_QUEUES] && s->nnotes < WATCH_NOTES; i++) {
		r = s->rows[PART_QUEUES][i];
		if ((r->paused || r->cause != NULL) && !noted(s, r))
			s->note[s->nnotes++] = r;
	}
}

void
watch_arrange(struct watch_view *v, const struct watch_data *d, int height,
    struct watch_shown *s)
{
	struct tq_arena a = s->a;
	size_t i;

	tq_arena_reset(&a);
	*s = (struct watch_shown){ .a = a, .gaps = height >= GAPS_FROM,
	    .page = s->page, .detail_lines = s->detail_lines };
	for (i = 0; i < NPARTS; i++) {
		watch_order(v, d, (enum watch_part)i, s);
		s->lines[i] = (int)s->n[i];
	}
	find_focus(v, s);
	find_notes(s);
	/* What has ended is many, and only asked for of one queue. */
	if (*v->queue == '\0' && v->focus != PART_DONE)
		s->lines[PART_DONE] = 0;
	share_lines(s, height, v->focus);
	for (i = 0; i < NPARTS; i++) {
		find_cursor(v, s, i);
		scroll(v, s, i);
	}
	if (v->screen == SCREEN_ALL)
		s->page = s->lines[v->focus];
}
