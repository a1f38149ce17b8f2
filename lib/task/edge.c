/* lib/task/edge.c -- see edge.h. */
#include "task/edge.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"

static int
by_id(const void *a, const void *b)
{
	const struct tq_edge *const *x = a, *const *y = b;
	int c = strcmp((*x)->id, (*y)->id);

	/* Of two with one id the first of the request. */
	return c != 0 ? c : *x < *y ? -1 : *x > *y;
}

/* Each parent once; what is left keeps its order. */
static size_t
drop_doubles(struct tq_edge *v, size_t n, struct tq_arena *a)
{
	struct tq_edge **order = tq_arena_alloc(a, (n + 1) * sizeof(*order));
	size_t i, m = 0, first = 0;

	for (i = 0; i < n; i++)
		order[i] = &v[i];
	qsort(order, n, sizeof(*order), by_id);
	for (i = 1; i < n; i++) {
		if (strcmp(order[first]->id, order[i]->id) == 0)
			order[i]->id = NULL;
		else
			first = i;
	}
	for (i = 0; i < n; i++)
		if (v[i].id != NULL)
			v[m++] = v[i];
	return m;
}

static int
add(const struct tq_task *t, struct tq_span ids, bool ended,
    struct tq_arena *a, struct tq_edge *v, size_t *n, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(ids);
	struct tq_span k, val, id;

	while (ids.n > 0 && tq_json_next(&it, &k, &val)) {
		if (*n == TQ_PARENTS_MAX)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
			    "after: more than %d tasks", TQ_PARENTS_MAX);
		if (!tq_json_str(val, a, &id) || !tq_name_ok(id.p))
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "after: must be task ids");
		if (t->id != NULL && strcmp(t->id, id.p) == 0)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "after: task %s can't wait for itself", t->id);
		v[(*n)++] = (struct tq_edge){ id.p, ended };
	}
	return 0;
}

int
tq_edges_of(const struct tq_task *t, struct tq_arena *a,
    struct tq_edge **out, size_t *n, struct tq_err *err)
{
	/* An id takes three bytes at least, as ["a","b"] shows. */
	size_t most = (t->after.n + t->after_ended.n) / 3 + 1;

	*n = 0;
	*out = NULL;
	if (t->after.n == 0 && t->after_ended.n == 0)
		return 0;
	if (most > TQ_PARENTS_MAX)
		most = TQ_PARENTS_MAX;
	*out = tq_arena_alloc(a, most * sizeof(**out));
	if (add(t, t->after, false, a, *out, n, err) == -1 ||
	    add(t, t->after_ended, true, a, *out, n, err) == -1)
		return -1;
	*n = drop_doubles(*out, *n, a);
	return 0;
}

enum tq_edge_state
tq_edge_state(bool ended, enum tq_status status, bool gone)
{
	if (!gone && (TQ_BIT(status) & TQ_FINISHED) == 0)
		return TQ_EDGE_OPEN;
	if (ended || (status == TQ_COMPLETED && !gone))
		return TQ_EDGE_MET;
	return gone || status == TQ_CANCELLED ? TQ_EDGE_BROKEN : TQ_EDGE_OPEN;
}

void
tq_after_line(struct tq_buf *b, const char *id, enum tq_status status)
{
	tq_buf_fmt(b, "%s\t%s\n", id, tq_status_name(status));
}
