/* lib/store/aws/claim/extend.c -- leases renewed. */
#include "store/aws/claim/claim.h"
#include "task/doorbell.h"

struct extending {
	const struct tq_extend	*in;
	struct tq_extended	*out;
};

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct extending *x = arg;
	struct aq_rec *r = &ups[i].rec;
	int64_t now = aq_now(s);
	struct tq_turned turned = { TQ_E_NOTFOUND, false };

	if (ups[i].found)
		turned = tq_turn_extend(&r->t, &x->in[i], now);
	x->out[i] = (struct tq_extended){ .code = turned.code,
	    .cancel_requested = turned.code == TQ_OK &&
	    r->t.cancel_requested };
	return aq_turned(s, r, false, turned, now);
}

/* Deal with the message of an extended lease. */
static void
keep_hidden(struct aq *s, const struct tq_extend *in, const struct aq_update *j,
    struct aq_lease *h, struct aq_receipt *hide, struct aq_receipt *drop)
{
	int64_t now = aq_now(s);
	const struct aq_rec *r = &j->rec;

	aq_permit_extend(s, r->permit, &r->t, r->t.lease_until + AQ_MARGIN_MS);
	if (h == NULL || h->receipt == NULL)
		return;
	aq_lease_wrote(h, j);
	if (now - h->received_at + in->lease_ms + 2000 > TQ_SQS_HIDE_MAX_MS -
	    TQ_SQS_MARGIN_MS)
		/* Past SQS's 12 hours: the sweep rings if we die. */
		*drop = (struct aq_receipt){ .queue = r->t.queue,
		    .receipt = h->receipt };
	else
		*hide = (struct aq_receipt){ .queue = r->t.queue,
		    .receipt = h->receipt, .hide_ms = in->lease_ms + 2000 };
}

/* The leases first, then the messages: a lost ring is only a late one. */
static void
keep_all_hidden(struct aq *s, const struct tq_extend *in, size_t n,
    const struct aq_update *ups, struct tq_arena *a)
{
	struct aq_receipt *hide = tq_arena_alloc(a, n * sizeof(*hide));
	struct aq_receipt *drop = tq_arena_alloc(a, n * sizeof(*drop));
	size_t i;

	for (i = 0; i < n; i++)
		if (ups[i].wrote)
			keep_hidden(s, &in[i], &ups[i], aq_lease_of(s, in[i].id,
			    in[i].claim), &hide[i], &drop[i]);
	aq_hide_all(s, false, hide, n);
	aq_delete_all(s, false, drop, n);
	for (i = 0; i < n; i++)
		if (drop[i].receipt != NULL)
			aq_lease_no_message(
			    aq_lease_of(s, in[i].id, in[i].claim));
}

int
aq_extend(struct tq_store *st, const struct tq_extend *in, size_t n,
    struct tq_extended *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct extending x = { in, out };
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		ups[i] = aq_lease_update(aq_lease_of(s, in[i].id, in[i].claim),
		    in[i].id, &a);
	rc = aq_update(s, ups, n, decide, &x, &a, err);
	keep_all_hidden(s, in, n, ups, &a);
	aq_deletes_flush(s);
	for (i = 0; rc == 0 && i < n; i++)
		if (out[i].code != TQ_OK)
			aq_lease_drop(s, aq_lease_of(s, in[i].id, in[i].claim));
	tq_arena_free(&a);
	return rc;
}
