/* lib/serve/api/dialect.c -- see dialect.h. */
#include "serve/api/dialect.h"

#include <string.h>

#include "serve/http/uri.h"
#include "task/input.h"
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
	    .forms = TQ_FORM_TYPED,
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
	    .reason_key = "failureReason",
	    .attempts_key = "attempts",
	    .errors = TQ_ERROR_MESSAGE,
	    .taken = "task already exists" },
};

static int
bad(struct tq_err *err, const char *why)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s", why);
}

/* An absent member and null are the same; other kinds are wrong. */
static int
get_str(struct tq_span text, const char *key, struct tq_arena *a,
    const char **out, struct tq_err *err)
{
	struct tq_span v;

	*out = NULL;
	if (!tq_json_get(text, key, &v) || tq_json_kind(v) == TQ_JSON_NULL)
		return 0;
	if (!tq_json_str(v, a, &v))
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "%s: must be a string", key);
	*out = v.p;
	return 0;
}

static int
take_image_url(const char *url, struct tq_task *t, struct tq_err *err)
{
	if (tq_input_kind(url) != TQ_INPUT_HTTP ||
	    tq_input_check(url, NULL) == -1)
		return bad(err, "inputImageUrl: must be an http:// or "
		    "https:// address");
	t->type = "image.grayscale";
	t->input = url;
	return 0;
}

static void
take_payload(struct tq_span text, struct tq_arena *a, struct tq_task *t)
{
	struct tq_span v;

	t->payload = tq_span_of("{}");
	if (tq_json_get(text, "payload", &v))
		t->payload = tq_arena_span(a, v);
	t->payload_kind = TQ_KIND_JSON;
	t->payload_size = t->payload.n;
}

int
tq_dialect_parse(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err)
{
	const char *url = NULL;

	if (tq_json_check(text, err) == -1)
		return -1;
	if (tq_json_kind(text) != TQ_JSON_OBJECT)
		return bad(err, "not a JSON object");
	memset(t, 0, sizeof(*t));
	t->queue = "default";
	take_payload(text, a, t);
	if (((d->forms & (TQ_FORM_IMAGE_URL | TQ_FORM_SIMULATE)) != 0 &&
	    get_str(text, d->id_key, a, &t->id, err) == -1) ||
	    ((d->forms & TQ_FORM_TYPED) != 0 &&
	    get_str(text, "type", a, &t->type, err) == -1) ||
	    ((d->forms & TQ_FORM_IMAGE_URL) != 0 &&
	    get_str(text, "inputImageUrl", a, &url, err) == -1))
		return -1;
	if (url != NULL && take_image_url(url, t, err) == -1)
		return -1;
	if (t->type == NULL && (d->forms & TQ_FORM_SIMULATE) != 0) {
		if (t->id == NULL)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "%s: is missing", d->id_key);
		t->type = "simulate";
	}
	if (t->type != NULL && d->alias[0] != NULL &&
	    strcmp(t->type, d->alias[0]) == 0)
		t->type = d->alias[1];
	return tq_task_check(t, err);
}

static void
put_failure(const struct tq_dialect *d, const struct tq_task *t,
    struct tq_buf *b)
{
	const char *reason = t->reason;

	if (reason == NULL && t->status == TQ_CANCELLED)
		reason = "cancelled";
	tq_json_member_str(b, d->reason_key, reason);
	if (!d->will_retry || t->status != TQ_RETRYING)
		return;
	tq_json_member_bool(b, "willRetry", true);
	tq_json_member_time(b, "retryAt", t->not_before);
}

static void
put_bytes(struct tq_buf *b, const char *key, struct tq_span v,
    enum tq_kind kind)
{
	if (v.p == NULL || kind == TQ_KIND_NONE)
		return;
	tq_json_key(b, key);
	if (kind == TQ_KIND_TEXT)
		tq_json_put_str(b, v);
	else
		tq_json_put_flat(b, v);
}

void
tq_dialect_task(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b)
{
	const char *type = t->type;
	int tries = t->attempts;

	if (d->alias[1] != NULL && strcmp(type, d->alias[1]) == 0)
		type = d->alias[0];
	if (d->retries && tries > 0)
		tries--;
	tq_buf_chr(b, '{');
	tq_json_member_str(b, d->id_key, t->id);
	tq_json_member_str(b, "type", type);
	tq_json_member_str(b, "status", d->status[t->status]);
	put_bytes(b, "payload", t->payload, t->payload_kind);
	if ((d->forms & TQ_FORM_IMAGE_URL) != 0)
		tq_json_member_str(b, "inputImageUrl", t->input);
	put_bytes(b, "result", t->result, t->result_kind);
	if (t->output != NULL) {
		tq_json_key(b, (d->forms & TQ_FORM_IMAGE_URL) != 0 ?
		    "outputImageUrl" : "outputUrl");
		tq_buf_fmt(b, "\"%s/v1/tasks/%s/output\"", base, t->id);
	}
	tq_json_member_int(b, d->attempts_key, tries);
	put_failure(d, t, b);
	tq_json_member_time(b, "createdAt", t->created_at);
	tq_json_member_time(b, "updatedAt", t->updated_at);
	tq_buf_str(b, "}\n");
}

void
tq_dialect_accepted(const struct tq_dialect *d, const char *id,
    struct tq_buf *b)
{
	tq_buf_chr(b, '{');
	tq_json_member_str(b, d->id_key, id);
	tq_json_member_str(b, "status", d->status[TQ_PENDING]);
	tq_buf_str(b, "}\n");
}

void
tq_dialect_error(const struct tq_dialect *d, enum tq_problem_id id,
    const char *detail, const char *path, int64_t now, struct tq_buf *b)
{
	if (id == TQ_P_TAKEN && d->taken != NULL)
		detail = d->taken;
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
