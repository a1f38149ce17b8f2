/*
 * lib/work/runner_fetch.c -- an input at a URL is fetched into the slot's
 * file before the handler starts.
 *
 * That is done in a child, as it may take long and talks to strangers: it has
 * no file, program or process but what fetching takes (tq_sandbox_fetcher()).
 * It writes the bytes to 1 and, when it fails, why to 0, a file too.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/fetch.h"
#include "sandbox/sandbox.h"
#include "util/cidr.h"
#include "task/input.h"
#include "util/fd.h"
#include "util/str.h"
#include "work/files.h"
#include "work/outcome.h"
#include "work/handler/reason.h"
#include "work/worker.h"

#define SAY_AGAIN_MS	60000

/*
 * -- in the child, which is told a struct tq_fetch_opts, behind it its ranges
 * and the URL with its NUL ---------------------------------------------------
 */

static bool
is_s3(const char *url)
{
	return tq_input_kind(url) == TQ_INPUT_S3;
}

static int
fetch(struct tq_span arg, struct tq_fetch_got *got, struct tq_err *err)
{
	const struct tq_net_module *net;
	struct tq_fetch_opts o;
	struct tq_cidr *allow;
	const char *url;
	size_t size;

	memcpy(&o, arg.p, sizeof(o));
	size = o.nallow * sizeof(*allow);
	allow = tq_must(malloc(size + 1));
	memcpy(allow, arg.p + sizeof(o), size);
	o.allow = allow;
	o.env = &tq_env_system;
	o.confine = tq_sandbox_fetcher;
	url = arg.p + sizeof(o) + size;
	if ((net = tq_module_symbol(TQ_NET_SO, is_s3(url) ? TQ_S3_MODULE :
	    TQ_NET_MODULE, err)) == NULL)
		return -1;
	if (net->version != TQ_NET_VERSION)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "tq-net.so is of another version than tq-work");
	return net->fetch(url, 1, &o, got, err);
}

int
tq_fetch_child(struct tq_span arg)
{
	struct tq_fetch_got got = { .retry_after_ms = -1 };
	struct tq_err err = TQ_ERR_INIT;

	/* A file that may not grow is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (fetch(arg, &got, &err) == 0)
		return 0;
	return tq_child_fails(0, &err, got.retry_after_ms);
}

/* -- in the worker --------------------------------------------------------- */

int
tq_fetch_init(struct worker *w, struct tq_err *err)
{
	const struct tq_work_list *list = &w->o->allow_net;
	size_t i;

	w->fetch.allow = tq_must(calloc(list->n + 1, sizeof(*w->fetch.allow)));
	for (i = 0; i < list->n; i++)
		if (tq_cidr_parse(list->v[i], &w->fetch.allow[i], err) == -1) {
			tq_err_prefix(err, "--allow-net");
			return -1;
		}
	w->fetch.nallow = i;
	return 0;
}

static int
open_fds(struct worker *w, struct slot *s, struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{
	struct child *c = &s->child;

	tq_spawn_fds(cmd, 4);
	c->result_fd = tq_fd_unnamed("fetch");
	if (c->result_fd == -1 || (cmd->fds[0] = dup(c->result_fd)) == -1 ||
	    (cmd->fds[1] = tq_files_new_input(s)) == -1)
		tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno, "%s", s->input);
	else if (tq_child_open(w, c, cmd->fds, err) == 0)
		return 0;
	tq_spawn_fds_close(cmd);
	tq_child_close(w, c);
	return -1;
}

static int
start(struct worker *w, struct slot *s)
{
	static struct tq_handler handler = { .type = "fetch",
	    .runner = &tq_runner_fetch };
	struct tq_spawn_cmd cmd = { .fn = TQ_FN_FETCH };
	struct tq_fetch_opts o = { .nallow = w->fetch.nallow,
	    .max_bytes = s->job->handler->runner->input_max };
	struct tq_buf arg = TQ_BUF_INIT(TQ_SPAWN_MAX);
	const char *url = s->job->task->input;
	struct tq_err err = TQ_ERR_INIT;
	int rc;

	tq_child_landlock(w);
	s->at = &s->child;
	s->child.handler = &handler;
	s->child.name = s->child.file = "fetch";
	tq_buf_add(&arg, &o, sizeof(o));
	tq_buf_add(&arg, w->fetch.allow,
	    w->fetch.nallow * sizeof(*w->fetch.allow));
	tq_buf_add(&arg, url, strlen(url) + 1);
	cmd.arg = tq_buf_span(&arg);
	rc = arg.failed ? tq_buf_why(&arg, &err, TQ_AT_FETCH,
	    "the URL is too long") : open_fds(w, s, &cmd, &err);
	if (rc == 0)
		rc = tq_child_start(w, &s->child, &cmd, &err);
	tq_buf_free(&arg);
	if (rc == 0)
		return 0;
	tq_outcome_err(s->job, tq_outcome_unstarted(&err), &err);
	return 1;
}

/* Say why this worker can't fetch; now and then, not for each task. */
static void
say_trouble(struct worker *w, const struct tq_err *err)
{
	if (w->fetch.said != 0 && w->now - w->fetch.said < SAY_AGAIN_MS)
		return;
	w->fetch.said = w->now;
	tq_say(w, SAY_LOUD, "fetch", "%s; such tasks wait, with no attempt "
	    "used", err->msg);
}

/*
 * The child's own words; false when it has left none.  A failed fetch is an
 * attempt; what is this worker's own trouble is not.
 */
static bool
child_said(struct worker *w, struct child *c, struct job *j,
    const struct tq_spawn_exit *e, enum tq_stage stage)
{
	struct tq_err err = TQ_ERR_INIT;
	enum tq_end end;
	int64_t after;

	if (!tq_child_failed(c, j, e, &err, &after))
		return false;
	end = err.retryable ? TQ_END_ERROR : TQ_END_PERMANENT;
	if (err.code == TQ_E_CONFIG && err.stage == TQ_AT_EXEC) {
		/* No sandbox to be had here: after a few of them it ends. */
		tq_say(w, SAY_ALWAYS, "sandbox", "%s; nothing is fetched or "
		    "posted here", err.msg);
		end = TQ_END_NO_HANDLER;
	} else if (err.code == TQ_E_CONFIG || err.code == TQ_E_IO ||
	    err.code == TQ_E_NOMEM) {
		end = TQ_END_LATER;
		say_trouble(w, &err);
	}
	err.stage = stage;
	tq_outcome_err(j, end, &err);
	j->out.retry_after = after;
	return true;
}

void
tq_fetch_failed(struct worker *w, struct child *c, struct job *j,
    const struct tq_spawn_exit *e, enum tq_stage stage)
{
	if (child_said(w, c, j, e, stage))
		return;
	if (e->exec_errno == 0)		/* it crashed; else it never began */
		j->out.end = TQ_END_ERROR;
	j->out.stage = stage;
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct slot *s = c->slot;
	struct job *j = s->job;

	tq_outcome_exit(c, j, e);
	if (!s->stopping && j->out.end != TQ_END_DONE)
		tq_fetch_failed(w, c, j, e, TQ_AT_FETCH);
	tq_child_close(w, c);
	if (!s->stopping && !j->lost && j->out.end == TQ_END_DONE) {
		tq_slot_handle(w, s);
		return;
	}
	tq_files_clear(s);
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_fetch = { "fetch", false, start,
    tq_child_stop, NULL, ended, 0 };
