/* lib/work/outcome.c -- see outcome.h. */
#include "work/outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/json.h"
#include "util/str.h"
#include "work/files.h"
#include "work/handler/reason.h"
#include "work/worker.h"

enum tq_end
tq_outcome_end_of(const struct tq_err *err)
{
	if (err->sys_errno == ENOSPC || err->sys_errno == EDQUOT)
		return TQ_END_LATER;
	switch (err->code) {
	case TQ_E_DATA:
	case TQ_E_TOOBIG:
	case TQ_E_NOTFOUND:
		return TQ_END_PERMANENT;
	default:
		return TQ_END_ERROR;
	}
}

enum tq_end
tq_outcome_unstarted(const struct tq_err *err)
{
	/* A full disk here is no attempt at the task. */
	return tq_outcome_end_of(err) == TQ_END_PERMANENT ?
	    TQ_END_PERMANENT : TQ_END_LATER;
}

void
tq_outcome_err(struct job *j, enum tq_end end, const struct tq_err *err)
{
	j->out.end = end;
	j->out.stage = err->stage;
	j->out.code = tq_code_name(err->code);
	j->out.reason = (end == TQ_END_PERMANENT ? tq_reason_final :
	    tq_reason_text)(&j->batch->arena, j->task,
	    tq_stage_name(err->stage), err->msg);
}

/* The handler protocol's exit statuses; all others are errors. */
static enum tq_end
end_of(int wstatus)
{
	static const struct {
		int		status;
		enum tq_end	end;
	} table[] = {
		{ 0, TQ_END_DONE }, { 65, TQ_END_PERMANENT },
		{ 75, TQ_END_LATER }, { 126, TQ_END_NO_HANDLER },
		{ 127, TQ_END_NO_HANDLER },
	};
	size_t i;

	for (i = 0; WIFEXITED(wstatus) && i < sizeof(table) /
	    sizeof(table[0]); i++)
		if (table[i].status == WEXITSTATUS(wstatus))
			return table[i].end;
	return TQ_END_ERROR;
}

/* execve(2) or fork(2) failed. */
static enum tq_end
end_of_exec(int errnum)
{
	switch (errnum) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return TQ_END_LATER;	/* the machine is full, for now */
	case E2BIG:
		return TQ_END_PERMANENT;
	default:
		return TQ_END_NO_HANDLER;
	}
}

/* We stopped it ourselves: how it took that does not matter. */
static void
stopped(const struct slot *s, struct job *j, const char *line)
{
	int64_t ms;

	j->out.end = s->why;
	if (s->why != TQ_END_TIMEOUT)
		return;
	j->out.stage = TQ_AT_TIMEOUT;
	j->out.code = "timeout";
	if (j->task->timeout_ms > 0 || j->handler->timeout_ms > 0)
		ms = j->task->timeout_ms > 0 ? j->task->timeout_ms :
		    j->handler->timeout_ms;
	else
		ms = tq_task_timeout_ms(j->task);
	j->out.reason = tq_reason_timeout(&j->batch->arena, j->task, ms, line);
}

/*
 * The directory that a command was queued in is not there, here: it may be on
 * another worker's host, or be mounted later.  One that --chdir names has to be.
 */
static void
no_cwd(struct job *j, int errnum)
{
	struct tq_err err = TQ_ERR_INIT;

	tq_err_sys(&err, TQ_AT_EXEC, TQ_E_NOTFOUND, errnum,
	    "can't enter the directory %.200s that it was queued in",
	    j->task->cwd);
	tq_outcome_err(j, j->task->chdir ? TQ_END_PERMANENT : TQ_END_LATER,
	    &err);
}

void
tq_outcome_exit(struct child *c, struct job *j,
    const struct tq_spawn_exit *e)
{
	struct tq_arena *a = &j->batch->arena;
	struct tq_err err = TQ_ERR_INIT;
	char line[512];

	tq_logbuf_last_line(&c->log, line, sizeof(line));
	j->out.retry_after = c->fd3.retry_after;
	if (c->slot->stopping) {
		stopped(c->slot, j, line);
		return;
	}
	j->out.end = e->exec_errno != 0 ? end_of_exec(e->exec_errno) :
	    end_of(e->wstatus);
	if (j->out.end == TQ_END_DONE)
		return;
	/* The one attempt is all there is to a command: it ends as it did. */
	if (j->out.end == TQ_END_LATER && e->exec_errno == 0 &&
	    j->task->argv.n > 0 && tq_task_max_attempts(j->task) == 1)
		j->out.end = TQ_END_ERROR;
	/* A queued command that is not there is the submitter's mistake. */
	if (j->out.end == TQ_END_NO_HANDLER && j->handler->file == NULL)
		j->out.end = TQ_END_PERMANENT;
	if (e->in_cwd)
		no_cwd(j, e->exec_errno);
	else if (e->exec_errno != 0) {
		tq_err_sys(&err, TQ_AT_EXEC, TQ_E_CONFIG, e->exec_errno,
		    "can't start %s", c->file);
		tq_outcome_err(j, j->out.end, &err);
	} else {
		j->out.stage = TQ_AT_EXEC;
		j->out.reason = tq_reason_exit(a, j->task, c->name,
		    e->wstatus, line);
	}
	j->out.code = tq_exit_code_text(a, e->wstatus);
}

int
tq_outcome_output(struct worker *w, struct job *j, int fd, struct tq_err *err)
{
	const char *name = tq_job_blob(j, "out");
	struct stat sb;
	int rc;

	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode))
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DATA,
		    "the output is not a regular file");
	if ((unsigned long long)sb.st_size > TQ_OUTPUT_MAX)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_TOOBIG,
		    "the output of %lld bytes is over the limit of %llu",
		    (long long)sb.st_size, TQ_OUTPUT_MAX);
	if (sb.st_size > TQ_STORE_HERE) {
		j->out.store_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		rc = j->out.store_fd != -1 ? 0 : tq_err_sys(err, TQ_AT_STORE,
		    TQ_E_IO, errno, "output");
	} else {
		tq_keeper_lend(w);
		rc = tq_store_blob_put(w->st, name, fd, false, err);
		tq_keeper_back(w);
	}
	if (rc == -1) {
		err->stage = TQ_AT_STORE;
		return -1;
	}
	j->out.output = tq_arena_fmt(&j->batch->arena, "blob:%s", name);
	j->out.output_size = sb.st_size;
	return 0;
}

/* Is it for want of something of this machine, and may pass? */
static bool
ours(int e)
{
	return e == EMFILE || e == ENFILE || e == ENOMEM || e == EIO;
}

int
tq_outcome_output_file(struct worker *w, struct job *j, const char *path,
    bool declared, struct tq_err *err)
{
	struct stat sb;
	int fd, rc = 0;

	/* As the handler sees it: from where it was started. */
	if (path[0] != '/' && j->task->argv.n > 0 && j->task->cwd != NULL)
		path = tq_arena_fmt(&j->batch->arena, "%s/%s", j->task->cwd,
		    path);

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return errno == ENOENT && !declared ? 0 : tq_err_sys(err,
		    TQ_AT_STORE, errno == ENOENT || ours(errno) ? TQ_E_IO :
		    TQ_E_DATA, errno, "output %s", path);
	if (declared || fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode) ||
	    sb.st_size > 0)
		rc = tq_outcome_output(w, j, fd, err);
	close(fd);
	return rc;
}

/* Of what kind is it as a result?  NONE: of none, it can be an output. */
static enum tq_kind
kind_of(struct tq_span v)
{
	if (tq_json_check(v, NULL) == 0)
		return TQ_KIND_JSON;
	return tq_utf8_valid(v) ? TQ_KIND_TEXT : TQ_KIND_NONE;
}

int
tq_outcome_result(struct worker *w, struct job *j, int fd, struct tq_err *err)
{
	struct tq_span v = TQ_SPAN_NONE;
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "stdout");
	if (sb.st_size <= TQ_RESULT_MAX) {
		if (tq_files_read(fd, TQ_RESULT_MAX, &j->batch->arena, &v,
		    err) == -1)
			return -1;
		j->out.result_kind = kind_of(v);
	}
	if (j->out.result_kind != TQ_KIND_NONE) {
		j->out.result = v;
		return 0;
	}
	if (j->out.output != NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DATA,
		    "stdout is no text, or over %u bytes, and there is an "
		    "output file too: only one can be the output",
		    TQ_RESULT_MAX);
	return tq_outcome_output(w, j, fd, err);
}

int
tq_outcome_bytes(struct worker *w, struct job *j, struct tq_span v,
    struct tq_err *err)
{
	enum tq_kind kind = v.n == 0 ? TQ_KIND_NONE : kind_of(v);
	int fd, rc;

	if (kind != TQ_KIND_NONE) {
		j->out.result = tq_arena_span(&j->batch->arena, v);
		j->out.result_kind = kind;
		return 0;
	}
	if (v.n == 0)
		return 0;
	if ((fd = tq_store_blob_tmp(w->st, err)) == -1)
		return -1;
	rc = tq_fd_write(fd, v) == 0 ? tq_outcome_result(w, j, fd, err) :
	    tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "output");
	close(fd);
	return rc;
}
