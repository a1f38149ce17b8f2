/*
 * lib/store/aws/sweep/sweep.c -- house-keeping, a part by one process at a time
 * (part.c); chores.c says what is done.
 */
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"
#include "store/aws/sweep/sweep.h"

struct sweeping {
	struct aq	*s;
	const char	**queues;
	size_t		 n;
	bool		 force;
	int		 parts;
	struct tq_swept	 did[AQ_SHARDS_MAX];	/* in each part */
};

/* One that fails keeps nobody from the others. */
static int
sweep_queue(struct sweeping *w, const char *queue, struct tq_err *err)
{
	struct aq_facts facts = { .is.retention_ms = AQ_RETENTION_S *
	    INT64_C(1000) };
	const bool *mine = w->s->sweeping.mine;
	int i, rc, shards;

	if ((rc = aq_shards_walk(w->s, queue, &shards, err)) == -1)
		return -1;
	for (i = 0; i < shards && i < w->parts && !aq_unreachable(err); i++)
		if (mine[i] && (aq_do_chores(w->s, queue, i, w->force, &facts,
		    &w->did[i], err) == -1 || aq_debts_pay(w->s, queue, i,
		    &w->did[i], err) == -1))
			rc = -1;
	if (rc != -1 && mine[0])
		rc = aq_orphans_remove(w->s, queue, &w->did[0].blobs, err);
	return rc;
}

/* Into how many parts the work falls: as many as the most shards. */
static int
parts_of(const struct sweeping *w)
{
	int most = 1, n;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (aq_shards_walk(w->s, w->queues[i], &n, NULL) == 0 &&
		    n > most)
			most = n;
	return most;
}

static void
add_up(struct sweeping *w, struct tq_swept *sum)
{
	struct tq_swept *one;
	int i;

	for (i = 0; i < w->parts; i++) {
		if (!w->s->sweeping.mine[i])
			continue;
		one = &w->did[i];
		if (!one->more)
			aq_chores_anew(w->s, i);
		aq_part_swept(w->s, i, one);
		sum->expired += one->expired;
		sum->removed += one->removed;
		sum->blobs += one->blobs;
		sum->rung += one->rung;
		sum->told += one->told;
		sum->more |= one->more;
	}
}

int
aq_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	struct sweeping w = { .s = aq_of(st), .force = force };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err why = TQ_ERR_INIT;
	size_t i;
	int rc, got = -1;

	*out = (struct tq_swept){ 0 };
	rc = aq_queues(w.s, &a, &w.queues, &w.n, &why);
	if (rc == 0) {
		w.parts = parts_of(&w);
		rc = got = aq_parts_take(w.s, w.parts, sweeper, force, &why);
	}
	out->skipped = got == 0;
	for (i = 0; got > 0 && i < w.n && !aq_unreachable(&why); i++)
		if (sweep_queue(&w, w.queues[i], &why) == -1)
			rc = -1;	/* the next may be all right */
	if (got > 0)
		add_up(&w, out);
	if (rc == -1 && err != NULL)
		*err = why;
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}
