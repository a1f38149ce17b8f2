/*
 * lib/serve/writer.c -- group commit.
 *
 * One thread writes for all connections: what came while the last commit was
 * on its way to the disk goes into the next one, so that the cost of making
 * it durable is shared by as many as are there, and nobody is held back to
 * wait for others.
 */
#include <string.h>

#include "serve/inside.h"

#define GROUP_MAX	2048	/* tasks in one commit */

int
sv_exec_start(struct sv_exec *l, struct tq_serve *s, void *(*run)(void *))
{
	l->s = s;
	l->tail = &l->head;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->come, NULL);
	l->started = pthread_create(&l->thread, NULL, run, l) == 0;
	return l->started ? 0 : -1;
}

void
sv_exec_stop(struct sv_exec *l)
{
	if (!l->started)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->come);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	tq_store_close(l->store);
	l->store = NULL;
	l->started = false;
}

void
sv_exec_put(struct sv_exec *l, struct sv_op *j)
{
	bool first, stop;

	j->next = NULL;
	pthread_mutex_lock(&l->lock);
	stop = l->stop;
	first = l->head == NULL;
	if (!stop) {
		*l->tail = j;
		l->tail = &j->next;
	}
	pthread_mutex_unlock(&l->lock);
	if (stop) {
		j->rc = tq_err_set(&j->err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "the server is stopping");
		sv_resume(j->req);
	} else if (first) {
		pthread_cond_signal(&l->come);
	}
}

/* All that is there; NULL: time to stop. */
static struct sv_op *
sv_exec_take(struct sv_exec *l)
{
	struct sv_op *all;

	pthread_mutex_lock(&l->lock);
	while (l->head == NULL && !l->stop)
		pthread_cond_wait(&l->come, &l->lock);
	all = l->head;
	l->head = NULL;
	l->tail = &l->head;
	pthread_mutex_unlock(&l->lock);
	return all;
}

static void
done(struct sv_op *j)
{
	sv_resume(j->req);
}

static struct tq_store *
store_of(struct sv_exec *l, struct tq_err *err)
{
	uint64_t now = __atomic_load_n(&l->s->generation, __ATOMIC_ACQUIRE);

	if (l->store != NULL && l->generation != now) {
		tq_store_close(l->store);
		l->store = NULL;
	}
	if (l->store == NULL && tq_store_open(l->s->o->store_url, l->s->env,
	    TQ_OPEN_WRITE, &l->store, err) == -1)
		l->store = NULL;
	l->generation = now;
	return l->store;
}

/* After a failure of the store the handle is not trusted. */
static bool
failed(struct sv_exec *l, const struct tq_err *err)
{
	if (!sv_reader_failed(l->s, err))
		return false;
	__atomic_store_n(&l->s->store_down, true, __ATOMIC_RELEASE);
	tq_store_close(l->store);
	l->store = NULL;
	return true;
}

struct group {
	struct tq_submit	in[GROUP_MAX];
	struct tq_submitted	out[GROUP_MAX];
};

/* Blobs that no record names, as their task was there already. */
static void
drop_blob(struct tq_store *st, struct sv_op *j)
{
	struct tq_err ignored = TQ_ERR_INIT;

	if (j->blob_name != NULL && (j->out->what == TQ_EXISTS ||
	    j->out->what == TQ_REFUSED))
		tq_store_blob_del(st, j->blob_name, &ignored);
}

static void
write_group(struct sv_exec *l, struct sv_op **jobs, size_t njobs,
    struct tq_submit *in, struct tq_submitted *out, size_t n)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = store_of(l, &err);
	int rc = st == NULL ? -1 : tq_store_submit(st, in, n, out, &err);
	size_t i, at = 0;

	if (rc == -1 && !failed(l, &err) && njobs > 1) {
		/* One of them is to blame: each for itself. */
		for (i = 0; i < njobs; i++)
			write_group(l, &jobs[i], 1, jobs[i]->in, jobs[i]->out,
			    jobs[i]->n);
		return;
	}
	if (rc == 0) {
		__atomic_store_n(&l->s->store_down, false, __ATOMIC_RELEASE);
		tq_metrics_add(&l->s->metrics.commits, 1);
		tq_metrics_add(&l->s->metrics.submitted, (int64_t)n);
	}
	for (i = 0; i < njobs; i++) {
		jobs[i]->rc = rc;
		if (rc == -1)
			jobs[i]->err = err;
		if (rc == 0) {
			memmove(jobs[i]->out, out + at, jobs[i]->n *
			    sizeof(*out));
			drop_blob(st, jobs[i]);
		}
		at += jobs[i]->n;
		done(jobs[i]);
	}
}

/* As many of ${all} as fit, at least one; returns what is left. */
static struct sv_op *
submit_some(struct sv_exec *l, struct sv_op *all, struct group *g)
{
	struct sv_op *jobs[GROUP_MAX];
	size_t njobs = 0, n = 0;

	if (all->n > GROUP_MAX) {	/* a batch is a group of its own */
		jobs[0] = all;
		all = all->next;
		write_group(l, jobs, 1, jobs[0]->in, jobs[0]->out, jobs[0]->n);
		return all;
	}
	while (all != NULL && all->kind == SV_OP_SUBMIT &&
	    n + all->n <= GROUP_MAX) {
		memcpy(g->in + n, all->in, all->n * sizeof(*g->in));
		n += all->n;
		jobs[njobs++] = all;
		all = all->next;
	}
	write_group(l, jobs, njobs, g->in, g->out, n);
	return all;
}

static struct sv_op *
change_one(struct sv_exec *l, struct sv_op *j)
{
	struct sv_op *next = j->next;
	struct tq_store *st = store_of(l, &j->err);

	j->rc = st == NULL ? -1 : j->kind == SV_OP_CANCEL ?
	    tq_store_cancel(st, &j->ref.id, 1, &j->answer, &j->err) :
	    tq_store_redrive(st, &j->ref, 1, &j->answer, &j->err);
	if (j->rc == -1)
		failed(l, &j->err);
	done(j);
	return next;
}

void *
sv_writer_run(void *lane)
{
	struct sv_exec *l = lane;
	struct tq_arena a = TQ_ARENA_INIT;
	struct group *g = tq_arena_alloc(&a, sizeof(*g));
	struct sv_op *all;

	while ((all = sv_exec_take(l)) != NULL)
		while (all != NULL)
			all = all->kind == SV_OP_SUBMIT ?
			    submit_some(l, all, g) : change_one(l, all);
	tq_arena_free(&a);
	return NULL;
}

/* Uploads are synced one by one, beside the writer; then their task goes in. */
void *
sv_stager_run(void *lane)
{
	struct sv_exec *l = lane;
	struct sv_op *all, *j;
	struct tq_store *st;

	while ((all = sv_exec_take(l)) != NULL)
		while ((j = all) != NULL) {
			all = j->next;
			st = store_of(l, &j->err);
			j->rc = st == NULL ? -1 : tq_store_blob_put(st,
			    j->blob_name, j->blob_fd, false, &j->err);
			if (j->rc == 0) {
				sv_exec_put(&l->s->writer, j);
				continue;
			}
			failed(l, &j->err);
			done(j);
		}
	return NULL;
}
