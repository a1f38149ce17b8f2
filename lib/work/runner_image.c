/*
 * lib/work/runner_image.c -- image.grayscale: a picture in, its gray picture
 * out, decoded in a sandboxed child (image_child.c).
 *
 * Only the child looks at the picture, so only it knows what that takes.  It
 * is started with its slot's share of the memory for pictures; where it needs
 * more it says so and ends, and is started anew when that much is free.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "task/builtin.h"
#include "util/json.h"
#include "work/files.h"
#include "work/image_child.h"
#include "work/line.h"
#include "work/outcome.h"
#include "work/handler/reason.h"
#include "work/worker.h"

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

	tq_spawn_fds(cmd, 5);
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
	tq_spawn_fds_close(cmd);
	tq_child_close(w, c);
	return -1;
}

/* The child, with the memory that the slot has.  1: it could not be started. */
static int
launch(struct worker *w, struct slot *s)
{
	struct tq_spawn_cmd cmd = { .fn = TQ_FN_IMAGE };
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = s->job;
	struct tq_image_order o;

	memset(&o, 0, sizeof(o));
	o.memory = s->memory;
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
	tq_line_leave(w, s);
	return 1;
}

static int
start(struct worker *w, struct slot *s)
{
	tq_child_landlock(w);
	return tq_line_enter(w, s, w->line.room.share) ? launch(w, s) : 0;
}

/* Somebody has left: who stands in line may go on. */
static void
let_in(struct worker *w)
{
	struct slot *s;

	while ((s = tq_line_next(w)) != NULL)
		if (launch(w, s) == 1)
			tq_slot_end(w, s);
}

static void
stop(struct worker *w, struct slot *s, int sig)
{
	if (!tq_line_holds(w, s)) {
		tq_child_stop(w, s, sig);
		return;
	}
	s->job->out.end = s->why;
	tq_line_leave(w, s);
	tq_files_clear(s);
	tq_slot_end(w, s);
	let_in(w);
}

/* -- its end --------------------------------------------------------------- */

static bool
exited(const struct tq_spawn_exit *e, int status)
{
	return WIFEXITED(e->wstatus) && WEXITSTATUS(e->wstatus) == status;
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

/* How much it needs, more than it has; 0 when it does not say that. */
static uint64_t
more_wanted(struct slot *s, const struct tq_spawn_exit *e, const char **what)
{
	unsigned long long need;
	struct tq_span v;
	int at = 0;

	if (s->stopping || !exited(e, TQ_IMAGE_MORE) ||
	    tq_files_read(s->child.result_fd, TQ_ERR_MSG_MAX,
	    &s->job->batch->arena, &v, NULL) == -1 ||
	    sscanf(v.p, "%llu %n", &need, &at) < 1 || at == 0 ||
	    need <= s->memory)
		return 0;
	*what = v.p + at;
	return need;
}

/*
 * Start it again, now or when there is room.  1: it would take more than there
 * is at all, as the job's outcome says, or it could not be started.
 */
static int
again(struct worker *w, struct slot *s, uint64_t need, const char *what)
{
	struct tq_err err = TQ_ERR_INIT;

	if (tq_room_fits(&w->line.room, need)) {
		if (tq_line_enter(w, s, need))
			return launch(w, s);
		tq_say_job(w, SAY_EVENT, "wait", s->job, "for memory");
		return 0;
	}
	tq_err_set(&err, TQ_AT_DECODE, TQ_E_TOOBIG, "%s take %llu MiB of "
	    "memory, more than the %llu that this worker has for pictures "
	    "(--image-memory)", what, (unsigned long long)need >> 20,
	    (unsigned long long)w->line.room.total >> 20);
	tq_outcome_err(s->job, TQ_END_PERMANENT, &err);
	tq_files_clear(s);
	return 1;
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

	if (exited(e, TQ_IMAGE_FAILED) && child_said(c, j, &err)) {
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
settle(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct tq_err err = TQ_ERR_INIT;
	struct slot *s = c->slot;
	struct job *j = s->job;

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
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct slot *s = c->slot;
	const char *what = NULL;
	uint64_t need;
	bool over = true;

	tq_outcome_exit(c, s->job, e);
	need = more_wanted(s, e, &what);
	tq_line_leave(w, s);
	if (need != 0) {
		tq_child_close(w, c);
		over = again(w, s, need, what) == 1;
	} else {
		settle(w, c, e);
	}
	if (over)
		tq_slot_end(w, s);
	let_in(w);
}

const struct tq_runner tq_runner_image = { "image", false, start, stop, NULL,
    ended, TQ_IMAGE_INPUT_MAX };
