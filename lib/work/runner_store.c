/*
 * lib/work/runner_store.c -- a large output is stored before its task ends.
 *
 * To sync gigabytes, or to send them, takes longer than the loop may be away.
 * So a child with a store handle of its own does it, who is killed when the
 * task is cancelled meanwhile.  It gets the output on 0 and writes, when it
 * fails, why to 1.  The handler is done: its time limit is over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/str.h"
#include "work/outcome.h"
#include "work/worker.h"

/* -- in the child, which is told the store and the blob, both NUL-ended ---- */

int
tq_store_child(struct tq_span arg)
{
	const char *url = arg.p, *name = url + strlen(url) + 1;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st;

	if (tq_store_open(url, &tq_env_system, TQ_OPEN_WRITE, &st, &err) == 0 &&
	    tq_store_blob_put(st, name, 0, false, &err) == 0) {
		tq_store_close(st);
		return 0;
	}
	return tq_child_fails(1, &err, -1);
}

/* -- in the worker --------------------------------------------------------- */

static int
open_fds(struct child *c, struct job *j, struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{

	/* Nothing else is heard of it: the log is the handler's. */
	tq_spawn_fds(cmd, 3);
	cmd->fds[0] = j->out.store_fd;
	j->out.store_fd = -1;
	c->result_fd = tq_fd_unnamed("store");
	cmd->fds[1] = dup(c->result_fd);
	cmd->fds[2] = dup(c->result_fd);
	if (cmd->fds[1] != -1 && cmd->fds[2] != -1)
		return 0;
	tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "can't make a pipe");
	tq_spawn_fds_close(cmd);
	return -1;
}

static int
start(struct worker *w, struct slot *s)
{
	static struct tq_handler handler = { .type = "store",
	    .runner = &tq_runner_store };
	struct tq_spawn_cmd cmd = { .fn = TQ_FN_STORE };
	struct tq_buf arg = TQ_BUF_INIT(TQ_SPAWN_MAX);
	struct child *c = &s->child;
	struct job *j = s->job;
	struct tq_err err = TQ_ERR_INIT;
	int rc;

	s->at = c;
	s->deadline = 0;
	c->handler = &handler;
	c->name = c->file = "store";
	tq_child_reset(c);
	c->fd3.retry_after = j->out.retry_after;
	tq_buf_add(&arg, tq_store_url(w->st), strlen(tq_store_url(w->st)) + 1);
	tq_buf_add(&arg, j->out.output, strlen(j->out.output) + 1);
	cmd.arg = tq_buf_span(&arg);
	rc = open_fds(c, j, &cmd, &err);
	if (rc == 0)
		rc = tq_child_start(w, c, &cmd, &err);
	else
		tq_child_close(w, c);
	tq_buf_free(&arg);
	if (rc == 0)
		return 0;
	tq_outcome_err(j, tq_outcome_end_of(&err), &err);
	return 1;
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct tq_err err = TQ_ERR_INIT;
	struct slot *s = c->slot;
	struct job *j = s->job;
	int64_t after;

	tq_outcome_exit(c, j, e);
	if (!s->stopping && j->out.end != TQ_END_DONE) {
		if (e->exec_errno == 0)	/* else it never began */
			j->out.end = TQ_END_ERROR;
		j->out.stage = TQ_AT_STORE;
		if (tq_child_failed(c, j, e, &err, &after)) {
			err.stage = TQ_AT_STORE;
			tq_outcome_err(j, tq_outcome_end_of(&err), &err);
		}
	}
	tq_child_close(w, c);
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_store = { "store", false, start,
    tq_child_stop, NULL, ended, 0 };
