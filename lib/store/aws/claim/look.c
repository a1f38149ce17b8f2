/* lib/store/aws/claim/look.c -- when the index was looked at for which types. */
#include "store/aws/claim/claim.h"

void
aq_look_anew(struct aq_look *looks)
{
	size_t i;

	for (i = 0; i < AQ_LOOKS; i++)
		looks[i].at = INT64_MIN / 2;
}

bool
aq_look_due(struct aq_look *looks, uint64_t types, int64_t boot)
{
	struct aq_look *l = &looks[0];
	size_t i;

	for (i = 0; i < AQ_LOOKS && looks[i].types != types; i++)
		if (looks[i].at < l->at)
			l = &looks[i];
	if (i < AQ_LOOKS && boot - (l = &looks[i])->at < AQ_LOOK_MS)
		return false;
	*l = (struct aq_look){ types, boot };
	return true;
}
