/* cmd/tq-status/why.c -- --why: one line why a task is not running. */
#include "status.h"
#include "store/stuck.h"

#include <string.h>
#include <unistd.h>

#include "task/input.h"
#include "util/json.h"
#include "util/module.h"
#include "util/str.h"

#define AHEAD_MAX	1000	/* looked at, per status */

static int64_t
due_of(const struct tq_task *t)
{
	return t->not_before != 0 ? t->not_before : t->created_at;
}

/* Claims go by prio, then due time, then age. */
static bool
goes_before(const struct tq_task *a, const struct tq_task *b)
{
	if (a->prio != b->prio)
		return a->prio > b->prio;
	if (due_of(a) != due_of(b))
		return due_of(a) < due_of(b);
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at;
	return strcmp(a->id, b->id) < 0;
}

/* Count the due tasks before w->task among the first of one status. */
static int
count_ahead(struct status *s, enum tq_status status, struct tq_why *w)
{
	struct tq_list req = { .limit = AHEAD_MAX,
	    .filter = { .queue = w->task->queue,
	    .statuses = TQ_BIT(status) } };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_page page;
	size_t i;
	int rc;

	rc = tq_store_list(s->st, &req, &a, &page, &s->cli->err);
	for (i = 0; rc == 0 && i < page.n; i++)
		if (page.tasks[i].not_before <= w->now &&
		    strcmp(page.tasks[i].id, w->task->id) != 0 &&
		    goes_before(&page.tasks[i], w->task))
			w->ahead++;
	if (rc == 0 && page.cursor != NULL && w->ahead >= AHEAD_MAX)
		w->ahead_more = true;
	tq_arena_free(&a);
	return rc;
}

static bool
is_due(const struct tq_why *w)
{
	return (TQ_WAITING & TQ_BIT(w->task->status)) != 0 &&
	    w->task->not_before <= w->now;
}

static int
put_line(struct status *s, const struct tq_task *t, struct tq_span why)
{
	struct tq_buf *out = &s->cli->out;

	if (s->cli->json) {
		tq_buf_chr(out, '{');
		tq_json_member_str(out, "taskId", t->id);
		tq_json_member_str(out, "status", tq_status_name(t->status));
		tq_json_key(out, "why");
		tq_json_put_str(out, why);
		tq_buf_str(out, "}\n");
		return 0;
	}
	/* One id that was named needs no repeating. */
	if (s->cli->argc > 1 || strcmp(s->cli->argv[0], "-") == 0)
		tq_buf_fmt(out, "%s\t", t->id);
	tq_visible(out, why, 0);
	tq_buf_chr(out, '\n');
	return 0;
}

static void
input_is(struct status *s, struct tq_why *w, const char *text)
{
	w->input = tq_arena_str(&s->cli->arena, text);
}

/* What a worker would find: a file that is gone or cut, or no way to fetch. */
static void
look_at_input(struct status *s, const struct tq_task *t, struct tq_why *w)
{
	enum tq_input kind = t->input == NULL ? TQ_INPUT_DATA :
	    tq_input_kind(t->input);
	struct tq_err err = TQ_ERR_INIT;
	int64_t size;
	int fd;

	if ((kind == TQ_INPUT_HTTP || kind == TQ_INPUT_S3) &&
	    tq_module_there(TQ_NET_SO, &err) == -1)
		input_is(s, w, err.msg);
	if (kind != TQ_INPUT_BLOB)
		return;
	if ((fd = tq_store_blob_get(s->st, t->input, &size, &err)) == -1) {
		input_is(s, w, err.msg);
		return;
	}
	close(fd);
	if (t->input_size != 0 && size != t->input_size)
		w->input = tq_arena_fmt(&s->cli->arena, "%s has %lld bytes "
		    "instead of %lld", t->input, (long long)size,
		    (long long)t->input_size);
}

static int
why_task(struct status *s, const struct tq_task *t, void *arg)
{
	struct tq_facts *f = arg;
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_parent by;
	struct tq_why w;
	int rc = 0;

	if (f->now == 0)
		rc = status_facts(s, f);
	if (rc == 0) {
		tq_facts_why(f, t, &w);
		if (is_due(&w))
			look_at_input(s, t, &w);
		if (is_due(&w) && (count_ahead(s, TQ_RETRYING, &w) == -1 ||
		    count_ahead(s, TQ_PENDING, &w) == -1))
			rc = -1;
	}
	if (rc == 0 && t->status == TQ_BLOCKED) {
		rc = tq_blocker(s->st, t, &a, &by, &w.waits_more, &s->cli->err);
		w.waits_for = by.id;
		w.waits_status = by.status;
	}
	if (rc == 0) {
		tq_why_write(&w, &b);
		rc = put_line(s, t, tq_buf_span(&b));
	}
	tq_buf_free(&b);
	tq_arena_free(&a);
	return rc;
}

int
mode_why(struct status *s)
{
	struct tq_facts f = { .now = 0 };
	int rc;

	rc = status_each(s, why_task, &f);
	tq_facts_free(&f);
	return rc == -1 ? -1 : s->rc;
}
