/* lib/store/bulk.c -- see bulk.h. */
#include "store/bulk.h"
#include "store/as_read.h"

#include <string.h>

#define CURSOR_MAX	(64 * 1024)
#define WAITING	(TQ_BIT(TQ_PENDING) | TQ_BIT(TQ_RETRYING) | \
    TQ_BIT(TQ_BLOCKED))

/*
 * The tasks each verb means without a status, and those it can change at all.
 */
static const struct {
	const char	*name;
	unsigned	 usual, able;
} verbs[] = {
	[TQ_BULK_CANCEL] = { "cancel", WAITING,
	    WAITING | TQ_BIT(TQ_RUNNING) },
	[TQ_BULK_REDRIVE] = { "redrive", TQ_BIT(TQ_FAILED),
	    TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED) },
	[TQ_BULK_PURGE] = { "purge", TQ_FINISHED, TQ_FINISHED },
};

static bool
narrowed(const struct tq_filter *f)
{
	return f->type != NULL || f->statuses != 0 || f->label_key != NULL ||
	    f->group != NULL || f->error != NULL || f->error_kind != NULL || f->since != 0 ||
	    f->until != 0;
}

int
tq_bulk_begin(struct tq_bulk *b, int64_t now, struct tq_err *err)
{
	struct tq_filter *f = &b->filter;
	int s;

	if (!b->all && !narrowed(f))
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE, "%s: no "
		    "filter is given, such as a type, a status or a time; to "
		    "mean every task, say all", verbs[b->verb].name);
	if (f->statuses == 0)
		f->statuses = verbs[b->verb].usual;
	for (s = 0; s < TQ_STATUS_MAX; s++)
		if ((f->statuses & ~verbs[b->verb].able & TQ_BIT(s)) != 0)
			return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE,
			    "%s: does nothing to tasks that are %s",
			    verbs[b->verb].name,
			    tq_status_name((enum tq_status)s));
	if (f->until == 0 || f->until > now)
		f->until = now + 1;
	b->cursor = (struct tq_buf)TQ_BUF_INIT(CURSOR_MAX);
	return 0;
}

/* By id alone: whatever has changed, what has not ended is to end. */
static int
cancel(struct tq_store *st, const struct tq_task *tasks, size_t n,
    struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	const char **ids = tq_arena_alloc(a, n * sizeof(*ids));
	size_t i;

	for (i = 0; i < n; i++)
		ids[i] = tasks[i].id;
	return tq_store_cancel(st, ids, n, out, err);
}

static int
redrive(void *st, size_t at, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	(void)at;
	return tq_store_redrive(st, refs, n, out, err);
}

static int
purge(void *st, size_t at, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	(void)at;
	return tq_store_purge(st, refs, n, out, err);
}

static int
act(struct tq_store *st, enum tq_bulk_verb verb, const struct tq_task *tasks,
    size_t n, struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	return verb == TQ_BULK_CANCEL ? cancel(st, tasks, n, a, out, err) :
	    tq_do_as_read(st, verb == TQ_BULK_REDRIVE ? redrive : purge, st,
	    tasks, n, out, err);
}

/* The first ${n} of ${tasks}, all of which may be dealt with. */
static int
deal(struct tq_store *st, struct tq_bulk *b, const struct tq_task *tasks,
    size_t n, struct tq_arena *a, struct tq_err *err)
{
	struct tq_answer *out = tq_arena_alloc(a, n * sizeof(*out));
	size_t i;

	if (!b->dry_run && n > 0 &&
	    act(st, b->verb, tasks, n, a, out, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (b->dry_run || out[i].code == TQ_OK)
			b->done++;
		else
			b->skipped++;
		if (b->tell != NULL)
			b->tell(b->arg, &tasks[i], b->dry_run ? NULL :
			    &out[i]);
	}
	return 0;
}

/* Those of the page that may be dealt with, moved to its front. */
static size_t
allowed(const struct tq_bulk *b, struct tq_page *page)
{
	uint64_t left = b->max == 0 ? UINT64_MAX :
	    (uint64_t)b->max - b->done;
	size_t i, n = 0;

	for (i = 0; i < page->n && n < left; i++)
		if (b->may == NULL || b->may(b->arg, &page->tasks[i]))
			page->tasks[n++] = page->tasks[i];
	return n;
}

int
tq_bulk_round(struct tq_store *st, struct tq_bulk *b, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_list req = { .filter = b->filter, .limit = TQ_BULK_PAGE,
	    .cursor = b->cursor.len > 0 ? b->cursor.data : NULL };
	struct tq_page page;
	int rc;

	if ((rc = tq_store_list(st, &req, &a, &page, err)) == 0)
		rc = deal(st, b, page.tasks, allowed(b, &page), &a, err);
	if (rc == 0 && page.cursor != NULL &&
	    (b->max == 0 || b->done < (uint64_t)b->max)) {
		tq_buf_clear(&b->cursor);
		tq_buf_str(&b->cursor, page.cursor);
		rc = b->cursor.failed ? tq_err_set(err, TQ_AT_STORE,
		    TQ_E_NOMEM, "out of memory") : 1;
	}
	tq_arena_free(&a);
	return rc;
}

void
tq_bulk_end(struct tq_bulk *b)
{
	tq_buf_free(&b->cursor);
}
