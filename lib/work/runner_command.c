/* lib/work/runner_command.c -- a process per task: --on, --handlers, --exec. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "task/command.h"
#include "util/json.h"
#include "util/str.h"
#include "work/files.h"
#include "work/outcome.h"
#include "work/worker.h"

/* A queued command has nothing to read but the input it was given. */
static int
open_stdin(struct worker *w, struct slot *s, struct tq_err *err)
{
	int fd = tq_files_prepare(w, s, err);

	if (fd == -1 || s->job->handler->runner != &tq_runner_exec ||
	    s->job->task->input != NULL)
		return fd;
	close(fd);
	if ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
		tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "/dev/null");
	return fd;
}

/* The files and pipes of a command; -1 with err and nothing left open. */
static int
open_fds(struct worker *w, struct slot *s, struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{
	struct child *c = &s->child;

	tq_spawn_fds(cmd, 4);
	if ((cmd->fds[0] = open_stdin(w, s, err)) == -1)
		return -1;
	if (tq_child_capture(w, c, &cmd->fds[1], err) == 0 &&
	    tq_child_open(w, c, cmd->fds, err) == 0)
		return 0;
	tq_spawn_fds_close(cmd);
	tq_child_close(w, c);
	return -1;
}

/* A queued command runs as if it ran where it was queued. */
static void
as_queued(struct tq_spawn_cmd *cmd, const struct tq_task *t,
    struct tq_arena *a)
{
	const char **own, **all;
	size_t n, k = 0;

	cmd->cwd = t->cwd;
	cmd->umask = tq_command_umask(t) + 1;
	own = tq_command_environ(t, a, &n);
	if (n == 0)
		return;
	while (cmd->env[k] != NULL)
		k++;
	all = tq_arena_alloc(a, (n + k + 1) * sizeof(*all));
	memcpy(all, cmd->env, k * sizeof(*all));
	memcpy(all + k, own, (n + 1) * sizeof(*all));
	cmd->env = all;
}

static int
start(struct worker *w, struct slot *s, const char *name, const char *file,
    const char *const *argv)
{
	struct tq_spawn_cmd cmd = { .fn = -1, .file = file, .argv = argv };
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = s->job;

	s->at = &s->child;
	s->child.handler = j->handler;
	s->child.keeps_out = j->handler->runner == &tq_runner_exec;
	s->child.name = name;
	s->child.file = file;
	cmd.env = tq_files_env(w, s);
	if (j->handler->runner == &tq_runner_exec)
		as_queued(&cmd, j->task, &j->batch->arena);
	if (open_fds(w, s, &cmd, &err) == 0 &&
	    tq_child_start(w, &s->child, &cmd, &err) == 0)
		return 0;
	tq_outcome_err(j, tq_outcome_unstarted(&err), &err);
	tq_files_clear(s);
	return 1;
}

static int
command_start(struct worker *w, struct slot *s)
{
	const struct tq_handler *h = s->job->handler;

	return start(w, s, h->type, h->file, h->argv);
}

/*
 * On a store that others may write to, their commands are not for us to run.
 * That keeps users apart who mean well: one who edits the database by himself
 * can write what he likes there.
 */
static bool
is_ours(struct worker *w, const struct job *j, struct tq_err *err)
{
	const char *uid = j->task->uid;
	int64_t n;

	if (w->o->exec_shared || !tq_store_shared(w->st) || (uid != NULL &&
	    tq_str_int(uid, 0, UINT32_MAX, &n) == 0 && n == geteuid()))
		return true;
	tq_err_set(err, TQ_AT_EXEC, TQ_E_DENIED, "queued by user %s, and this "
	    "worker is of user %u: it runs no commands of others but by "
	    "--exec=shared", uid == NULL ? "unknown" : uid,
	    (unsigned)geteuid());
	return false;
}

static int
exec_start(struct worker *w, struct slot *s)
{
	struct tq_span argv = s->job->task->argv, key, val, word;
	struct tq_arena *a = &s->job->batch->arena;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_json_iter it;
	const char **v;
	size_t n = 0;

	if (!is_ours(w, s->job, &err)) {
		tq_outcome_err(s->job, TQ_END_LATER, &err);
		return 1;
	}
	if (tq_json_kind(argv) != TQ_JSON_ARRAY)
		goto bad;
	v = tq_arena_alloc(a, (argv.n / 2 + 2) * sizeof(*v));
	it = tq_json_iter(argv);
	while (tq_json_next(&it, &key, &val)) {
		if (!tq_json_str(val, a, &word))
			goto bad;
		v[n++] = word.p;
	}
	if (n > 0)
		return start(w, s, v[0], v[0], v);
bad:
	tq_err_set(&err, TQ_AT_PARSE, TQ_E_DATA,
	    "the task holds no command: it is made by tq-submit -- CMD ARGS");
	tq_outcome_err(s->job, TQ_END_PERMANENT, &err);
	return 1;
}

/* Done: what it has written is the result and the output. */
static int
collect(struct worker *w, struct child *c, struct job *j, struct tq_err *err)
{
	bool declared = c->fd3.output[0] != '\0';

	if (tq_outcome_output_file(w, j, declared ? c->fd3.output :
	    c->slot->output, declared, err) == -1)
		return -1;
	if (c->result_err.code != TQ_OK) {
		*err = c->result_err;
		return -1;
	}
	if (c->result_fd != -1)
		return tq_outcome_result(w, j, c->result_fd, err);
	return tq_outcome_bytes(w, j, tq_buf_span(&c->rx), err);
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct tq_err err = TQ_ERR_INIT;
	struct slot *s = c->slot;
	struct job *j = s->job;

	tq_outcome_exit(c, j, e);
	if (j->out.end == TQ_END_DONE && !j->lost &&
	    collect(w, c, j, &err) == -1)
		tq_outcome_err(j, tq_outcome_end_of(&err), &err);
	if (!j->lost)
		tq_child_save_log(w, c, j);
	if (j->out.end == TQ_END_DONE)
		tq_child_drop_out(w, j);
	else if (!j->lost)
		tq_child_save_out(w, c, j, true);
	tq_child_close(w, c);
	tq_files_clear(s);
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_command = { "command", false, command_start,
    tq_child_stop, NULL, ended, TQ_OUTPUT_MAX };
const struct tq_runner tq_runner_exec = { "exec", false, exec_start,
    tq_child_stop, NULL, ended, TQ_OUTPUT_MAX };
