/* lib/serve/api/files.c -- a task's bytes: output, input, log. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "serve/api/inside.h"

/* Nothing in it may act on a page's behalf, whatever a task made. */
static void
put_headers(struct sv_req *r, struct MHD_Response *resp, const char *what,
    const struct tq_mime *m, const char *tag)
{
	sv_answer_header(resp, "Content-Type", m->type);
	/* taskId is of A-Z a-z 0-9 . _ : - */
	sv_answer_header(resp, "Content-Disposition", tq_arena_fmt(&r->arena,
	    "%s; filename=\"%s-%s%s\"", m->show ? "inline" : "attachment",
	    r->task_id, what, m->ext));
	sv_answer_header(resp, "Content-Security-Policy",
	    "default-src 'none'; sandbox");
	sv_answer_header(resp, "Cross-Origin-Resource-Policy",
	    r->origin != NULL ? "cross-origin" : "same-origin");
	sv_answer_header(resp, "Cache-Control", "private, no-cache");
	sv_answer_header(resp, "ETag", tag);
}

static enum MHD_Result
answer_none(struct sv_req *r, const char *what)
{
	return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(&r->arena,
	    "task %s has no %s", r->task_id, what), NULL);
}

/* Which bytes, and what was found of them. */
struct blob {
	const char	*what;		/* "output" */
	size_t		 field;		/* of struct tq_task */
	const char	*name;		/* blob:...; NULL: the task has none */
	int		 fd;
	int64_t		 size;
	char		 start[4096];
	size_t		 start_n;
};

static int
read_blob(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct blob *b = r->data;
	ssize_t n;

	if (sv_read_task(r, st, err) == -1)
		return -1;
	if (r->task == NULL)
		return 0;
	b->name = *(const char *const *)((const char *)r->task + b->field);
	if (b->name == NULL || strncmp(b->name, "blob:", 5) != 0) {
		b->name = NULL;
		return 0;
	}
	b->fd = tq_store_blob_get(st, b->name, &b->size, err);
	if (b->fd == -1)
		return -1;
	n = pread(b->fd, b->start, sizeof(b->start), 0);
	b->start_n = n > 0 ? (size_t)n : 0;
	return 0;
}

static enum MHD_Result
answer_blob(struct sv_req *r)
{
	static const struct tq_mime log = { "text/plain; charset=utf-8",
	    ".txt", true };
	const char *have = sv_header(r, "If-None-Match"), *tag;
	struct blob *b = r->data;
	const struct tq_mime *m;
	struct MHD_Response *resp;

	if (r->op.rc == -1)
		return r->op.err.code == TQ_E_NOTFOUND ?
		    answer_none(r, b->what) : sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	if (b->name == NULL)
		return answer_none(r, b->what);
	tag = tq_arena_fmt(&r->arena, "%llu", (unsigned long long)r->task->rev);
	if (have != NULL && tq_etag_match(have, tag)) {
		close(b->fd);
		return sv_answer_empty(r, 304);
	}
	m = strcmp(b->what, "log") == 0 ? &log :
	    tq_mime_sniff(b->start, b->start_n);
	/* libmicrohttpd closes the descriptor. */
	resp = MHD_create_response_from_fd64((uint64_t)b->size, b->fd);
	if (resp == NULL) {
		close(b->fd);
		return MHD_NO;
	}
	put_headers(r, resp, b->what, m, tq_arena_fmt(&r->arena, "\"%s\"",
	    tag));
	return sv_answer(r, 200, resp, b->size);
}

static enum MHD_Result
send_field(struct sv_req *r, const char *what, size_t field)
{
	struct blob *b = tq_arena_alloc(&r->arena, sizeof(*b));

	b->what = what;
	b->field = field;
	r->data = b;
	return sv_read(r, read_blob, SV_QUICK, answer_blob);
}

enum MHD_Result
sv_output_run(struct sv_req *r)
{
	return send_field(r, "output", offsetof(struct tq_task, output));
}

enum MHD_Result
sv_input_run(struct sv_req *r)
{
	return send_field(r, "input", offsetof(struct tq_task, input));
}

enum MHD_Result
sv_log_run(struct sv_req *r)
{
	return send_field(r, "log", offsetof(struct tq_task, log));
}
