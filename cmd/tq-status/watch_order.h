/* cmd/tq-status/watch_order.h -- which rows are shown, in which order.  Pure. */
#ifndef TQ_WATCH_ORDER_H
#define TQ_WATCH_ORDER_H

#include "watch_view.h"

/*
 * watch_order(v, d, part, out):
 * Choose the rows of one part into out->rows, n and all: those that the filter
 * of ${v} lets through, queues in the order of v->sort.
 */
void watch_order(const struct watch_view *v, const struct watch_data *d,
    enum watch_part part, struct watch_shown *out);

/* watch_row_key(part, row, key): what names a row while it is there. */
void watch_row_key(enum watch_part part, const void *row,
    char key[WATCH_KEY_MAX]);

#endif
