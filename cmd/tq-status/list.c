/* cmd/tq-status/list.c -- tasks by id, and --list. */
#include "status.h"

#include "cli/filter.h"

/* A row or a JSON line. */
static int
print_task(struct status *s, const struct tq_task *t, void *arg)
{
	return s->cli->json ? status_json(s, t) : columns_row(arg, t);
}

int
mode_show(struct status *s)
{
	struct columns c;
	int rc;

	if ((rc = columns_init(&c, s)) != 0)
		return rc;
	if (status_each(s, print_task, &c) == -1) {
		columns_free(&c);
		return -1;
	}
	return columns_end(&c) == -1 ? -1 : s->rc;
}

#define PAGE	500

/* A terminal that shows nothing looks as if nothing had happened. */
static void
say_none(struct status *s)
{
	if (s->cli->out_tty && !tq_cli_interrupted())
		tq_cli_note(s->cli, "no tasks%s in %s",
		    tq_cli_filter_narrows(&s->filter) ? " that match" : "",
		    tq_store_name(s->st));
}

static int
list_pages(struct status *s, struct columns *c, uint64_t *n)
{
	struct tq_list req = { .filter = s->filter,
	    .newest_first = s->o->newest, .by_created = s->o->newest };
	uint64_t left = s->o->limit == -1 ? UINT64_MAX :
	    (uint64_t)s->o->limit;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_buf cursor = TQ_BUF_INIT(4096);
	struct tq_page page;
	size_t i;
	int rc = 0;

	do {
		req.limit = left < PAGE ? (size_t)left : PAGE;
		rc = tq_store_list(s->st, &req, &a, &page, &s->cli->err);
		for (i = 0; rc == 0 && i < page.n; i++)
			rc = print_task(s, &page.tasks[i], c);
		if (rc == -1)
			break;
		left -= page.n;
		*n += page.n;
		tq_buf_clear(&cursor);
		req.cursor = NULL;
		if (page.cursor != NULL && tq_buf_str(&cursor,
		    page.cursor) == 0)
			req.cursor = cursor.data;
		tq_arena_reset(&a);
		if (!s->cli->out_tty)
			rc = tq_cli_flush(s->cli);
	} while (rc == 0 && req.cursor != NULL && left > 0 &&
	    !tq_cli_interrupted());
	tq_buf_free(&cursor);
	tq_arena_free(&a);
	return rc;
}

int
mode_list(struct status *s)
{
	struct columns c;
	uint64_t n = 0;
	int rc;

	if ((rc = columns_init(&c, s)) != 0)
		return rc;
	if (list_pages(s, &c, &n) == -1) {
		columns_free(&c);
		return -1;
	}
	if (columns_end(&c) == -1)
		return -1;
	if (n == 0)
		say_none(s);
	return tq_cli_interrupted() ? TQ_EX_INTR : 0;
}
