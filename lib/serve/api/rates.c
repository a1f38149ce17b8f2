/* lib/serve/api/rates.c -- what was made and what ended, and what fails. */
#include <string.h>

#include "serve/api/inside.h"
#include "store/rates.h"
#include "task/fold.h"
#include "util/json.h"
#include "util/str.h"

#define TEXT_MAX	(1024 * 1024)
#define LOOK_MAX	50000	/* index entries: some milliseconds ... */
#define LOOK_MAX_ASKED	10000	/* ... or ten requests to a service */
#define DEAD_LOOK_MS	500	/* how long dead tasks are counted */
#define DEAD_PAGE	500
#define FAILURES_MAX	1000

struct rates {
	struct sv_req	*r;
	const char	*queue, *type;	/* NULL: any */
	struct tq_rates	 of;
};

static bool
wanted(void *arg, const char *queue, const char *type)
{
	const struct rates *w = arg;

	return (w->queue == NULL || strcmp(w->queue, queue) == 0) &&
	    (w->type == NULL || strcmp(w->type, type) == 0) &&
	    sv_may(w->r, queue, type);
}

static int
read_rates(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct rates *w = r->data;

	w->of.look = tq_store_asked(st) ? LOOK_MAX_ASKED : LOOK_MAX;
	return tq_store_rates(st, &w->of, &r->arena, err);
}

static enum MHD_Result
answer_rates(struct sv_req *r)
{
	static const char *const names[TQ_RATE_MAX] = {
		[TQ_RATE_CREATED] = "created",
		[TQ_RATE_COMPLETED] = "completed",
		[TQ_RATE_FAILED] = "failed",
		[TQ_RATE_CANCELLED] = "cancelled",
	};
	const struct tq_rates *of = &((struct rates *)r->data)->of;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	size_t i, k;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_chr(&b, '{');
	tq_json_member_time(&b, "start", of->start);
	tq_json_member_int(&b, "stepSeconds", TQ_RATES_STEP_MS / 1000);
	tq_json_member_bool(&b, "atLeast", of->known > of->start);
	tq_json_member_time(&b, "knownSince", of->known);
	for (k = 0; k < TQ_RATE_MAX; k++) {
		tq_json_key(&b, names[k]);
		for (i = 0; i < TQ_RATES_STEPS; i++)
			tq_buf_fmt(&b, "%c%lu", i == 0 ? '[' : ',',
			    (unsigned long)of->n[k][i]);
		tq_buf_chr(&b, ']');
	}
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_rates_run(struct sv_req *r)
{
	struct rates *w = tq_arena_alloc(&r->arena, sizeof(*w));

	w->r = r;
	w->queue = tq_uri_param(&r->uri, "queue");
	w->type = tq_uri_param(&r->uri, "type");
	w->of.want = wanted;
	w->of.arg = w;
	r->data = w;
	return sv_read(r, read_rates, SV_SLOW, answer_rates);
}

struct dead {
	struct tq_list	 req;
	struct tq_failures f;
	bool		 more;		/* not all were looked at */
};

static int
read_dead(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	int64_t end = tq_boot_ms(r->s->env) + DEAD_LOOK_MS;
	struct tq_arena a = TQ_ARENA_INIT;
	struct dead *d = r->data;
	struct tq_page page;
	int rc;
	size_t i;

	do {
		if ((rc = tq_store_list(st, &d->req, &a, &page, err)) == -1)
			break;
		for (i = 0; i < page.n; i++)
			if (sv_may(r, page.tasks[i].queue, page.tasks[i].type))
				tq_failures_add(&d->f, &page.tasks[i]);
		d->req.cursor = page.cursor == NULL ? NULL :
		    tq_arena_str(&r->arena, page.cursor);
		tq_arena_reset(&a);
	} while (d->req.cursor != NULL && tq_boot_ms(r->s->env) < end);
	d->more = d->req.cursor != NULL;
	tq_arena_free(&a);
	return rc;
}

static enum MHD_Result
answer_dead(struct sv_req *r)
{
	struct dead *d = r->data;
	struct tq_failure **all = tq_failures_sorted(&d->f);
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	size_t i, n = d->f.n < FAILURES_MAX ? d->f.n : FAILURES_MAX;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_chr(&b, '{');
	tq_json_member_bool(&b, "atLeast", d->more || n < d->f.n);
	tq_json_key(&b, "failures");
	tq_buf_chr(&b, '[');
	for (i = 0; i < n; i++) {
		tq_buf_str(&b, i == 0 ? "{" : ",{");
		tq_json_member_int(&b, "tasks", (int64_t)all[i]->count);
		tq_json_member_str(&b, "type", all[i]->type);
		tq_json_member_str(&b, "error", all[i]->error);
		tq_json_member_time(&b, "newest", all[i]->newest);
		tq_json_member_str(&b, "taskId", all[i]->example);
		tq_buf_chr(&b, '}');
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_failures_run(struct sv_req *r)
{
	struct dead *d = tq_arena_alloc(&r->arena, sizeof(*d));
	const char *bad = sv_filter_take(r, &d->req.filter);

	if (bad != NULL)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, bad, NULL);
	d->req.filter.statuses = TQ_BIT(TQ_FAILED);
	d->req.limit = DEAD_PAGE;
	d->req.newest_first = true;
	tq_failures_init(&d->f, &r->arena);
	r->data = d;
	return sv_read(r, read_dead, SV_SLOW, answer_dead);
}
