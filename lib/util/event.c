/* lib/util/event.c -- see event.h. */
#include "util/event.h"

#include <string.h>

#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

bool
tq_log_name(const char *s, enum tq_log_format *out)
{
	static const char *const names[] = { "human", "logfmt", "json" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) == 0) {
			*out = (enum tq_log_format)i;
			return true;
		}
	}
	return false;
}

static bool
bare(const char *s)
{
	return s[0] != '\0' && strpbrk(s, " \"=\\\t\n") == NULL;
}

static void
fmt_pair(struct tq_buf *b, const char *key, const char *s)
{
	struct tq_buf shown = TQ_BUF_INIT(64 * 1024);
	size_t i;

	if (s == NULL)
		return;
	tq_visible(&shown, tq_span_of(s), 0);
	s = shown.data ? shown.data : "";
	if (b->len > 0 && b->data[b->len - 1] != '\n')
		tq_buf_chr(b, ' ');
	tq_buf_fmt(b, "%s=", key);
	if (bare(s)) {
		tq_buf_str(b, s);
	} else {
		tq_buf_chr(b, '"');
		for (i = 0; s[i] != '\0'; i++) {
			if (s[i] == '"')
				tq_buf_chr(b, '\\');
			tq_buf_chr(b, s[i]);
		}
		tq_buf_chr(b, '"');
	}
	tq_buf_free(&shown);
}

static void
put_logfmt(struct tq_buf *b, const char *time, const struct tq_event *e)
{
	fmt_pair(b, "time", time);
	fmt_pair(b, "event", e->name);
	fmt_pair(b, "taskId", e->task);
	fmt_pair(b, "type", e->type);
	if (e->attempt > 0)
		tq_buf_fmt(b, " attempt=%d", e->attempt);
	fmt_pair(b, "stage", e->stage);
	if (e->duration_ms >= 0)
		tq_buf_fmt(b, " durationMs=%lld", (long long)e->duration_ms);
	fmt_pair(b, "worker", e->worker);
	fmt_pair(b, "trace", e->trace);
	fmt_pair(b, "text", e->text);
}

static void
put_json(struct tq_buf *b, const char *time, const struct tq_event *e)
{
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "time", time);
	tq_json_member_str(b, "event", e->name);
	tq_json_member_str(b, "taskId", e->task);
	tq_json_member_str(b, "type", e->type);
	if (e->attempt > 0)
		tq_json_member_int(b, "attempt", e->attempt);
	tq_json_member_str(b, "stage", e->stage);
	if (e->duration_ms >= 0)
		tq_json_member_int(b, "durationMs", e->duration_ms);
	tq_json_member_str(b, "worker", e->worker);
	tq_json_member_str(b, "trace", e->trace);
	tq_json_member_str(b, "text", e->text);
	tq_buf_chr(b, '}');
}

/* A reason is "STAGE: TYPE: what", but the line has the type already. */
static void
put_text(struct tq_buf *b, const struct tq_event *e)
{
	const char *text = e->text;
	size_t n = e->stage != NULL ? strlen(e->stage) : 0;
	size_t k = e->type != NULL ? strlen(e->type) : 0;

	if (n > 0 && k > 0 && strncmp(text, e->stage, n) == 0 &&
	    strncmp(text + n, ": ", 2) == 0 &&
	    strncmp(text + n + 2, e->type, k) == 0 &&
	    strncmp(text + n + 2 + k, ": ", 2) == 0) {
		tq_buf_fmt(b, "%s: ", e->stage);
		text += n + k + 4;
	}
	tq_visible(b, tq_span_of(text), 0);
}

static void
put_human(struct tq_buf *b, const struct tq_event *e)
{
	char text[TQ_TIME_TEXT];

	tq_buf_fmt(b, "%-9s", e->name);
	if (e->type != NULL)
		tq_buf_fmt(b, " %s", e->type);
	if (e->task != NULL)
		tq_buf_fmt(b, " %s", e->task);
	if (e->duration_ms >= 0)
		tq_buf_fmt(b, " (%s)", tq_duration_text(e->duration_ms, text));
	if (e->text != NULL) {
		tq_buf_str(b, e->task != NULL ? ": " : " ");
		put_text(b, e);
	}
}

void
tq_log_event(struct tq_buf *b, enum tq_log_format format, int64_t now_ms,
    const struct tq_event *e)
{
	char time[TQ_TIME_TEXT];

	tq_time_text(now_ms, time);
	switch (format) {
	case TQ_LOG_HUMAN:
		put_human(b, e);
		break;
	case TQ_LOG_LOGFMT:
		put_logfmt(b, time, e);
		break;
	case TQ_LOG_JSON:
		put_json(b, time, e);
		break;
	}
	tq_buf_chr(b, '\n');
}
