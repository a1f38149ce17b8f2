/*
 * lib/serve/server/pool.c -- reads that may take long.
 *
 * Four lists that match nothing among 60,000 tasks kept all event loops busy
 * for seconds, and nobody was answered.  So threads of their own read: lists,
 * counts, and whatever a store elsewhere is asked.
 */
#include "serve/server/inside.h"

#define WAITING_MAX	256	/* reads; more are refused */

static void
read_now(struct sv_req *r, sv_reading *fn)
{
	struct sv_op *op = &r->op;
	struct tq_store *st;

	op->err = (struct tq_err)TQ_ERR_INIT;
	st = sv_reader_get(r->s, &op->err);
	op->rc = st == NULL ? -1 : fn(r, st, &op->err);
	if (op->rc == -1 && st != NULL)
		sv_reader_failed(r->s, &op->err);
}

static void
put(struct sv_req *r, sv_reading *fn)
{
	r->op.kind = SV_OP_READ;
	r->op.req = r;
	r->op.read = fn;
	sv_exec_put(&r->s->pool, &r->op);
}

enum MHD_Result
sv_read(struct sv_req *r, sv_reading *fn, enum sv_cost cost, sv_handler *next)
{
	struct sv_exec *x = &r->s->pool;
	bool full;

	if (cost == SV_QUICK && r->s->local) {
		read_now(r, fn);
		return next(r);
	}
	pthread_mutex_lock(&x->lock);
	full = x->n >= WAITING_MAX;
	pthread_mutex_unlock(&x->lock);
	if (full)
		return sv_answer_problem(r, TQ_P_BUSY,
		    "too many reads wait already", NULL);
	sv_suspend(r, next);
	put(r, fn);
	return MHD_YES;
}

bool
sv_read_stream(struct sv_req *r, sv_reading *fn)
{
	if (r->s->local) {
		read_now(r, fn);
		return true;
	}
	sv_suspend(r, r->next);
	put(r, fn);
	return false;
}

void *
sv_pool_run(void *exec)
{
	struct sv_exec *x = exec;
	struct sv_op *op;

	while ((op = sv_exec_take_one(x)) != NULL) {
		read_now(op->req, op->read);
		sv_op_done(op);
	}
	return NULL;
}
