/*
 * lib/store/aws/claim/look.c -- looks at the index, each for some types.
 *
 * A claim reads a bounded page; the next claim for the same types goes on
 * behind it.  "There is nothing" is only said after a round that saw all and
 * found nothing from its start to its end.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"

#define LOOK_MS		10000	/* between looks that messages make needless */
#define LEFT_MS		30000	/* ... for what a message brings, too */
#define SMALL		1	/* pages of a round that costs nothing to repeat */
#define PAGE_REST_MS	3000	/* rest between rounds, for each page of one */
#define REST_MAX_MS	(10 * INT64_C(60000))

static void
rewind_look(struct aq_look *l)
{
	size_t i;

	for (i = 0; i < AQ_LOOK_PARTS; i++) {
		free(l->part[i].pk);
		l->part[i] = (struct aq_part){ .pk = NULL };
	}
	l->fruitless = true;
	l->pages = 0;
	l->next = 0;
}

static void
forget(struct aq_look *l)
{
	rewind_look(l);
	memset(l, 0, sizeof(*l));
	l->fruitless = true;
}

/* That of these types, which takes the place of the oldest. */
static struct aq_look *
find(struct aq_queue *q, enum aq_look_for what, uint64_t types)
{
	struct aq_look *looks = q->looks.last[what], *l = &looks[0];
	size_t i;

	for (i = 0; i < AQ_LOOKS; i++) {
		if (looks[i].types == types)
			return &looks[i];
		if (looks[i].at < l->at)
			l = &looks[i];
	}
	forget(l);
	l->types = types;
	return l;
}

void
aq_look_anew(struct aq_queue *q, enum aq_look_for what)
{
	size_t i;

	for (i = 0; i < AQ_LOOKS; i++) {
		q->looks.last[what][i].at = 0;
		q->looks.last[what][i].round_at = 0;
		q->looks.last[what][i].fruitless = false;
	}
}

void
aq_looks_free(struct aq_queue *q)
{
	size_t i, k;

	for (i = 0; i < AQ_LOOK_KINDS; i++)
		for (k = 0; k < AQ_LOOKS; k++)
			forget(&q->looks.last[i][k]);
}

bool
aq_look_due(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot)
{
	struct aq_look *l = find(q, what, types);

	if (l->at != 0 && boot - l->at < (what == AQ_LOOK_LEFT ? LEFT_MS :
	    LOOK_MS))
		return false;
	l->at = boot;
	return true;
}

void
aq_look_done(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot)
{
	find(q, what, types)->at = boot;
}

struct aq_look *
aq_look_begin(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot)
{
	struct aq_look *l = find(q, what, types);
	int64_t rest = (int64_t)l->round_pages * PAGE_REST_MS;

	l->at = boot;
	if (l->round_at != 0 && l->round_pages > SMALL && l->pages == 0 &&
	    boot - l->round_at < (rest < REST_MAX_MS ? rest : REST_MAX_MS))
		return NULL;
	return l;
}

void
aq_look_seen(struct aq_part *p, const struct aq_entry *last, bool more,
    int shards)
{
	char *pk = more ? tq_must(strdup(last->pk)) : NULL;

	free(p->pk);
	p->pk = pk;
	p->ring_at = more ? last->ring_at : 0;
	p->shard += !more;
	p->end = p->shard >= shards;
}

bool
aq_look_end(struct aq_look *l, size_t nparts, bool found, int64_t boot)
{
	bool round = true, fruitless;
	size_t i;

	l->pages++;
	l->fruitless &= !found;
	for (i = 0; i < nparts; i++)
		round &= l->part[i].end;
	if (!round)
		return false;
	fruitless = l->fruitless;
	l->round_pages = l->pages;
	l->round_at = fruitless ? boot : 0;
	rewind_look(l);
	return fruitless;
}
