/*
 * lib/serve/server/operator.c -- what operators ask for, beside the writer.
 *
 * A sweep, or a verb over ten thousand tasks, takes long: a thread and a
 * handle of its own do it, so that nobody's submit waits behind.
 */
#include "serve/server/inside.h"

#define WAITING_MAX	64	/* requests; more are refused */

enum MHD_Result
sv_operate(struct sv_req *r, sv_reading *fn, sv_handler *next)
{
	struct sv_exec *x = &r->s->operator;
	bool full;

	pthread_mutex_lock(&x->lock);
	full = x->n >= WAITING_MAX;
	pthread_mutex_unlock(&x->lock);
	if (full)
		return sv_answer_problem(r, TQ_P_BUSY,
		    "too many changes wait already", NULL);
	r->op.kind = SV_OP_READ;
	r->op.req = r;
	r->op.read = fn;
	sv_suspend(r, next);
	sv_exec_put(x, &r->op);
	return MHD_YES;
}

void *
sv_operator_run(void *exec)
{
	struct sv_exec *x = exec;
	struct tq_store *st;
	struct sv_op *op;

	while ((op = sv_exec_take_one(x)) != NULL) {
		op->err = (struct tq_err)TQ_ERR_INIT;
		st = sv_exec_store(x, &op->err);
		op->rc = st == NULL ? -1 : op->read(op->req, st, &op->err);
		if (op->rc == -1 && st != NULL)
			sv_exec_failed(x, &op->err);
		sv_op_done(op);
	}
	return NULL;
}
