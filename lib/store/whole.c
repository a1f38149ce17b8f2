/* lib/store/whole.c -- see whole.h. */
#include "store/whole.h"

#include <stdio.h>

void
tq_whole_add(struct tq_whole *w, const struct tq_task *t, const char *what,
    const char *name, int64_t size, int64_t want, const char *why)
{
	char how[512];

	w->n++;
	if (size != TQ_NOT_THERE && (want == 0 || size == want))
		return;
	if (w->bad++ > 0)
		return;
	if (size != TQ_NOT_THERE)
		snprintf(how, sizeof(how), "has %lld bytes instead of %lld",
		    (long long)size, (long long)want);
	else
		snprintf(how, sizeof(how), "%s", why != NULL ? why :
		    "is not there");
	snprintf(w->first, sizeof(w->first), "the %s of %s (%s) %s", what,
	    t->id, tq_status_name(t->status), how);
	snprintf(w->name, sizeof(w->name), "%s", name);
}

void
tq_whole_say(const struct tq_whole *w, const char *place, tq_finding_fn *fn,
    void *arg)
{
	char text[1200], remedy[5400];
	struct tq_finding f = { .level = TQ_LEVEL_OK, .subject = "blobs",
	    .text = text };

	if (w->n == 0)
		return;
	snprintf(text, sizeof(text), "%zu looked at, all whole", w->n);
	if (w->bad > 0) {
		snprintf(text, sizeof(text), "%zu of %zu missing or cut, the "
		    "first: %s", w->bad, w->n, w->first);
		snprintf(remedy, sizeof(remedy), "restore %s/%s, or submit "
		    "the task anew", place, w->name);
		f.level = TQ_LEVEL_WARN;
		f.remedy = remedy;
	}
	fn(arg, &f);
}
