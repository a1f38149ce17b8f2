/* lib/cli/cell.h -- text in columns of a terminal. */
#ifndef TQ_CLI_CELL_H
#define TQ_CLI_CELL_H

#include "util/buf.h"

/* tq_cell_locale(): choose the locale that widths are of; once. */
void tq_cell_locale(void);

/* tq_cell_utf8(): does that locale, and so the terminal, have UTF-8? */
bool tq_cell_utf8(void);

/* tq_cell_width(s): the columns that the UTF-8 text takes. */
size_t tq_cell_width(struct tq_span s);

enum tq_cell {
	TQ_CELL_LEFT,		/* filled with blanks */
	TQ_CELL_RIGHT,		/* blanks in front */
	TQ_CELL_END		/* the last one of its line: not filled */
};

/* tq_cell_put(out, s, width, how): ${s} in ${width} columns; what is too
   long is cut with a mark. */
void tq_cell_put(struct tq_buf *out, struct tq_span s, size_t width,
    enum tq_cell how);

#endif
