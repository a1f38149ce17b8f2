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

static enum MHD_Result
send_blob(struct sv_req *r, const struct tq_task *t, const char *blob,
    const char *what)
{
	static const struct tq_mime log = { "text/plain; charset=utf-8",
	    ".txt", true };
	const char *have = sv_header(r, "If-None-Match"), *tag;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = sv_reader_get(r->s, &err);
	const struct tq_mime *m;
	struct MHD_Response *resp;
	char start[4096];
	int64_t size;
	ssize_t n;
	int fd;

	tag = tq_arena_fmt(&r->arena, "%llu", (unsigned long long)t->rev);
	if (have != NULL && tq_etag_match(have, tag))
		return sv_answer_empty(r, 304);
	fd = st == NULL ? -1 : tq_store_blob_get(st, blob, &size, &err);
	if (fd == -1)
		return err.code == TQ_E_NOTFOUND ? answer_none(r, what) :
		    sv_answer_err(r, &err);
	n = pread(fd, start, sizeof(start), 0);
	m = strcmp(what, "log") == 0 ? &log :
	    tq_mime_sniff(start, n > 0 ? (size_t)n : 0);
	/* libmicrohttpd closes the descriptor. */
	resp = MHD_create_response_from_fd64((uint64_t)size, fd);
	if (resp == NULL) {
		close(fd);
		return MHD_NO;
	}
	put_headers(r, resp, what, m, tq_arena_fmt(&r->arena, "\"%s\"", tag));
	return sv_answer(r, 200, resp, size);
}

static enum MHD_Result
send_field(struct sv_req *r, const char *what, size_t field)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task *t;
	const char *blob;

	if (sv_reader_task(r, r->task_id, 0, &t, &err) == -1)
		return sv_answer_err(r, &err);
	if (t == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	blob = *(const char *const *)((const char *)t + field);
	if (blob == NULL || strncmp(blob, "blob:", 5) != 0)
		return answer_none(r, what);
	return send_blob(r, t, blob, what);
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
