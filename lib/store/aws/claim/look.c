/*
 * lib/store/aws/claim/look.c -- when the index was looked at for which
 * types.
 */
#include <string.h>

#include "store/aws/claim/claim.h"

#define LOOK_MS	10000	/* between looks at the index */

void
aq_look_anew(struct aq_queue *q, enum aq_look_for what)
{
	memset(q->looks.last[what], 0, sizeof(q->looks.last[what]));
}

bool
aq_look_due(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot)
{
	struct aq_look *looks = q->looks.last[what], *l = &looks[0];
	size_t i;

	for (i = 0; i < AQ_LOOKS && looks[i].types != types; i++)
		if (looks[i].at < l->at)
			l = &looks[i];
	if (i < AQ_LOOKS)
		l = &looks[i];
	if (i < AQ_LOOKS && l->at != 0 && boot - l->at < LOOK_MS)
		return false;
	*l = (struct aq_look){ types, boot };
	return true;
}
