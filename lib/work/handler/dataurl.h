/* lib/work/handler/dataurl.h -- data: URLs (RFC 2397).  Pure. */
#ifndef TQ_DATAURL_H
#define TQ_DATAURL_H

#include "util/buf.h"

struct tq_err;

/*
 * tq_dataurl_decode(url, out, err):
 * Append the bytes that ${url} ("data:image/png;base64,...") holds.  Fails
 * with stage fetch, TQ_E_DATA (no comma, bad base64, bad %-escape) or
 * TQ_E_TOOBIG (over the maximum of ${out}).
 */
int tq_dataurl_decode(const char *url, struct tq_buf *out,
    struct tq_err *err);

#endif
