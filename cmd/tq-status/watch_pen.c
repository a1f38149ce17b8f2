/* cmd/tq-status/watch_pen.c -- see watch_pen.h. */
#include "watch_pen.h"

#include <string.h>

#include "cli/cell.h"
#include "util/str.h"
#include "util/time.h"
#include "watch_rate.h"

#define CELL_MAX	1024	/* bytes of a text that a line may need */

static const char *const sgr[] = {
	[PEN_PLAIN] = "", [PEN_BOLD] = "\033[1m", [PEN_DIM] = "\033[2m",
	[PEN_RED] = "\033[31m", [PEN_GREEN] = "\033[32m",
	[PEN_YELLOW] = "\033[33m", [PEN_REVERSE] = "\033[7m",
};

bool
pen_line(struct pen *p)
{
	pen_end(p);
	if (p->lines == p->height) {
		p->left = 0;
		return false;
	}
	if (p->lines++ > 0)
		tq_buf_chr(p->out, '\n');
	p->left = p->width;
	return true;
}

static void
blanks(struct pen *p, int n)
{
	tq_buf_fmt(p->out, "%*s", n > 0 ? n : 0, "");
}

void
pen_end(struct pen *p)
{
	if (p->selected && p->color) {
		blanks(p, p->left);
		tq_buf_str(p->out, "\033[0m");
	}
	p->selected = false;
}

void
pen_select(struct pen *p, bool yes)
{
	if (p->left == 0)
		return;
	p->selected = yes;
	if (yes && p->color)
		tq_buf_str(p->out, sgr[PEN_REVERSE]);
	tq_buf_chr(p->out, yes ? '>' : ' ');
	p->left--;
}

/* What a terminal of another character set can't show. */
static void
only_ascii(struct tq_buf *text)
{
	size_t i, len, n = 0;

	for (i = 0; i < text->len; i += len) {
		len = tq_utf8_len(text->data + i, text->len - i);
		len = len == 0 ? 1 : len;
		text->data[n++] = (unsigned char)text->data[i] < 0x80 ?
		    text->data[i] : '?';
	}
	text->len = n;
}

static void
put(struct pen *p, enum pen_style style, int width, struct tq_span text)
{
	bool shaded = p->color && style != PEN_PLAIN && !p->selected;
	int want = width < 0 ? -width : width, all, room;

	if (p->left == 0)
		return;
	tq_buf_clear(&p->text);
	tq_visible(&p->text, text, CELL_MAX);
	if (!p->utf8)
		only_ascii(&p->text);
	text = tq_buf_span(&p->text);
	all = (int)tq_cell_width(text);
	room = want == 0 || want > p->left ? p->left : want;
	if (want == 0 && all < room)
		room = all;
	if (width < 0 && all < room)
		blanks(p, room - all);
	if (shaded)
		tq_buf_str(p->out, sgr[style]);
	/* Half of a wide character that was cut is a blank. */
	tq_cell_put(p->out, text, (size_t)room, all > room ? TQ_CELL_LEFT :
	    TQ_CELL_END);
	if (shaded)
		tq_buf_str(p->out, "\033[0m");
	if (width > 0 && all < room)
		blanks(p, room - all);
	p->left -= room;
	if (p->left > 0) {
		tq_buf_chr(p->out, ' ');
		p->left--;
	}
}

void
pen_cell(struct pen *p, enum pen_style style, int width, const char *text)
{
	put(p, style, width, tq_span_of(text));
}

void
pen_span(struct pen *p, enum pen_style style, struct tq_span text)
{
	put(p, style, 0, text);
}

void
pen_number(struct pen *p, enum pen_style style, int width, uint64_t n)
{
	char text[24];

	pen_cell(p, n != 0 ? style : PEN_DIM, -width, n == 0 ? "." :
	    watch_number_text(n, width, text));
}

void
pen_time(struct pen *p, enum pen_style style, int width, int64_t ms)
{
	char text[TQ_TIME_TEXT];

	ms = ms < TQ_SECOND_MS ? 0 : ms;
	pen_cell(p, style, width, ms == 0 ? "0s" : tq_duration_text(ms, text));
}
