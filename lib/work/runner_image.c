/*
 * lib/work/runner_image.c -- image.grayscale: a picture in, its gray picture
 * out, decoded in a sandboxed child.
 *
 * The child gets the picture on 0, writes the result or, when it fails,
 * "STAGE message" to 1, and the gray picture to 4.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/image.h"
#include "sandbox/sandbox.h"
#include "task/builtin.h"
#include "util/json.h"
#include "work/files.h"
#include "work/outcome.h"
#include "work/handler/reason.h"
#include "work/worker.h"

#define MIB		(1024u * 1024)
#define CHILD_FAILED	65

/* What the child is told. */
struct order {
	struct tq_image_opts	opts;
	int64_t			size;	/* of the picture on 0 */
};

/* -- in the child ---------------------------------------------------------- */

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		if ((k = write(fd, p, n)) == -1)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int
read_all(int fd, int64_t size, struct tq_buf *b, struct tq_err *err)
{
	ssize_t n;
	char *p;

	if (size < 0 || (uint64_t)size > b->max)
		return tq_err_set(err, TQ_AT_DECODE, TQ_E_TOOBIG,
		    "the picture's %lld bytes are over the limit of %zu",
		    (long long)size, b->max);
	while (b->len < (size_t)size) {
		if ((p = tq_buf_room(b, (size_t)size - b->len)) == NULL)
			return tq_err_set(err, TQ_AT_DECODE, TQ_E_NOMEM,
			    "out of memory");
		if ((n = read(fd, p, (size_t)size - b->len)) <= 0)
			return tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO,
			    n == 0 ? EIO : errno, "can't read the picture");
		b->len += (size_t)n;
	}
	return 0;
}

/* The sandbox closes when all is open: before the first byte is understood. */
static int
gray(const struct order *o, struct tq_image_info *info, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_sandbox_limits limits = { .cpu_seconds = 120,
	    .file_bytes = TQ_IMAGE_OUTPUT_MAX };
	struct tq_buf in = TQ_BUF_INIT(TQ_IMAGE_INPUT_MAX);
	struct tq_image_tools tools;
	int rc;

	limits.memory_bytes = 512ull * MIB + 8ull * (o->opts.pixels_max ?
	    o->opts.pixels_max : TQ_IMAGE_PIXELS_DEFAULT);
	rc = read_all(0, o->size, &in, err);
	if (rc == 0)
		rc = tq_image_load(&tools, in.data, in.len, err);
	if (rc == 0) {
		limits.threads = tools.threads;
		rc = tq_sandbox_enter(&limits, err);
	}
	if (rc == 0)
		rc = tq_image_gray(&tools, in.data, in.len, &o->opts, out,
		    info, err);
	if (rc == 0 && write_all(4, out->data, out->len) == -1)
		rc = tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno,
		    "can't write the gray picture");
	tq_buf_free(&in);
	return rc;
}

int
tq_image_child(struct tq_span arg)
{
	struct tq_buf out = TQ_BUF_INIT(TQ_IMAGE_OUTPUT_MAX);
	struct tq_buf say = TQ_BUF_INIT(MIB);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_image_info info;
	struct order o;
	int rc;

	memcpy(&o, arg.p, sizeof(o));
	rc = gray(&o, &info, &out, &err);
	if (rc == 0) {
		tq_buf_chr(&say, '{');
		tq_json_member_int(&say, "width", info.width);
		tq_json_member_int(&say, "height", info.height);
		tq_json_member_str(&say, "format",
		    tq_image_format_name(info.format));
		tq_json_member_int(&say, "bytes", (int64_t)out.len);
		tq_buf_chr(&say, '}');
	} else {
		tq_buf_fmt(&say, "%d %d %s", (int)err.stage, (int)err.code,
		    err.msg);
	}
	if (write_all(1, say.data, say.len) == -1)
		rc = -1;
	tq_buf_free(&out);
	tq_buf_free(&say);
	return rc == 0 ? 0 : CHILD_FAILED;
}

/* -- in the worker --------------------------------------------------------- */

static int
bad_option(const char *what, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s", what);
}

static int
read_options(const struct tq_task *t, struct tq_arena *a,
    struct tq_image_opts *o, struct tq_err *err)
{
	struct tq_span v, name;
	int64_t n;

	memset(o, 0, sizeof(*o));
	if (t->input == NULL)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA,
		    "the task has no input: submit it with --input FILE");
	if (t->payload_kind != TQ_KIND_JSON ||
	    tq_json_kind(t->payload) != TQ_JSON_OBJECT)
		return t->payload_kind == TQ_KIND_NONE ? 0 :
		    bad_option("the payload is not a JSON object", err);
	/* It may have been edited since it was submitted. */
	if (tq_builtin_check(t->type, t->payload, err) == -1)
		return -1;
	if (tq_json_get(t->payload, "format", &v)) {
		if (!tq_json_str(v, a, &name) || (o->format =
		    tq_image_format_parse(name.p)) == TQ_IMAGE_UNKNOWN)
			return bad_option("\"format\" must be \"jpeg\", "
			    "\"png\", \"bmp\" or \"pnm\"", err);
	}
	if (tq_json_get(t->payload, "quality", &v)) {
		if (!tq_json_int(v, &n) || n < 1 || n > 100)
			return bad_option("\"quality\" must be 1 to 100", err);
		o->quality = (int)n;
	}
	if (tq_json_get(t->payload, "max_pixels", &v)) {
		if (!tq_json_int(v, &n) || n < 1 || n > TQ_IMAGE_PIXELS_MAX)
			return bad_option("\"max_pixels\" must be 1 to "
			    "2000000000", err);
		o->pixels_max = (uint32_t)n;
	}
	return 0;
}

static int
open_fds(struct worker *w, struct slot *s, struct tq_spawn_cmd *cmd,
    int64_t *size, struct tq_err *err)
{
	struct child *c = &s->child;
	size_t i;

	cmd->nfds = 5;
	for (i = 0; i < cmd->nfds; i++)
		cmd->fds[i] = -1;
	if ((cmd->fds[0] = tq_files_input(w, s, size, err)) == -1)
		return -1;
	if ((c->result_fd = tq_store_blob_tmp(w->st, err)) == -1 ||
	    (c->output_fd = tq_store_blob_tmp(w->st, err)) == -1)
		goto fail;
	cmd->fds[1] = dup(c->result_fd);
	cmd->fds[4] = dup(c->output_fd);
	if (tq_child_open(w, c, cmd->fds, err) == 0 && cmd->fds[1] != -1 &&
	    cmd->fds[4] != -1)
		return 0;
fail:
	for (i = 0; i < cmd->nfds; i++)
		if (cmd->fds[i] != -1)
			close(cmd->fds[i]);
	tq_child_close(w, c);
	return -1;
}

/* Seccomp alone still holds; who runs the worker should know all the same. */
static void
check_landlock(struct worker *w)
{
	static bool checked;

	if (!checked && tq_sandbox_landlock() == 0)
		tq_say(w, SAY_LOUD, "warning", "landlock is not available "
		    "here: pictures are decoded behind seccomp alone");
	checked = true;
}

static int
start(struct worker *w, struct slot *s)
{
	struct tq_spawn_cmd cmd = { .fn = TQ_FN_IMAGE };
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = s->job;
	struct order o;

	check_landlock(w);
	memset(&o, 0, sizeof(o));
	s->at = &s->child;
	s->child.handler = j->handler;
	s->child.name = s->child.file = j->task->type;
	cmd.arg = (struct tq_span){ (const char *)&o, sizeof(o) };
	if (read_options(j->task, &j->batch->arena, &o.opts, &err) == 0 &&
	    open_fds(w, s, &cmd, &o.size, &err) == 0 &&
	    tq_child_start(w, &s->child, &cmd, &err) == 0)
		return 0;
	tq_outcome_err(j, tq_outcome_unstarted(&err), &err);
	tq_files_clear(s);
	return 1;
}

/* The child's own words about its failure; false when it has left none. */
static bool
child_said(struct child *c, struct job *j, struct tq_err *err)
{
	int stage, code, at = 0;
	struct tq_span v;

	if (tq_files_read(c->result_fd, TQ_ERR_MSG_MAX + 64,
	    &j->batch->arena, &v, err) == -1 ||
	    sscanf(v.p, "%d %d %n", &stage, &code, &at) < 2 || at == 0 ||
	    stage < 0 || stage >= TQ_STAGE_MAX || code < 0 ||
	    code >= TQ_CODE_MAX)
		return false;
	tq_err_set(err, (enum tq_stage)stage, (enum tq_code)code, "%s",
	    v.p + at);
	return true;
}

/*
 * A picture that needs more than the child's limit, which is far above what
 * its size warrants, would need it again.
 * A sandbox or a module that is not to be had is this worker's fault: no
 * attempt is used, and after some of them in a row it ends (slot.c).
 */
static void
failed(struct worker *w, struct child *c, struct job *j,
    const struct tq_spawn_exit *e)
{
	struct tq_err err = TQ_ERR_INIT;
	char words[160];

	if (WIFEXITED(e->wstatus) && WEXITSTATUS(e->wstatus) == CHILD_FAILED &&
	    child_said(c, j, &err)) {
		if (err.code == TQ_E_CONFIG)
			tq_say(w, SAY_ALWAYS, "sandbox", "%s; no picture is "
			    "decoded here", err.msg);
		tq_outcome_err(j, err.code == TQ_E_CONFIG ?
		    TQ_END_NO_HANDLER : err.code == TQ_E_NOMEM ?
		    TQ_END_PERMANENT : tq_outcome_end_of(&err), &err);
		return;
	}
	j->out.end = TQ_END_ERROR;
	j->out.stage = TQ_AT_DECODE;
	j->out.code = tq_exit_code_text(&j->batch->arena, e->wstatus);
	j->out.reason = tq_reason_text(&j->batch->arena, j->task, "decode",
	    tq_sandbox_verdict(e->wstatus, words, sizeof(words)));
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct tq_err err = TQ_ERR_INIT;
	struct slot *s = c->slot;
	struct job *j = s->job;

	tq_outcome_exit(c, j, e);
	if (!s->stopping && j->out.end != TQ_END_DONE)
		failed(w, c, j, e);
	if (j->out.end == TQ_END_DONE && !j->lost &&
	    (tq_outcome_output(w, j, c->output_fd, &err) == -1 ||
	    tq_outcome_result(w, j, c->result_fd, &err) == -1))
		tq_outcome_err(j, tq_outcome_end_of(&err), &err);
	if (!j->lost)
		tq_child_save_log(w, c, j);
	tq_child_close(w, c);
	tq_files_clear(s);
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_image = { "image", false, start,
    tq_child_stop, NULL, ended, TQ_IMAGE_INPUT_MAX };
