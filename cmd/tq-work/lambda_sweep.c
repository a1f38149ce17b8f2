/* cmd/tq-work/lambda_sweep.c -- a schedule's word: house-keeping, and how much
   there is to do. */
#include "lambda.h"

#include <unistd.h>

#include "store/store.h"
#include "util/fd.h"
#include "work/runnable.h"

/* One for all invocations: none is in another's way. */
#define SWEEPER	"tq-work --lambda"

static int
sweep(struct invocation *v, struct tq_store *st)
{
	struct tq_swept one = { .more = true };

	while (one.more && !one.skipped &&
	    tq_boot_ms(v->cli->env) < v->call.stop_at)
		if (tq_store_sweep(st, SWEEPER, false, &one, &v->err) == -1)
			return -1;
	return 0;
}

static int
print_metrics(struct invocation *v, struct tq_store *st)
{
	struct tq_buf out = TQ_BUF_INIT(1024 * 1024);
	int rc = tq_runnable_metrics(st, v->o->queues.v, v->o->queues.n,
	    tq_wall_ms(v->cli->env), &out, &v->err);

	if (rc == 0 && tq_fd_write(STDOUT_FILENO, tq_buf_span(&out)) == -1)
		rc = tq_err_set(&v->err, TQ_AT_OUTPUT, TQ_E_IO, "stdout");
	tq_buf_free(&out);
	return rc;
}

int
lambda_sweep(void *arg)
{
	struct invocation *v = arg;
	struct tq_store *st;
	int rc = tq_store_open(v->o->store_url, v->cli->env, TQ_OPEN_WRITE,
	    &st, &v->err);

	if (rc == -1)
		return 1;
	rc = sweep(v, st);
	/* What is to be done is the more of interest when sweeps fail. */
	if (print_metrics(v, st) == -1)
		rc = -1;
	tq_store_close(st);
	return rc == -1;
}
