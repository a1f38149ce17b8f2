/* lib/store/store.c -- picks the store by its URL and hands the verbs on. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "store/cancels.h"
#include "store/ops.h"
#include "store/unread.h"
#include "store/waits.h"
#include "task/input.h"
#include "util/module.h"
#include "util/str.h"

/* The aws store is in the module: a tool on sqlite does not load libcurl. */
static const struct {
	const char	*scheme;
	const struct tq_store_ops *ops;
	const char	*symbol;
	bool		 adopts;
} stores[] = {
	{ "sqlite:", &tq_sqlite_ops, NULL, false },
	{ "aws:", NULL, "tq_aws_ops", true },
};

static const struct tq_store_ops *
ops_of(const char *url, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (tq_str_starts(url, stores[i].scheme))
			return stores[i].ops != NULL ? stores[i].ops :
			    tq_module_symbol(TQ_NET_SO, stores[i].symbol, err);
	tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
	    "store \"%.200s\": must start with sqlite: or aws:, as in "
	    "sqlite:/var/lib/tq/tq.db or aws:myapp", url);
	return NULL;
}

bool
tq_store_adopts(const char *url)
{
	size_t i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (tq_str_starts(url, stores[i].scheme))
			return stores[i].adopts;
	return false;
}

int
tq_store_open(const char *url, const struct tq_env *env, enum tq_open how,
    struct tq_store **out, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->open(url, env, how, out, err);
}

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
	return st->ops->finish(st, NULL, 0, NULL, req, got, err) == -1 ? -1 :
	    tq_unread_end(st, got, err);
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
	return next == NULL ? 0 : tq_unread_end(st, got, err);
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
tq_store_wait_changes(struct tq_store *st, const char *queue,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	return st->ops->wait_changes(st, queue, cursor, timeout_ms, a, page,
	    err);
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

int
tq_store_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->init(url, env, opts, report, arg, err);
}

int
tq_store_policy(const char *url, const struct tq_env *env, const char *role,
    const char *const *queues, size_t n, struct tq_buf *out, bool *whole,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	if (ops == NULL)
		return -1;
	if (ops->policy == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s has no policies; --print-policy is for aws: stores",
		    ops->scheme);
	return ops->policy(url, env, role, queues, n, out, whole, err);
}

int
tq_store_template(const char *url, const struct tq_env *env,
    const struct tq_init *opts, struct tq_buf *out, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	if (ops == NULL)
		return -1;
	if (ops->template == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s has no template; --print-template is for aws: stores",
		    ops->scheme);
	return ops->template(url, env, opts, out, err);
}

static int
no_backup(const char *url, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%.200s: has no "
	    "backup as a file: point-in-time recovery of its table and "
	    "versions of its bucket do that (tq-ctl mv --copy copies ended "
	    "tasks to another store)", url);
}

int
tq_store_backup(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->backup == NULL ? no_backup(url, err) :
	    ops->backup(url, env, fd, b, err);
}

int
tq_store_restore(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->restore == NULL ? no_backup(url, err) :
	    ops->restore(url, env, fd, b, err);
}

int
tq_store_doctor(const char *url, const struct tq_env *env,
    tq_finding_fn *report, void *arg, enum tq_level *worst,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->doctor(url, env, report, arg, worst,
	    err);
}
