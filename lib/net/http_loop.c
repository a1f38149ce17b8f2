/*
 * lib/net/http_loop.c -- libcurl's sockets on an epoll, so that what comes in
 * on one connection costs no look at the others.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/http_inside.h"
#include "util/env.h"

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

	(void)multi;
	l->due_us = ms < 0 ? INT64_MAX : ms == 0 ? 0 :
	    tq_mono_us() + ms * 1000;
	return 0;
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
	l->due_us = INT64_MAX;
	if (l->epoll == -1 || watch(l, l->wake) == -1)
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
}

static void
event(struct tq_http_loop *l, const struct epoll_event *ev)
{
	uint64_t ones;
	int running, what;

	if (ev->data.fd == l->wake) {
		(void)!read(l->wake, &ones, sizeof(ones));
		return;
	}
	what = (ev->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	    (ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	    (ev->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	curl_multi_socket_action(l->multi, ev->data.fd, what, &running);
}

/* For epoll_wait(): until libcurl's timer runs out; -1: it does not run. */
static int
left_ms(const struct tq_http_loop *l)
{
	int64_t ms;

	if (l->due_us == 0 || l->due_us == INT64_MAX)
		return l->due_us == 0 ? 0 : -1;
	ms = (l->due_us - tq_mono_us() + 999) / 1000;
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

void
tq_http_loop_turn(struct tq_http_loop *l, int max_ms)
{
	struct epoll_event ev[EVENTS];
	int i, n, running, ms = left_ms(l);

	if (ms == 0) {
		/* This is also how a new transfer is begun. */
		l->due_us = INT64_MAX;
		curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0,
		    &running);
	}
	if (max_ms != -1 && (ms == -1 || ms > max_ms))
		ms = max_ms;
	n = epoll_wait(l->epoll, ev, EVENTS, ms);
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
