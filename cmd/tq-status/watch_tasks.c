/* cmd/tq-status/watch_tasks.c -- see watch_tasks.h. */
#include "watch_tasks.h"

#include <stdio.h>
#include <string.h>

#include "task/failure.h"
#include "util/json.h"

#define WIDE	110
#define BAR_FROM	16	/* columns that are left for more than a percentage */
#define ID_LEN	36	/* of a UUID */

static const struct {
	const char	*head, *since, *what;
} heads[NPARTS] = {
	[PART_RUNNING] = { "RUNNING", "FOR", "PROGRESS, WORKER" },
	[PART_WAITING] = { "WAITING", "SINCE", "STATE" },
	[PART_DEAD] = { "DEAD", "AGO", "REASON" },
	[PART_DONE] = { "DONE", "AGO", "TOOK, WORKER" },
};

/* On a narrow screen the end of an id is shown: the front of a UUIDv7 is the
   time, and so that of its neighbours. */
static int
id_width(const struct pen *p)
{
	return p->width >= 76 ? ID_LEN : p->width >= 50 ? 13 : 7;
}

static int
type_width(const struct pen *p)
{
	return p->width >= WIDE ? 16 : p->width >= 40 ? 10 : 8;
}

static void
put_id(struct pen *p, const char *id)
{
	int width = id_width(p), n = (int)strlen(id);

	if (n > width && width < ID_LEN)
		id += n - width;
	pen_cell(p, PEN_PLAIN, width, id);
}

void
watch_tasks_bar(struct pen *p, struct tq_span progress)
{
	int cells = p->width >= WIDE ? 20 : p->left >= BAR_FROM ? 10 : 0;
	int full, i;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span v, text;
	double done, total;
	struct tq_buf bar = TQ_BUF_INIT(256);
	char percent[16];

	if (tq_json_get(progress, "done", &v) && tq_json_num(v, &done) &&
	    tq_json_get(progress, "total", &v) && tq_json_num(v, &total) &&
	    total > 0 && done >= 0) {
		done = done > total ? total : done;
		full = (int)(done / total * cells);
		for (i = 0; i < cells; i++)
			tq_buf_str(&bar, i < full ? p->utf8 ? "█" : "#" :
			    p->utf8 ? "░" : ".");
		if (cells > 0)
			pen_cell(p, PEN_GREEN, 0, bar.data);
		tq_buf_free(&bar);
		snprintf(percent, sizeof(percent), "%d%%",
		    (int)(done / total * 100));
		pen_cell(p, PEN_PLAIN, -4, percent);
	}
	if (tq_json_get(progress, "text", &v) && tq_json_str(v, &a, &text))
		pen_span(p, PEN_PLAIN, text);
	tq_arena_free(&a);
}

/* Since when it is what it is. */
static int64_t
since(enum watch_part part, const struct tq_task *t)
{
	return part == PART_RUNNING ? t->started_at : part == PART_WAITING ?
	    t->created_at : t->finished_at;
}

/* The handler's words first. */
static void
put_reason(struct pen *p, enum pen_style style, const char *reason)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);

	tq_failure_shown(reason, &b);
	pen_cell(p, style, 0, b.data != NULL ? b.data : "-");
	tq_buf_free(&b);
}

static void
put_waiting(struct pen *p, const struct watch_data *d,
    const struct tq_task *t)
{
	pen_cell(p, t->status == TQ_RETRYING ? PEN_YELLOW : PEN_PLAIN, 0,
	    t->held ? "held" : t->status == TQ_PENDING ? "waits" :
	    t->status == TQ_BLOCKED ? "waits for others" : "retries");
	if (t->status != TQ_BLOCKED && t->not_before > d->now) {
		pen_cell(p, PEN_PLAIN, 0, "in");
		pen_time(p, PEN_PLAIN, 0, t->not_before - d->now);
	}
	if (t->reason != NULL)
		put_reason(p, PEN_DIM, t->reason);
}

static void
put_tail(struct pen *p, const struct watch_data *d, enum watch_part part,
    const struct tq_task *t)
{
	if (part == PART_DEAD) {
		put_reason(p, PEN_RED, t->reason);
		return;
	}
	if (part == PART_WAITING) {
		put_waiting(p, d, t);
		return;
	}
	if (part == PART_DONE)
		pen_time(p, PEN_PLAIN, -6, t->finished_at - t->started_at);
	if (part == PART_RUNNING && t->cancel_requested)
		pen_cell(p, PEN_YELLOW, 0, "cancelling");
	if (part == PART_RUNNING && t->progress.n != 0)
		watch_tasks_bar(p, t->progress);
	if (t->worker != NULL)
		pen_cell(p, PEN_DIM, 0, t->worker);
}

static void
put_task(struct pen *p, const struct watch_data *d, enum watch_part part,
    const struct tq_task *t)
{
	char tries[24];

	snprintf(tries, sizeof(tries), "%d/%d", t->attempts,
	    tq_task_max_attempts(t));
	put_id(p, t->id);
	if (p->width >= WIDE)
		pen_cell(p, PEN_PLAIN, 12, t->queue);
	pen_cell(p, PEN_PLAIN, type_width(p), t->type);
	if (p->width >= 50)
		pen_cell(p, t->attempts > 1 ? PEN_YELLOW : PEN_PLAIN, 4, tries);
	pen_time(p, PEN_PLAIN, -6, d->now - since(part, t));
	put_tail(p, d, part, t);
}

/* Workers say how busy they are only every now and then: better count, where
   all that runs was read. */
static int
busy_slots(const struct watch_data *d, const struct tq_presence *w)
{
	const struct tq_task *t;
	uint64_t running = 0;
	size_t i;
	int n = 0;

	for (i = 0; i < d->nrows; i++)
		running += d->rows[i].running;
	for (i = 0; i < d->ntasks[PART_RUNNING]; i++) {
		t = d->tasks[PART_RUNNING][i];
		n += t->worker != NULL && strcmp(t->worker, w->worker) == 0 &&
		    strcmp(t->queue, w->queue) == 0;
	}
	return running == d->ntasks[PART_RUNNING] ? n : w->busy;
}

static void
put_worker(struct pen *p, const struct watch_data *d,
    const struct tq_presence *w)
{
	int used = busy_slots(d, w);
	char busy[40];

	snprintf(busy, sizeof(busy), "%d/%d", used, w->slots);
	pen_cell(p, PEN_PLAIN, p->width >= 76 ? ID_LEN : p->width / 2,
	    w->worker);
	pen_cell(p, used >= w->slots ? PEN_YELLOW : PEN_PLAIN, 7, busy);
	pen_cell(p, PEN_PLAIN, 12, w->queue);
	pen_cell(p, PEN_DIM, 0, w->types != NULL ? w->types : "");
}

void
watch_tasks_head(struct pen *p, enum watch_part part)
{
	if (part == PART_WORKERS) {
		pen_cell(p, PEN_BOLD, p->width >= 76 ? ID_LEN : p->width / 2,
		    "WORKERS");
		pen_cell(p, PEN_BOLD, 7, "BUSY");
		pen_cell(p, PEN_BOLD, 12, "QUEUE");
		pen_cell(p, PEN_BOLD, 0, "TYPES");
		return;
	}
	pen_cell(p, PEN_BOLD, id_width(p), heads[part].head);
	if (p->width >= WIDE)
		pen_cell(p, PEN_BOLD, 12, "QUEUE");
	pen_cell(p, PEN_BOLD, type_width(p), "TYPE");
	if (p->width >= 50)
		pen_cell(p, PEN_BOLD, 4, "TRY");
	pen_cell(p, PEN_BOLD, -6, heads[part].since);
	pen_cell(p, PEN_BOLD, 0, heads[part].what);
}

void
watch_tasks_row(struct pen *p, const struct watch_data *d,
    enum watch_part part, const void *row)
{
	if (part == PART_WORKERS)
		put_worker(p, d, row);
	else
		put_task(p, d, part, row);
}
