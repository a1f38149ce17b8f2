/* lib/work/runnable.c -- see runnable.h. */
#include "work/runnable.h"

#include "store/store.h"
#include "util/json.h"

#define PAGE	1000

struct counting {
	uint64_t	n, looked;
	int64_t		oldest;		/* due since then; 0: none is */
};

static void
count_page(struct counting *c, const struct tq_page *page, int64_t now)
{
	const struct tq_task *t;
	int64_t due;
	size_t i;

	c->looked += page->n;
	for (i = 0; i < page->n; i++) {
		t = &page->tasks[i];
		if (!tq_due(t, now) || t->held)
			continue;
		c->n++;
		due = t->due_since != 0 ? t->due_since : t->not_before != 0 ?
		    t->not_before : t->created_at;
		if (due < now && (c->oldest == 0 || due < c->oldest))
			c->oldest = due;
	}
}

static int
count_queue(struct tq_store *st, const char *queue, int64_t now,
    struct counting *c, struct tq_err *err)
{
	struct tq_list req = { .limit = PAGE, .filter = { .queue = queue,
	    .statuses = TQ_BIT(TQ_PENDING) | TQ_BIT(TQ_RETRYING) } };
	struct tq_arena a = TQ_ARENA_INIT, next = TQ_ARENA_INIT, swap;
	struct tq_page page;
	int rc;

	do {
		/* The cursor is in the arena of the page before. */
		swap = a;
		a = next;
		next = swap;
		tq_arena_reset(&a);
		rc = tq_store_list(st, &req, &a, &page, err);
		if (rc == -1)
			break;
		count_page(c, &page, now);
		req.cursor = page.cursor;
	} while (page.cursor != NULL && c->looked < TQ_RUNNABLE_MAX);
	tq_arena_free(&a);
	tq_arena_free(&next);
	return rc;
}

static void
put(const char *queue, const struct counting *c, int64_t now,
    struct tq_buf *out)
{
	static const char head[] = "\"CloudWatchMetrics\":[{\"Namespace\":"
	    "\"tq\",\"Dimensions\":[[\"Queue\"]],\"Metrics\":["
	    "{\"Name\":\"Runnable\",\"Unit\":\"Count\"},"
	    "{\"Name\":\"OldestRunnable\",\"Unit\":\"Seconds\"}]}]";

	tq_buf_fmt(out, "{\"_aws\":{\"Timestamp\":%lld,%s}", (long long)now,
	    head);
	tq_json_member_str(out, "Queue", queue);
	tq_json_member_int(out, "Runnable", (int64_t)c->n);
	tq_json_member_int(out, "OldestRunnable", c->oldest == 0 ? 0 :
	    (now - c->oldest) / 1000);
	tq_buf_str(out, "}\n");
}

int
tq_runnable_metrics(struct tq_store *st, const char *const *queues, size_t n,
    int64_t now, struct tq_buf *out, struct tq_err *err)
{
	struct counting sum;
	size_t i;

	for (i = 0; i < n; i++) {
		sum = (struct counting){ .n = 0 };
		if (count_queue(st, queues[i], now, &sum, err) == -1)
			return -1;
		put(queues[i], &sum, now, out);
	}
	return 0;
}
