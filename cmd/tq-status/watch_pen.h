/* cmd/tq-status/watch_pen.h -- lines of cells for a screen.  Pure. */
#ifndef TQ_WATCH_PEN_H
#define TQ_WATCH_PEN_H

#include "util/buf.h"

enum pen_style {
	PEN_PLAIN, PEN_BOLD, PEN_DIM, PEN_RED, PEN_GREEN, PEN_YELLOW,
	PEN_REVERSE
};

struct pen {
	struct tq_buf	*out;
	int		 width, height;
	bool		 color;		/* SGR sequences may be written */
	bool		 utf8;		/* the terminal has more than ASCII */
	bool		 selected;	/* this line has the cursor */
	int		 lines;		/* begun so far */
	int		 left;		/* columns of this line */
	struct tq_buf	 text;		/* of one cell, escaped; freed by the
					   caller */
};

/* pen_line(p): begin a line; false when the screen is full, and what is written
   then is dropped. */
bool pen_line(struct pen *p);

/* pen_select(p, yes): begin a line's first column, the mark of the cursor. */
void pen_select(struct pen *p, bool yes);

/*
 * pen_cell(p, style, width, text):
 * A cell of ${width} columns and a blank behind it; width < 0: to the right
 * edge of it; 0: as wide as the text is, or as there is room.  Escaped here; in
 * a locale without UTF-8 what is not ASCII is "?".
 */
void pen_cell(struct pen *p, enum pen_style style, int width,
    const char *text);

/* pen_span(p, style, text): pen_cell() of width 0, for a span. */
void pen_span(struct pen *p, enum pen_style style, struct tq_span text);

/* pen_number(p, style, width, n): to the right; 0 is a dim dot. */
void pen_number(struct pen *p, enum pen_style style, int width, uint64_t n);

/* pen_time(p, style, width, ms): "12s", "1h30m"; tenths would only flicker. */
void pen_time(struct pen *p, enum pen_style style, int width, int64_t ms);

/* pen_end(p): fill the line that has the cursor. */
void pen_end(struct pen *p);

#endif
