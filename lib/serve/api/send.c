/*
 * lib/serve/api/send.c -- hand what was submitted to the writer.
 *
 * What a key may not see is not there for it, as a parent of a new task either:
 * the answer is that to an id that nobody has.
 */
#include <stdio.h>
#include <string.h>

#include "serve/api/inside.h"
#include "task/edge.h"
#include "task/input.h"

static enum MHD_Result
send_now(struct sv_req *r, struct tq_task *t, size_t n, sv_handler *next)
{
	size_t hooks = sv_hooks_count(t, n), i;
	struct sv_op *j = &r->op;

	j->kind = SV_OP_SUBMIT;
	j->req = r;
	j->n = n + hooks;
	j->in = tq_arena_alloc(&r->arena, j->n * sizeof(*j->in));
	j->out = tq_arena_alloc(&r->arena, j->n * sizeof(*j->out));
	for (i = 0; i < n; i++)
		j->in[i] = (struct tq_submit){ .task = &t[i],
		    .keyed = t[i].fingerprint != NULL };
	r->tasks = t;
	if (hooks > 0)
		next = sv_hooks_add(r, n, next);
	if (r->up != NULL) {
		j->blob_fd = r->up->fd;
		j->blob_name = tq_blob_name(t->input);
	}
	sv_suspend(r, next);
	sv_exec_put(j->blob_fd != -1 ? &r->s->stager : &r->s->writer, j);
	return MHD_YES;
}

/* Of each task: the parent for want of which it is refused; NULL: none. */
struct parents {
	struct tq_task	*tasks;
	size_t		 n;
	const char	**wants;
	sv_handler	*next;
};

static bool
waits(const struct tq_task *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (t[i].after.n > 0 || t[i].after_ended.n > 0)
			return true;
	return false;
}

static bool
on_earlier_line(const struct parents *p, size_t i, const char *id)
{
	while (i-- > 0)
		if (strcmp(p->tasks[i].id, id) == 0)
			return true;
	return false;
}

/* The first parent that is not there for this key, if one of them is merely
   hidden from it: the store finds out about the others. */
static int
look(struct sv_req *r, struct tq_store *st, struct parents *p, size_t i,
    struct tq_err *err)
{
	struct tq_err ignored = TQ_ERR_INIT;
	bool hidden = false;
	struct tq_task **at;
	struct tq_edge *e;
	const char **ids;
	size_t k, n;

	if (tq_edges_of(&p->tasks[i], &r->arena, &e, &n, &ignored) == -1 ||
	    n == 0)
		return 0;
	ids = tq_arena_alloc(&r->arena, n * sizeof(*ids));
	at = tq_arena_alloc(&r->arena, n * sizeof(*at));
	for (k = 0; k < n; k++)
		ids[k] = e[k].id;
	if (tq_store_get(st, ids, n, 0, &r->arena, at, err) == -1)
		return -1;
	for (k = n; k-- > 0; ) {
		bool mine = at[k] != NULL && sv_may(r, at[k]->queue,
		    at[k]->type);

		hidden |= at[k] != NULL && !mine;
		if (!mine && !on_earlier_line(p, i, ids[k]))
			p->wants[i] = ids[k];
	}
	if (!hidden)
		p->wants[i] = NULL;
	return 0;
}

static int
read_parents(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct parents *p = r->parents;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (look(r, st, p, i, err) == -1)
			return -1;
	return 0;
}

/* The answers, those of the tasks that were not sent among them. */
static enum MHD_Result
sent(struct sv_req *r)
{
	struct parents *p = r->parents;
	struct tq_submitted *out = tq_arena_alloc(&r->arena,
	    p->n * sizeof(*out));
	size_t i, k = 0;

	for (i = 0; i < p->n; i++) {
		if (p->wants[i] == NULL) {
			if (r->op.rc == 0 && r->op.n > 0) {
				p->tasks[i] = r->tasks[k];
				out[i] = r->op.out[k++];
			}
			continue;
		}
		out[i] = (struct tq_submitted){ .what = TQ_REFUSED,
		    .code = TQ_E_NOTFOUND };
		snprintf(out[i].parent, sizeof(out[i].parent), "%s",
		    p->wants[i]);
	}
	r->op.out = out;
	r->tasks = p->tasks;
	return p->next(r);
}

static enum MHD_Result
parents_seen(struct sv_req *r)
{
	struct parents *p = r->parents;
	struct tq_task *kept = tq_arena_alloc(&r->arena,
	    p->n * sizeof(*kept));
	size_t i, n = 0;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	for (i = 0; i < p->n; i++)
		if (p->wants[i] == NULL)
			kept[n++] = p->tasks[i];
	if (n == p->n)
		return send_now(r, p->tasks, n, p->next);
	r->op.n = 0;
	return n > 0 ? send_now(r, kept, n, sent) : sent(r);
}

enum MHD_Result
sv_submit_send(struct sv_req *r, struct tq_task *t, size_t n, sv_handler *next)
{
	struct parents *p;

	if (sv_may_whole(r, NULL) || !waits(t, n))
		return send_now(r, t, n, next);
	p = tq_arena_alloc(&r->arena, sizeof(*p));
	*p = (struct parents){ t, n, tq_arena_alloc(&r->arena,
	    n * sizeof(*p->wants)), next };
	r->parents = p;
	return sv_read(r, read_parents, SV_SLOW, parents_seen);
}
