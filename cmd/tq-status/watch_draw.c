/* cmd/tq-status/watch_draw.c -- see watch_draw.h. */
#include "watch_draw.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

enum style { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

static const char *const sgr[] = {
	[BOLD] = "\033[1m", [DIM] = "\033[2m", [RED] = "\033[31m",
	[GREEN] = "\033[32m", [YELLOW] = "\033[33m",
};

struct page {
	const struct watch_view *v;
	struct tq_buf	*out;
	int		 lines;		/* begun so far */
	int		 left;		/* columns of this line */
	struct tq_buf	 text;		/* of one cell, escaped */
};

/* False when the screen is full. */
static bool
line(struct page *p)
{
	if (p->lines == p->v->height) {
		p->left = 0;
		return false;
	}
	if (p->lines++ > 0)
		tq_buf_chr(p->out, '\n');
	p->left = p->v->width;
	return true;
}

/* Append at most ${max} characters of valid UTF-8; returns how many. */
static int
put_chars(struct tq_buf *out, struct tq_span s, int max)
{
	size_t i = 0, len;
	int n = 0;

	while (i < s.n && n < max) {
		len = tq_utf8_len(s.p + i, s.n - i);
		i += len == 0 ? 1 : len;
		n++;
	}
	tq_buf_add(out, s.p, i);
	return n;
}

/*
 * A cell of ${width} columns and a blank behind it; width < 0: to the right
 * edge of it; 0: as wide as the text is.
 */
static void
cell(struct page *p, enum style style, int width, const char *text)
{
	int want = width < 0 ? -width : width, room, n, len = 0, pad;
	size_t i;

	tq_buf_clear(&p->text);
	tq_visible(&p->text, tq_span_of(text), 1024);
	for (i = 0; i < p->text.len; i++)
		len += ((unsigned char)p->text.data[i] & 0xc0) != 0x80;
	room = want == 0 || want > p->left ? p->left : want;
	pad = want == 0 ? 0 : room - (len < room ? len : room);
	tq_buf_fmt(p->out, "%*s", width < 0 ? pad : 0, "");
	if (p->v->color && style != PLAIN)
		tq_buf_str(p->out, sgr[style]);
	n = put_chars(p->out, tq_buf_span(&p->text), room);
	if (p->v->color && style != PLAIN)
		tq_buf_str(p->out, "\033[0m");
	tq_buf_fmt(p->out, "%*s", width > 0 ? pad : 0, "");
	p->left -= n + pad;
	if (p->left > 0) {
		tq_buf_chr(p->out, ' ');
		p->left--;
	}
}

static void
number(struct page *p, enum style style, int width, uint64_t n)
{
	char text[24] = ".";

	if (n != 0)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	cell(p, n != 0 ? style : DIM, -width, text);
}

static void
duration(struct page *p, enum style style, int width, int64_t ms)
{
	char text[TQ_TIME_TEXT];

	/* Tenths would only flicker. */
	ms = ms < TQ_SECOND_MS ? 0 : ms;
	cell(p, style, width, ms == 0 ? "0s" : tq_duration_text(ms, text));
}

static void
draw_title(struct page *p)
{
	time_t when = (time_t)(p->v->now / 1000);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&when, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	line(p);
	cell(p, BOLD, 0, "tq");
	cell(p, PLAIN, 0, clock);
	cell(p, DIM, 0, "(q quits)");
	cell(p, PLAIN, 0, p->v->store);
}

static void
draw_row(struct page *p, size_t i)
{
	const struct tq_facts_row *r = &p->v->rows[i];
	char workers[24];

	cell(p, r->paused ? YELLOW : PLAIN, 10, r->queue);
	cell(p, PLAIN, 15, r->type);
	number(p, PLAIN, 6, r->waiting);
	number(p, GREEN, 5, r->running);
	number(p, YELLOW, 5, r->retrying);
	number(p, PLAIN, 7, r->completed);
	number(p, RED, 5, r->failed);
	number(p, PLAIN, 5, r->cancelled);
	if (r->oldest_ms == 0)
		cell(p, DIM, -6, ".");
	else
		duration(p, PLAIN, -6, r->oldest_ms);
	snprintf(workers, sizeof(workers), "%d", r->workers);
	cell(p, r->workers == 0 && r->oldest_ms != 0 ? RED : PLAIN, -3,
	    workers);
}

static void
draw_summary_head(struct page *p)
{
	static const struct {
		const char	*text;
		int		 width;
	} heads[] = {
		{ "QUEUE", 10 }, { "TYPE", 15 }, { "WAIT", -6 }, { "RUN", -5 },
		{ "RETRY", -5 }, { "DONE", -7 }, { "DEAD", -5 },
		{ "CANC", -5 }, { "OLDEST", -6 }, { "WRK", -3 },
	};
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		cell(p, BOLD, heads[i].width, heads[i].text);
}

static void
draw_pauses(struct page *p)
{
	const struct watch_view *v = p->v;
	size_t i;

	for (i = 0; i < v->nrows; i++) {
		if (!v->rows[i].paused || (i > 0 && strcmp(v->rows[i].queue,
		    v->rows[i - 1].queue) == 0) || !line(p))
			continue;
		cell(p, YELLOW, 0, "paused:");
		cell(p, YELLOW, 0, v->rows[i].queue);
		cell(p, YELLOW, 0, v->rows[i].pause +
		    (*v->rows[i].pause == ' '));
	}
}

/* {"done":40,"total":100,"text":"..."}, as fd 3 of a handler says it. */
static void
draw_bar(struct page *p, struct tq_span progress)
{
	int cells = p->v->width >= 110 ? 20 : 10, full, i;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span v, text;
	double done, total;
	struct tq_buf bar = TQ_BUF_INIT(256);
	char percent[16];

	if (tq_json_get(progress, "done", &v) && tq_json_num(v, &done) &&
	    tq_json_get(progress, "total", &v) && tq_json_num(v, &total) &&
	    total > 0 && done >= 0) {
		done = done > total ? total : done;
		full = (int)(done / total * cells);
		for (i = 0; i < cells; i++)
			tq_buf_str(&bar, i < full ? p->v->utf8 ? "█" : "#" :
			    p->v->utf8 ? "░" : ".");
		cell(p, GREEN, 0, bar.data);
		tq_buf_free(&bar);
		snprintf(percent, sizeof(percent), "%d%%",
		    (int)(done / total * 100));
		cell(p, PLAIN, -4, percent);
	}
	if (tq_json_get(progress, "text", &v) && tq_json_str(v, &a, &text))
		cell(p, PLAIN, 0, text.p);
	tq_arena_free(&a);
}

static int
type_width(const struct page *p)
{
	return p->v->width >= 110 ? 16 : 10;
}

/* The columns that running and dead tasks share. */
static void
draw_task(struct page *p, const struct tq_task *t, int64_t since)
{
	char tries[24];

	snprintf(tries, sizeof(tries), "%d/%d", t->attempts,
	    tq_task_max_attempts(t));
	cell(p, PLAIN, 36, t->id);
	cell(p, PLAIN, type_width(p), t->type);
	cell(p, t->attempts > 1 ? YELLOW : PLAIN, 4, tries);
	duration(p, PLAIN, -6, p->v->now - since);
}

static void
draw_running(struct page *p, size_t i)
{
	const struct tq_task *t = &p->v->running[i];

	draw_task(p, t, t->started_at);
	if (t->cancel_requested)
		cell(p, YELLOW, 0, "cancelling");
	if (t->progress.n != 0)
		draw_bar(p, t->progress);
	if (t->worker != NULL)
		cell(p, DIM, 0, t->worker);
}

static void
draw_dead(struct page *p, size_t i)
{
	const struct tq_task *t = &p->v->dead[i];

	draw_task(p, t, t->finished_at);
	cell(p, RED, 0, t->reason != NULL ? t->reason : "-");
}

/* Workers say how busy they are only every now and then: better count. */
static int
busy_slots(const struct watch_view *v, const struct tq_presence *w)
{
	const struct tq_task *t;
	size_t i;
	int n = 0;

	for (i = 0; i < v->nrunning; i++) {
		t = &v->running[i];
		n += t->worker != NULL && strcmp(t->worker, w->worker) == 0 &&
		    strcmp(t->queue, w->queue) == 0;
	}
	return v->all_running ? n : w->busy;
}

static void
draw_worker(struct page *p, size_t i)
{
	const struct tq_presence *w = &p->v->workers[i];
	int used = busy_slots(p->v, w);
	char busy[40];

	snprintf(busy, sizeof(busy), "%d/%d", used, w->slots);
	cell(p, PLAIN, 36, w->worker);
	cell(p, PLAIN, 12, w->queue);
	cell(p, used >= w->slots ? YELLOW : PLAIN, 7, busy);
	cell(p, DIM, 0, w->types != NULL ? w->types : "");
}

static void
head_task(struct page *p, const char *what, const char *since)
{
	cell(p, BOLD, 36, what);
	cell(p, BOLD, type_width(p), "TYPE");
	cell(p, BOLD, 4, "TRY");
	cell(p, BOLD, -6, since);
}

static void
head_running(struct page *p)
{
	head_task(p, "RUNNING", "FOR");
	cell(p, BOLD, 0, "PROGRESS, WORKER");
}

static void
head_dead(struct page *p)
{
	head_task(p, "DEAD, NEWEST FIRST (tq-dlq list)", "AGO");
	cell(p, BOLD, 0, "REASON");
}

static void
head_workers(struct page *p)
{
	cell(p, BOLD, 36, "WORKERS");
	cell(p, BOLD, 12, "QUEUE");
	cell(p, BOLD, 7, "BUSY");
	cell(p, BOLD, 0, "TYPES");
}

struct section {
	void		(*head)(struct page *p);
	void		(*row)(struct page *p, size_t i);
	uint64_t	 all;		/* rows there would be */
	int		 show;
};

/* Take lines from the longest section until all fit. */
static void
share_lines(struct section *s, size_t n, int lines)
{
	size_t i, longest;
	int sum;

	for (;;) {
		sum = 0;
		longest = 0;
		for (i = 0; i < n; i++) {
			/* The note about what is left out is a line too. */
			sum += s[i].show == 0 ? 0 : s[i].show + 2 +
			    ((uint64_t)s[i].show < s[i].all);
			if (s[i].show > s[longest].show)
				longest = i;
		}
		if (sum <= lines || s[longest].show <= 1)
			return;
		s[longest].show--;
	}
}

static void
draw_section(struct page *p, const struct section *s)
{
	char more[64];
	int i;

	if (s->show == 0)
		return;
	if (p->lines > 1)
		line(p);
	if (line(p))
		s->head(p);
	for (i = 0; i < s->show && line(p); i++)
		s->row(p, (size_t)i);
	if ((uint64_t)s->show < s->all && line(p)) {
		snprintf(more, sizeof(more), "%s %llu more",
		    p->v->utf8 ? "…" : "...",
		    (unsigned long long)(s->all - (uint64_t)s->show));
		cell(p, DIM, 0, more);
	}
}

static struct section
section(void (*head)(struct page *), void (*row)(struct page *, size_t),
    size_t have, uint64_t all)
{
	return (struct section){ head, row, all > have ? all : have,
	    (int)have };
}

void
watch_draw(const struct watch_view *v, struct tq_buf *out)
{
	struct page p = { .v = v, .out = out, .text = TQ_BUF_INIT(8192) };
	uint64_t running = 0, dead = 0;
	struct section s[4];
	size_t i, pauses = 0;

	for (i = 0; i < v->nrows; i++) {
		running += v->rows[i].running;
		dead += v->rows[i].failed;
		pauses += v->rows[i].paused;
	}
	s[0] = section(draw_summary_head, draw_row, v->nrows, v->nrows);
	s[1] = section(head_running, draw_running, v->nrunning, running);
	s[2] = section(head_dead, draw_dead, v->ndead, dead);
	s[3] = section(head_workers, draw_worker, v->nworkers, v->nworkers);
	share_lines(s, 4, v->height - 1 - (int)pauses);
	draw_title(&p);
	for (i = 0; i < 4; i++) {
		draw_section(&p, &s[i]);
		if (i == 0)
			draw_pauses(&p);
	}
	if (v->nrows == 0 && line(&p))
		cell(&p, DIM, 0, "no tasks yet");
	tq_buf_free(&p.text);
}
