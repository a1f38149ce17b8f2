/* cmd/tq-status/watch_press.c -- what a key does; see watch_view.h. */
#include "watch_view.h"

#include <stdio.h>
#include <string.h>

#include "watch_order.h"

/* Move the cursor of the part that has the keys, or the text, by ${n}. */
static void
move(struct watch_view *v, const struct watch_shown *s, long n)
{
	size_t rows = s->n[v->focus], *at = &v->part[v->focus].at;
	long to = (long)*at + n, last = (long)rows - 1;

	if (v->screen != SCREEN_ALL) {
		to = v->scroll + n;
		last = s->detail_lines - s->page;
		v->at_end = to >= last && n > 0;
		v->scroll = to > last ? last > 0 ? (int)last : 0 :
		    to < 0 ? 0 : (int)to;
		return;
	}
	if (rows == 0)
		return;
	*at = to < 0 ? 0 : to > last ? (size_t)last : (size_t)to;
	watch_row_key(v->focus, s->rows[v->focus][*at], v->part[v->focus].key);
}

static void
next_part(struct watch_view *v, const struct watch_shown *s, size_t step)
{
	size_t i, part = v->focus;

	for (i = 0; i < NPARTS; i++) {
		part = (part + step) % NPARTS;
		if (s->n[part] > 0)
			break;
	}
	v->focus = (enum watch_part)part;
}

/* Enter: a queue's tasks alone, or a task. */
static void
open_row(struct watch_view *v, const struct watch_shown *s)
{
	const void *row = s->n[v->focus] == 0 ? NULL :
	    s->rows[v->focus][v->part[v->focus].at];
	const struct tq_task *t = row;
	const struct tq_facts_row *r = row;

	if (row == NULL || v->focus == PART_WORKERS)
		return;
	if (v->focus == PART_QUEUES) {
		snprintf(v->queue, sizeof(v->queue), "%s", r->queue);
		snprintf(v->type, sizeof(v->type), "%s",
		    strcmp(r->type, "-") == 0 ? "" : r->type);
		next_part(v, s, 1);
		return;
	}
	snprintf(v->id, sizeof(v->id), "%s", t->id);
	v->screen = SCREEN_TASK;
	v->scroll = 0;
	v->at_end = false;
}

/* Esc: one step back. */
static void
back(struct watch_view *v)
{
	if (v->choosing)
		v->choosing = false;
	else if (v->screen != SCREEN_ALL)
		v->screen = SCREEN_ALL;
	else if (*v->filter != '\0')
		*v->filter = '\0';
	else {
		snprintf(v->queue, sizeof(v->queue), "%s", v->asked_queue);
		snprintf(v->type, sizeof(v->type), "%s", v->asked_type);
	}
}

static void
type_filter(struct watch_view *v, const struct watch_press *p)
{
	size_t n = strlen(v->filter);

	switch (p->key) {
	case KEY_TEXT:
		if (n + strlen(p->text) < sizeof(v->filter))
			memcpy(v->filter + n, p->text, strlen(p->text) + 1);
		break;
	case KEY_BACKSPACE:
		if (n == 0)
			v->typing = false;
		while (n > 0 && (v->filter[--n] & 0xc0) == 0x80)
			;
		v->filter[n] = '\0';
		break;
	case KEY_CLEAR:
		*v->filter = '\0';
		break;
	case KEY_ESC:
		*v->filter = '\0';
		v->typing = false;
		break;
	default:
		v->typing = false;
	}
}

static void
choose(struct watch_view *v, const struct watch_shown *s,
    const struct watch_press *p)
{
	int digit = p->key == KEY_TEXT ? p->text[0] - '1' : -1;

	v->copied = false;
	if (p->key == KEY_UP && v->choice > 0)
		v->choice--;
	else if (p->key == KEY_DOWN && v->choice + 1 < s->ncommands)
		v->choice++;
	else if (digit >= 0 && digit < s->ncommands)
		v->choice = digit;
	if ((p->key == KEY_ENTER || (digit >= 0 && digit < s->ncommands)) &&
	    v->choice < s->ncommands)
		v->copied = v->copies;
	else if (p->key == KEY_ESC || p->key == KEY_BACKSPACE ||
	    (p->key == KEY_TEXT && (*p->text == 'c' || *p->text == 'q')))
		v->choosing = false;
}

/* A key as a letter means the same. */
static enum watch_key
meaning(const struct watch_press *p)
{
	static const struct {
		char		c;
		enum watch_key	key;
	} letters[] = {
		{ 'j', KEY_DOWN }, { 'k', KEY_UP }, { ' ', KEY_PAGE_DOWN },
		{ 'b', KEY_PAGE_UP }, { 'g', KEY_HOME }, { 'G', KEY_END },
		{ 'l', KEY_ENTER }, { 'h', KEY_ESC },
	};
	size_t i;

	for (i = 0; p->key == KEY_TEXT && i < sizeof(letters) /
	    sizeof(letters[0]); i++)
		if (p->text[0] == letters[i].c)
			return letters[i].key;
	return p->key;
}

static void
press_letter(struct watch_view *v, char c)
{
	switch (c) {
	case 'q':
	case 'Q':
		v->quit = true;
		break;
	case '/':
		v->screen = SCREEN_ALL;
		v->typing = true;
		break;
	case 's':
		v->sort = (enum watch_sort)((v->sort + 1) % NSORTS);
		/* The cursor stays on its line: the order is looked at. */
		*v->part[PART_QUEUES].key = '\0';
		v->part[PART_QUEUES].at = 0;
		break;
	case 'c':
		v->choosing = v->screen != SCREEN_HELP;
		v->choice = 0;
		v->copied = false;
		break;
	case '?':
		v->screen = v->screen == SCREEN_HELP ? SCREEN_ALL :
		    SCREEN_HELP;
		v->scroll = 0;
		v->at_end = false;
		break;
	default:
		break;
	}
}

static void
press_key(struct watch_view *v, const struct watch_shown *s,
    const struct watch_press *p)
{
	switch (meaning(p)) {
	case KEY_UP:
		move(v, s, -1);
		break;
	case KEY_DOWN:
		move(v, s, 1);
		break;
	case KEY_PAGE_UP:
		move(v, s, -s->page);
		break;
	case KEY_PAGE_DOWN:
		move(v, s, s->page);
		break;
	case KEY_HOME:
		move(v, s, -1000000);
		break;
	case KEY_END:
		move(v, s, 1000000);
		break;
	case KEY_TAB:
		next_part(v, s, 1);
		break;
	case KEY_BACK_TAB:
		next_part(v, s, NPARTS - 1);
		break;
	case KEY_ENTER:
		if (v->screen == SCREEN_ALL)
			open_row(v, s);
		break;
	case KEY_ESC:
	case KEY_BACKSPACE:
		back(v);
		break;
	case KEY_TEXT:
		press_letter(v, p->text[0]);
		break;
	default:
		break;
	}
}

void
watch_press(struct watch_view *v, const struct watch_shown *s,
    const struct watch_press *p)
{
	if (p->key == KEY_COPIES)
		v->copies = true;
	else if (p->key == KEY_REDRAW)
		v->redraw = true;
	else if (p->key == KEY_EOF)
		v->quit = true;
	else if (v->typing)
		type_filter(v, p);
	else if (v->choosing)
		choose(v, s, p);
	else
		press_key(v, s, p);
}
