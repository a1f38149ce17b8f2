/* lib/work/cancels.c -- see cancels.h. */
#include "work/cancels.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/cancels.h"
#include "util/thread.h"
#include "work/worker.h"

#define REST_MS	100	/* between renewals, when many are cancelled one by one */

static void *
listen_on(void *worker)
{
	struct worker *w = worker;
	uint64_t bell = 0, one = 1;
	int rc;

	/* Nothing that was cancelled before we hold anything is ours. */
	rc = tq_store_wait_cancel(w->st, &bell, 0);
	while (rc != -1 && !__atomic_load_n(&w->cancels.quit,
	    __ATOMIC_SEQ_CST)) {
		rc = tq_store_wait_cancel(w->st, &bell, 60000);
		if (rc == 1 && write(w->cancels.rang.fd, &one,
		    sizeof(one)) == -1)
			continue;	/* full: it is readable */
	}
	return NULL;
}

static void
rang(struct worker *w, struct watch *x, uint32_t events)
{
	int64_t at = w->cancels.last + REST_MS;
	uint64_t n;

	(void)events;
	if (read(x->fd, &n, sizeof(n)) != (ssize_t)sizeof(n) ||
	    w->slots.nfree == w->slots.n)
		return;
	w->cancels.last = at > w->now ? at : w->now;
	if (w->leases.at > w->cancels.last)
		w->leases.at = w->cancels.last;
}

int
tq_cancels_init(struct worker *w, struct tq_err *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), rc;

	if (fd == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "eventfd");
	w->cancels.rang.ready = rang;
	if (tq_watch(&w->watches, &w->cancels.rang, fd, EPOLLIN, err) == -1) {
		close(fd);
		return -1;
	}
	rc = tq_thread_start(&w->cancels.thread, listen_on, w);
	if (rc != 0)
		return tq_err_start(err, rc, "a thread");
	w->cancels.running = true;
	return 0;
}

void
tq_cancels_free(struct worker *w)
{
	__atomic_store_n(&w->cancels.quit, true, __ATOMIC_SEQ_CST);
	while (w->cancels.running) {
		/* Again and again: it may have been about to wait. */
		tq_store_wake(w->st);
		w->cancels.running = !tq_thread_join(w->cancels.thread, 5);
	}
	tq_unwatch(&w->watches, &w->cancels.rang);
}
