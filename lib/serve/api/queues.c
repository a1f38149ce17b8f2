/* lib/serve/api/queues.c -- queues and how they are controlled. */
#include <string.h>

#include "serve/api/inside.h"
#include "serve/api/patch.h"
#include "util/json.h"
#include "util/time.h"

#define TEXT_MAX	(1024 * 1024)
#define TRIES	20	/* more writers at once than a queue ever has */

struct queues {
	const char	*name;		/* one; NULL: all */
	struct tq_control *c;
	size_t		 n;
	struct sv_patch	 patch;
	bool		 changed;	/* If-Match was of another version */
};

static const char *
etag_of(struct sv_req *r, const struct tq_control *c)
{
	return tq_arena_fmt(&r->arena, "\"%llu\"", (unsigned long long)c->ver);
}

static bool
named(const struct queues *q, const char *queue)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (strcmp(q->c[i].queue, queue) == 0)
			return true;
	return false;
}

/* Queues that have tasks, too, though nobody ever controlled them. */
static int
add_counted(struct sv_req *r, struct tq_store *st, struct queues *q,
    struct tq_err *err)
{
	struct tq_control *all;
	struct tq_count *rows;
	size_t i, n;

	if (tq_store_count(st, NULL, &r->arena, &rows, &n, err) == -1)
		return -1;
	all = tq_arena_alloc(&r->arena, (q->n + n) * sizeof(*all));
	memcpy(all, q->c, q->n * sizeof(*all));
	q->c = all;
	for (i = 0; i < n; i++)
		if (!named(q, rows[i].queue))
			all[q->n++] = (struct tq_control){
			    .queue = rows[i].queue };
	return 0;
}

static int
read_queues(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct queues *q = r->data;
	size_t i;

	if (q->name != NULL) {
		q->c = tq_arena_alloc(&r->arena, sizeof(*q->c));
		q->n = 1;
		if (tq_store_control_get(st, q->name, &r->arena, q->c, err) ==
		    -1)
			return -1;
	} else if (tq_store_control_list(st, &r->arena, &q->c, &q->n, err) ==
	    -1 || add_counted(r, st, q, err) == -1) {
		return -1;
	}
	for (i = 0; i < q->n; i++)
		tq_control_now(&q->c[i], tq_wall_ms(r->s->env));
	return 0;
}

static enum MHD_Result
answer_queues(struct sv_req *r)
{
	const struct queues *q = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	size_t i;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_str(&b, "{\"queues\":[");
	for (i = 0; i < q->n; i++) {
		if (!sv_may(r, q->c[i].queue, NULL))
			continue;
		if (b.data[b.len - 1] != '[')
			tq_buf_chr(&b, ',');
		tq_control_write(&q->c[i], &b);
	}
	tq_buf_str(&b, "]}\n");
	return sv_answer_json(r, 200, &b);
}

static enum MHD_Result
answer_queue(struct sv_req *r)
{
	const struct queues *q = r->data;
	struct tq_buf b = TQ_BUF_INIT(TEXT_MAX);
	struct MHD_Response *resp;
	int64_t n;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (q->changed)
		return sv_answer_problem(r, TQ_P_PRECONDITION,
		    "If-Match: the queue was changed", NULL);
	tq_control_write(q->c, &b);
	tq_buf_chr(&b, '\n');
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", etag_of(r, q->c));
	return sv_answer(r, 200, resp, n);
}

enum MHD_Result
sv_queues_run(struct sv_req *r)
{
	r->data = tq_arena_alloc(&r->arena, sizeof(struct queues));
	return sv_read(r, read_queues, SV_SLOW, answer_queues);
}

/* The queue of the path; false: answered, in *${rc}. */
static bool
queue_of(struct sv_req *r, struct queues **q, enum MHD_Result *rc)
{
	*q = tq_arena_alloc(&r->arena, sizeof(**q));
	(*q)->name = r->task_id;
	r->data = *q;
	if (tq_queue_ok(r->task_id) && sv_may(r, r->task_id, NULL))
		return true;
	*rc = sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(&r->arena,
	    "no queue %s", r->task_id), NULL);
	return false;
}

enum MHD_Result
sv_queue_run(struct sv_req *r)
{
	enum MHD_Result rc;
	struct queues *q;

	return queue_of(r, &q, &rc) ? sv_read(r, read_queues, SV_QUICK,
	    answer_queue) : rc;
}

static int
change_once(struct sv_req *r, struct tq_store *st, struct queues *q,
    struct tq_err *err)
{
	const char *match = sv_header(r, "If-Match");

	if (read_queues(r, st, err) == -1)
		return -1;
	q->changed = match != NULL && !tq_etag_match(match, etag_of(r, q->c));
	if (q->changed)
		return 0;
	if (sv_patch_apply(&q->patch, q->c, err) == -1)
		return -1;
	return tq_store_control_set(st, q->c, err);
}

static int
change_queue(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct queues *q = r->data;
	int i, rc = -1;

	/* On aws a queue has to be made; a slip of the pen makes none. */
	if (tq_store_queue(st, q->name, err) == -1)
		return -1;
	for (i = 0; i < TRIES; i++) {
		rc = change_once(r, st, q, err);
		if (rc != -1 || err->code != TQ_E_LOST)
			break;
	}
	return rc == -1 || q->changed ? rc : read_queues(r, st, err);
}

enum MHD_Result
sv_queue_patch_run(struct sv_req *r)
{
	struct tq_err err = TQ_ERR_INIT;
	enum MHD_Result rc;
	struct queues *q;

	if (!queue_of(r, &q, &rc))
		return rc;
	if (!sv_may_whole(r, q->name))
		return sv_answer_problem(r, TQ_P_FORBIDDEN,
		    "the key is for some types only, not for a queue", NULL);
	if (sv_patch_read(&q->patch, tq_buf_span(&r->body),
	    tq_wall_ms(r->s->env), &r->arena, &err) == -1)
		return sv_answer_err(r, &err);
	return sv_operate(r, change_queue, answer_queue);
}
