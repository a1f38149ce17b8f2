/*
 * lib/store/aws/record/leases.c -- the leases of this process: the message
 * behind each, and the record as we wrote it, so that to renew or end a
 * lease nothing needs to be read again.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "util/str.h"

static void
keep(struct aq_lease *h, struct tq_span item)
{
	free(h->item);
	h->item_n = item.n;
	h->item = tq_must(malloc(item.n + 1));
	memcpy(h->item, item.p, item.n);
}

void
aq_lease_add(struct aq *s, const struct aq_update *j, const char *receipt,
    int64_t received_at)
{
	struct aq_lease *h;

	if (s->leases.n == s->leases.cap) {
		s->leases.cap = s->leases.cap == 0 ? 16 : 2 * s->leases.cap;
		s->leases.v = tq_must(realloc(s->leases.v, s->leases.cap *
		    sizeof(*s->leases.v)));
	}
	h = &s->leases.v[s->leases.n++];
	*h = (struct aq_lease){ .id = tq_must(strdup(j->id)),
	    .claim = j->rec.t.claim, .received_at = received_at,
	    .receipt = receipt == NULL ? NULL : tq_must(strdup(receipt)) };
	if (j->rec.permit != NULL)
		h->permit = tq_must(strdup(j->rec.permit));
	keep(h, j->item);
}

struct aq_lease *
aq_lease_of(struct aq *s, const char *id, uint64_t claim)
{
	size_t i;

	for (i = 0; i < s->leases.n; i++)
		if (s->leases.v[i].claim == claim &&
		    strcmp(s->leases.v[i].id, id) == 0)
			return &s->leases.v[i];
	return NULL;
}

struct aq_update
aq_lease_update(const struct aq_lease *h, const char *id, struct tq_arena *a)
{
	struct aq_update j = { .id = id };

	if (h == NULL || !aq_rec_read((struct tq_span){ h->item, h->item_n },
	    a, &j.rec))
		return (struct aq_update){ .id = id };
	j.known = j.there = j.found = true;
	j.old_rev = j.rec.t.rev;
	return j;
}

void
aq_lease_wrote(struct aq_lease *h, const struct aq_update *j)
{
	if (h != NULL && j->item.n > 0)
		keep(h, j->item);
}

void
aq_lease_no_message(struct aq_lease *h)
{
	if (h != NULL) {
		free(h->receipt);
		h->receipt = NULL;
	}
}

void
aq_lease_drop(struct aq *s, struct aq_lease *h)
{
	if (h == NULL)
		return;
	free(h->id);
	free(h->receipt);
	free(h->item);
	free(h->permit);
	*h = s->leases.v[--s->leases.n];
}

void
aq_leases_free(struct aq *s)
{
	while (s->leases.n > 0)
		aq_lease_drop(s, &s->leases.v[0]);
	free(s->leases.v);
}

bool
aq_leases_have_permit(const struct aq *s, const char *permit)
{
	size_t i;

	for (i = 0; i < s->leases.n; i++)
		if (s->leases.v[i].permit != NULL &&
		    strcmp(s->leases.v[i].permit, permit) == 0)
			return true;
	return false;
}
