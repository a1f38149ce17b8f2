/* lib/store/sqlite/lane.c -- (queue, type) as a small integer. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"

void
sq_lanes_free(struct sq *s)
{
	size_t i;

	for (i = 0; i < s->nlanes; i++) {
		free(s->lanes[i].queue);
		free(s->lanes[i].type);
	}
	free(s->lanes);
	s->lanes = NULL;
	s->nlanes = 0;
}

static int
lane_keep(struct sq *s, int64_t lane, const char *queue, const char *type,
    struct tq_err *err)
{
	struct sq_lane *grown, *l;

	grown = realloc(s->lanes, (s->nlanes + 1) * sizeof(*grown));
	if (grown == NULL)
		goto nomem;
	s->lanes = grown;
	l = &s->lanes[s->nlanes];
	l->lane = lane;
	l->queue = strdup(queue);
	l->type = strdup(type);
	if (l->queue == NULL || l->type == NULL) {
		free(l->queue);
		free(l->type);
		goto nomem;
	}
	s->nlanes++;
	return 0;
nomem:
	return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
}

int
sq_lanes_load(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_LANE_ALL, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_lanes_free(s);
	while ((rc = sq_step(s, q, err)) == 1)
		if (lane_keep(s, sqlite3_column_int64(q, 0),
		    (const char *)sqlite3_column_text(q, 1),
		    (const char *)sqlite3_column_text(q, 2), err) == -1) {
			sqlite3_reset(q);
			return -1;
		}
	return rc;
}

static const struct sq_lane *
cached(const struct sq *s, int64_t lane)
{
	size_t i;

	/* Lanes are numbered from 1; few are ever removed. */
	if (lane >= 1 && (size_t)lane <= s->nlanes &&
	    s->lanes[lane - 1].lane == lane)
		return &s->lanes[lane - 1];
	for (i = 0; i < s->nlanes; i++)
		if (s->lanes[i].lane == lane)
			return &s->lanes[i];
	return NULL;
}

const struct sq_lane *
sq_lane_get(struct sq *s, int64_t lane, struct tq_err *err)
{
	const struct sq_lane *l = cached(s, lane);

	if (l != NULL)
		return l;
	if (sq_lanes_load(s, err) == -1)
		return NULL;
	if ((l = cached(s, lane)) == NULL)
		tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "%s: is damaged: no lane %lld", s->base.name,
		    (long long)lane);
	return l;
}

/* May one more (queue, type) be named?  1, 0 or -1. */
static int
lane_fits(struct sq *s, const char *queue, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_LANE_COUNT, err);
	bool fits;

	if (q == NULL)
		return -1;
	sqlite3_bind_text(q, 1, queue, -1, SQLITE_STATIC);
	if (sq_step_one(s, q, err) == -1)
		return -1;
	fits = sqlite3_column_int64(q, 0) < s->url.types &&
	    (sqlite3_column_int64(q, 1) < s->url.queues ||
	    sqlite3_column_int(q, 2) != 0);
	sqlite3_reset(q);
	return fits;
}

static int
lane_add(struct sq *s, const char *queue, const char *type, int64_t *lane,
    struct tq_err *err)
{
	sqlite3_stmt *q;
	int rc = lane_fits(s, queue, err);

	if (rc != 1)
		return rc;
	if ((q = sq_stmt(s, SQ_LANE_ADD, err)) == NULL)
		return -1;
	sqlite3_bind_text(q, 1, queue, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, type, -1, SQLITE_STATIC);
	if (sq_run(s, q, err) == -1)
		return -1;
	*lane = sqlite3_last_insert_rowid(s->db);
	return 1;
}

int
sq_lane_find(struct sq *s, const char *queue, const char *type, bool add,
    int64_t *lane, struct tq_err *err)
{
	sqlite3_stmt *q;
	size_t i;
	int rc;

	for (i = s->nlanes; i-- > 0; )
		if (strcmp(s->lanes[i].type, type) == 0 &&
		    strcmp(s->lanes[i].queue, queue) == 0) {
			*lane = s->lanes[i].lane;
			return 1;
		}
	if ((q = sq_stmt(s, SQ_LANE_FIND, err)) == NULL)
		return -1;
	sqlite3_bind_text(q, 1, queue, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, type, -1, SQLITE_STATIC);
	if ((rc = sq_step(s, q, err)) == 1)
		*lane = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (rc == 0 && add)
		rc = lane_add(s, queue, type, lane, err);
	if (rc != 1)
		return rc;
	return lane_keep(s, *lane, queue, type, err) == -1 ? -1 : 1;
}

int
sq_lanes_tidy(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_TALLY_EMPTY, err), *del;
	int rc, n = 0;

	if (q == NULL || sq_run(s, q, err) == -1 ||
	    (q = sq_stmt(s, SQ_LANE_IDLE, err)) == NULL)
		return -1;
	for (; (rc = sq_step(s, q, err)) == 1; n++) {
		if ((del = sq_stmt(s, SQ_LANE_DEL, err)) == NULL)
			break;
		sqlite3_bind_int64(del, 1, sqlite3_column_int64(q, 0));
		if (sq_run(s, del, err) == -1)
			break;
	}
	sqlite3_reset(q);
	if (rc != 0)
		return -1;
	if (n == 0)
		return 0;
	/* Others who know these numbers must learn that they are gone. */
	sq_lanes_free(s);
	return (q = sq_stmt(s, SQ_META_LANES, err)) == NULL ? -1 :
	    sq_run(s, q, err);
}
