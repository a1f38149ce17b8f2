/* lib/task/builtin.h -- what the payloads of the built-in types may name. */
#ifndef TQ_BUILTIN_H
#define TQ_BUILTIN_H

#include <stdbool.h>

#include "util/buf.h"

struct tq_err;

/*
 * tq_builtin_check(type, payload, err):
 * Does no member of the JSON object ${payload} look like a slip of one that
 * the built-in handler of ${type} knows ("maxPixels", "qualty")?  A handler
 * would run without it and do something else than was asked for.  Members of
 * other names pass: they may be the submitter's own.  Fails with stage parse,
 * TQ_E_DATA, naming both.  0 for other types and payloads.
 */
int tq_builtin_check(const char *type, struct tq_span payload,
    struct tq_err *err);

/* tq_builtin_is(type): does a worker have a handler of its own for it? */
bool tq_builtin_is(const char *type);

#endif
