/* lib/store/move_blobs.c -- the blobs of a task that moves; see move_parts.h. */
#include "store/move_parts.h"

#include <string.h>
#include <unistd.h>

#include "task/history.h"
#include "task/input.h"

/* 0, 1: it is not there, -1. */
static int
copy_blob(struct tq_move *m, const char *name, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	int64_t size;
	int rc = 0, fd = tq_store_blob_get(m->from, name, &size, &why);

	if (fd == -1 && why.code == TQ_E_NOTFOUND)
		return 1;
	if (fd != -1) {
		rc = tq_store_blob_put(m->to, name, fd, false, &why);
		close(fd);
	}
	/* Blobs are written once: an earlier run has put it there. */
	if (fd == -1 || (rc == -1 && why.code != TQ_E_TAKEN)) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	return 0;
}

int
tq_move_blobs(struct tq_move *m, const struct tq_task *t, struct tq_arena *a,
    struct tq_err *err)
{
	const char *needed[] = { tq_blob_name(t->input),
	    tq_blob_name(t->output) };
	const char *logs[2 + TQ_HISTORY_MAX] = { tq_blob_name(t->log),
	    tq_blob_name(t->out_log) };
	struct tq_attempt past[TQ_HISTORY_MAX];
	size_t i, n = tq_history_read(t, a, past);
	int rc = 0;

	for (i = 0; i < n; i++)
		logs[2 + i] = tq_blob_name(past[i].log);
	for (i = 0; rc == 0 && i < 2; i++)
		if (needed[i] != NULL)
			rc = copy_blob(m, needed[i], err);
	/* A log that is gone is no loss to the task. */
	for (i = 0; rc == 0 && i < 2 + n; i++)
		if (logs[i] != NULL && copy_blob(m, logs[i], err) == -1)
			rc = -1;
	return rc;
}
