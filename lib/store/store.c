/* lib/store/store.c -- hands the verbs on to the store that was opened. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "store/cancels.h"
#include "store/ops.h"
#include "store/unread.h"
#include "store/waits.h"
#include "task/input.h"

void
tq_store_close(struct tq_store *st)
{
	if (st != NULL)
		st->ops->close(st);
}

const char *
tq_store_name(const struct tq_store *st)
{
	return st->name;
}

const char *
tq_store_url(const struct tq_store *st)
{
	return st->url;
}

const char *
tq_store_note(const struct tq_store *st)
{
	return st->note;
}

bool
tq_store_shared(const struct tq_store *st)
{
	return st->shared;
}

bool
tq_store_asked(const struct tq_store *st)
{
	return st->ops->asked;
}

int
tq_store_there(struct tq_store *st, struct tq_err *err)
{
	return st->ops->there == NULL ? 0 : st->ops->there(st, err);
}

int64_t
tq_store_waits(const struct tq_store *st)
{
	return st->ops->waits == NULL ? 0 : st->ops->waits(st);
}

int
tq_store_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->submit(st, in, n, out, err);
}

int
tq_store_queue(struct tq_store *st, const char *queue, struct tq_err *err)
{
	return st->ops->queue == NULL ? 0 : st->ops->queue(st, queue, err);
}

void
tq_store_no_queue(const struct tq_store *st, const char *queue,
    struct tq_err *err)
{
	if (st->ops->no_queue != NULL)
		st->ops->no_queue(st, queue, err);
	else
		tq_err_set(err, TQ_AT_STORE, TQ_E_BUG, "queue %s: refused, "
		    "though it needs no making", queue);
}

int
tq_store_push(struct tq_store *st, const char *const *queues, size_t nqueues,
    struct tq_pushed *msgs, size_t n, struct tq_err *err)
{
	if (st->ops->push == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: only an "
		    "aws: store has messages", st->name);
	return st->ops->push(st, queues, nqueues, msgs, n, err);
}

int
tq_store_claim(struct tq_store *st, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err)
{
	if (st->ops->finish(st, NULL, 0, NULL, req, got, err) == -1)
		return -1;
	tq_unread_end(st, got);
	return 0;
}

int
tq_store_extend(struct tq_store *st, const struct tq_extend *in, size_t n,
    struct tq_extended *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->extend(st, in, n, out, err);
}

int
tq_store_finish(struct tq_store *st, const struct tq_finish *in, size_t n,
    struct tq_answer *out, const struct tq_claim *next,
    struct tq_claimed *got, struct tq_err *err)
{
	if (n == 0 && next == NULL)
		return 0;
	if (st->ops->finish(st, in, n, out, next, got, err) == -1)
		return -1;
	if (next != NULL)
		tq_unread_end(st, got);
	return 0;
}

int
tq_store_get(struct tq_store *st, const char *const *ids, size_t n,
    unsigned with, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err)
{
	return st->ops->get(st, ids, n, with, a, out, err);
}

int
tq_store_list(struct tq_store *st, const struct tq_list *req,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	return st->ops->list(st, req, a, page, err);
}

int
tq_store_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err)
{
	return st->ops->count(st, queue, a, rows, n, err);
}

int
tq_store_rates(struct tq_store *st, struct tq_rates *r, struct tq_arena *a,
    struct tq_err *err)
{
	int64_t now = tq_wall_ms(st->env);

	memset(r->n, 0, sizeof(r->n));
	r->start = now - now % TQ_RATES_STEP_MS -
	    (TQ_RATES_STEPS - 1) * TQ_RATES_STEP_MS;
	r->known = r->start;
	if (st->ops->rates(st, r, a, err) == -1)
		return -1;
	if (r->known > now)
		r->known = now;
	return 0;
}

int
tq_store_wait_ready(struct tq_store *st, const char *queue, uint64_t bell,
    int64_t timeout_ms, struct tq_err *err)
{
	return st->ops->wait_ready(st, queue, bell, timeout_ms, err);
}

int
tq_store_wait_cancel(struct tq_store *st, uint64_t *bell, int64_t timeout_ms)
{
	return st->ops->wait_cancel == NULL ? -1 :
	    st->ops->wait_cancel(st, bell, timeout_ms);
}

void
tq_store_wake(struct tq_store *st)
{
	st->ops->wake(st);
}

int
tq_store_wait_ids(struct tq_store *st, const struct tq_ref *refs, size_t n,
    int64_t timeout_ms, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err)
{
	return st->ops->wait_ids(st, refs, n, timeout_ms, a, out, err);
}

int
tq_store_wait_changes(struct tq_store *st, const char *queue, bool ended,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	return st->ops->wait_changes(st, queue, ended, cursor, timeout_ms, a,
	    page, err);
}

int
tq_store_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->cancel(st, ids, n, out, err);
}

int
tq_store_redrive(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->redrive(st, refs, n, out, err);
}

int
tq_store_purge(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->purge(st, refs, n, false, out, err);
}

int
tq_store_purge_tree(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->purge(st, refs, n, true, out, err);
}

int
tq_store_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return n == 0 ? 0 : st->ops->edit(st, in, n, out, err);
}

int
tq_store_parents(struct tq_store *st, const char *id, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err)
{
	return st->ops->parents(st, id, a, out, n, err);
}

int
tq_store_children(struct tq_store *st, const char *id, struct tq_arena *a,
    const char ***out, size_t *n, struct tq_err *err)
{
	return st->ops->children(st, id, a, out, n, err);
}

int
tq_store_foreign(struct tq_store *st, const char *queue, size_t limit,
    struct tq_arena *a, struct tq_foreign **out, size_t *n, bool *more,
    struct tq_err *err)
{
	*out = NULL;
	*n = 0;
	*more = false;
	return st->ops->foreign == NULL ? 0 : st->ops->foreign(st, queue,
	    limit, a, out, n, more, err);
}

int
tq_store_control_get(struct tq_store *st, const char *queue,
    struct tq_arena *a, struct tq_control *out, struct tq_err *err)
{
	return st->ops->control_get(st, queue, a, out, err);
}

int
tq_store_control_list(struct tq_store *st, struct tq_arena *a,
    struct tq_control **out, size_t *n, struct tq_err *err)
{
	return st->ops->control_list(st, a, out, n, err);
}

int
tq_store_control_set(struct tq_store *st, const struct tq_control *c,
    struct tq_err *err)
{
	return st->ops->control_set(st, c, err);
}

int
tq_store_present(struct tq_store *st, const struct tq_presence *p,
    bool gone, struct tq_err *err)
{
	return st->ops->present(st, p, gone, err);
}

int
tq_store_workers(struct tq_store *st, struct tq_arena *a,
    struct tq_presence **out, size_t *n, struct tq_err *err)
{
	return st->ops->workers(st, a, out, n, err);
}

int
tq_store_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	return st->ops->sweep(st, sweeper, force, out, err);
}

int
tq_store_blob_tmp(struct tq_store *st, struct tq_err *err)
{
	return st->ops->blob_tmp(st, err);
}

/* A blob's name is never trusted to stay inside the blob folder. */
static bool
blob_name_ok(const char *name)
{
	const char *p;

	for (p = name; ; p++) {
		if (*p == '\0' || *p == '.' || *p == '/')
			return false;	/* a part is empty or hidden */
		if ((p = strchr(p, '/')) == NULL)
			return true;
	}
}

static const char *
blob_name(const char *name, struct tq_err *err)
{
	if (tq_blob_name(name) != NULL)
		name = tq_blob_name(name);
	if (blob_name_ok(name))
		return name;
	tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA, "blob name \"%.100s\" is not "
	    "legal", name);
	return NULL;
}

int
tq_store_blob_put(struct tq_store *st, const char *name, int fd,
    bool replace, struct tq_err *err)
{
	if ((name = blob_name(name, err)) == NULL)
		return -1;
	return st->ops->blob_put(st, name, fd, replace, err);
}

int
tq_store_blob_get(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	if ((name = blob_name(name, err)) == NULL)
		return -1;
	return st->ops->blob_get(st, name, size, err);
}

int
tq_store_blob_del(struct tq_store *st, const char *name, struct tq_err *err)
{
	if ((name = blob_name(name, err)) == NULL)
		return -1;
	return st->ops->blob_del(st, name, err);
}

int
tq_store_blob_url(struct tq_store *st, const char *name, int64_t valid_ms,
    struct tq_buf *out, struct tq_err *err)
{
	if ((name = blob_name(name, err)) == NULL)
		return -1;
	return st->ops->blob_url(st, name, valid_ms, out, err);
}
