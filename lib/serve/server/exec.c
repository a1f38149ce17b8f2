/*
 * lib/serve/server/exec.c -- executors: a thread with a store handle of its own
 * and the operations that wait for it.
 */
#include "serve/server/inside.h"
#include "util/thread.h"

int
sv_exec_start(struct sv_exec *x, struct tq_serve *s, unsigned n,
    void *(*run)(void *))
{
	x->s = s;
	x->tail = &x->head;
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->come, NULL);
	for (; x->nthreads < n; x->nthreads++)
		if (tq_thread_start(&x->thread[x->nthreads], run, x) != 0)
			return -1;
	return 0;
}

void
sv_exec_stop(struct sv_exec *x)
{
	if (x->nthreads == 0)
		return;
	pthread_mutex_lock(&x->lock);
	x->stop = true;
	pthread_cond_broadcast(&x->come);
	pthread_mutex_unlock(&x->lock);
	for (; x->nthreads > 0; x->nthreads--)
		pthread_join(x->thread[x->nthreads - 1], NULL);
	tq_store_close(x->store);
	x->store = NULL;
}

void
sv_exec_put(struct sv_exec *x, struct sv_op *op)
{
	bool first, stop;

	op->next = NULL;
	pthread_mutex_lock(&x->lock);
	stop = x->stop;
	first = x->head == NULL || x->nthreads > 1;
	if (!stop) {
		*x->tail = op;
		x->tail = &op->next;
		x->n++;
	}
	pthread_mutex_unlock(&x->lock);
	if (stop) {
		op->rc = tq_err_set(&op->err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "the server is stopping");
		sv_resume(op->req);
	} else if (first) {
		pthread_cond_signal(&x->come);
	}
}

static void
await(struct sv_exec *x)
{
	while (x->head == NULL && !x->stop)
		pthread_cond_wait(&x->come, &x->lock);
}

struct sv_op *
sv_exec_take(struct sv_exec *x)
{
	struct sv_op *all;

	pthread_mutex_lock(&x->lock);
	await(x);
	all = x->head;
	x->head = NULL;
	x->tail = &x->head;
	x->n = 0;
	pthread_mutex_unlock(&x->lock);
	return all;
}

struct sv_op *
sv_exec_take_one(struct sv_exec *x)
{
	struct sv_op *op;

	pthread_mutex_lock(&x->lock);
	await(x);
	if ((op = x->head) != NULL) {
		if ((x->head = op->next) == NULL)
			x->tail = &x->head;
		x->n--;
	}
	pthread_mutex_unlock(&x->lock);
	return op;
}

void
sv_op_done(struct sv_op *op)
{
	sv_resume(op->req);
}

struct tq_store *
sv_exec_store(struct sv_exec *x, struct tq_err *err)
{
	uint64_t now = __atomic_load_n(&x->s->generation, __ATOMIC_ACQUIRE);

	if (x->store != NULL && x->generation != now) {
		tq_store_close(x->store);
		x->store = NULL;
	}
	if (x->store == NULL && tq_store_open(x->s->store_url, x->s->env,
	    TQ_OPEN_WRITE, &x->store, err) == -1)
		x->store = NULL;
	x->generation = now;
	return x->store;
}

bool
sv_exec_failed(struct sv_exec *x, const struct tq_err *err)
{
	if (!sv_reader_failed(x->s, err))
		return false;
	__atomic_store_n(&x->s->store_down, true, __ATOMIC_RELEASE);
	tq_store_close(x->store);
	x->store = NULL;
	return true;
}
