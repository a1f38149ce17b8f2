/* lib/cli/stack.c -- see stack.h. */
#include "cli/stack.h"

#include <ctype.h>
#include <string.h>

#include "cli/cell.h"
#include "util/str.h"

#define INDENT		2
#define GAP		2
#define HEAD_MAX	16

struct stack {
	struct tq_buf	*out;
	size_t		 width;
	size_t		 used;		/* columns of the line; 0: none begun */
};

static void
end_line(struct stack *s)
{
	if (s->used > 0)
		tq_buf_chr(s->out, '\n');
	s->used = 0;
}

/* Room for ${want} columns, behind what stands there or on a new line. */
static void
make_room(struct stack *s, size_t want)
{
	if (s->used > 0 && s->used + GAP + want > s->width)
		end_line(s);
	tq_buf_str(s->out, "  ");
	s->used += s->used > 0 ? GAP : INDENT;
}

/* "dead " in front of a number: "DEAD" is over a column elsewhere. */
static size_t
head_of(const char *head, struct tq_span cell, char out[HEAD_MAX])
{
	size_t i;

	out[0] = '\0';
	if (!isdigit((unsigned char)cell.p[0]))
		return 0;
	for (i = 0; i < HEAD_MAX - 2 && head[i] != '\0'; i++)
		out[i] = (char)tolower((unsigned char)head[i]);
	out[i++] = ' ';
	out[i] = '\0';
	return i;
}

static void
put_cell(struct stack *s, const char *head, struct tq_span cell, bool whole)
{
	size_t room = s->width > INDENT ? s->width - INDENT : 1, w;
	char text[HEAD_MAX];

	if (cell.n == 0 || tq_span_eq(cell, "-") || tq_span_eq(cell, "0"))
		return;
	text[0] = '\0';
	w = whole ? 0 : head_of(head, cell, text);
	room = whole ? SIZE_MAX : room > w ? room - w : 1;
	w += tq_cell_width(cell) < room ? tq_cell_width(cell) : room;
	make_room(s, w);
	tq_buf_str(s->out, text);
	tq_cell_put(s->out, cell, room, TQ_CELL_END);
	s->used += w;
}

/* The bytes of ${s} that fit, cut at a blank if there is one. */
static size_t
fitting(struct tq_span s, size_t room)
{
	size_t n = 0, len, w = 0, blank = 0;

	for (; n < s.n; n += len) {
		len = tq_utf8_len(s.p + n, s.n - n);
		len = len == 0 ? 1 : len;
		w += tq_cell_width((struct tq_span){ s.p + n, len });
		if (w > room && n > 0)
			return blank > 0 ? blank : n;
		if (s.p[n] == ' ')
			blank = n;
	}
	return n;
}

static void
put_text(struct stack *s, struct tq_span text)
{
	size_t room = s->width > INDENT ? s->width - INDENT : 1, n;

	end_line(s);
	if (tq_span_eq(text, "-"))
		return;
	while (text.n > 0) {
		n = fitting(text, room);
		tq_buf_str(s->out, "  ");
		tq_buf_add(s->out, text.p, n);
		tq_buf_chr(s->out, '\n');
		while (n < text.n && text.p[n] == ' ')
			n++;
		text.p += n;
		text.n -= n;
	}
}

void
tq_stack_put(struct tq_buf *out, const char *const *heads,
    const struct tq_span *row, size_t n, bool flex, uint64_t whole, size_t width)
{
	struct stack s = { .out = out, .width = width };
	char head[HEAD_MAX] = "";
	size_t i;

	flex = flex && (whole >> (n - 1) & 1) == 0;
	/* A count; an id may begin with a digit, too. */
	if (strspn(row[0].p, "0123456789") >= row[0].n)
		width -= head_of(heads[0], row[0], head);
	tq_buf_str(out, head);
	tq_cell_put(out, row[0], (whole & 1) != 0 ? SIZE_MAX : width,
	    TQ_CELL_END);
	tq_buf_chr(out, '\n');
	for (i = 1; i + flex < n; i++)
		put_cell(&s, heads[i], row[i], (whole >> i & 1) != 0);
	if (flex && n > 1)
		put_text(&s, row[n - 1]);
	end_line(&s);
}
