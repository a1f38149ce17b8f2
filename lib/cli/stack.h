/* lib/cli/stack.h -- a row of a table where a line is too narrow for it. */
#ifndef TQ_CLI_STACK_H
#define TQ_CLI_STACK_H

#include "util/buf.h"

/*
 * tq_stack_put(out, heads, row, n, flex, whole, width):
 * Append the ${n} cells of a row, escaped, as lines of at most ${width} columns,
 * each with a line feed: the first on a line of its own, as it is what people
 * copy; then the others, behind each other while there is room.  A number says
 * what it counts ("dead 3"); 0 and "-" are left out.  The last one, if ${flex},
 * begins a line and goes on below, so that all of it can be read.  A cell whose
 * bit of ${whole} is set is neither cut nor broken: the terminal does that.
 */
void tq_stack_put(struct tq_buf *out, const char *const *heads,
    const struct tq_span *row, size_t n, bool flex, uint64_t whole, size_t width);

#endif
