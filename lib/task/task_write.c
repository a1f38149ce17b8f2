/* lib/task/task_write.c -- the record as one JSON object; see task.h. */
#include "task/task.h"

#include "util/json.h"

void
tq_task_put_bytes(struct tq_buf *b, const char *key, struct tq_span v,
    enum tq_kind kind)
{
	if (kind == TQ_KIND_NONE || v.p == NULL)
		return;
	tq_json_key(b, key);
	if (kind == TQ_KIND_TEXT)
		tq_json_put_str(b, v);
	else
		tq_json_put_flat(b, v);
}

static void
member_duration(struct tq_buf *b, const char *key, int64_t ms)
{
	if (ms <= 0)
		return;
	tq_json_key(b, key);
	if (ms % 1000 == 0)
		tq_buf_fmt(b, "\"%llds\"", (long long)(ms / 1000));
	else
		tq_buf_fmt(b, "\"%lldms\"", (long long)ms);
}

static void
write_error(const struct tq_task *t, struct tq_buf *b)
{
	if (t->reason == NULL)
		return;
	tq_json_member_str(b, "failureReason", t->reason);
	tq_json_key(b, "error");
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "stage", tq_stage_name(t->err_stage));
	tq_json_member_str(b, "code", t->err_code);
	tq_json_member_str(b, "message", t->reason);
	tq_buf_chr(b, '}');
}

/* The submitter's choices beyond the defaults. */
static void
write_policy(const struct tq_task *t, struct tq_buf *b)
{
	if (t->prio != 0)
		tq_json_member_int(b, "prio", t->prio);
	member_duration(b, "timeout", t->timeout_ms);
	if (t->backoff_ms < 0)
		tq_json_member_str(b, "backoff", "0");
	else
		member_duration(b, "backoff", t->backoff_ms);
	member_duration(b, "backoffCap", t->backoff_cap_ms);
	tq_json_member_str(b, "group", t->group);
	tq_json_member_str(b, "parent", t->parent);
	tq_json_member_str(b, "traceparent", t->traceparent);
	tq_json_member_raw(b, "argv", t->argv);
	tq_json_member_raw(b, "after", t->after);
	tq_json_member_raw(b, "afterEnded", t->after_ended);
	tq_json_member_str(b, t->chdir ? "chdir" : "cwd", t->cwd);
	tq_json_member_str(b, "umask", t->umask);
	tq_json_member_raw(b, "env", t->env);
	member_duration(b, "keep", t->keep_ms);
	if ((TQ_BIT(t->status) & TQ_FINISHED) == 0)
		tq_json_member_time(b, "expiresAt", t->expires_at);
}

void
tq_task_write(const struct tq_task *t, struct tq_buf *b)
{
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "taskId", t->id);
	tq_json_member_str(b, "queue", t->queue);
	tq_json_member_str(b, "type", t->type);
	tq_json_member_str(b, "status", tq_status_name(t->status));
	tq_task_put_bytes(b, "payload", t->payload, t->payload_kind);
	if (t->payload_kind == TQ_KIND_TEXT)
		tq_json_member_str(b, "payloadKind", "text");
	tq_json_member_str(b, "input", t->input);
	tq_json_member_str(b, "inputName", t->input_name);
	tq_task_put_bytes(b, "result", t->result, t->result_kind);
	if (t->result_kind == TQ_KIND_TEXT)
		tq_json_member_str(b, "resultKind", "text");
	tq_json_member_str(b, "output", t->output);
	if (t->output != NULL)
		tq_json_member_int(b, "outputSize", t->output_size);
	tq_json_member_int(b, "attempts", t->attempts);
	tq_json_member_int(b, "maxAttempts", tq_task_max_attempts(t));
	write_error(t, b);
	tq_json_member_time(b, "createdAt", t->created_at);
	tq_json_member_time(b, "updatedAt", t->updated_at);
	tq_json_member_time(b, "startedAt", t->started_at);
	tq_json_member_time(b, "finishedAt", t->finished_at);
	tq_json_member_time(b, "notBefore", t->not_before);
	tq_json_member_str(b, "worker", t->worker);
	if (t->status == TQ_RUNNING)
		tq_json_member_time(b, "leaseUntil", t->lease_until);
	tq_json_member_raw(b, "progress", t->progress);
	tq_json_member_raw(b, "labels", t->labels);
	write_policy(t, b);
	if (t->cancel_requested)
		tq_json_member_bool(b, "cancelRequested", true);
	if (t->drained)
		tq_json_member_bool(b, "drained", true);
	if (t->held)
		tq_json_member_bool(b, "held", true);
	tq_json_member_raw(b, "history", t->history);
	tq_json_member_int(b, "rev", (int64_t)t->rev);
	tq_json_member_int(b, "v", tq_task_version(t));
	tq_buf_chr(b, '}');
}
