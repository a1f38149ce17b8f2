/* lib/task/check.c -- may a task be stored?  See task.h. */
#include <string.h>

#include "task/builtin.h"
#include "task/command.h"
#include "task/edge.h"
#include "task/input.h"
#include "task/task.h"
#include "util/limits.h"
#include "util/str.h"

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
	if (t->input_name != NULL && !tq_input_name_ok(t->input_name))
		return bad_name(err, "inputName", t->input_name, "the name of "
		    "a file, printable, of 1 to 255 bytes, without a slash");
	if (t->prio < 0 || t->prio > 9)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "prio %d: must be 0 to 9", t->prio);
	if (t->max_attempts < 0 || t->max_attempts > 1000)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "maxAttempts %d: must be 1 to 1000", t->max_attempts);
	if (tq_command_check(t, err) == -1)
		return -1;
	if (t->traceparent != NULL && strlen(t->traceparent) > 256)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
		    "traceparent: longer than 256 bytes");
	return t->type != NULL && t->payload_kind == TQ_KIND_JSON ?
	    tq_builtin_check(t->type, t->payload, err) : 0;
}
