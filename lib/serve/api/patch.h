/*
 * lib/serve/api/patch.h -- what a PATCH of a queue asks for, as a merge patch
 * (RFC 7396): members that are not there stay as they are.  Pure.
 *
 *	{"paused": true, "reason": "TEXT", "for": "10m" or "until": TIME,
 *	 "rate": "5/s" or a number of starts a second or null,
 *	 "limits": {"TYPE": N or null, ...}}
 */
#ifndef TQ_SERVE_PATCH_H
#define TQ_SERVE_PATCH_H

#include "task/control.h"
#include "util/err.h"

struct sv_patch {
	bool		 pause, resume;
	const char	*reason;	/* NULL: stays */
	int64_t		 until;		/* -1: stays; 0: never */
	double		 rate;		/* -1: stays */
	struct tq_limit	 limits[TQ_LIMITS_PER_QUEUE];	/* max 0: none */
	size_t		 nlimits;
};

/*
 * sv_patch_read(p, json, now, a, err): read it, with its texts in ${a}.  0, or
 * -1 with TQ_E_USAGE and a message that begins with the member's name.
 */
int sv_patch_read(struct sv_patch *p, struct tq_span json, int64_t now,
    struct tq_arena *a, struct tq_err *err);

/*
 * sv_patch_apply(p, c, err): change ${c}.  -1 with TQ_E_USAGE when it would
 * have more than TQ_LIMITS_PER_QUEUE limits.
 */
int sv_patch_apply(const struct sv_patch *p, struct tq_control *c,
    struct tq_err *err);

#endif
