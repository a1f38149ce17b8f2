/* lib/serve/api/tasks.c -- one task: get, cancel, redrive. */
#include <string.h>

#include "serve/api/inside.h"
#include "task/history.h"
#include "util/json.h"
#include "util/limits.h"

#define ANSWER_MAX	(2 * TQ_PAYLOAD_MAX + 1024 * 1024)

static enum MHD_Result
no_task(struct sv_req *r)
{
	return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(&r->arena,
	    "no such task %s", r->task_id), NULL);
}

static enum MHD_Result
answer_task(struct sv_req *r, const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);
	struct MHD_Response *resp;
	int64_t n;

	sv_task_write(r, t, &b);
	tq_buf_chr(&b, '\n');
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", sv_etag(r, t));
	sv_answer_header(resp, "Cache-Control", "no-cache");
	return sv_answer(r, 200, resp, n);
}

static enum MHD_Result get_look(struct sv_req *r);

/*
 * A wait is for the run that is there at the first look: of it ${r}->data keeps
 * what stays.  True when ${t} is of a later run.
 */
static bool
other_run(struct sv_req *r, const struct tq_task *t)
{
	struct tq_task *run = r->data;
	const char *now = t->submit_id != NULL ? t->submit_id : "";

	if (run == NULL) {
		run = r->data = tq_arena_alloc(&r->arena, sizeof(*run));
		run->id = r->task_id;
		run->queue = tq_arena_str(&r->arena, t->queue);
		run->type = tq_arena_str(&r->arena, t->type);
		run->submit_id = tq_arena_str(&r->arena, now);
		run->max_attempts = t->max_attempts;
		run->created_at = t->created_at;
	}
	if (strcmp(run->submit_id, now) != 0)
		return true;
	run->attempts = t->attempts;
	run->rev = t->rev;
	return false;
}

/* How the run that was waited for ended, by the history of a later one. */
static enum MHD_Result
answer_past(struct sv_req *r, const struct tq_task *t)
{
	struct tq_task *run = r->data;
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);

	if (!tq_history_end(t, run->submit_id, &r->arena, run))
		return sv_answer_problem(r, TQ_P_STATE, tq_arena_fmt(
		    &r->arena, "task %s was submitted anew since: how it ended "
		    "before is forgotten", r->task_id), NULL);
	sv_task_write(r, run, &b);
	tq_buf_chr(&b, '\n');
	return sv_answer_json(r, 200, &b);
}

/* With a known state: until another.  Without: until the end. */
static bool
get_waits(const struct sv_req *r, const struct tq_task *t, bool known,
    bool same)
{
	return (known ? same : (TQ_BIT(t->status) & TQ_FINISHED) == 0) &&
	    r->wait_ms >= 0 && !sv_stopping(r->s) &&
	    r->wait.until > tq_boot_ms(r->s->env);
}

/* May it be answered, or is there time to wait for another state? */
static enum MHD_Result
get_seen(struct sv_req *r)
{
	const char *have = sv_header(r, "If-None-Match");
	const struct tq_task *t = r->task;
	bool same;

	if (!sv_who_still(r))
		return sv_answer_problem(r, TQ_P_UNAUTHORIZED,
		    "the key is no longer known", NULL);
	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (t == NULL)
		return no_task(r);
	same = have != NULL && tq_etag_match(have, sv_etag(r, t));
	if (have == NULL && r->wait_ms >= 0 && other_run(r, t))
		return answer_past(r, t);
	if (get_waits(r, t, have != NULL, same)) {
		r->next = get_look;
		r->wait.created_at = t->created_at;
		return sv_watch_wait(r, t->rev, have == NULL, r->wait.until) ?
		    MHD_YES : get_look(r);
	}
	return same ? sv_answer_same(r, sv_etag(r, t)) : answer_task(r, t);
}

static enum MHD_Result
get_look(struct sv_req *r)
{
	return sv_read(r, sv_reread_task, SV_QUICK, get_seen);
}

enum MHD_Result
sv_get_run(struct sv_req *r)
{
	bool bad;

	if (!sv_wait_asked(r, &r->wait_ms, &bad))
		r->wait_ms = -1;
	if (bad)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "wait: must be a duration such as 30s", NULL);
	if (r->wait_ms >= 0) {
		r->wait.until = tq_boot_ms(r->s->env) + r->wait_ms;
		if (!sv_watch_enter(r))
			return sv_answer_crowded(r);
	}
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	return get_look(r);
}

static enum MHD_Result
change_done(struct sv_req *r)
{
	const struct tq_answer *a = &r->op.answer;
	struct tq_buf b = TQ_BUF_INIT(4096);
	bool cancel = r->op.kind == SV_OP_CANCEL;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (a->code == TQ_E_NOTFOUND)
		return no_task(r);
	if (a->code != TQ_OK)
		return sv_answer_problem(r, tq_problem_of(a->code),
		    tq_arena_fmt(&r->arena, a->code == TQ_E_STATE ?
		    "task %s is %s" : "task %s has changed (it is %s now)",
		    r->task_id, tq_status_name(a->status)), NULL);
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "taskId", r->task_id);
	tq_json_member_str(&b, "status", tq_status_name(a->status));
	if (cancel && a->status == TQ_RUNNING)
		tq_json_member_bool(&b, "cancelRequested", true);
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, cancel && a->status == TQ_RUNNING ? 202 : 200,
	    &b);
}

static enum MHD_Result
change_now(struct sv_req *r)
{
	r->op.req = r;
	sv_suspend(r, change_done);
	sv_exec_put(&r->s->writer, &r->op);
	return MHD_YES;
}

static enum MHD_Result
change_seen(struct sv_req *r)
{
	const char *match = sv_header(r, "If-Match");

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return no_task(r);
	if (match != NULL && !tq_etag_match(match, sv_etag(r, r->task)))
		return sv_answer_problem(r, TQ_P_PRECONDITION,
		    "If-Match: the task is in another state", NULL);
	r->op.kind = r->change;
	r->op.ref.rev = match != NULL && strcmp(match, "*") != 0 ?
	    r->task->rev : 0;
	return change_now(r);
}

/* A key with bounds may change what it may see; If-Match must still hold. */
static enum MHD_Result
change(struct sv_req *r, enum sv_op_kind kind)
{
	r->op.kind = r->change = kind;
	r->op.ref = (struct tq_ref){ r->task_id, 0 };
	return r->who.key == NULL && sv_header(r, "If-Match") == NULL ?
	    change_now(r) : sv_read(r, sv_read_task, SV_QUICK, change_seen);
}

enum MHD_Result
sv_cancel_run(struct sv_req *r)
{
	return change(r, SV_OP_CANCEL);
}

enum MHD_Result
sv_redrive_run(struct sv_req *r)
{
	return change(r, SV_OP_REDRIVE);
}
