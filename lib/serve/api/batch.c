/* lib/serve/api/batch.c -- POST /v1/tasks/batch: lines in, lines out. */
#include <string.h>

#include "serve/api/inside.h"
#include "util/json.h"

/* A line's fate: the index of its task, or what is wrong with it. */
struct line {
	size_t		 number;	/* in the body, from 1 */
	size_t		 task;
	enum tq_problem_id id;
	const char	*detail;	/* NULL: it is a task */
};

struct batch {
	struct line	*lines;
	struct tq_task	*tasks;
	size_t		 n, ntasks;
	size_t		 number;	/* lines read, empty ones too */
};

static void
put_error(struct tq_buf *b, size_t line, enum tq_problem_id id,
    const char *detail)
{
	char pointer[64];

	tq_buf_chr(b, '{');
	tq_json_member_int(b, "line", (int64_t)line);
	tq_json_member_int(b, "status", tq_problems[id].status);
	tq_json_member_str(b, "code", tq_problems[id].code);
	tq_json_member_str(b, "detail", detail);
	if (id == TQ_P_DATA && tq_problem_pointer(detail, pointer,
	    sizeof(pointer)))
		tq_json_member_str(b, "pointer", pointer);
	tq_buf_str(b, "}\n");
}

static void
put_line(struct sv_req *r, size_t i, struct tq_buf *b)
{
	const struct batch *bt = r->data;
	const struct line *l = &bt->lines[i];
	const struct tq_submitted *out;
	const struct tq_task *t;
	enum tq_problem_id id;
	const char *detail;

	if (l->detail != NULL) {
		put_error(b, l->number, l->id, l->detail);
		return;
	}
	out = &r->op.out[l->task];
	t = &r->tasks[l->task];
	if (out->what == TQ_REFUSED) {
		id = tq_problem_refused(t, out->code, out->parent, &r->arena,
		    &detail);
		put_error(b, l->number, id, detail);
		return;
	}
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "taskId", t->id);
	tq_json_member_str(b, "status", tq_status_name(out->status));
	if (out->what == TQ_EXISTS)
		tq_json_member_bool(b, "replayed", true);
	tq_buf_chr(b, '}');
	sv_hook_member(r, t, b);
	tq_buf_chr(b, '\n');
}

static enum MHD_Result
batch_done(struct sv_req *r)
{
	const struct batch *bt = r->data;
	struct tq_buf b = TQ_BUF_INIT(64 * 1024 * 1024);
	size_t i;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	for (i = 0; i < bt->n; i++)
		put_line(r, i, &b);
	return sv_answer_buf(r, 200, "application/x-ndjson", &b);
}

static void
take_line(struct sv_req *r, struct tq_span text, struct batch *bt,
    struct tq_task *t)
{
	static const struct tq_task def = { .queue = "default" };
	struct line *l = &bt->lines[bt->n++];
	struct tq_err err = TQ_ERR_INIT;
	const char *key = NULL;

	l->number = bt->number;
	if (tq_task_parse(text, &def, tq_wall_ms(r->s->env), &r->arena, t,
	    &key, &err) == -1 || sv_submit_check(r, t, &err) == -1) {
		l->id = tq_problem_of(err.code);
		l->detail = tq_arena_str(&r->arena, err.msg);
	} else if (!sv_submit_may(r, t, &l->detail)) {
		l->id = TQ_P_FORBIDDEN;
	} else if (sv_submit_new_id(r, t, key) == -1) {
		l->id = TQ_P_DATA;
		l->detail = "taskId: excludes a key";
	} else {
		l->task = bt->ntasks++;
	}
}

static size_t
count_lines(struct tq_span s)
{
	size_t i, n = 1;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* Ten thousand lines take a while to parse: not in an event loop. */
static int
read_lines(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_span all = tq_buf_span(&r->body), line;
	struct batch *bt = r->data;

	(void)st;
	(void)err;
	while (all.n > 0) {
		const char *nl = memchr(all.p, '\n', all.n);

		line = (struct tq_span){ all.p, nl != NULL ?
		    (size_t)(nl - all.p) : all.n };
		all.p += line.n + (nl != NULL);
		all.n -= line.n + (nl != NULL);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		bt->number++;
		if (line.n > 0)
			take_line(r, line, bt, &bt->tasks[bt->ntasks]);
	}
	return 0;
}

static enum MHD_Result
batch_read(struct sv_req *r)
{
	struct batch *bt = r->data;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (bt->n == 0)
		return sv_answer_problem(r, TQ_P_DATA, "no line is a task",
		    NULL);
	if (bt->ntasks == 0)
		return batch_done(r);
	return sv_submit_send(r, bt->tasks, bt->ntasks, batch_done);
}

enum MHD_Result
sv_batch_run(struct sv_req *r)
{
	struct batch *bt = tq_arena_alloc(&r->arena, sizeof(*bt));
	size_t n = count_lines(tq_buf_span(&r->body));

	if (sv_header(r, "Idempotency-Key") != NULL)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "Idempotency-Key: a batch has a \"key\" in each line",
		    NULL);
	if (n > SV_BATCH_MAX + 1)
		return sv_answer_problem(r, TQ_P_TOO_BIG,
		    "over 10000 lines: send several batches", NULL);
	bt->lines = tq_arena_alloc(&r->arena, n * sizeof(*bt->lines));
	bt->tasks = tq_arena_alloc(&r->arena, n * sizeof(*bt->tasks));
	r->data = bt;
	return sv_read(r, read_lines, n > 100 ? SV_SLOW : SV_QUICK,
	    batch_read);
}
