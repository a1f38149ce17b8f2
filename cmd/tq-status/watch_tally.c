/* cmd/tq-status/watch_tally.c -- see watch_tally.h. */
#include "watch_tally.h"

#include <string.h>

#define NSEEN	(2 * WATCH_TALLY_MAX)

/* FNV-1a of 64 bits; never 0. */
static uint64_t
hash_of(const char *id)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	return h == 0 ? 1 : h;
}

static size_t
place_of(const struct watch_tally *tally, uint64_t hash)
{
	size_t i = hash % NSEEN;

	while (tally->seen[i].hash != 0 && tally->seen[i].hash != hash)
		i = (i + 1) % NSEEN;
	return i;
}

/* Where a task stood when it was counted; TQ_STATUS_MAX: it was not there. */
static enum tq_status
stood(const struct watch_tally *tally, const struct tq_task *t)
{
	if (t->created_at >= tally->at)
		return TQ_STATUS_MAX;
	if (t->started_at != 0 && t->started_at < tally->at &&
	    t->status != TQ_PENDING)
		return TQ_RUNNING;
	/* Waiting again without an attempt: it was redriven. */
	if (t->status == TQ_PENDING && t->attempts == 0)
		return TQ_FAILED;
	return t->attempts > 1 ? TQ_RETRYING : TQ_PENDING;
}

static void
move(struct tq_count *row, enum tq_status from, enum tq_status to)
{
	if (from != TQ_STATUS_MAX && row->by_status[from] > 0)
		row->by_status[from]--;
	row->by_status[to]++;
}

bool
watch_tally_change(struct watch_tally *tally, struct tq_count *rows, size_t n,
    const struct tq_task *t)
{
	uint64_t hash = hash_of(t->id);
	size_t i, at = place_of(tally, hash);
	enum tq_status from;

	for (i = 0; i < n && (strcmp(rows[i].queue, t->queue) != 0 ||
	    strcmp(rows[i].type, t->type) != 0); i++)
		;
	if (i == n || tally->n == WATCH_TALLY_MAX)
		return false;
	if (tally->seen[at].hash == 0) {
		/* A change that the count has seen already. */
		if (t->updated_at < tally->at)
			return true;
		from = stood(tally, t);
		tally->seen[at].hash = hash;
		tally->n++;
	} else {
		from = tally->seen[at].status;
	}
	tally->seen[at].status = t->status;
	if (from != t->status)
		move(&rows[i], from, t->status);
	return true;
}
