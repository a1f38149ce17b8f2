/* cmd/tq-status/inbox.c -- see inbox.h. */
#include "inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/thread.h"

/*
 * Static, as the reader may still be blocked in read(2) when the run is over
 * and its stack is gone.
 */
static struct inbox {
	pthread_mutex_t	 lock;
	pthread_cond_t	 came;
	char		**ids;
	size_t		 n, cap;
	bool		 ended;		/* no more will come */
	bool		 closed;	/* nobody wants more */
	bool		 failed;	/* cli.err says why */
	struct tq_cli	 cli;		/* a copy, for the reader's own errors */
} inbox = { .lock = PTHREAD_MUTEX_INITIALIZER,
    .came = PTHREAD_COND_INITIALIZER };

static int
inbox_put(void *arg, const char *const *ids, size_t n)
{
	struct inbox *in = arg;
	size_t i;
	int rc = 0;

	pthread_mutex_lock(&in->lock);
	if (in->n + n > in->cap) {
		in->cap = 2 * (in->n + n);
		in->ids = tq_must(realloc(in->ids,
		    in->cap * sizeof(*in->ids)));
	}
	for (i = 0; i < n && !in->closed; i++)
		in->ids[in->n++] = tq_must(strdup(ids[i]));
	if (in->closed)
		rc = -1;
	pthread_cond_signal(&in->came);
	pthread_mutex_unlock(&in->lock);
	return rc;
}

static void *
inbox_read(void *arg)
{
	struct inbox *in = arg;
	int rc = tq_cli_ids(&in->cli, 256, inbox_put, in);

	pthread_mutex_lock(&in->lock);
	in->failed = rc == -1;
	in->ended = true;
	pthread_cond_signal(&in->came);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

static bool
reads_stdin(const struct tq_cli *cli)
{
	int i;

	for (i = 0; i < cli->argc; i++)
		if (strcmp(cli->argv[i], "-") == 0)
			return true;
	return false;
}

int
inbox_start(struct tq_cli *cli, bool all_now)
{
	pthread_t thread;
	int rc;

	inbox.cli = *cli;
	inbox.cli.arena = (struct tq_arena)TQ_ARENA_INIT;
	if (!reads_stdin(cli) || all_now) {
		inbox_read(&inbox);
		return 0;
	}
	rc = tq_thread_start(&thread, inbox_read, &inbox);
	if (rc != 0)
		return tq_err_start(&cli->err, rc, "a reader of stdin");
	pthread_detach(thread);
	return 0;
}

enum inbox_state
inbox_take(inbox_fn *fn, void *arg)
{
	enum inbox_state state;
	size_t i;

	pthread_mutex_lock(&inbox.lock);
	for (i = 0; i < inbox.n; i++)
		fn(arg, inbox.ids[i]);
	inbox.n = 0;
	state = inbox.failed ? INBOX_BAD : inbox.ended ? INBOX_OVER :
	    INBOX_OPEN;
	pthread_mutex_unlock(&inbox.lock);
	return state;
}

void
inbox_wait(int64_t ms)
{
	pthread_mutex_lock(&inbox.lock);
	if (inbox.n == 0 && !inbox.ended)
		tq_cond_wait(&inbox.came, &inbox.lock, ms);
	pthread_mutex_unlock(&inbox.lock);
}

int
inbox_error(struct tq_err *err)
{
	*err = inbox.cli.err;
	return -1;
}

void
inbox_close(void)
{
	size_t i;

	pthread_mutex_lock(&inbox.lock);
	inbox.closed = true;
	for (i = 0; i < inbox.n; i++)
		free(inbox.ids[i]);
	free(inbox.ids);
	inbox.ids = NULL;
	inbox.n = inbox.cap = 0;
	pthread_mutex_unlock(&inbox.lock);
}
