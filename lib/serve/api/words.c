/* lib/serve/api/words.c -- submissions and tasks in a dialect's words. */
#include <string.h>

#include "serve/api/inside.h"
#include "util/limits.h"

#define ANSWER_MAX	(2 * TQ_PAYLOAD_MAX + 65536)
#define NAME_LOOK_MS	2000	/* how long a name is looked for */

static enum MHD_Result
submit_done(struct sv_req *r)
{
	const struct tq_dialect *d = r->route->dialect;
	const struct tq_submitted *out = r->op.out;
	struct tq_task t = *r->tasks;
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);
	struct MHD_Response *resp;
	int64_t n;
	int status;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (out->what == TQ_REFUSED)
		return sv_answer_refused(r);
	if (t.created_at == 0)
		t.created_at = tq_wall_ms(r->s->env);
	status = tq_dialect_accepted(d, &t, r->via.prefix, &b);
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Location", tq_arena_fmt(&r->arena,
	    "%s%s/%s", r->via.prefix, d->prefix, t.id));
	if (out->what == TQ_EXISTS)
		sv_answer_header(resp, "Idempotency-Replayed", "true");
	return sv_answer(r, out->what == TQ_OWED ? 202 : status, resp, n);
}

enum MHD_Result
sv_dialect_submit_run(struct sv_req *r)
{
	struct tq_task *t = tq_arena_alloc(&r->arena, sizeof(*t));
	struct tq_err err = TQ_ERR_INIT;
	const char *why, *key = NULL;

	if (tq_dialect_parse(r->route->dialect, tq_buf_span(&r->body),
	    &r->arena, t, &err) == -1 || sv_submit_check(r, t, &err) == -1)
		return sv_answer_err(r, &err);
	if (!sv_submit_may(r, t, &why))
		return sv_answer_problem(r, TQ_P_FORBIDDEN, why, NULL);
	if (sv_submit_key(r, &key) == -1)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, "Idempotency-"
		    "Key: must be one string of 1 to 1024 bytes", NULL);
	if (sv_submit_new_id(r, t, key) == -1)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "Idempotency-Key: excludes an id of one's own", NULL);
	r->task_id = t->id;
	return sv_submit_send(r, t, 1, submit_done);
}

/* Is ${type} one of the words of ${list}? */
static bool
has_word(const char *list, const char *type)
{
	size_t n = strlen(type), len;

	for (; *list != '\0'; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		if (len == n && memcmp(list, type, n) == 0)
			return true;
	}
	return false;
}

/*
 * In a system that knows its types a task of another one fails.  Ours may
 * still get a worker, so this is only how it is told: as failed, once it has
 * waited so long and no worker is there that takes its type.
 */
static int
give_up(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_task *t = r->task;
	struct tq_presence *w;
	size_t i, n;

	if (t->status != TQ_PENDING || t->attempts > 0 ||
	    tq_wall_ms(r->s->env) - t->created_at < r->s->o->unsupported_ms)
		return 0;
	if (tq_store_workers(st, &r->arena, &w, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(w[i].queue, t->queue) == 0 &&
		    has_word(w[i].types, t->type))
			return 0;
	t->status = TQ_FAILED;
	t->reason = tq_arena_fmt(&r->arena, "Unsupported job type: %s",
	    t->type);
	return 0;
}

static int
read_task(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	if (sv_read_task(r, st, err) == -1)
		return -1;
	return r->task == NULL || !r->route->dialect->gives_up ? 0 :
	    give_up(r, st, err);
}

static enum MHD_Result
answer_task(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	tq_dialect_task(r->route->dialect, r->task, r->via.prefix, &b);
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_dialect_get_run(struct sv_req *r)
{
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	return sv_read(r, read_task, SV_QUICK, answer_task);
}

/* The latest task with the label that a name becomes. */
static int
read_named(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_list l = { .limit = 1, .newest_first = true,
	    .by_created = true, .filter = { .label_key = TQ_NAME_LABEL,
	    .label_value = r->data } };
	int64_t end = tq_boot_ms(r->s->env) + NAME_LOOK_MS;
	struct tq_page page;

	tq_key_only(r->who.key, &l.filter.queue, &l.filter.type);
	for (;; l.cursor = page.cursor) {
		if (tq_store_list(st, &l, &r->arena, &page, err) == -1)
			return -1;
		if (page.n > 0 && sv_may(r, page.tasks[0].queue,
		    page.tasks[0].type)) {
			r->task = page.tasks;
			return 0;
		}
		if (page.cursor == NULL || tq_boot_ms(r->s->env) > end)
			return 0;
	}
}

enum MHD_Result
sv_dialect_name_run(struct sv_req *r)
{
	const char *name = tq_uri_param(&r->uri, "taskName");

	if (name == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND,
		    "taskName: is missing", NULL);
	r->data = tq_arena_str(&r->arena, name);
	r->task_id = name;
	return sv_read(r, read_named, SV_SLOW, answer_task);
}
