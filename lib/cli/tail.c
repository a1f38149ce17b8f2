/* lib/cli/tail.c -- see tail.h. */
#include "cli/tail.h"

#include <errno.h>
#include <unistd.h>

#define PIECE	(64 * 1024)

static int
from_blob(struct tq_cli *cli, struct tq_store *st, const char *name,
    struct tq_tail *tail, tq_tail_fn *put, void *arg)
{
	char piece[PIECE];
	int64_t size;
	ssize_t n;
	int fd = tq_store_blob_get(st, name, &size, &cli->err), rc = 0;

	/* Replaced or removed between two reads. */
	if (fd == -1)
		return cli->err.code == TQ_E_NOTFOUND ? 0 : -1;
	while (rc == 0 && (n = pread(fd, piece, sizeof(piece), tail->at)) !=
	    0) {
		if (n == -1) {
			rc = tq_err_sys(&cli->err, TQ_AT_STORE, TQ_E_IO,
			    errno, "%s", name);
			break;
		}
		tail->at += n;
		rc = put(arg, (struct tq_span){ piece, (size_t)n });
	}
	close(fd);
	return rc;
}

/* One that was cut is no output. */
static int
from_output(struct tq_cli *cli, struct tq_store *st, const struct tq_task *t,
    struct tq_tail *tail, tq_tail_fn *put, void *arg)
{
	int64_t size;
	int fd = tq_store_blob_get(st, t->output, &size, &cli->err);

	if (fd == -1)
		return -1;
	close(fd);
	if (t->output_size != 0 && size != t->output_size)
		return tq_err_set(&cli->err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "%s: its output has %lld bytes instead of %lld", t->id,
		    (long long)size, (long long)t->output_size);
	return from_blob(cli, st, t->output, tail, put, arg);
}

static int
from_memory(struct tq_span v, struct tq_tail *tail, tq_tail_fn *put,
    void *arg)
{
	size_t n;
	int rc = 0;

	while (rc == 0 && (size_t)tail->at < v.n) {
		n = v.n - (size_t)tail->at < PIECE ? v.n - (size_t)tail->at :
		    PIECE;
		rc = put(arg, (struct tq_span){ v.p + tail->at, n });
		tail->at += (int64_t)n;
	}
	return rc;
}

static int
from_result(struct tq_cli *cli, struct tq_store *st, const char *id,
    struct tq_tail *tail, tq_tail_fn *put, void *arg)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t;
	int rc = tq_store_get(st, &id, 1, TQ_WITH_RESULT, &a, &t, &cli->err);

	if (rc == 0 && t != NULL && t->result.n > 0)
		rc = from_memory(t->result, tail, put, arg);
	else if (rc == 0 && t != NULL && t->output != NULL)
		rc = from_output(cli, st, t, tail, put, arg);
	tq_arena_free(&a);
	return rc;
}

int
tq_tail_more(struct tq_cli *cli, struct tq_store *st,
    const struct tq_task *t, struct tq_tail *tail, tq_tail_fn *put, void *arg)
{
	if (t->attempts != tail->attempt)
		*tail = (struct tq_tail){ t->attempts, 0 };
	if (t->status == TQ_COMPLETED)
		return from_result(cli, st, t->id, tail, put, arg);
	return t->out_log == NULL ? 0 :
	    from_blob(cli, st, t->out_log, tail, put, arg);
}
