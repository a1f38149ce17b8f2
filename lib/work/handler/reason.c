/* lib/work/handler/reason.c -- see reason.h. */
#include "work/handler/reason.h"

#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

static const char never[] = " (never again)";

static void
put_tail(struct tq_buf *b, const char *last_line)
{
	if (last_line[0] == '\0')
		return;
	tq_buf_str(b, ": ");
	tq_visible(b, tq_span_of(last_line), 500);
}

static void
put_attempt(struct tq_buf *b, const struct tq_task *t)
{
	tq_buf_fmt(b, " on attempt %d of %d", t->attempts,
	    tq_task_max_attempts(t));
}

static const char *
take(struct tq_arena *a, struct tq_buf *b)
{
	const char *s;

	if (b->len > TQ_REASON_MAX)
		b->len = TQ_REASON_MAX;
	while (b->len > 0 && !tq_utf8_valid(tq_buf_span(b)))
		b->len--;
	s = tq_arena_dup(a, b->data, b->len);
	tq_buf_free(b);
	return s;
}

const char *
tq_reason_exit(struct tq_arena *a, const struct tq_task *t, const char *name,
    int wstatus, const char *last_line)
{
	struct tq_buf b = TQ_BUF_INIT(16 * TQ_REASON_MAX);
	int sig;

	tq_buf_str(&b, "exec: ");
	tq_visible(&b, tq_span_of(name), 128);
	tq_buf_chr(&b, ' ');
	if (WIFSIGNALED(wstatus)) {
		sig = WTERMSIG(wstatus);
		tq_buf_fmt(&b, "was killed by signal %d (%s%s)", sig,
		    sigabbrev_np(sig) ? "SIG" : "",
		    sigabbrev_np(sig) ? sigabbrev_np(sig) : "unknown");
	} else {
		tq_buf_fmt(&b, "exited with status %d", WEXITSTATUS(wstatus));
	}
	if (WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == EX_DATAERR)
		tq_buf_str(&b, never);
	else
		put_attempt(&b, t);
	put_tail(&b, last_line);
	return take(a, &b);
}

const char *
tq_reason_timeout(struct tq_arena *a, const struct tq_task *t, int64_t ms,
    const char *last_line)
{
	struct tq_buf b = TQ_BUF_INIT(16 * TQ_REASON_MAX);
	char text[TQ_TIME_TEXT];

	tq_buf_fmt(&b, "timeout: %s was stopped after %s", t->type,
	    tq_duration_text(ms, text));
	put_attempt(&b, t);
	put_tail(&b, last_line);
	return take(a, &b);
}

static void
put_text(struct tq_buf *b, const struct tq_task *t, const char *what,
    const char *text)
{
	tq_buf_fmt(b, "%s: %s: ", what, t->type);
	tq_visible(b, tq_span_of(text), 800);
}

const char *
tq_reason_text(struct tq_arena *a, const struct tq_task *t, const char *what,
    const char *text)
{
	struct tq_buf b = TQ_BUF_INIT(16 * TQ_REASON_MAX);

	put_text(&b, t, what, text);
	put_attempt(&b, t);
	return take(a, &b);
}

const char *
tq_reason_final(struct tq_arena *a, const struct tq_task *t, const char *what,
    const char *text)
{
	struct tq_buf b = TQ_BUF_INIT(16 * TQ_REASON_MAX);

	put_text(&b, t, what, text);
	tq_buf_str(&b, never);
	return take(a, &b);
}

const char *
tq_exit_code_text(struct tq_arena *a, int wstatus)
{
	return WIFSIGNALED(wstatus) ?
	    tq_arena_fmt(a, "signal-%d", WTERMSIG(wstatus)) :
	    tq_arena_fmt(a, "exit-%d", WEXITSTATUS(wstatus));
}
