/* cmd/tq-dlq/show.c -- all about one task, for people. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dlq.h"
#include "task/command.h"
#include "util/str.h"
#include "util/time.h"

#define LOG_TAIL	4096	/* bytes of the log that are looked at */
#define LOG_LINES	20	/* of them shown */
#define SHOWN_MAX	4096	/* bytes of a payload or result */

static void
field(struct tq_buf *b, const char *name, struct tq_span v)
{
	if (v.n == 0)
		return;
	tq_buf_fmt(b, "%-13s ", name);
	tq_visible(b, v, SHOWN_MAX);
	tq_buf_chr(b, '\n');
}

/* With how long ago that is, for people. */
static void
field_time(struct dlq *d, const char *name, int64_t ms)
{
	int64_t now = tq_wall_ms(d->cli->env);
	char at[TQ_TIME_TEXT], ago[32], text[TQ_TIME_TEXT + 48];

	snprintf(text, sizeof(text), "%s", tq_time_text(ms, at));
	if (d->cli->out_tty && ms != 0)
		snprintf(text, sizeof(text), "%s (%s%s)", at,
		    tq_ago(now, ms, ago), ms > now ? "" : " ago");
	field(&d->cli->out, name, tq_span_of(text));
}

/* Values may be secrets. */
static void
field_env(struct tq_buf *b, const struct tq_task *t)
{
	struct tq_buf names = TQ_BUF_INIT(256 * 1024);

	if (t->env.n > 0) {
		tq_command_env_names(t, &names);
		field(b, "env", tq_buf_span(&names));
	}
	tq_buf_free(&names);
}

static void
field_duration(struct tq_buf *b, const char *name, int64_t ms)
{
	char text[TQ_TIME_TEXT];

	if (ms > 0)
		field(b, name, tq_span_of(tq_duration_text(ms, text)));
}

static void
fields(struct dlq *d, const struct tq_task *t)
{
	struct tq_buf *b = &d->cli->out;
	char text[64];

	field(b, "taskId", tq_span_of(t->id));
	field(b, "queue", tq_span_of(t->queue));
	field(b, "type", tq_span_of(t->type));
	field(b, "status", tq_span_of(tq_status_name(t->status)));
	if (t->drained)
		field(b, "drained", tq_span_of("yes"));
	snprintf(text, sizeof(text), "%d of %d", t->attempts,
	    tq_task_max_attempts(t));
	field(b, "attempts", tq_span_of(text));
	field(b, "failureReason", tq_span_of(t->reason));
	field(b, "stage", tq_span_of(tq_stage_name(t->err_stage)));
	field(b, "code", tq_span_of(t->err_code));
	field_time(d, "createdAt", t->created_at);
	field_time(d, "notBefore", t->not_before);
	field_time(d, "startedAt", t->started_at);
	field_time(d, "finishedAt", t->finished_at);
	field_time(d, "updatedAt", t->updated_at);
	field_time(d, "expiresAt", t->expires_at);
	field_duration(b, "timeout", t->timeout_ms);
	field_duration(b, "backoff", t->backoff_ms);
	field(b, "worker", tq_span_of(t->worker));
	field(b, "group", tq_span_of(t->group));
	field(b, "parent", tq_span_of(t->parent));
	field(b, "labels", t->labels);
	field(b, "argv", t->argv);
	field(b, t->chdir ? "chdir" : "cwd", tq_span_of(t->cwd));
	field(b, "umask", tq_span_of(t->umask));
	field_env(b, t);
	field(b, "input", tq_span_of(t->input));
	field(b, "payload", t->payload);
	field(b, "result", t->result);
	field(b, "output", tq_span_of(t->output));
}

/* The last lines of ${text}, indented. */
static void
tail(struct tq_buf *b, const char *text, size_t n)
{
	const char *p = text + n, *end;
	int lines = 0;

	while (p > text && p[-1] == '\n')
		p--;
	end = p;
	for (; p > text; p--)
		if (p[-1] == '\n' && ++lines == LOG_LINES)
			break;
	tq_buf_str(b, "log\n");
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl == NULL ? end : nl) - p);

		tq_buf_str(b, "    ");
		tq_visible(b, (struct tq_span){ p, len }, 0);
		tq_buf_chr(b, '\n');
		p += len + 1;
	}
}

/* A log that is gone or can't be read is no reason to show nothing. */
static void
log_tail(struct dlq *d, const struct tq_task *t, struct tq_buf *b)
{
	struct tq_err err = TQ_ERR_INIT;
	char text[LOG_TAIL];
	int64_t size;
	ssize_t n;
	int fd;

	if (t->log == NULL)
		return;
	if ((fd = tq_store_blob_get(d->st, t->log, &size, &err)) == -1) {
		tq_cli_note(d->cli, "log: %s", err.msg);
		return;
	}
	n = pread(fd, text, sizeof(text),
	    size > LOG_TAIL ? (off_t)(size - LOG_TAIL) : 0);
	if (n > 0)
		tail(b, text, (size_t)n);
	close(fd);
}

static int
show_loaded(struct dlq *d, struct tq_task *tasks, size_t n)
{
	struct tq_buf *b = &d->cli->out;
	size_t i;

	for (i = 0; i < n; i++) {
		if (d->cli->json) {
			tq_task_write(&tasks[i], b);
			if (tq_cli_line(d->cli, TQ_SPAN_NONE) == -1)
				return -1;
			continue;
		}
		if (d->done++ > 0)
			tq_buf_chr(b, '\n');
		fields(d, &tasks[i]);
		log_tail(d, &tasks[i], b);
		if (tq_cli_flush(d->cli) == -1)
			return -1;
	}
	return 0;
}

static int
show_page(struct dlq *d, struct tq_task *tasks, size_t n)
{
	return dlq_loaded(d, tasks, n, show_loaded);
}

int
dlq_show(struct dlq *d)
{
	int rc = dlq_select(d, show_page);

	return rc == -1 ? -1 : dlq_exit(d);
}
