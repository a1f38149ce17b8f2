/* lib/store/aws/read.c -- get and count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/record/record.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"

int
aq_get(struct tq_store *st, const char *const *ids, size_t n, unsigned with,
    struct tq_arena *a, struct tq_task **out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	struct aq_rec **recs;
	int64_t now = aq_now(s);
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		ups[i].id = ids[i];
	if (aq_fetch(s, ups, n, a, err) == -1)
		return -1;
	recs = tq_arena_alloc(a, (n + 1) * sizeof(*recs));
	for (i = 0; i < n; i++) {
		out[i] = NULL;
		if (!ups[i].found)
			continue;
		tq_turn_expire(&ups[i].rec.t, now, a);
		recs[m++] = &ups[i].rec;
		out[i] = &ups[i].rec.t;
	}
	if (aq_recs_load(s, recs, m, with, a, err) == -1)
		return -1;
	/* What can't be read is left out: the record says its size. */
	for (i = 0; i < m; i++)
		recs[i]->t.damaged = recs[i]->unread != NULL &&
		    recs[i]->unread->code == TQ_E_CORRUPT;
	return 0;
}

/*
 * What may run although it stands where it waited is read, the longest due of a
 * queue first, up to so many; of the others that is not known, and they count
 * as waiting.
 */
#define READ_MAX	1000

struct counting {
	struct aq		*s;
	struct tq_arena		*a;
	struct tq_count		*rows;
	size_t			 n, cap;
	int64_t			 now;
	struct unsure {
		const char	*id, *type;
		int64_t		 due;
		enum tq_status	 status;
	} unsure[READ_MAX];
	size_t			 nunsure;
};

static struct tq_count *
row_of(struct counting *c, const char *queue, const char *type)
{
	struct tq_count *rows;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->rows[i].queue, queue) == 0 &&
		    strcmp(c->rows[i].type, type) == 0)
			return &c->rows[i];
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 16 : 2 * c->cap;
		rows = tq_arena_alloc(c->a, c->cap * sizeof(*rows));
		if (c->n > 0)
			memcpy(rows, c->rows, c->n * sizeof(*rows));
		c->rows = rows;
	}
	c->rows[c->n] = (struct tq_count){
	    .queue = tq_arena_str(c->a, queue),
	    .type = tq_arena_str(c->a, type) };
	return &c->rows[c->n++];
}

static void
waits_since(struct counting *c, struct tq_count *row, int64_t due)
{
	if (due <= c->now && (row->oldest_due == 0 || due < row->oldest_due))
		row->oldest_due = due;
}

/* Only its record tells whether it runs, or since when it waits. */
static bool
keep_unsure(struct counting *c, enum tq_status status,
    const struct aq_entry *e)
{
	if (c->nunsure == READ_MAX || e->id == NULL ||
	    (TQ_BIT(status) & TQ_WAITING) == 0 ||
	    e->rings == AQ_RINGS_HELD || (e->expires_at != 0 &&
	    e->expires_at <= c->now) ||
	    !(aq_entry_may_run(e, status, c->now) || e->put_off))
		return false;
	c->unsure[c->nunsure++] = (struct unsure){
	    tq_arena_str(c->a, e->id), tq_arena_str(c->a, e->type), e->due,
	    status };
	return true;
}

static int
count_unsure(struct counting *c, const char *queue, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, (c->nunsure + 1) *
	    sizeof(*ups));
	const struct tq_task *t;
	struct tq_count *row;
	size_t i;
	int rc;

	for (i = 0; i < c->nunsure; i++)
		ups[i] = (struct aq_update){ .id = c->unsure[i].id };
	rc = aq_fetch(c->s, ups, c->nunsure, &a, err);
	for (i = 0; rc == 0 && i < c->nunsure; i++) {
		t = &ups[i].rec.t;
		row = row_of(c, queue, c->unsure[i].type);
		if (ups[i].found && t->status == TQ_RUNNING) {
			row->by_status[TQ_RUNNING]++;
			continue;
		}
		row->by_status[c->unsure[i].status]++;
		waits_since(c, row, ups[i].found && t->due_since != 0 ?
		    t->due_since : c->unsure[i].due);
	}
	c->nunsure = 0;
	tq_arena_free(&a);
	return rc;
}

static void
count_entry(struct counting *c, const char *queue, enum tq_status status,
    const struct aq_entry *e)
{
	struct tq_count *row;

	if (e->type == NULL || keep_unsure(c, status, e))
		return;
	/* As the next write will have it. */
	if (e->expires_at != 0 && e->expires_at <= c->now) {
		if ((TQ_BIT(status) & TQ_FINISHED) != 0)
			return;
		if (status == TQ_PENDING || status == TQ_BLOCKED)
			status = TQ_CANCELLED;
		else if (status == TQ_RETRYING)
			status = TQ_FAILED;
	}
	row = row_of(c, queue, e->type);
	if (status == TQ_FAILED && e->drained)
		row->drained++;
	else
		row->by_status[status]++;
	if ((TQ_BIT(status) & TQ_WAITING) != 0 && e->rings != AQ_RINGS_HELD)
		waits_since(c, row, e->due);
}

static int
count_shard(struct counting *c, const char *queue, enum tq_status status,
    int shard, struct tq_err *err)
{
	struct tq_arena page = TQ_ARENA_INIT, *last = &page;
	char pk[TQ_NAME_MAX + 8];
	struct aq_query q = { 0 };
	struct aq_entry *e;
	size_t i, n;
	bool more = true;
	int rc = 0;

	while (more) {
		q.gsi = aq_gsi(queue, status, shard, last);
		if ((rc = aq_query(c->s, &q, last, &e, &n, &more, err)) == -1)
			break;
		for (i = 0; i < n; i++)
			count_entry(c, queue, status, &e[i]);
		if (n == 0)
			break;
		snprintf(pk, sizeof(pk), "%s", e[n - 1].pk);
		q.after = (struct aq_at){ pk, e[n - 1].ring_at };
		tq_arena_reset(last);
	}
	tq_arena_free(&page);
	return rc;
}

static int
count_queue(struct counting *c, const char *queue, struct tq_err *err)
{
	int status, shard, n;

	if (aq_shards_walk(c->s, queue, &n, err) == -1)
		return -1;
	for (status = 0; status < TQ_STATUS_MAX; status++)
		for (shard = 0; shard < n; shard++)
			if (count_shard(c, queue, (enum tq_status)status,
			    shard, err) == -1)
				return -1;
	return count_unsure(c, queue, err);
}

int
aq_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct counting *c = tq_arena_alloc(a, sizeof(*c));
	const char **queues = &queue;
	size_t i, nqueues = 1;

	*c = (struct counting){ .s = s, .a = a, .now = aq_now(s) };
	if (queue == NULL && aq_queues(s, a, &queues, &nqueues, err) == -1)
		return -1;
	for (i = 0; i < nqueues; i++)
		if (count_queue(c, queues[i], err) == -1)
			return -1;
	*rows = c->rows != NULL ? c->rows : tq_arena_alloc(a, sizeof(**rows));
	*n = c->n;
	return 0;
}
