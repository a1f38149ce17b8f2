/* lib/serve/api/dialect_write.c -- tasks in the words of a dialect. */
#include <string.h>

#include "serve/api/dialect.h"
#include "util/json.h"

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

/* A member that is always there. */
static void
put_or_null(struct tq_buf *b, const char *key, const char *value)
{
	if (value != NULL) {
		tq_json_member_str(b, key, value);
	} else {
		tq_json_key(b, key);
		tq_buf_str(b, "null");
	}
}

static void
put_time_or_null(struct tq_buf *b, const char *key, int64_t at)
{
	if (at != 0)
		tq_json_member_time(b, key, at);
	else
		put_or_null(b, key, NULL);
}

/* A task of the framework: all its keys, null where unset. */
static void
put_whole(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span name = { NULL, 0 };
	bool ended = (TQ_BIT(t->status) & TQ_FINISHED) != 0;

	if (t->labels.n > 0 && tq_json_get(t->labels, TQ_NAME_LABEL, &name) &&
	    !tq_json_str(name, &a, &name))
		name.p = NULL;
	tq_buf_chr(b, '{');
	tq_json_member_str(b, d->id_key, t->id);
	put_or_null(b, "taskName", name.p);
	tq_json_member_str(b, "status", d->status[t->status]);
	put_or_null(b, "inputImageUrl", t->input);
	put_or_null(b, "outputImageUrl", t->output == NULL ? NULL :
	    tq_arena_fmt(&a, "%s/v1/tasks/%s/output", base, t->id));
	put_time_or_null(b, "creationTimestamp", t->created_at);
	put_time_or_null(b, "completionTimestamp", ended ? t->finished_at : 0);
	put_or_null(b, d->reason_key, t->reason != NULL || t->status !=
	    TQ_CANCELLED ? t->reason : "cancelled");
	tq_buf_str(b, "}\n");
	tq_arena_free(&a);
}

void
tq_dialect_task(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b)
{
	const char *type = t->type;
	int tries = t->attempts;

	if (d->whole) {
		put_whole(d, t, base, b);
		return;
	}
	if (d->alias[1] != NULL && strcmp(type, d->alias[1]) == 0)
		type = d->alias[0];
	if (d->retries && tries > 0)
		tries--;
	tq_buf_chr(b, '{');
	tq_json_member_str(b, d->id_key, t->id);
	tq_json_member_str(b, "type", type);
	tq_json_member_str(b, "status", d->status[t->status]);
	tq_task_put_bytes(b, "payload", t->payload, t->payload_kind);
	if ((d->forms & TQ_FORM_IMAGE_URL) != 0)
		tq_json_member_str(b, "inputImageUrl", t->input);
	tq_task_put_bytes(b, "result", t->result, t->result_kind);
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
