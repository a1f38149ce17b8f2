/*
 * lib/store/sqlite/tidy.c -- blobs that nobody names.
 *
 * A folder can't be read from where one stopped: its entries come in no order.
 * So when there are more tasks' folders than one sweep may look at, a hash of
 * their names puts them into so many shares that one is small enough; a handle
 * takes one share after the other, and begins with any.
 */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/record.h"
#include "task/history.h"
#include "task/input.h"
#include "util/time.h"

#define BLOB_AGE_MS	TQ_DAY_MS
#define BLOB_LOOKS	20000		/* folders looked at in one sweep, about */
#define DEPTH_MAX	3		/* of folders below QUEUE/TASKID */

/* One sweep's walk through PATH.blobs. */
struct walk {
	struct sq	*s;
	uint64_t	*count;		/* removed */
	struct tq_err	*err;
	uint64_t	 folders;	/* of tasks, in all */
	uint64_t	 shares, share;
};

/* A folder of it, QUEUE or QUEUE/TASKID/..., being read. */
struct folder {
	struct walk	*w;
	const char	*name;
	const struct sq_row *row;	/* its task's; NULL: there is none */
	int		 depth;
};

/*
 * A clock that is ahead must not make a fresh blob old, nor one that was behind
 * when the blob was written: so by the store's time for expiry, and by the
 * wall clock, which may be behind still.
 */
static bool
old_enough(const struct sq *s, const struct stat *sb)
{
	int64_t ms = (int64_t)sb->st_mtim.tv_sec * 1000;

	return ms + BLOB_AGE_MS < s->expiry && ms + BLOB_AGE_MS < s->wall;
}

static bool
names(const struct sq_row *row, const char *blob)
{
	char ref[1100];
	size_t i;

	for (i = 0; i < 2; i++)
		if (row->blob[i] != NULL && strcmp(row->blob[i], blob) == 0)
			return true;
	snprintf(ref, sizeof(ref), "blob:%s", blob);
	return tq_task_names_blob(&row->t, blob) ||
	    tq_history_names(&row->t, ref);
}

/* Its entries, in no order; one that can't be read is left for another day. */
static int
each_entry(struct walk *w, const char *name,
    int (*fn)(void *, const char *), void *arg)
{
	return w->s->sys->entries_in(w->s->blob_dir, name, fn, arg);
}

/* Join ${name} to the folder's, and ask what it is. */
static bool
look_at(const struct folder *f, const char *name, char *sub, size_t n,
    struct stat *sb)
{
	const struct sq *s = f->w->s;

	return (size_t)snprintf(sub, n, "%s/%s", f->name, name) < n &&
	    s->sys->stat_in(s->blob_dir, sub, sb) == 0;
}

/* An entry of QUEUE/TASKID/... */
static int
tidy_entry(void *arg, const char *name)
{
	struct folder *f = arg, sub_folder = *f;
	struct sq *s = f->w->s;
	char sub[1024];
	struct stat sb;

	if (name[0] == '.' || !look_at(f, name, sub, sizeof(sub), &sb))
		return 0;
	if (S_ISDIR(sb.st_mode) && f->depth < DEPTH_MAX) {
		sub_folder.name = sub;
		sub_folder.depth++;
		each_entry(f->w, sub, tidy_entry, &sub_folder);
	} else if (S_ISREG(sb.st_mode) && old_enough(s, &sb) &&
	    (f->row == NULL || !names(f->row, sub)) &&
	    sq_blob_del(&s->base, sub, NULL) == 0) {
		++*f->w->count;
	}
	return 0;
}

static uint64_t
hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

static int
count_task(void *arg, const char *id)
{
	struct walk *w = arg;

	(void)id;
	w->folders++;
	return 0;
}

static int
count_queue(void *arg, const char *queue)
{
	if (tq_queue_ok(queue))
		each_entry(arg, queue, count_task, arg);
	return 0;
}

/* An entry of QUEUE: a task's folder. */
static int
tidy_task(void *arg, const char *id)
{
	struct folder *f = arg, task = { .w = f->w };
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	char sub[1024];
	struct stat sb;
	int rc;

	if (id[0] == '.' || !tq_name_ok(id) ||
	    hash(id) % f->w->shares != f->w->share ||
	    !look_at(f, id, sub, sizeof(sub), &sb) ||
	    !old_enough(f->w->s, &sb))
		return 0;
	rc = sq_row_by_id(f->w->s, id, &a, &row, f->w->err);
	if (rc != -1) {
		task.name = sub;
		task.row = rc == 1 ? &row : NULL;
		each_entry(f->w, sub, tidy_entry, &task);
	}
	/* If it is empty; who puts a blob there makes it anew. */
	if (rc == 0)
		f->w->s->sys->rmdir_in(f->w->s->blob_dir, sub);
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

static int
tidy_queue(void *arg, const char *queue)
{
	struct walk *w = arg;
	struct folder f = { .w = w, .name = queue };

	if (!tq_queue_ok(queue))
		return 0;
	each_entry(w, queue, tidy_task, &f);
	return w->err->code != TQ_OK;
}

int
sq_tidy_blobs(struct sq *s, uint64_t *count, struct tq_err *err)
{
	struct tq_err failed = TQ_ERR_INIT;
	struct walk w = { s, count, &failed, 0, 1, 0 };

	if (sq_blobs_kept(s))
		return 0;
	each_entry(&w, "", count_queue, &w);	/* no folder: no blob yet */
	w.shares = w.folders / BLOB_LOOKS + 1;
	if (s->tidied == 0)
		s->tidied = tq_random_u64(s->base.env) >> 1;
	w.share = s->tidied++ % w.shares;
	each_entry(&w, "", tidy_queue, &w);
	if (failed.code == TQ_OK)
		return 0;
	if (err != NULL)
		*err = failed;
	return -1;
}
