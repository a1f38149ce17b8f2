/* lib/task/task.c -- names and states of a record; see task.h. */
#include "task/task.h"

#include <stdio.h>
#include <string.h>

#include "util/json.h"
#include "util/limits.h"

static const char *const status_names[TQ_STATUS_MAX] = {
	[TQ_PENDING] = "PENDING", [TQ_RUNNING] = "RUNNING",
	[TQ_RETRYING] = "RETRYING", [TQ_COMPLETED] = "COMPLETED",
	[TQ_FAILED] = "FAILED", [TQ_CANCELLED] = "CANCELLED",
	[TQ_BLOCKED] = "BLOCKED",
};

const char *
tq_status_name(enum tq_status s)
{
	return (unsigned)s < TQ_STATUS_MAX ? status_names[s] : "?";
}

int
tq_status_parse(const char *name, enum tq_status *out)
{
	size_t i;

	for (i = 0; i < TQ_STATUS_MAX; i++)
		if (strcasecmp(name, status_names[i]) == 0) {
			*out = (enum tq_status)i;
			return 0;
		}
	return -1;
}

int
tq_task_version(const struct tq_task *t)
{
	bool two = t->status == TQ_BLOCKED || t->held || t->edges != 0 ||
	    t->waits != 0 || t->parents != 0 || t->delay_ms != 0 || t->keep_ms != 0 ||
	    t->cwd != NULL || t->umask != NULL || t->env.n != 0 ||
	    t->out_log != NULL ||
	    t->input_name != NULL || t->input_size != 0 ||
	    t->payload_crc != 0 || t->result_crc != 0 || t->input_crc != 0 ||
	    t->output_crc != 0 || t->history.n != 0;

	return two ? 2 : 1;
}

static bool
alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
tq_queue_ok(const char *s)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		if (n == TQ_QUEUE_MAX ||
		    !(alnum(s[n]) || s[n] == '_' || s[n] == '-'))
			return false;
	return n > 0;
}

bool
tq_name_ok(const char *s)
{
	size_t n;

	if (!alnum(s[0]))
		return false;
	for (n = 1; s[n] != '\0'; n++)
		if (n == TQ_NAME_MAX ||
		    !(alnum(s[n]) || strchr("._:-", s[n]) != NULL))
			return false;
	return true;
}

int
tq_task_max_attempts(const struct tq_task *t)
{
	return t->max_attempts > 0 ? t->max_attempts : TQ_MAX_ATTEMPTS;
}

int64_t
tq_task_timeout_ms(const struct tq_task *t)
{
	return t->timeout_ms > 0 ? t->timeout_ms : TQ_TIMEOUT_MS;
}

bool
tq_task_label(const struct tq_task *t, const char *key, const char *value)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span v;
	bool ok;

	if (t->labels.n == 0 || !tq_json_get(t->labels, key, &v))
		return false;
	ok = value == NULL || (tq_json_str(v, &a, &v) && tq_span_eq(v, value));
	tq_arena_free(&a);
	return ok;
}
