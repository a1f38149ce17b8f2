/*
 * lib/serve/server/writer.c -- group commit.
 *
 * One thread writes for all connections: what came while the last commit was
 * on its way to the disk goes into the next one, so that the cost of making
 * it durable is shared by as many as are there, and nobody is held back to
 * wait for others.
 */
#include <string.h>

#include "serve/server/inside.h"

#define GROUP_MAX	2048	/* tasks in one commit */

struct group {
	struct tq_submit	in[GROUP_MAX];
	struct tq_submitted	out[GROUP_MAX];
};

/* Blobs that no record names, as their task was there already. */
static void
drop_blob(struct tq_store *st, struct sv_op *op)
{
	struct tq_err ignored = TQ_ERR_INIT;

	if (op->blob_name != NULL && (op->out->what == TQ_EXISTS ||
	    op->out->what == TQ_REFUSED))
		tq_store_blob_del(st, op->blob_name, &ignored);
}

static void
write_group(struct sv_exec *x, struct sv_op **ops, size_t nops,
    struct tq_submit *in, struct tq_submitted *out, size_t n)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = sv_exec_store(x, &err);
	int rc = st == NULL ? -1 : tq_store_submit(st, in, n, out, &err);
	size_t i, at = 0;

	if (rc == -1 && !sv_exec_failed(x, &err) && nops > 1) {
		/* One of them is to blame: each for itself. */
		for (i = 0; i < nops; i++)
			write_group(x, &ops[i], 1, ops[i]->in, ops[i]->out,
			    ops[i]->n);
		return;
	}
	if (rc == 0) {
		__atomic_store_n(&x->s->store_down, false, __ATOMIC_RELEASE);
		tq_metrics_add(&x->s->metrics.commits, 1);
		tq_metrics_add(&x->s->metrics.submitted, (int64_t)n);
	}
	for (i = 0; i < nops; i++) {
		ops[i]->rc = rc;
		if (rc == -1)
			ops[i]->err = err;
		if (rc == 0) {
			memmove(ops[i]->out, out + at, ops[i]->n *
			    sizeof(*out));
			drop_blob(st, ops[i]);
		}
		at += ops[i]->n;
		sv_op_done(ops[i]);
	}
}

/* As many of ${all} as fit, at least one; returns what is left. */
static struct sv_op *
submit_some(struct sv_exec *x, struct sv_op *all, struct group *g)
{
	struct sv_op *ops[GROUP_MAX];
	size_t nops = 0, n = 0;

	if (all->n > GROUP_MAX) {	/* a batch is a group of its own */
		ops[0] = all;
		all = all->next;
		write_group(x, ops, 1, ops[0]->in, ops[0]->out, ops[0]->n);
		return all;
	}
	while (all != NULL && all->kind == SV_OP_SUBMIT &&
	    n + all->n <= GROUP_MAX) {
		memcpy(g->in + n, all->in, all->n * sizeof(*g->in));
		n += all->n;
		ops[nops++] = all;
		all = all->next;
	}
	write_group(x, ops, nops, g->in, g->out, n);
	return all;
}

static struct sv_op *
change_one(struct sv_exec *x, struct sv_op *op)
{
	struct sv_op *next = op->next;
	struct tq_store *st = sv_exec_store(x, &op->err);

	op->rc = st == NULL ? -1 : op->kind == SV_OP_CANCEL ?
	    tq_store_cancel(st, &op->ref.id, 1, &op->answer, &op->err) :
	    tq_store_redrive(st, &op->ref, 1, &op->answer, &op->err);
	if (op->rc == -1)
		sv_exec_failed(x, &op->err);
	sv_op_done(op);
	return next;
}

void *
sv_writer_run(void *exec)
{
	struct sv_exec *x = exec;
	struct tq_arena a = TQ_ARENA_INIT;
	struct group *g = tq_arena_alloc(&a, sizeof(*g));
	struct sv_op *all;

	while ((all = sv_exec_take(x)) != NULL)
		while (all != NULL)
			all = all->kind == SV_OP_SUBMIT ?
			    submit_some(x, all, g) : change_one(x, all);
	tq_arena_free(&a);
	return NULL;
}

/* Uploads are synced one by one, beside the writer; then their task goes in. */
void *
sv_stager_run(void *exec)
{
	struct sv_exec *x = exec;
	struct sv_op *all, *op;
	struct tq_store *st;

	while ((all = sv_exec_take(x)) != NULL)
		while ((op = all) != NULL) {
			all = op->next;
			st = sv_exec_store(x, &op->err);
			op->rc = st == NULL ? -1 : tq_store_blob_put(st,
			    op->blob_name, op->blob_fd, false, &op->err);
			if (op->rc == 0) {
				sv_exec_put(&x->s->writer, op);
				continue;
			}
			sv_exec_failed(x, &op->err);
			sv_op_done(op);
		}
	return NULL;
}
