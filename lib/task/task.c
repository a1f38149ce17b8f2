/* lib/task/task.c -- names, states and checks of a record; see task.h. */
#include "task/task.h"

#include <stdio.h>
#include <string.h>

#include "task/builtin.h"
#include "task/edge.h"
#include "task/input.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

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

/* Names in messages are shown escaped and cut: they may be anything. */
static int
bad_name(struct tq_err *err, const char *what, const char *name,
    const char *rule)
{
	struct tq_buf b = TQ_BUF_INIT(1024);

	tq_visible(&b, tq_span_of(name), 60);
	tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s \"%s\": must be %s", what,
	    b.data == NULL ? "" : b.data, rule);
	tq_buf_free(&b);
	return -1;
}

static int
check_names(const struct tq_task *t, struct tq_err *err)
{
	static const char name_rule[] = "1 to 128 of A-Z a-z 0-9 . _ : -, "
	    "starting with a letter or digit";

	if (!tq_queue_ok(t->queue))
		return bad_name(err, "queue", t->queue,
		    "1 to 64 of A-Z a-z 0-9 _ -");
	if (t->type == NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "\"type\" is missing");
	if (!tq_name_ok(t->type))
		return bad_name(err, "type", t->type, name_rule);
	if (t->id != NULL && !tq_name_ok(t->id))
		return bad_name(err, "taskId", t->id, name_rule);
	if (t->group != NULL && !tq_name_ok(t->group))
		return bad_name(err, "group", t->group, name_rule);
	if (t->parent != NULL && !tq_name_ok(t->parent))
		return bad_name(err, "parent", t->parent, name_rule);
	return 0;
}

static int
check_after(const struct tq_task *t, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_edge *v;
	size_t n;
	int rc = tq_edges_of(t, &a, &v, &n, err);

	tq_arena_free(&a);
	return rc;
}

int
tq_task_check(const struct tq_task *t, struct tq_err *err)
{
	if (check_names(t, err) == -1 || check_after(t, err) == -1)
		return -1;
	if (t->payload.n > TQ_PAYLOAD_MAX)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
		    "payload: %zu bytes is over the limit of 16 MiB; "
		    "use --input for data", t->payload.n);
	if (t->labels.n > TQ_LABELS_MAX)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
		    "labels: %zu bytes is over the limit of %d", t->labels.n,
		    TQ_LABELS_MAX);
	if (t->input != NULL && tq_input_check(t->input, err) == -1)
		return -1;
	if (t->prio < 0 || t->prio > 9)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "prio %d: must be 0 to 9", t->prio);
	if (t->max_attempts < 0 || t->max_attempts > 1000)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "maxAttempts %d: must be 1 to 1000", t->max_attempts);
	if (t->traceparent != NULL && strlen(t->traceparent) > 256)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
		    "traceparent: longer than 256 bytes");
	return t->type != NULL && t->payload_kind == TQ_KIND_JSON ?
	    tq_builtin_check(t->type, t->payload, err) : 0;
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
