/* lib/work/watch.c -- see watch.h. */
#include "work/watch.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util/err.h"

int
tq_watches_init(struct watches *s, struct tq_err *err)
{
	if ((s->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "epoll");
	return 0;
}

void
tq_watches_free(struct watches *s)
{
	if (s->ep != -1)
		close(s->ep);
	s->ep = -1;
}

int
tq_watch(struct watches *s, struct watch *x, int fd, uint32_t events,
    struct tq_err *err)
{
	struct epoll_event e = { .events = events, .data.ptr = x };

	x->fd = -1;
	if (epoll_ctl(s->ep, EPOLL_CTL_ADD, fd, &e) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "epoll");
	x->fd = fd;
	return 0;
}

void
tq_watch_for(struct watches *s, struct watch *x, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = x };

	epoll_ctl(s->ep, EPOLL_CTL_MOD, x->fd, &e);
}

void
tq_unwatch(struct watches *s, struct watch *x)
{
	if (x->fd == -1)
		return;
	epoll_ctl(s->ep, EPOLL_CTL_DEL, x->fd, NULL);
	close(x->fd);
	x->fd = -1;
}

int
tq_watches_wait(struct watches *s, int64_t ms,
    struct watch_ready ready[TQ_WATCH_READY])
{
	struct epoll_event e[TQ_WATCH_READY];
	int i, n;

	n = epoll_wait(s->ep, e, TQ_WATCH_READY, ms > 60000 ? 60000 : (int)ms);
	s->crowded = n == TQ_WATCH_READY;
	for (i = 0; i < n; i++)
		ready[i] = (struct watch_ready){ e[i].data.ptr, e[i].events };
	return n < 0 ? 0 : n;
}
