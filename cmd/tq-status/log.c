/* cmd/tq-status/log.c -- --log [-f]: what the handler wrote to stderr. */
#include "status.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/tail.h"
#include "task/history.h"
#include "util/limits.h"
#include "util/str.h"

#define TURN_MS	500	/* a log may grow without a write to its record */

struct follow {
	bool		 err, out;	/* which is wanted */
	char		 name[1024];	/* blob of the attempt shown last */
	struct tq_buf	 shown;		/* its bytes, as far as shown */
	struct tq_tail	 tail;		/* of stdout */
};

/* All bytes of the blob into ${b}; a log is never over TQ_LOG_MAX. */
static int
read_blob(struct status *s, const char *name, struct tq_buf *b)
{
	struct tq_err *err = &s->cli->err;
	int64_t size;
	ssize_t got;
	char *room;
	int fd;

	if ((fd = tq_store_blob_get(s->st, name, &size, err)) == -1)
		return -1;
	do {
		if ((room = tq_buf_room(b, 65536)) == NULL) {
			close(fd);
			return tq_buf_why(b, err, TQ_AT_STORE,
			    "%s: a log of over %d bytes", name, TQ_LOG_MAX);
		}
		got = read(fd, room, 65536);
		if (got > 0)
			b->len += (size_t)got;
	} while (got > 0 || (got == -1 && errno == EINTR));
	close(fd);
	return got == 0 ? 0 : tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno,
	    "%s", name);
}

static int
print_log(struct status *s, struct tq_span text)
{
	if (s->cli->out_tty)
		text_visible(&s->cli->out, text);
	else
		tq_buf_add(&s->cli->out, text.p, text.n);
	return tq_cli_flush(s->cli);
}

static int
print_piece(void *arg, struct tq_span piece)
{
	return print_log(arg, piece);
}

/* Print what the log has that was not shown yet. */
static int
show_log(struct status *s, const struct tq_task *t, struct follow *f)
{
	struct tq_buf now = TQ_BUF_INIT(TQ_LOG_MAX + 2 * 65536);
	struct tq_span text;
	size_t known;
	int rc;

	if (t->log == NULL)
		return 0;
	if (strcmp(t->log, f->name) != 0) {
		snprintf(f->name, sizeof(f->name), "%s", t->log);
		tq_buf_clear(&f->shown);
	}
	if (read_blob(s, t->log, &now) == -1) {
		tq_buf_free(&now);
		/* Replaced or swept between the two reads. */
		return s->cli->err.code == TQ_E_NOTFOUND ? 0 : -1;
	}
	text = tq_buf_span(&now);
	known = text_shown(tq_buf_span(&f->shown), text);
	rc = text.n == known ? 0 : print_log(s, (struct tq_span){
	    text.p + known, text.n - known });
	tq_buf_free(&f->shown);
	f->shown = now;
	return rc;
}

static int
show_more(struct status *s, const struct tq_task *t, struct follow *f)
{
	int rc = f->err ? show_log(s, t, f) : 0;

	return rc == 0 && f->out ? tq_tail_more(s->cli, s->st, t, &f->tail,
	    print_piece, s) : rc;
}

/* Until it ends; it need not have begun. */
static int
follow_log(struct status *s, const struct tq_task *t, struct follow *f)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_ref ref = { .id = tq_arena_str(&s->cli->arena, t->id) };
	struct tq_task *news = NULL;
	int rc = show_more(s, t, f);

	if ((TQ_FINISHED & TQ_BIT(t->status)) != 0)
		return rc;
	while (rc == 0 && !tq_cli_interrupted()) {
		if (tq_store_wait_ids(s->st, &ref, 1, TURN_MS, &a, &news,
		    &s->cli->err) == -1 || (news == NULL &&
		    tq_store_get(s->st, &ref.id, 1, 0, &a, &news,
		    &s->cli->err) == -1)) {
			rc = -1;
			break;
		}
		if (news == NULL || tq_is_gone(news)) {
			status_no_task(s, ref.id);
			break;
		}
		ref.rev = news->rev;
		rc = show_more(s, news, f);
		if ((TQ_FINISHED & TQ_BIT(news->status)) != 0)
			break;
		tq_arena_reset(&a);
	}
	tq_arena_free(&a);
	return rc;
}

/* That of one attempt; of earlier ones the last 64 KiB are kept. */
static int
log_of_attempt(struct status *s, const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_LOG_MAX + 2 * 65536);
	const char *name = tq_history_log(t, (int)s->o->attempt,
	    &s->cli->arena);
	int rc = TQ_EX_NO;

	if (s->o->attempt > t->attempts)
		tq_cli_note(s->cli, "%s: there was no attempt %lld", t->id,
		    (long long)s->o->attempt);
	else if (name == NULL)
		tq_cli_note(s->cli, "%s: no log of attempt %lld is kept", t->id,
		    (long long)s->o->attempt);
	else if ((rc = read_blob(s, name, &b)) == 0)
		rc = print_log(s, tq_buf_span(&b));
	tq_buf_free(&b);
	return rc;
}

static int
log_of(struct status *s, const struct tq_task *t)
{
	struct follow f = { .shown = TQ_BUF_INIT(TQ_LOG_MAX + 2 * 65536) };
	const char *which = s->o->log;
	int rc;

	f.out = strcmp(which, "stdout") == 0 || strcmp(which, "both") == 0;
	f.err = strcmp(which, "stdout") != 0;
	if (s->o->attempt != -1) {
		rc = log_of_attempt(s, t);
	} else if (s->o->follow) {
		rc = follow_log(s, t, &f);
	} else if (t->log == NULL && t->out_log == NULL && t->attempts == 0) {
		tq_cli_note(s->cli, "%s has no log: it has not run yet",
		    t->id);
		rc = TQ_EX_NO;
	} else {
		rc = show_more(s, t, &f);
	}
	tq_buf_free(&f.shown);
	return rc;
}

int
mode_log(struct status *s)
{
	static const char *const words[] = { "", "stderr", "stdout", "both" };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t;
	size_t i;
	int rc;

	for (i = 0; i < 4 && strcmp(s->o->log, words[i]) != 0; i++)
		;
	if (i == 4)
		return tq_cli_usage(s->cli, "--log is stderr, stdout or both, "
		    "not %s", s->o->log);
	if (s->o->attempt != -1 && s->o->follow)
		return tq_cli_usage(s->cli, "--attempt and --follow exclude "
		    "each other");
	rc = status_one(s, 0, &a, &t);
	if (rc == 1)
		rc = log_of(s, t);
	tq_arena_free(&a);
	if (rc == 0 && tq_cli_interrupted())
		return TQ_EX_INTR;
	return rc == 0 ? s->rc : rc;
}
