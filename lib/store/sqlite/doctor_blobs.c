/* lib/store/sqlite/doctor_blobs.c -- are the bytes there that records name? */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/report.h"
#include "task/input.h"

#define LOOK_AT	10000		/* records */
#define PAGE	500

struct look {
	struct sq	*s;
	size_t		 n, bad;	/* blobs that were looked at; not whole */
	char		 first[1024];	/* what is wrong with one */
	char		 path[4096];	/* and where it should be */
};

static void
bad(struct look *l, const struct tq_task *t, const char *what,
    const char *name, const char *how)
{
	if (l->bad++ > 0)
		return;
	snprintf(l->first, sizeof(l->first), "the %s of %s (%s) %s", what,
	    t->id, tq_status_name(t->status), how);
	snprintf(l->path, sizeof(l->path), "%s/%s", l->s->blob_dir, name);
}

/* ${want} 0: its size is not known. */
static void
look_at(struct look *l, const struct tq_task *t, const char *what,
    const char *ref, int64_t want)
{
	const char *name = tq_blob_name(ref);
	struct tq_err err = TQ_ERR_INIT;
	char how[96];
	int64_t size;
	int fd;

	if (name == NULL)
		return;
	l->n++;
	if ((fd = sq_blob_get(&l->s->base, name, &size, &err)) == -1) {
		bad(l, t, what, name, err.code == TQ_E_NOTFOUND ?
		    "is not there" : err.msg);
		return;
	}
	close(fd);
	snprintf(how, sizeof(how), "has %lld bytes instead of %lld",
	    (long long)size, (long long)want);
	if (want != 0 && size != want)
		bad(l, t, what, name, how);
}

static void
look_at_task(struct look *l, const struct tq_task *t)
{
	if (t->status == TQ_COMPLETED)
		look_at(l, t, "output", t->output, t->output_size);
	else if (t->status != TQ_CANCELLED)
		look_at(l, t, "input", t->input, t->input_size);
}

static void
say(const struct look *l, struct sq_report *r)
{
	char text[1200], remedy[4200];

	snprintf(text, sizeof(text), "%zu looked at, all whole", l->n);
	if (l->bad == 0) {
		sq_say(r, TQ_LEVEL_OK, "blobs", text, NULL);
		return;
	}
	snprintf(text, sizeof(text), "%zu of %zu missing or cut, the first: "
	    "%s", l->bad, l->n, l->first);
	snprintf(remedy, sizeof(remedy), "restore %s, or submit the task anew",
	    l->path);
	sq_say(r, TQ_LEVEL_WARN, "blobs", text, remedy);
}

void
sq_doctor_blobs(struct sq *s, struct sq_report *r)
{
	struct look l = { .s = s };
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
		for (i = 0; i < page.n; i++)
			look_at_task(&l, &page.tasks[i]);
		if (page.cursor == NULL)
			break;
		tq_buf_clear(&cursor);
		rc = tq_buf_str(&cursor, page.cursor);
		req.cursor = cursor.data;
		tq_arena_reset(&a);
	}
	if (err.code == TQ_OK && l.n > 0)
		say(&l, r);
	else if (err.code != TQ_OK)
		sq_say(r, TQ_LEVEL_FAIL, "records", err.msg, NULL);
	tq_buf_free(&cursor);
	tq_arena_free(&a);
}
