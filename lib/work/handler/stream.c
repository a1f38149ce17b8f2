/* lib/work/handler/stream.c -- lines of the stream protocol; see stream.h. */
#include "work/handler/stream.h"

#include "task/task.h"
#include "util/json.h"
#include "util/time.h"

void
tq_stream_line(const struct tq_task *t, const char *input,
    const char *output, struct tq_buf *b)
{
	tq_task_write(t, b);
	if (b->len > 0 && b->data[b->len - 1] == '}')
		b->len--;
	if (input != NULL)
		tq_json_member_str(b, "inputFile", input);
	tq_json_member_str(b, "outputFile", output);
	tq_buf_str(b, "}\n");
}

static int
bad(const char *what, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "bad answer: %s", what);
}

static bool
get_str(struct tq_span line, const char *key, struct tq_arena *a,
    const char **out, bool *wrong)
{
	struct tq_span v;

	if (!tq_json_get(line, key, &v) || tq_json_kind(v) == TQ_JSON_NULL)
		return false;
	if (!tq_json_str(v, a, &v))
		*wrong = true;
	else
		*out = v.p;
	return !*wrong;
}

static void
get_bool(struct tq_span line, const char *key, bool *out, bool *wrong)
{
	struct tq_span v;

	if (tq_json_get(line, key, &v) && !tq_json_bool(v, out))
		*wrong = true;
}

int
tq_stream_reply(struct tq_span line, struct tq_arena *a, struct tq_reply *r,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	const char *after;
	bool wrong = false;
	struct tq_span v;

	*r = (struct tq_reply){ .retry_after = -1 };
	if (tq_json_check(line, &why) == -1)
		return bad(why.msg, err);
	if (tq_json_kind(line) != TQ_JSON_OBJECT ||
	    !tq_json_get(line, "ok", &v) || !tq_json_bool(v, &r->ok))
		return bad("no {\"ok\": true} or {\"ok\": false}", err);
	if (tq_json_get(line, "result", &v))
		r->result = v;
	get_str(line, "output", a, &r->output, &wrong);
	get_str(line, "error", a, &r->error, &wrong);
	get_bool(line, "permanent", &r->permanent, &wrong);
	get_bool(line, "later", &r->later, &wrong);
	if (get_str(line, "retryAfter", a, &after, &wrong) &&
	    tq_duration_parse(after, &r->retry_after) == -1)
		wrong = true;
	return wrong ? bad("a member has the wrong type", err) : 0;
}
