/* lib/serve/api/dialect.c -- see dialect.h: the rows, answers, errors. */
#include "serve/api/dialect.h"

#include <string.h>

#include "util/json.h"

const struct tq_dialect tq_dialects[TQ_D_MAX] = {
	[TQ_D_TASKS] = { .prefix = "/tasks",
	    .id_key = "taskId",
	    .accepted = 201,
	    .status = { [TQ_PENDING] = "PENDING",
		[TQ_RUNNING] = "RUNNING",
		[TQ_RETRYING] = "FAILED",
		[TQ_BLOCKED] = "PENDING",
		[TQ_COMPLETED] = "COMPLETED",
		[TQ_FAILED] = "FAILED",
		[TQ_CANCELLED] = "FAILED" },
	    .forms = TQ_FORM_IMAGE_URL | TQ_FORM_TYPED | TQ_FORM_SIMULATE,
	    .reason_key = "failureReason",
	    .attempts_key = "attempts",
	    .will_retry = true,
	    .errors = TQ_ERROR_MESSAGE },
	[TQ_D_JOBS] = { .prefix = "/jobs",
	    .id_key = "jobId",
	    .accepted = 202,
	    .status = { [TQ_PENDING] = "QUEUED",
		[TQ_RUNNING] = "IN_PROGRESS",
		[TQ_RETRYING] = "QUEUED",
		[TQ_BLOCKED] = "QUEUED",
		[TQ_COMPLETED] = "SUCCEEDED",
		[TQ_FAILED] = "FAILED",
		[TQ_CANCELLED] = "FAILED" },
	    .forms = TQ_FORM_TYPED | TQ_FORM_JSON_TEXT | TQ_FORM_PAYLOAD,
	    .wrong = 500,
	    .sorry = "Internal server error",
	    .missing = "Missing required fields: type, payload",
	    .gives_up = true,
	    .alias = { "transformText", "text.transform" },
	    .reason_key = "error",
	    .attempts_key = "attempts",
	    .errors = TQ_ERROR_ERROR },
	[TQ_D_API_TASKS] = { .prefix = "/api/tasks",
	    .id_key = "id",
	    .accepted = 202,
	    .status = { [TQ_PENDING] = "PENDING",
		[TQ_RUNNING] = "PROCESSING",
		[TQ_RETRYING] = "PENDING",
		[TQ_BLOCKED] = "PENDING",
		[TQ_COMPLETED] = "SUCCESS",
		[TQ_FAILED] = "FAILED",
		[TQ_CANCELLED] = "FAILED" },
	    .forms = TQ_FORM_TYPED,
	    .reason_key = "failureReason",
	    .attempts_key = "retryCount",
	    .retries = true,
	    .errors = TQ_ERROR_SPRING },
	[TQ_D_DEMO_TASKS] = { .prefix = "/demo/tasks",
	    .id_key = "taskId",
	    .accepted = 202,
	    .status = { [TQ_PENDING] = "SUBMITTED",
		[TQ_RUNNING] = "PROCESSING",
		[TQ_RETRYING] = "FAILED_PENDING",
		[TQ_BLOCKED] = "SUBMITTED",
		[TQ_COMPLETED] = "COMPLETED",
		[TQ_FAILED] = "FAILED_FINAL",
		[TQ_CANCELLED] = "FAILED_FINAL" },
	    .forms = TQ_FORM_SIMULATE,
	    .reason_key = "error",
	    .attempts_key = "attempts",
	    .errors = TQ_ERROR_MESSAGE,
	    .taken = "task already exists",
	    .wrong = 500,
	    .sorry = "Internal server error",
	    .thanks = "Task accepted" },
	[TQ_D_FRAMEWORK] = { .prefix = "/tasks/id",
	    .id_key = "taskId",
	    .accepted = 201,
	    .status = { [TQ_PENDING] = "PENDING",
		[TQ_RUNNING] = "RUNNING",
		[TQ_RETRYING] = "PENDING",
		[TQ_BLOCKED] = "PENDING",
		[TQ_COMPLETED] = "COMPLETED",
		[TQ_FAILED] = "FAILED",
		[TQ_CANCELLED] = "FAILED" },
	    .forms = TQ_FORM_IMAGE_URL | TQ_FORM_NAMED,
	    .reason_key = "failureReason",
	    .errors = TQ_ERROR_EMPTY,
	    .wrong = 409,
	    .whole = true },
};

int
tq_dialect_accepted(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b)
{
	/* The demo's words are for its own form alone. */
	bool demo = (d->forms & TQ_FORM_SIMULATE) != 0 &&
	    strcmp(t->type, "simulate") == 0;

	if (d->whole) {
		tq_dialect_task(d, t, base, b);
		return d->accepted;
	}
	tq_buf_chr(b, '{');
	if (demo)
		tq_json_member_str(b, "message", "Task accepted");
	tq_json_member_str(b, d->id_key, t->id);
	if (d->thanks == NULL)
		tq_json_member_str(b, "status", d->status[TQ_PENDING]);
	tq_buf_str(b, "}\n");
	return demo ? 202 : d->accepted;
}

/* Is it the request that is wrong, not its sender or the server? */
static bool
is_wrong(enum tq_problem_id id)
{
	return id == TQ_P_BAD_REQUEST || id == TQ_P_DATA || id == TQ_P_TAKEN ||
	    id == TQ_P_CONFLICT || id == TQ_P_TOO_BIG || id == TQ_P_MEDIA;
}

static void
put_message(const struct tq_dialect *d, enum tq_problem_id id,
    const char *detail, const char *path, int64_t now, struct tq_buf *b)
{
	tq_buf_chr(b, '{');
	if (d->errors == TQ_ERROR_SPRING) {
		tq_json_member_time(b, "timestamp", now);
		tq_json_member_int(b, "status", tq_problems[id].status);
		tq_json_member_str(b, "error", tq_problems[id].title);
		tq_json_member_str(b, "path", path);
	}
	tq_json_member_str(b, d->errors == TQ_ERROR_ERROR ? "error" :
	    "message", detail);
	tq_buf_str(b, "}\n");
}

int
tq_dialect_error(const struct tq_dialect *d, enum tq_problem_id id,
    const char *detail, const char *path, int64_t now, struct tq_buf *b,
    const char **type)
{
	bool wrong = d->wrong != 0 && is_wrong(id);

	*type = "application/json";
	if (id == TQ_P_TAKEN && d->taken != NULL) {
		detail = d->taken;
		wrong = false;
	}
	if (wrong && d->missing != NULL) {
		*type = "text/plain; charset=utf-8";
		wrong = strcmp(detail, d->missing) != 0;
		tq_buf_str(b, wrong ? d->sorry : d->missing);
	} else if (d->errors == TQ_ERROR_EMPTY) {
		*type = NULL;
	} else {
		put_message(d, id, wrong ? d->sorry : detail, path, now, b);
	}
	return wrong ? d->wrong : tq_problems[id].status;
}
