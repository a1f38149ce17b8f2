/* cmd/tq-dlq/follow.c -- print tasks as they die. */
#include "dlq.h"

#include <string.h>

#include "store/filter.h"

/*
 * Which of the changed records died just now?  One that was edited or
 * drained later has changed too, but died before what was printed last.
 */
static bool
fresh(const struct dlq *d, const struct tq_task *t, int64_t newest)
{
	return tq_filter_passes(&d->filter, t) &&
	    (t->updated_at == t->finished_at || t->finished_at > newest);
}

static int
hand_on(struct dlq *d, struct tq_page *page, int64_t *newest, dlq_page_fn *fn)
{
	size_t i, n = 0;
	int64_t last = *newest;

	for (i = 0; i < page->n; i++) {
		if (!fresh(d, &page->tasks[i], *newest))
			continue;
		if (page->tasks[i].finished_at > last)
			last = page->tasks[i].finished_at;
		page->tasks[n++] = page->tasks[i];
	}
	*newest = last;
	return n == 0 ? 0 : fn(d, page->tasks, n);
}

#define SLICE_MS	5000	/* a signal just before the wait is lost */

static int
watch(struct dlq *d, struct tq_arena a[2], int (*first)(struct dlq *),
    dlq_page_fn *fn)
{
	struct tq_page page = { 0 };
	int64_t newest = tq_wall_ms(d->cli->env);
	bool anew;
	int turn = 0, rc = 0;

	while (rc == 0 && !tq_cli_interrupted()) {
		anew = page.cursor == NULL;
		tq_arena_reset(&a[turn]);
		rc = tq_store_wait_changes(d->st, d->filter.queue, false,
		    page.cursor, SLICE_MS, &a[turn], &page, &d->cli->err);
		if (rc == -1 && d->cli->err.code == TQ_E_LOST) {
			if (first == NULL)
				tq_cli_warn(d->cli, "some may have been "
				    "missed; tq-dlq list shows them");
			page = (struct tq_page){ 0 };
			rc = 0;
			continue;
		}
		turn = !turn;
		if (rc == 0 && anew && first != NULL)
			rc = first(d);
		if (rc == 0)
			rc = hand_on(d, &page, &newest, fn);
	}
	return rc;
}

int
dlq_deaths(struct dlq *d, int (*first)(struct dlq *), dlq_page_fn *fn)
{
	struct tq_arena a[2] = { TQ_ARENA_INIT, TQ_ARENA_INIT };
	int rc = watch(d, a, first, fn);

	tq_arena_free(&a[0]);
	tq_arena_free(&a[1]);
	return rc;
}

static int
print_page(struct dlq *d, struct tq_task *tasks, size_t n)
{
	return dlq_rows(d, tasks, n) == -1 ? -1 : tq_cli_flush(d->cli);
}

int
dlq_follow(struct dlq *d)
{
	struct tq_table t;
	int rc;

	dlq_table(d, &t);
	rc = dlq_deaths(d, NULL, print_page);
	tq_table_free(&t);
	return rc == -1 ? -1 : TQ_EX_INTR;
}
