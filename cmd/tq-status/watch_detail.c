/* cmd/tq-status/watch_detail.c -- see watch_detail.h. */
#include "watch_detail.h"

#include <stdio.h>
#include <string.h>

#include "cli/cell.h"
#include "task/history.h"
#include "util/str.h"
#include "util/time.h"

#define LABEL		12	/* columns of a field's name and its blank */
#define BODY_MAX	2048	/* bytes of a payload or result that are shown */

/* Where lines go. */
struct writer {
	struct tq_buf	*out;
	int		 width;
	int64_t		 now;
	struct tq_buf	 text;	/* of one field, escaped */
};

/* The bytes of ${s} that fit into ${width} columns, at least a character. */
static size_t
fitting(struct tq_span s, int width)
{
	size_t n = 0, len;
	int w = 0;

	while (n < s.n) {
		len = tq_utf8_len(s.p + n, s.n - n);
		len = len == 0 ? 1 : len;
		w += (int)tq_cell_width((struct tq_span){ s.p + n, len });
		if (w > width && n > 0)
			break;
		n += len;
	}
	return n;
}

/* The same, but for a word's end in the line's second half. */
static size_t
fitting_words(struct tq_span s, int width)
{
	size_t n = fitting(s, width), i;

	if (n < s.n)
		for (i = n; i > n / 2; i--)
			if (s.p[i] == ' ')
				return i;
	return n;
}

/*
 * Lines of text, which have been escaped, behind ${indent} blanks; with ${words}
 * they end where those do.
 */
static void
put_folded(struct writer *w, struct tq_span s, int indent, bool begun,
    bool words)
{
	int room = w->width - indent;
	size_t n;

	if (room < 8) {
		room = w->width;
		indent = 0;
	}
	do {
		n = words ? fitting_words(s, room) : fitting(s, room);
		if (!begun)
			tq_buf_fmt(w->out, "%*s", indent, "");
		tq_buf_add(w->out, s.p, n);
		tq_buf_chr(w->out, '\n');
		begun = false;
		n += words && n < s.n && s.p[n] == ' ';
		s.p += n;
		s.n -= n;
	} while (s.n > 0);
}

/* "type        thumb"; nothing for a text that is not there. */
static void
field(struct writer *w, const char *name, struct tq_span text)
{
	if (text.n == 0)
		return;
	tq_buf_clear(&w->text);
	tq_visible(&w->text, text, BODY_MAX);
	if (w->width < LABEL + 8)
		tq_buf_fmt(w->out, "%s:\n", name);
	else
		tq_buf_fmt(w->out, "%-*s", LABEL, name);
	put_folded(w, tq_buf_span(&w->text), LABEL, w->width >= LABEL + 8,
	    true);
}

static void
field_str(struct writer *w, const char *name, const char *text)
{
	field(w, name, tq_span_of(text));
}

/* "3m ago (2026-11-30T10:40:00.000Z)" */
static void
field_time(struct writer *w, const char *name, int64_t at)
{
	char ago[32], when[TQ_TIME_TEXT], text[80];

	if (at == 0)
		return;
	snprintf(text, sizeof(text), "%s%s (%s)", tq_ago(w->now, at, ago),
	    at > w->now ? "" : " ago", tq_time_text(at, when));
	field_str(w, name, text);
}

static void
put_facts(struct writer *w, const struct watch_detail *d)
{
	const struct tq_task *t = d->task;
	char tries[48];

	field_str(w, "task", t->id);
	snprintf(tries, sizeof(tries), "%s%s", tq_status_name(t->status),
	    t->held ? " (held)" : "");
	field_str(w, "status", tries);
	field_str(w, "why", d->why);
	field_str(w, "queue", t->queue);
	field_str(w, "type", t->type);
	snprintf(tries, sizeof(tries), "%d of %d", t->attempts,
	    tq_task_max_attempts(t));
	field_str(w, "attempts", tries);
	field_str(w, "worker", t->worker);
	field_time(w, "submitted", t->created_at);
	if ((TQ_BIT(t->status) & TQ_WAITING) != 0)
		field_time(w, "due", t->not_before);
	field_time(w, "started", t->started_at);
	field_time(w, "ended", t->finished_at);
	field_str(w, "reason", t->reason);
	field(w, "progress", t->progress);
	field_str(w, "group", t->group);
	field(w, "labels", t->labels);
	field(w, "command", t->argv);
	field_str(w, "input", t->input);
	field(w, "payload", t->payload);
	field_str(w, "output", t->output);
	field(w, "result", t->result);
}

static void
put_history(struct writer *w, const struct tq_task *t)
{
	struct tq_attempt v[TQ_HISTORY_MAX];
	struct tq_arena a = TQ_ARENA_INIT;
	size_t i, n = tq_history_read(t, &a, v);
	char took[TQ_TIME_TEXT];

	if (n > 0)
		tq_buf_str(w->out, "\nATTEMPTS\n");
	for (i = 0; i < n; i++)
		field_str(w, tq_arena_fmt(&a, "%d", v[i].n),
		    tq_arena_fmt(&a, "%s after %s%s%s%s%s",
		    v[i].how != NULL ? v[i].how : "ended",
		    tq_duration_text(v[i].end - v[i].start, took),
		    v[i].worker != NULL ? " on " : "",
		    v[i].worker != NULL ? v[i].worker : "",
		    v[i].message != NULL ? ": " : "",
		    v[i].message != NULL ? v[i].message : ""));
	tq_arena_free(&a);
}

/* Blanks in place of tabs, whose stops the columns left of us would move. */
static void
put_log_line(struct writer *w, struct tq_span line)
{
	const char *tab;
	size_t n;

	tq_buf_clear(&w->text);
	for (; line.n > 0; line.p += n, line.n -= n) {
		tab = memchr(line.p, '\t', line.n);
		n = tab == NULL ? line.n : (size_t)(tab - line.p);
		tq_visible(&w->text, (struct tq_span){ line.p, n }, 0);
		if (tab == NULL)
			continue;
		tq_buf_fmt(&w->text, "%*s", (int)(8 - w->text.len % 8), "");
		n++;
	}
	put_folded(w, tq_buf_span(&w->text), 0, false, false);
}

static void
put_log(struct writer *w, const struct watch_detail *d)
{
	struct tq_span s = d->log, line;
	const char *nl;

	if (s.n == 0 && d->log_trouble == NULL)
		return;
	tq_buf_str(w->out, "\nLOG (what it wrote to stderr)\n");
	if (d->log_trouble != NULL)
		put_log_line(w, tq_span_of(d->log_trouble));
	while (s.n > 0) {
		nl = memchr(s.p, '\n', s.n);
		line = (struct tq_span){ s.p, nl == NULL ? s.n :
		    (size_t)(nl - s.p) };
		put_log_line(w, line);
		line.n += nl != NULL;
		s.p += line.n;
		s.n -= line.n;
	}
}

void
watch_detail_write(const struct watch_detail *d, int64_t now, int width,
    struct tq_buf *out)
{
	struct writer w = { .out = out, .width = width > 0 ? width : 1,
	    .now = now, .text = TQ_BUF_INIT((size_t)1 << 20) };

	if (d == NULL || d->id == NULL) {
		tq_buf_str(out, "reading ...\n");
	} else if (d->task == NULL) {
		field_str(&w, "task", d->id);
		tq_buf_str(out, "It is not in the store any more.\n");
	} else {
		put_facts(&w, d);
		put_history(&w, d->task);
		put_log(&w, d);
	}
	tq_buf_free(&w.text);
}

void
watch_help_write(struct tq_buf *out)
{
	static const char *const lines[][2] = {
		{ "Up Down  k j", "move" },
		{ "PgUp PgDn  b Space", "a screen" },
		{ "Home End  g G", "the first, the last" },
		{ "Tab", "the next part: it gets the room" },
		{ "Enter", "a queue: its tasks; a task: all of it" },
		{ "Esc  h", "back" },
		{ "/", "type what is to be shown; Esc: all again" },
		{ "s", "sort queues: busy, name, waiting, oldest, dead" },
		{ "c", "commands that change it; Enter or 1-8 copies" },
		{ "^L", "draw anew" },
		{ "^Z", "stop; fg goes on" },
		{ "q  ^C", "quit" },
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		tq_buf_fmt(out, "%-19s %s\n", lines[i][0], lines[i][1]);
	tq_buf_str(out, "\nRATE is how many ended in the last minute; ETA how "
	    "long what waits takes at\nthat.  This view changes nothing.\n");
}

int
watch_lines(struct tq_span text, int from, const char **out)
{
	const char *p = text.p, *end = text.p + text.n, *nl;
	int n = 0;

	*out = end;
	while (p < end) {
		if (n == from)
			*out = p;
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl == NULL ? end : nl + 1;
		n++;
	}
	return n;
}
