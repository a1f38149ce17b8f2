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

	/* Lanes are numbered from 1 and never removed. */
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
	if ((rc = sq_step(s, q, err)) == -1 || (rc == 0 && !add))
		return rc;
	if (rc == 1) {
		*lane = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	} else {
		if ((q = sq_stmt(s, SQ_LANE_ADD, err)) == NULL)
			return -1;
		sqlite3_bind_text(q, 1, queue, -1, SQLITE_STATIC);
		sqlite3_bind_text(q, 2, type, -1, SQLITE_STATIC);
		if (sq_run(s, q, err) == -1)
			return -1;
		*lane = sqlite3_last_insert_rowid(s->db);
	}
	return lane_keep(s, *lane, queue, type, err) == -1 ? -1 : 1;
}
