/* lib/serve/api/edges.c -- what a task waits for, and what waits for it. */
#include "serve/api/inside.h"
#include "store/edges.h"
#include "util/json.h"
#include "util/str.h"

#define TEXT_MAX	(4 * 1024 * 1024)
#define LIMIT		100
#define LIMIT_MAX	1000

struct edges {
	struct tq_parent *parents;
	const char	**children;
	size_t		 nparents, nchildren;
	struct tq_task	**at;		/* of the parents, then the children:
					   those to be shown; or NULL */
	size_t		 limit;
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
read_records(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct edges *e = r->data;
	size_t i, n = 0, np = least(e->nparents, e->limit);
	size_t nc = least(e->nchildren, e->limit);
	const char **ids = tq_arena_alloc(&r->arena, (np + nc + 1) *
	    sizeof(*ids));

	e->at = tq_arena_alloc(&r->arena, (np + nc + 1) * sizeof(*e->at));
	for (i = 0; i < np; i++)
		ids[n++] = e->parents[i].id;
	for (i = 0; i < nc; i++)
		ids[n++] = e->children[i];
	return n == 0 ? 0 : tq_store_get(st, ids, n, 0, &r->arena, e->at, err);
}

static int
read_edges(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct edges *e = r->data;

	if (sv_read_task(r, st, err) == -1)
		return -1;
	if (r->task == NULL)
		return 0;
	if (tq_store_parents(st, r->task_id, &r->arena, &e->parents,
	    &e->nparents, err) == -1 || tq_store_children(st, r->task_id,
	    &r->arena, &e->children, &e->nchildren, err) == -1)
		return -1;
	return read_records(r, st, err);
}

/* One end of an edge, as far as the key may see it. */
static bool
put_end(struct sv_req *r, const char *id, const struct tq_task *t,
    struct tq_buf *b)
{
	if (t != NULL ? !sv_may(r, t->queue, t->type) :
	    !sv_may_whole(r, NULL))
		return false;
	tq_buf_str(b, b->data[b->len - 1] == '[' ? "{" : ",{");
	tq_json_member_str(b, "taskId", id);
	if (t == NULL)
		return true;
	tq_json_member_str(b, "queue", t->queue);
	tq_json_member_str(b, "type", t->type);
	tq_json_member_str(b, "status", tq_status_name(t->status));
	return true;
}

static void
put_parents(struct sv_req *r, struct tq_buf *b)
{
	const struct edges *e = r->data;
	const struct tq_parent *p;
	size_t i;

	for (i = 0; i < least(e->nparents, e->limit); i++) {
		p = &e->parents[i];
		if (!put_end(r, p->id, e->at[i], b))
			continue;
		tq_json_member_bool(b, "anyEnd", p->ended);
		tq_json_member_bool(b, "met", p->met);
		if (p->met)
			tq_json_member_str(b, "metBy",
			    tq_status_name(p->status));
		tq_buf_chr(b, '}');
	}
}

static void
put_children(struct sv_req *r, struct tq_buf *b)
{
	const struct edges *e = r->data;
	size_t i, np = least(e->nparents, e->limit);

	for (i = 0; i < least(e->nchildren, e->limit); i++)
		if (put_end(r, e->children[i], e->at[np + i], b))
			tq_buf_chr(b, '}');
}

static enum MHD_Result
answer_edges(struct sv_req *r)
{
	const struct edges *e = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	tq_buf_str(&b, "{\"parents\":[");
	put_parents(r, &b);
	tq_buf_str(&b, "],\"children\":[");
	put_children(r, &b);
	tq_buf_chr(&b, ']');
	/* How many there are would tell a bounded key of what it can't see. */
	if (sv_may_whole(r, NULL)) {
		tq_json_member_int(&b, "parentsInAll", (int64_t)e->nparents);
		tq_json_member_int(&b, "childrenInAll", (int64_t)e->nchildren);
	}
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_edges_run(struct sv_req *r)
{
	struct edges *e = tq_arena_alloc(&r->arena, sizeof(*e));
	const char *v = tq_uri_param(&r->uri, "limit");
	int64_t n = LIMIT;

	if (v != NULL && tq_str_int(v, 1, LIMIT_MAX, &n) == -1)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "limit: must be a number from 1 to 1000", NULL);
	e->limit = (size_t)n;
	r->data = e;
	return sv_read(r, read_edges, SV_SLOW, answer_edges);
}
