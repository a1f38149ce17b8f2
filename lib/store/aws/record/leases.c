/*
 * lib/store/aws/record/leases.c -- the leases of this process: the message behind each,
 * and the record as we wrote it, so that to renew or end a lease nothing needs
 * to be read again.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "util/str.h"

static void
keep(struct aq_held *h, struct tq_span item)
{
	free(h->item);
	h->item_n = item.n;
	h->item = tq_must(malloc(item.n + 1));
	memcpy(h->item, item.p, item.n);
}

void
aq_hold(struct aq *s, const struct aq_job *j, const char *receipt,
    int64_t received_at)
{
	struct aq_held *h;

	if (s->nheld == s->capheld) {
		s->capheld = s->capheld == 0 ? 16 : 2 * s->capheld;
		s->held = tq_must(realloc(s->held, s->capheld *
		    sizeof(*s->held)));
	}
	h = &s->held[s->nheld++];
	*h = (struct aq_held){ .id = tq_must(strdup(j->id)),
	    .claim = j->rec.t.claim, .received_at = received_at,
	    .receipt = receipt == NULL ? NULL : tq_must(strdup(receipt)) };
	if (j->rec.slot != NULL)
		h->slot = tq_must(strdup(j->rec.slot));
	keep(h, j->item);
}

struct aq_held *
aq_held(struct aq *s, const char *id, uint64_t claim)
{
	size_t i;

	for (i = 0; i < s->nheld; i++)
		if (s->held[i].claim == claim &&
		    strcmp(s->held[i].id, id) == 0)
			return &s->held[i];
	return NULL;
}

struct aq_job
aq_held_job(const struct aq_held *h, const char *id, struct tq_arena *a)
{
	struct aq_job j = { .id = id };

	if (h == NULL || !aq_rec_read((struct tq_span){ h->item, h->item_n },
	    a, &j.rec))
		return (struct aq_job){ .id = id };
	j.known = j.there = j.found = true;
	j.old_rev = j.rec.t.rev;
	return j;
}

void
aq_held_wrote(struct aq_held *h, const struct aq_job *j)
{
	if (h != NULL && j->item.n > 0)
		keep(h, j->item);
}

void
aq_held_quiet(struct aq_held *h)
{
	if (h != NULL) {
		free(h->receipt);
		h->receipt = NULL;
	}
}

void
aq_let_go(struct aq *s, struct aq_held *h)
{
	if (h == NULL)
		return;
	free(h->id);
	free(h->receipt);
	free(h->item);
	free(h->slot);
	*h = s->held[--s->nheld];
}
