/* lib/serve/api/record.c -- a task's record as it is answered. */
#include "serve/api/inside.h"
#include "task/command.h"
#include "util/json.h"

#define VERSION	"%llu-%llx"	/* of a state: rev, time of creation */

void
sv_task_write(struct sv_req *r, const struct tq_task *t, struct tq_buf *b)
{
	struct tq_task shown = *t;

	/* A command is for those who may operate, its variables' values for
	   nobody. */
	shown.env = TQ_SPAN_NONE;
	if ((r->who.scopes & TQ_SCOPE_OPERATE) == 0) {
		shown.argv = TQ_SPAN_NONE;
		shown.cwd = shown.umask = NULL;
	}
	tq_task_write(&shown, b);
	if (t->env.n > 0 && shown.argv.n > 0 && !b->failed) {
		b->data[--b->len] = '\0';
		tq_json_key(b, "envNames");
		tq_command_env_names(t, b);
		tq_buf_chr(b, '}');
	}
	if (t->output == NULL || b->failed)
		return;
	b->data[--b->len] = '\0';	/* its closing brace */
	if (r->output_url != NULL) {
		tq_json_member_str(b, "outputUrl", r->output_url);
	} else {
		tq_json_key(b, "outputUrl");
		tq_buf_fmt(
		    b, "\"%s/v1/tasks/%s/output\"", r->via.prefix, t->id);
	}
	tq_buf_chr(b, '}');
}

const char *
sv_version(struct sv_req *r, const struct tq_task *t)
{
	return tq_arena_fmt(&r->arena, VERSION, (unsigned long long)t->rev,
	    (unsigned long long)t->created_at);
}

const char *
sv_etag(struct sv_req *r, const struct tq_task *t)
{
	return tq_arena_fmt(&r->arena, "\"" VERSION "\"",
	    (unsigned long long)t->rev, (unsigned long long)t->created_at);
}
