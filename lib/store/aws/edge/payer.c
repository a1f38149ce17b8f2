/* lib/store/aws/edge/payer.c -- a worker's handle leaves it to a thread. */
#include <stdlib.h>

#include "store/aws/edge/edge.h"
#include "store/payer.h"

static struct tq_store *
open_own(const struct tq_store *st)
{
	struct aq *own;

	return aq_new(st->url, st->env, 0, NULL, &own, NULL) == -1 ? NULL :
	    &own->base;
}

static void
close_own(struct tq_store *own)
{
	aq_free(aq_of(own));
}

static bool
pay(struct tq_store *own, const char *id)
{
	aq_pay_word(aq_of(own), id, NULL);
	aq_settle(aq_of(own));
	return false;
}

bool
aq_settle_soon(struct aq *s)
{
	static const struct tq_payer_ops ops = { open_own, close_own, pay };
	bool any = false;
	char *id;

	while ((id = aq_owed_next(s)) != NULL) {
		tq_payer_tell(&s->payer, &ops, &s->base, id);
		free(id);
		any = true;
	}
	return any;
}

bool
aq_settling(struct aq *s)
{
	return tq_payer_busy(s->payer);
}

void
aq_payer_end(struct aq *s)
{
	tq_payer_end(&s->payer);
}
