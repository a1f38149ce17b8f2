/*
 * lib/store/causes.h -- for the doctor of any store: what keeps due tasks from
 * being run, and what would help.
 */
#ifndef TQ_STORE_CAUSES_H
#define TQ_STORE_CAUSES_H

#include "store/facts.h"
#include "store/setup.h"

/*
 * tq_causes(f, fn, arg):
 * A finding for each paused queue in which tasks wait, and for each queue and
 * type whose due tasks wait for something: a worker that takes the type (if
 * there are workers at all), a limit, a free slot, a rate.
 */
void tq_causes(struct tq_facts *f, tq_finding_fn *fn, void *arg);

/*
 * tq_causes_module(st, fn, arg, err):
 * A finding if the module that fetches from http(s): and s3: is not installed:
 * a warning if one of the first 1000 tasks that wait needs it.  0, or -1.
 */
int tq_causes_module(struct tq_store *st, tq_finding_fn *fn, void *arg,
    struct tq_err *err);

#endif
