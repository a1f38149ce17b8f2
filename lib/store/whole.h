/*
 * lib/store/whole.h -- are the bytes there that records name?  What the doctors
 * of all stores find, in the same words.
 */
#ifndef TQ_STORE_WHOLE_H
#define TQ_STORE_WHOLE_H

#include "store/setup.h"
#include "task/task.h"

struct tq_whole {
	size_t	n, bad;		/* blobs that were looked at; not whole */
	char	first[1024];	/* what is wrong with one */
	char	name[1024];	/* and which that is */
};

#define TQ_NOT_THERE	(-1)	/* a size */

/*
 * tq_whole_add(w, t, what, name, size, want, why):
 * The blob ${name}, the ${what} ("input") of ${t}, has ${size} bytes, and
 * should have ${want}; 0: that is not known.  ${why}: why it can't be opened,
 * though it is there; else NULL.
 */
void tq_whole_add(struct tq_whole *w, const struct tq_task *t,
    const char *what, const char *name, int64_t size, int64_t want,
    const char *why);

/*
 * tq_whole_say(w, place, fn, arg):
 * One finding, if any blob was looked at.  ${place} is what stands before a
 * name: the path of a folder, or "s3://BUCKET".
 */
void tq_whole_say(const struct tq_whole *w, const char *place,
    tq_finding_fn *fn, void *arg);

#endif
