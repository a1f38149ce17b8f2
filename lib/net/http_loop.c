/*
 * lib/net/http_loop.c -- libcurl's sockets on an epoll, so that what comes in
 * on one connection costs no look at the others.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net/http_inside.h"

#define EVENTS	64

/* libcurl wants to hear of a socket, or no more. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct tq_http_loop *l = arg;
	struct epoll_event ev = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		/* It may be closed already. */
		(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (known == NULL)
		curl_multi_assign(l->multi, fd, l);
	if (epoll_ctl(l->epoll, known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
	    fd, &ev) == 0)
		return 0;
	/* A number that was closed behind our back is back with a new file. */
	return epoll_ctl(l->epoll, errno == EEXIST ? EPOLL_CTL_MOD :
	    EPOLL_CTL_ADD, fd, &ev);
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct tq_http_loop *l = arg;

	struct itimerspec it = { .it_value = { ms / 1000,
	    ms % 1000 * 1000000 } };

	(void)multi;
	l->due = ms == 0;
	if (ms <= 0 && !l->ticking)
		return 0;
	l->ticking = ms > 0;
	if (ms <= 0)
		it.it_value = (struct timespec){ 0, 0 };
	return timerfd_settime(l->timer, 0, &it, NULL);
}

static int
watch(struct tq_http_loop *l, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd == -1 ? -1 : epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev);
}

int
tq_http_loop_init(struct tq_http_loop *l, CURLM *multi)
{
	l->multi = multi;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->epoll == -1 || watch(l, l->wake) == -1 ||
	    watch(l, l->timer) == -1)
		return -1;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, l);
	return 0;
}

void
tq_http_loop_free(struct tq_http_loop *l)
{
	if (l->epoll > 0)
		close(l->epoll);
	if (l->wake > 0)
		close(l->wake);
	if (l->timer > 0)
		close(l->timer);
}

/* What libcurl calls a timeout is also how a new transfer is begun. */
static void
timeout(struct tq_http_loop *l)
{
	int running;

	l->due = false;
	curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void
event(struct tq_http_loop *l, const struct epoll_event *ev)
{
	uint64_t ones;
	int running, what;

	if (ev->data.fd == l->wake || ev->data.fd == l->timer) {
		(void)!read(ev->data.fd, &ones, sizeof(ones));
		if (ev->data.fd == l->timer)
			timeout(l);
		return;
	}
	what = (ev->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	    (ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	    (ev->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	curl_multi_socket_action(l->multi, ev->data.fd, what, &running);
}

void
tq_http_loop_turn(struct tq_http_loop *l)
{
	struct epoll_event ev[EVENTS];
	bool wait = !l->due;
	int i, n;

	if (l->due)
		timeout(l);
	n = epoll_wait(l->epoll, ev, EVENTS, wait ? -1 : 0);
	for (i = 0; i < n; i++)
		event(l, &ev[i]);
}

void
tq_http_loop_wake(struct tq_http_loop *l)
{
	const uint64_t one = 1;

	/* It can only be full: then it is set already. */
	(void)!write(l->wake, &one, sizeof(one));
}
