/*
 * tests/sim/leases.c -- how leases may end: each submission is completed once,
 * and a token that others have left behind ends and renews nothing.
 *
 * An answer may be late: then what it tells of was true before the answers that
 * came meanwhile.  So a completion belongs to its submission, whichever the
 * record is of by now, and tokens are compared with those that were known when
 * the verb was asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "world.h"

uint64_t
sim_model_newest(const struct sim_task *t)
{
	return t->last_token > t->token ? t->last_token : t->token;
}

void
sim_model_fenced(const struct sim_task *t, uint64_t token, uint64_t newest,
    const char *what)
{
	if (newest > token)
		sim_fail("task %s: a lease of token %llu was %s, and before "
		    "that was asked there was %llu", t->id,
		    (unsigned long long)token, what,
		    (unsigned long long)newest);
}

const struct sim_done *
sim_model_done(const struct sim_task *t, const char *submit_id)
{
	const struct sim_done *d = t->done;

	while (d != NULL && strcmp(d->submit_id, submit_id) != 0)
		d = d->next;
	return d;
}

void
sim_model_completed(struct sim_task *t, const char *submit_id,
    const struct tq_finish *f)
{
	const struct sim_done *old = sim_model_done(t, submit_id);
	struct sim_done *d = calloc(1, sizeof(*d));

	if (old != NULL)
		sim_fail("task %s: two completions of submission %s were "
		    "accepted: %s and %.*s", t->id, submit_id, old->result,
		    (int)sizeof(old->result), f->result.p);
	if (d == NULL)
		sim_fail("no memory for a completion");
	snprintf(d->submit_id, sizeof(d->submit_id), "%s", submit_id);
	snprintf(d->result, sizeof(d->result), "%.*s",
	    (int)strcspn(f->result.p, "~"), f->result.p);
	d->result_size = f->result.n;
	d->next = t->done;
	t->done = d;
}
