/* cmd/tq-status/watch_draw.c -- see watch_draw.h. */
#include "watch_draw.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cell.h"
#include "util/str.h"
#include "util/time.h"
#include "watch_detail.h"
#include "watch_queues.h"
#include "watch_tasks.h"

#define TEXT_MAX	((size_t)4 << 20)
#define COMMAND_AT	3	/* column of a command, behind its number */
#define WHAT_FROM	12	/* columns that are worth a comment behind it */
#define STALE_MS	5000	/* counts that are older are said to be */

static const char *
clock_text(int64_t ms, char out[16])
{
	time_t when = (time_t)(ms / 1000);
	struct tm tm;

	out[0] = '\0';
	if (localtime_r(&when, &tm) != NULL)
		strftime(out, 16, "%H:%M:%S", &tm);
	return out;
}

static void
draw_title(struct pen *p, const struct watch_view *v,
    const struct watch_data *d)
{
	char clock[16];

	pen_line(p);
	pen_cell(p, PEN_BOLD, 0, "tq");
	pen_cell(p, PEN_PLAIN, 0, clock_text(d->now, clock));
	if (*v->queue != '\0' || *v->type != '\0') {
		pen_cell(p, PEN_YELLOW, 0, *v->queue != '\0' ? v->queue :
		    "all queues");
		pen_cell(p, PEN_YELLOW, 0, v->type);
	}
	if (*v->filter != '\0' && !v->typing) {
		pen_cell(p, PEN_YELLOW, 0, "with");
		pen_cell(p, PEN_YELLOW, 0, v->filter);
	}
	if (d->trouble != NULL) {
		pen_cell(p, PEN_RED, 0, d->trouble);
	} else if (d->counted_at != 0 && d->now - d->counted_at >= STALE_MS) {
		pen_cell(p, PEN_DIM, 0, "counted at");
		pen_cell(p, PEN_DIM, 0, clock_text(d->counted_at, clock));
	}
	pen_cell(p, PEN_DIM, 0, d->store);
}

static void
draw_notes(struct pen *p, const struct watch_shown *s)
{
	const struct tq_facts_row *r;
	int i;

	for (i = 0; i < s->nnotes && pen_line(p); i++) {
		r = s->note[i];
		pen_cell(p, PEN_PLAIN, 0, "");
		if (r->paused || s->n[PART_QUEUES] > 1) {
			pen_cell(p, PEN_YELLOW, 0, r->queue);
			if (!r->paused)
				pen_cell(p, PEN_YELLOW, 0, r->type);
			pen_cell(p, PEN_YELLOW, 0, r->paused ? "is paused" :
			    "waits:");
		}
		pen_cell(p, PEN_YELLOW, 0, r->paused ? r->pause +
		    (*r->pause == ' ') : r->cause);
	}
}

static void
draw_part(struct pen *p, const struct watch_view *v,
    const struct watch_data *d, const struct watch_shown *s,
    enum watch_part part)
{
	const bool has_keys = part == v->focus;
	struct queue_layout l;
	size_t i, top = v->part[part].top;
	char more[64];
	int n;

	watch_queues_fit(s, p->width, &l);
	if (pen_line(p)) {
		pen_cell(p, PEN_PLAIN, 0, "");
		if (part == PART_QUEUES)
			watch_queues_head(p, &l);
		else
			watch_tasks_head(p, part);
	}
	for (n = 0; n < s->lines[part] && pen_line(p); n++) {
		i = top + (size_t)n;
		pen_select(p, has_keys && i == v->part[part].at);
		if (part == PART_QUEUES)
			watch_queues_row(p, &l, s->rows[part][i]);
		else
			watch_tasks_row(p, d, part, s->rows[part][i]);
	}
	if ((uint64_t)n < s->all[part] && pen_line(p)) {
		snprintf(more, sizeof(more), " %s %llu more%s",
		    p->utf8 ? "…" : "...",
		    (unsigned long long)(s->all[part] - (uint64_t)n),
		    top > 0 ? ", some above" : "");
		pen_cell(p, PEN_DIM, 0, more);
	}
	if (part == PART_QUEUES)
		draw_notes(p, s);
}

static void
draw_all(struct pen *p, const struct watch_view *v,
    const struct watch_data *d, const struct watch_shown *s)
{
	size_t i, rows = 0;

	for (i = 0; i < NPARTS; i++) {
		rows += s->n[i];
		if (s->lines[i] == 0)
			continue;
		draw_part(p, v, d, s, (enum watch_part)i);
		if (s->gaps)
			pen_line(p);
	}
	if (rows == 0 && pen_line(p))
		pen_cell(p, PEN_DIM, 0, *v->filter != '\0' ?
		    " nothing has that in it" : " no tasks yet");
}

/* Text that is longer than the screen, from v->scroll on. */
static void
draw_text(struct pen *p, struct watch_view *v, struct watch_shown *s,
    struct tq_span text, int lines)
{
	const char *at, *nl, *end = text.p + text.n;
	int i;

	s->page = lines;
	s->detail_lines = watch_lines(text, 0, &at);
	if (v->at_end || v->scroll > s->detail_lines - lines)
		v->scroll = s->detail_lines > lines ? s->detail_lines - lines :
		    0;
	watch_lines(text, v->scroll, &at);
	for (i = 0; i < lines && at < end && pen_line(p); i++) {
		nl = memchr(at, '\n', (size_t)(end - at));
		nl = nl == NULL ? end : nl;
		pen_span(p, at < nl && *at >= 'A' && *at <= 'Z' &&
		    at + 1 < nl && at[1] >= 'A' && at[1] <= 'Z' && p->color ?
		    PEN_BOLD : PEN_PLAIN, (struct tq_span){ at,
		    (size_t)(nl - at) });
		at = nl < end ? nl + 1 : end;
	}
}

/*
 * How much of a command stands in a line of ${room} columns: all of it, or up to
 * the last blank between two words that leaves room for a backslash.
 */
static size_t
command_piece(const char *line, int room)
{
	size_t i, n = 0;
	bool quoted = false;

	if ((int)tq_cell_width(tq_span_of(line)) <= room)
		return strlen(line);
	for (i = 0; line[i] != '\0'; i++) {
		quoted ^= line[i] == '\'';
		if (line[i] == ' ' && !quoted && (n == 0 || (int)i < room - 1))
			n = i + 1;
	}
	return n > 0 ? n : i;
}

/* Lines of the chosen command beyond its first. */
static int
command_more(const struct watch_view *v, const struct watch_shown *s,
    int width)
{
	const char *line;
	int n = 0, room = width - COMMAND_AT;

	if (!v->choosing || v->choice >= s->ncommands)
		return 0;
	line = s->command[v->choice].line;
	while (line += command_piece(line, room), *line != '\0') {
		room = width - 1;
		n++;
	}
	return n;
}

/* The chosen one whole, so that it can be copied with the mouse. */
static void
draw_command(struct pen *p, const struct watch_command *c, bool chosen)
{
	const char *line = c->line;
	size_t n = strlen(line);

	for (;;) {
		if (chosen)
			n = command_piece(line, p->left);
		pen_span(p, PEN_PLAIN, (struct tq_span){ line, line[n] == '\0' ?
		    n : n - 1 });
		line += n;
		if (*line == '\0')
			break;
		pen_cell(p, PEN_PLAIN, 0, "\\");
		if (!pen_line(p))
			return;
		pen_cell(p, PEN_PLAIN, 0, "");
	}
	if (p->left < WHAT_FROM)
		return;
	pen_cell(p, PEN_DIM, 0, "#");
	pen_cell(p, PEN_DIM, 0, c->what);
}

static void
draw_commands(struct pen *p, const struct watch_view *v,
    const struct watch_shown *s)
{
	char n[8];
	int i;

	if (!v->choosing || !pen_line(p))
		return;
	pen_cell(p, PEN_BOLD, 0, s->ncommands == 0 ?
	    "Nothing is selected that a command changes." :
	    "To change it, run in a shell:");
	for (i = 0; i < s->ncommands && pen_line(p); i++) {
		pen_select(p, i == v->choice);
		snprintf(n, sizeof(n), "%d", i + 1);
		pen_cell(p, PEN_DIM, 0, n);
		draw_command(p, &s->command[i], i == v->choice);
	}
}

static void
draw_keys(struct pen *p, const struct watch_view *v)
{
	char sort[40];

	if (v->typing) {
		pen_cell(p, PEN_BOLD, 0, "/");
		pen_cell(p, PEN_PLAIN, 0, v->filter);
		pen_cell(p, PEN_DIM, 0, "(Enter: keep, Esc: all)");
		return;
	}
	if (v->choosing) {
		pen_cell(p, PEN_DIM, 0, v->copied ? "copied" : v->copies ?
		    "Enter or a number copies  Esc back" :
		    "copy it with the mouse  Esc back");
		return;
	}
	snprintf(sort, sizeof(sort), "s sort: %s ", watch_sort_name(v->sort));
	pen_cell(p, PEN_DIM, 0, "q quit ");
	pen_cell(p, PEN_DIM, 0, "? help ");
	if (v->screen != SCREEN_ALL)
		pen_cell(p, PEN_DIM, 0, "Esc back ");
	else
		pen_cell(p, PEN_DIM, 0, "Enter open  / filter ");
	pen_cell(p, PEN_DIM, 0, "c commands ");
	if (v->screen == SCREEN_ALL)
		pen_cell(p, PEN_DIM, 0, sort);
	if (v->screen == SCREEN_ALL)
		pen_cell(p, PEN_DIM, 0, "Tab next part");
}

int
watch_draw_height(const struct watch_view *v, const struct watch_shown *s,
    int width, int height)
{
	/* The title above, the keys below. */
	int left = height - 2 - (v->choosing ? s->ncommands + 1 +
	    command_more(v, s, width) : 0);

	return left > 0 ? left : 0;
}

void
watch_draw(struct pen *p, struct watch_view *v, const struct watch_data *d,
    const struct watch_detail *detail, struct watch_shown *s)
{
	int height = p->height;
	int lines = watch_draw_height(v, s, p->width, height);
	struct tq_buf text = TQ_BUF_INIT(TEXT_MAX);

	draw_title(p, v, d);
	p->height = lines + 1 < height ? lines + 1 : height;
	if (v->screen == SCREEN_ALL) {
		draw_all(p, v, d, s);
	} else {
		if (v->screen == SCREEN_HELP)
			watch_help_write(&text);
		else
			watch_detail_write(detail, d->now, p->width, &text);
		draw_text(p, v, s, tq_buf_span(&text), lines);
	}
	/* The keys stand in the last line of the screen. */
	while (p->lines < p->height && pen_line(p))
		;
	p->height = height;
	draw_commands(p, v, s);
	if (pen_line(p))
		draw_keys(p, v);
	pen_end(p);
	tq_buf_free(&text);
}
