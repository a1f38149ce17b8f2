/* lib/serve/api/files.c -- a task's bytes: output, input, log. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "serve/api/inside.h"
#include "task/history.h"
#include "task/input.h"
#include "util/json.h"
#include "util/str.h"

/* Without what is behind its last dot. */
static int
stem(const char *s)
{
	const char *dot = strrchr(s, '.');

	return (int)(dot != NULL && dot > s ? (size_t)(dot - s) : strlen(s));
}

/*
 * The name of the bytes when they are saved: the input as it was uploaded,
 * others after it, or after the task.  RFC 6266: once in plain ASCII, once as
 * it is.
 */
static const char *
disposition(struct sv_req *r, const char *what, const struct tq_mime *m)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *name, *p, *out, *file = r->task->input_name;
	struct tq_span v;

	/* A label may be another than the upload's own name, or 0.1.0's. */
	if (r->task->labels.n > 0 &&
	    tq_json_get(r->task->labels, SV_FILE_LABEL, &v) &&
	    tq_json_str(v, &r->arena, &v) && v.n > 0 && v.n < 256)
		file = v.p;
	if (file != NULL)
		name = strcmp(what, "input") == 0 ? file :
		    tq_arena_fmt(&r->arena, "%.*s-%s%s", stem(file), file,
		    what, m->ext);
	else
		name = tq_arena_fmt(&r->arena, "%s-%s%s", r->task_id, what,
		    m->ext);
	tq_buf_fmt(&b, "%s; filename=\"", m->show ? "inline" : "attachment");
	for (p = name; *p != '\0'; p++)
		tq_buf_chr(&b, *p < 0x20 || *p >= 0x7f || strchr("\"\\%/", *p) ?
		    '_' : *p);
	tq_buf_chr(&b, '"');
	if (file != NULL) {
		tq_buf_str(&b, "; filename*=UTF-8''");
		tq_uri_escape(&b, name);
	}
	out = tq_arena_str(&r->arena, b.data);
	tq_buf_free(&b);
	return out;
}

/* Nothing in it may act on a page's behalf, whatever a task made. */
static void
put_headers(struct sv_req *r, struct MHD_Response *resp, const char *what,
    const struct tq_mime *m, const char *tag)
{
	sv_answer_header(resp, "Content-Type", m->type);
	sv_answer_header(resp, "Content-Disposition", disposition(r, what, m));
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
	int64_t		 attempt;	/* of a log; 0: the last */
	const char	*name;		/* blob:...; NULL: the task has none */
	const char	*url;		/* to be had there; NULL: here */
	int		 fd;
	int64_t		 size;
	char		 start[4096];
	size_t		 start_n;
};

/* How many bytes it has by the record; 0: that does not say. */
static int64_t
size_of(const struct tq_task *t, const struct blob *b)
{
	return b->field == offsetof(struct tq_task, output) ?
	    t->output_size : b->field == offsetof(struct tq_task, input) ?
	    t->input_size : 0;
}

/* Where more bytes are than can be passed on; NULL: they can be. */
static const char *
elsewhere(struct sv_req *r, struct tq_store *st, const struct blob *b,
    int64_t size)
{
	const char *text = r->s->o->most != NULL ?
	    sv_header(r, r->s->o->most) : NULL;
	int64_t most;

	if (text == NULL || tq_str_int(text, 0, INT64_MAX, &most) == -1 ||
	    size <= most)
		return NULL;
	return sv_blob_url(r, st, b->name);
}

/* Bytes that were cut must not pass for the whole. */
static int
check_size(const struct tq_task *t, const struct blob *b, struct tq_err *err)
{
	int64_t want = size_of(t, b);

	if (want == 0 || b->size == want)
		return 0;
	return tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT, "the %s has %lld "
	    "bytes instead of %lld", b->what, (long long)b->size,
	    (long long)want);
}

static int
read_blob(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct blob *b = r->data;
	ssize_t n;
	int fd;

	if (sv_read_task(r, st, err) == -1)
		return -1;
	if (r->task == NULL)
		return 0;
	b->name = b->attempt > 0 ? tq_history_log(r->task, (int)b->attempt,
	    &r->arena) : *(const char *const *)((const char *)r->task +
	    b->field);
	if (tq_blob_name(b->name) == NULL) {
		b->name = NULL;
		return 0;
	}
	if ((b->url = elsewhere(r, st, b, size_of(r->task, b))) != NULL)
		return 0;
	fd = tq_store_blob_get(st, b->name, &b->size, err);
	if (fd == -1)
		return -1;
	b->url = elsewhere(r, st, b, b->size);
	if (b->url != NULL || check_size(r->task, b, err) == -1) {
		close(fd);
		return b->url != NULL ? 0 : -1;
	}
	b->fd = fd;
	n = pread(fd, b->start, sizeof(b->start), 0);
	b->start_n = n > 0 ? (size_t)n : 0;
	return 0;
}

/*
 * The range the client wants of ${size} bytes: all, unless it says otherwise.
 */
static enum tq_range
wanted(struct sv_req *r, const char *tag, int64_t size, int64_t *from,
    int64_t *n)
{
	const char *range = sv_header(r, "Range");
	const char *still = sv_header(r, "If-Range");

	*from = 0;
	*n = size;
	/* Of HEAD it means nothing (RFC 9110, 14.2). */
	if (range == NULL || strcmp(r->method, "GET") != 0 || (still != NULL && strcmp(still, tag) != 0))
		return TQ_RANGE_ALL;
	return tq_range(range, size, from, n);
}

static enum MHD_Result
send_bytes(struct sv_req *r, struct blob *b, const char *tag)
{
	static const struct tq_mime log = { "text/plain; charset=utf-8",
	    ".txt", true };
	const struct tq_mime *m = strcmp(b->what, "log") == 0 ? &log :
	    tq_mime_sniff(b->start, b->start_n);
	int64_t from, n;
	enum tq_range which = wanted(r, tag, b->size, &from, &n);
	struct MHD_Response *resp;

	if (which == TQ_RANGE_NONE) {
		close(b->fd);
		return sv_answer_no_range(r, b->size);
	}
	/* libmicrohttpd closes the descriptor. */
	resp = MHD_create_response_from_fd_at_offset64((uint64_t)n, b->fd,
	    (uint64_t)from);
	if (resp == NULL) {
		close(b->fd);
		return MHD_NO;
	}
	put_headers(r, resp, b->what, m, tag);
	sv_answer_header(resp, "Accept-Ranges", "bytes");
	if (which == TQ_RANGE_PART)
		sv_answer_header(resp, "Content-Range", tq_arena_fmt(&r->arena,
		    "bytes %lld-%lld/%lld", (long long)from,
		    (long long)(from + n - 1), (long long)b->size));
	return sv_answer(r, which == TQ_RANGE_PART ? 206 : 200, resp, n);
}

/* A signed address, which nobody is to keep. */
static enum MHD_Result
send_there(struct sv_req *r, const struct blob *b)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);

	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Location", b->url);
	return sv_answer(r, 307, resp, 0);
}

static enum MHD_Result
answer_blob(struct sv_req *r)
{
	const char *have = sv_header(r, "If-None-Match"), *tag;
	struct blob *b = r->data;

	if (r->op.rc == -1)
		return r->op.err.code == TQ_E_NOTFOUND ?
		    answer_none(r, b->what) : sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	if (b->name == NULL)
		return answer_none(r, b->what);
	tag = sv_etag(r, r->task);
	if (have != NULL && tq_etag_match(have, tag)) {
		if (b->fd != -1)
			close(b->fd);
		return sv_answer_same(r, tag);
	}
	return b->url != NULL ? send_there(r, b) : send_bytes(r, b, tag);
}

static enum MHD_Result
send_field(struct sv_req *r, const char *what, size_t field,
    const char *attempt)
{
	struct blob *b = tq_arena_alloc(&r->arena, sizeof(*b));

	*b = (struct blob){ .what = what, .field = field, .fd = -1 };
	if (attempt != NULL && tq_str_int(attempt, 1, 1000000,
	    &b->attempt) == -1)
		return sv_answer_problem(r, TQ_P_DATA, "attempt: must be a "
		    "number from 1", NULL);
	r->data = b;
	return sv_read(r, read_blob, SV_QUICK, answer_blob);
}

enum MHD_Result
sv_output_run(struct sv_req *r)
{
	return send_field(r, "output", offsetof(struct tq_task, output), NULL);
}

enum MHD_Result
sv_input_run(struct sv_req *r)
{
	return send_field(r, "input", offsetof(struct tq_task, input), NULL);
}

enum MHD_Result
sv_log_run(struct sv_req *r)
{
	return send_field(r, "log", offsetof(struct tq_task, log),
	    tq_uri_param(&r->uri, "attempt"));
}
