/* lib/store/sqlite/doctor_blobs.c -- are the bytes there that records name? */
#include <unistd.h>

#include "store/sqlite/record.h"
#include "store/sqlite/report.h"
#include "store/whole.h"
#include "task/input.h"

#define LOOK_AT	10000		/* records */
#define PAGE	500

static void
look_at(struct sq *s, struct tq_whole *w, const struct tq_task *t,
    const char *what, const char *name, int64_t want)
{
	struct tq_err why = TQ_ERR_INIT;
	int64_t size = TQ_NOT_THERE;
	int fd;

	if (name == NULL)
		return;
	fd = sq_blob_get(&s->base, name, &size, &why);
	if (fd != -1)
		close(fd);
	tq_whole_add(w, t, what, name, size, want, fd == -1 &&
	    why.code != TQ_E_NOTFOUND ? why.msg : NULL);
}

/* A payload or result so big that it is a blob; the row has its name. */
static int
look_at_body(struct sq *s, struct tq_whole *w, const struct tq_task *t,
    int which, struct tq_err *err)
{
	size_t size = which == SQ_PAYLOAD ? t->payload_size : t->result_size;
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	int rc = 0;

	if (size > TQ_BODY_MAX)
		rc = sq_row_by_id(s, t->id, &a, &row, err);
	if (rc == 1 && row.place[which] == SQ_BLOB)
		look_at(s, w, t, which == SQ_PAYLOAD ? "payload" : "result",
		    row.blob[which], (int64_t)size);
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

static int
look_at_task(struct sq *s, struct tq_whole *w, const struct tq_task *t,
    struct tq_err *err)
{
	if (t->status == TQ_CANCELLED)
		return 0;
	if (t->status == TQ_COMPLETED) {
		look_at(s, w, t, "output", tq_blob_name(t->output),
		    t->output_size);
		return look_at_body(s, w, t, SQ_RESULT, err);
	}
	look_at(s, w, t, "input", tq_blob_name(t->input), t->input_size);
	return look_at_body(s, w, t, SQ_PAYLOAD, err);
}

static void
relay(void *arg, const struct tq_finding *f)
{
	sq_say(arg, f->level, f->subject, f->text, f->remedy);
}

void
sq_doctor_blobs(struct sq *s, struct sq_report *r)
{
	struct tq_whole w = { 0 };
	struct tq_list req = { .limit = PAGE };
	struct tq_buf cursor = TQ_BUF_INIT(4096);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_page page;
	size_t i, left;
	int rc = 0;

	for (left = LOOK_AT / PAGE; rc == 0 && left > 0; left--) {
		if ((rc = sq_list(&s->base, &req, &a, &page, &err)) == -1)
			break;
		for (i = 0; rc == 0 && i < page.n; i++)
			rc = look_at_task(s, &w, &page.tasks[i], &err);
		if (rc == -1 || page.cursor == NULL)
			break;
		tq_buf_clear(&cursor);
		rc = tq_buf_str(&cursor, page.cursor);
		req.cursor = cursor.data;
		tq_arena_reset(&a);
	}
	if (rc == 0)
		tq_whole_say(&w, s->blob_dir, relay, r);
	else
		sq_say(r, TQ_LEVEL_FAIL, "records", err.msg, NULL);
	tq_buf_free(&cursor);
	tq_arena_free(&a);
}
