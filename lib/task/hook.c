/* lib/task/hook.c -- see hook.h. */
#include "task/hook.h"

#include "task/id.h"
#include "task/request.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/url.h"

const char *
tq_hook_id(const struct tq_task *t, struct tq_arena *a)
{
	char *id;

	if (t->notify == NULL)
		return NULL;
	id = tq_arena_alloc(a, TQ_UUID_TEXT);
	tq_id_of_hook(t->queue, t->id, id);
	return id;
}

void
tq_hook_of(const struct tq_task *t, struct tq_arena *a, struct tq_task *hook)
{
	struct tq_buf b = TQ_BUF_INIT(6 * TQ_URL_MAX + 64);
	char *print = tq_arena_alloc(a, TQ_FINGERPRINT);

	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "url", t->notify);
	tq_buf_chr(&b, '}');
	*hook = (struct tq_task){ .id = tq_hook_id(t, a), .queue = t->queue,
	    .type = TQ_HOOK_TYPE, .payload = tq_arena_span(a, tq_buf_span(&b)),
	    .payload_kind = TQ_KIND_JSON, .payload_size = b.len,
	    .after_ended = tq_span_of(tq_arena_fmt(a, "[\"%s\"]", t->id)),
	    .keep_ms = t->keep_ms, .traceparent = t->traceparent,
	    .submit_id = t->submit_id, .fingerprint = print };
	tq_buf_free(&b);
	tq_task_fingerprint(hook, NULL, print);
}
