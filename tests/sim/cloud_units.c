/*
 * tests/sim/cloud_units.c -- what DynamoDB charges for a write, and how much it
 * takes in a second: of the table, and of each key of the index.
 *
 * From its Developer Guide: a write costs a unit for each KiB begun of the
 * bigger of the item before and after; an entry of the index made, removed or
 * changed one of its own size, one whose key changes two; an index that is hot
 * holds up the writes of its table.  AWS lets what was left of five minutes be
 * used at once; here it is what was left of one second, which is stricter.
 */
#include <stdio.h>
#include <string.h>

#include "aws/item.h"
#include "cloud.h"
#include "util/str.h"
#include "world.h"

#define KEYS		512
#define OVERHEAD	100	/* of an entry, bytes */

struct bucket {
	char	 key[96];
	double	 left;		/* negative: owed */
	int64_t	 at;
};
static struct bucket table, keys[KEYS];
static size_t nkeys;

/* An item's part in the index. */
struct part {
	struct bucket	*b;	/* NULL: it has none */
	struct tq_buf	 entry;
	size_t		 units;
};

static void
fill(struct bucket *b, unsigned rate)
{
	if (b->at == 0 && b->left == 0)
		b->left = rate;
	b->left += (double)(sim.now - b->at) * rate / SIM_SEC;
	if (b->left > rate)
		b->left = rate;
	b->at = sim.now;
}

static struct bucket *
key_of(const char *gsi)
{
	size_t i;

	for (i = 0; i < nkeys; i++)
		if (strcmp(keys[i].key, gsi) == 0)
			return &keys[i];
	if (nkeys == KEYS)
		sim_fail("too many keys of the index");
	snprintf(keys[nkeys].key, sizeof(keys[0].key), "%s", gsi);
	return &keys[nkeys++];
}

static size_t
units(size_t bytes)
{
	return bytes <= 1024 ? 1 : (bytes + 1023) / 1024;
}

static struct part
part_of(struct tq_span item)
{
	struct part p = { .entry = TQ_BUF_INIT(TQ_DDB_ITEM_MAX) };
	struct tq_arena a = TQ_ARENA_INIT;
	const char *gsi = item.n == 0 ? NULL : tq_item_get_text(item, "gsi",
	    &a);
	int64_t at;

	if (gsi != NULL && tq_item_get_int(item, "ringAt", &at)) {
		cloud_project(&p.entry, item);
		p.b = key_of(gsi);
		p.units = units(tq_item_size(tq_buf_span(&p.entry)) + OVERHEAD);
		fill(p.b, sim.knobs.key_units);
	}
	tq_arena_free(&a);
	return p;
}

/* The same place? */
static bool
same_key(struct tq_span old, struct tq_span new)
{
	int64_t a = 0, b = 0;

	return tq_item_get_int(old, "ringAt", &a) && tq_item_get_int(new,
	    "ringAt", &b) && a == b;
}

/* Of the entries before and after, those that are written. */
static void
written(struct part *was, struct part *is, struct tq_span old,
    struct tq_span new)
{
	if (was->b == NULL || was->b != is->b || !same_key(old, new))
		return;
	if (is->units < was->units)
		is->units = was->units;
	if (was->entry.len == is->entry.len && memcmp(was->entry.data,
	    is->entry.data, is->entry.len) == 0)
		is->b = NULL;
	was->b = NULL;
}

const char *
cloud_units_take(struct tq_span old, struct tq_span new)
{
	struct part p[2] = { part_of(old), part_of(new) };
	size_t most = old.n == 0 ? 0 : tq_item_size(old), i;
	const char *why = NULL;

	if (new.n > 0 && tq_item_size(new) > most)
		most = tq_item_size(new);
	written(&p[0], &p[1], old, new);
	fill(&table, sim.knobs.table_units);
	for (i = 0; i < 2; i++)
		if (p[i].b != NULL && p[i].b->left <= 0)
			why = "IndexWriteKeyRangeThroughputExceeded";
	if (why == NULL && table.left <= 0)
		why = "TableWriteMaxOnDemandThroughputExceeded";
	for (i = 0; i < 2; i++) {
		if (why == NULL && p[i].b != NULL)
			p[i].b->left -= (double)p[i].units;
		tq_buf_free(&p[i].entry);
	}
	if (why == NULL)
		table.left -= (double)units(most);
	else
		sim.throttled++;
	return why;
}
