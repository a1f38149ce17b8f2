/* lib/work/handler/text.h -- text.transform.  Pure; the only user of libunistring. */
#ifndef TQ_TEXT_H
#define TQ_TEXT_H

#include "util/buf.h"

/*
 * tq_text_transform(text, out):
 * Append {"originalLength":N,"upper":"...","wordCount":W} for valid UTF-8:
 * code points; full Unicode upper case of no language; maximal runs of
 * characters without the White_Space property.  0, or -1 when ${out} is full
 * or memory ran out.
 */
int tq_text_transform(struct tq_span text, struct tq_buf *out);

#endif
