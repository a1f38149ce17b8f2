/* lib/store/filter.c -- see filter.h. */
#include "store/filter.h"

#include <string.h>

#include "task/fold.h"

static bool
contains(const char *hay, const char *needle)
{
	return hay != NULL && strcasestr(hay, needle) != NULL;
}

static bool
of_kind(const char *reason, const char *kind)
{
	struct tq_buf b = TQ_BUF_INIT(4 * TQ_FOLD_MAX + 1024);
	bool same;

	tq_fold_error(&b, reason == NULL ? "" : reason, TQ_FOLD_MAX);
	same = strcmp(b.data == NULL ? "" : b.data, kind) == 0;
	tq_buf_free(&b);
	return same;
}

bool
tq_filter_matches(const struct tq_filter *f, const struct tq_task *t)
{
	if (f->drained != t->drained)
		return false;
	if (f->since != 0 && t->updated_at < f->since)
		return false;
	if (f->until != 0 && t->updated_at >= f->until)
		return false;
	if (f->group != NULL && (t->group == NULL ||
	    strcmp(f->group, t->group) != 0))
		return false;
	if (f->label_key != NULL &&
	    !tq_task_label(t, f->label_key, f->label_value))
		return false;
	if (f->error_kind != NULL && !of_kind(t->reason, f->error_kind))
		return false;
	return f->error == NULL || contains(t->reason, f->error) ||
	    contains(tq_stage_name(t->err_stage), f->error) ||
	    contains(t->err_code, f->error);
}

bool
tq_filter_passes(const struct tq_filter *f, const struct tq_task *t)
{
	return (f->queue == NULL || strcmp(f->queue, t->queue) == 0) &&
	    (f->type == NULL || strcmp(f->type, t->type) == 0) &&
	    (f->statuses == 0 || (f->statuses & TQ_BIT(t->status)) != 0) &&
	    tq_filter_matches(f, t);
}
