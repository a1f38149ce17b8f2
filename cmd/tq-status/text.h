/* cmd/tq-status/text.h -- bytes of tasks on their way out.  Pure. */
#ifndef TQ_STATUS_TEXT_H
#define TQ_STATUS_TEXT_H

#include "util/buf.h"

/* text_binary(s): does it hold NUL or bytes that are not UTF-8?  The last
   character may have been cut. */
bool text_binary(struct tq_span s);

/* text_visible(out, s): as tq_visible(), keeping line feeds and tabs. */
void text_visible(struct tq_buf *out, struct tq_span s);

/*
 * text_shown(old, now):
 * A log only keeps its end: it grows, and at its limit loses its front.  Of
 * ${now}, how many bytes at its front were shown when ${old} was?  In a time
 * that grows with both, whatever is in them.
 */
size_t text_shown(struct tq_span old, struct tq_span now);

#endif
