/* cmd/tq-status/follow.c -- --follow: one line per change, from now on. */
#include "status.h"

#include <time.h>

#include "store/filter.h"
#include "util/str.h"

#define TURN_MS	1000	/* how late an interrupt may be noticed at worst */

/* A line for people: fixed widths, as what comes next is not known. */
static int
print_line(struct status *s, const struct tq_task *t)
{
	time_t when = (time_t)(t->updated_at / 1000);
	struct tq_buf *out = &s->cli->out;
	const char *tail;
	char at[16] = "";
	struct tm tm;

	if (localtime_r(&when, &tm) != NULL)
		strftime(at, sizeof(at), "%H:%M:%S", &tm);
	tq_buf_fmt(out, "%s  %s  %-9s  %s %d/%d", at, t->id,
	    tq_status_name(t->status), t->type, t->attempts,
	    tq_task_max_attempts(t));
	tail = t->status == TQ_RUNNING ? t->worker : t->reason;
	if (tail != NULL) {
		tq_buf_str(out, "  ");
		tq_visible(out, tq_span_of(tail), 0);
	}
	tq_buf_chr(out, '\n');
	return 0;
}

static int
print_change(struct status *s, struct columns *c, const struct tq_task *t)
{
	if (!tq_filter_passes(&s->filter, t))
		return 0;
	if (s->cli->json)
		return status_json(s, t);
	if (s->cli->out_tty && s->o->columns == NULL)
		return print_line(s, t);
	return columns_row(c, t);
}

static int
print_page(struct status *s, struct columns *c, const struct tq_page *page)
{
	size_t i;

	for (i = 0; i < page->n; i++)
		if (print_change(s, c, &page->tasks[i]) == -1)
			return -1;
	return s->cli->json ? tq_cli_flush(s->cli) :
	    tq_table_flush(&c->table);
}

/* One turn; ${cursor} is where to go on (empty: from now). */
static int
follow_turn(struct status *s, struct columns *c, struct tq_arena *a,
    struct tq_buf *cursor)
{
	struct tq_err *err = &s->cli->err;
	struct tq_page page;

	tq_arena_reset(a);
	if (tq_store_wait_changes(s->st, s->filter.queue, false,
	    cursor->len != 0 ? cursor->data : NULL, TURN_MS, a, &page,
	    err) == -1) {
		if (err->code != TQ_E_LOST)
			return -1;
		tq_cli_warn(s->cli, "some changes were missed; going on from "
		    "now");
		tq_buf_clear(cursor);
		return 0;
	}
	tq_buf_clear(cursor);
	if (page.cursor != NULL)
		tq_buf_str(cursor, page.cursor);
	return print_page(s, c, &page);
}

int
mode_follow(struct status *s)
{
	struct tq_buf cursor = TQ_BUF_INIT(4096);
	struct tq_arena a = TQ_ARENA_INIT;
	struct columns c;
	int rc;

	if ((rc = columns_init(&c, s)) != 0)
		return rc;
	while (rc == 0 && !tq_cli_interrupted())
		rc = follow_turn(s, &c, &a, &cursor);
	columns_free(&c);
	tq_arena_free(&a);
	tq_buf_free(&cursor);
	return rc == -1 ? -1 : TQ_EX_INTR;
}
