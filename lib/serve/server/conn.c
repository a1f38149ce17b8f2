/*
 * lib/serve/server/conn.c -- connections and their deadlines.
 *
 * libmicrohttpd's time-outs are about inactivity: a byte a second holds a
 * connection for ever.  Ours are absolute, and set anew for each phase.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/server/inside.h"

#define REAP_MS		250
#define LINGER_MS	2000	/* for a client to read an error */
#define IDLE_PART	4	/* above this part of all, the idle make room */
#define SPARED_MS	1000	/* ... but for those that were not idle so long */

static void
list_remove(struct tq_serve *s, struct sv_conn *c)
{
	*(c->prev != NULL ? &c->prev->next : &s->conn_first) = c->next;
	*(c->next != NULL ? &c->next->prev : &s->conn_last) = c->prev;
}

static void
list_append(struct tq_serve *s, struct sv_conn *c)
{
	c->next = NULL;
	c->prev = s->conn_last;
	*(c->prev != NULL ? &c->prev->next : &s->conn_first) = c;
	s->conn_last = c;
}

/* Each answer of MHD_get_connection_info() ends the one before (1.0). */
static void
note_address(struct sv_conn *c, struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info != NULL ? info->client_addr : NULL;
	struct tq_ip ip;

	c->addr.ss_family = AF_UNIX;
	snprintf(c->peer, sizeof(c->peer), "unix");
	if (sa != NULL && sa->sa_family == AF_INET)
		memcpy(&c->addr, sa, sizeof(struct sockaddr_in));
	if (sa != NULL && sa->sa_family == AF_INET6)
		memcpy(&c->addr, sa, sizeof(struct sockaddr_in6));
	if (tq_ip_of((const struct sockaddr *)&c->addr, &ip, NULL))
		tq_ip_text(&ip, c->peer);
}

static void
conn_open(struct tq_serve *s, struct MHD_Connection *mc, void **ctx)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sv_conn *c = calloc(1, sizeof(*c));

	if (c == NULL || info == NULL) {
		free(c);
		return;		/* its requests are refused */
	}
	c->fd = info->connect_fd;
	c->since = tq_boot_ms(s->env);
	c->deadline = c->since + s->o->header_ms;
	note_address(c, mc);
	c->loopback = c->addr.ss_family != AF_UNIX &&
	    tq_listen_loopback(c->fd);
	*ctx = c;
	pthread_mutex_lock(&s->conn_lock);
	list_append(s, c);
	__atomic_add_fetch(&s->nconns, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&s->conn_lock);
	tq_metrics_add(&s->metrics.connections, 1);
}

void
sv_conn_notify(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_ConnectionNotificationCode code)
{
	struct tq_serve *s = cls;
	struct sv_conn *c = *ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		conn_open(s, mc, ctx);
		return;
	}
	if (c == NULL)
		return;
	pthread_mutex_lock(&s->conn_lock);
	list_remove(s, c);
	__atomic_sub_fetch(&s->nconns, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&s->conn_lock);
	tq_metrics_add(&s->metrics.connections, -1);
	free(c);
	*ctx = NULL;
}

/* The bytes that tell one client from another; false: a local one. */
static bool
client_of(const struct sockaddr *sa, const void **p, size_t *n)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		*p = &in->sin_addr;
		*n = 4;
		return ntohl(in->sin_addr.s_addr) >> 24 != 127;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		*p = &in6->sin6_addr;
		*n = 8;		/* a client has a /64 */
		return !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

enum MHD_Result
sv_conn_policy(void *cls, const struct sockaddr *addr, socklen_t len)
{
	struct tq_serve *s = cls;
	const void *mine, *other;
	const struct sv_conn *c;
	size_t n, m, count = 0;

	(void)len;
	if (sv_stopping(s))
		return MHD_NO;
	if (!client_of(addr, &mine, &n) || sv_client_trusted(s, addr))
		return MHD_YES;
	pthread_mutex_lock(&s->conn_lock);
	for (c = s->conn_first; c != NULL; c = c->next)
		if (client_of((const struct sockaddr *)&c->addr, &other, &m) &&
		    m == n && memcmp(mine, other, n) == 0)
			count++;
	pthread_mutex_unlock(&s->conn_lock);
	return count < SV_CONNS_PER_IP ? MHD_YES : MHD_NO;
}

/* Four times a request, in each loop: so without the lock. */
void
sv_conn_deadline(struct sv_req *r, int64_t ms)
{
	__atomic_store_n(&r->conn->deadline, ms == 0 ? 0 :
	    tq_boot_ms(r->s->env) + ms, __ATOMIC_RELAXED);
	__atomic_store_n(&r->conn->busy, true, __ATOMIC_RELAXED);
}

void
sv_conn_end(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	struct sv_conn *c = r->conn;

	pthread_mutex_lock(&s->conn_lock);
	c->since = tq_boot_ms(s->env);
	__atomic_store_n(&c->deadline, c->since + s->o->keepalive_ms,
	    __ATOMIC_RELAXED);
	__atomic_store_n(&c->busy, false, __ATOMIC_RELAXED);
	list_remove(s, c);
	list_append(s, c);
	pthread_mutex_unlock(&s->conn_lock);
}

void
sv_conn_raw(struct sv_req *r, enum tq_problem_id id, const char *detail)
{
	struct tq_buf body = TQ_BUF_INIT(4096), all = TQ_BUF_INIT(8192);
	const struct tq_problem *p = &tq_problems[id];

	tq_problem_write(&body, id, detail, NULL, r->id);
	tq_buf_fmt(&all, "HTTP/1.1 %d %s\r\nContent-Type: "
	    "application/problem+json\r\nContent-Length: %zu\r\n"
	    "X-Request-Id: %s\r\nX-Content-Type-Options: nosniff\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\n\r\n%s",
	    p->status, p->title, body.len, r->id,
	    body.data != NULL ? body.data : "");
	if (all.data != NULL)
		(void)send(r->conn->fd, all.data, all.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(r->conn->fd, SHUT_WR);
	sv_conn_deadline(r, LINGER_MS);
	r->status = p->status;
	tq_buf_free(&body);
	tq_buf_free(&all);
}

/* May ${c} live on?  ${over}: so many must go. */
static bool
doomed(struct tq_serve *s, const struct sv_conn *c, int64_t now, size_t over)
{
	int64_t deadline = __atomic_load_n(&c->deadline, __ATOMIC_RELAXED);

	if (c->shut || (deadline != 0 && now > deadline))
		return true;
	/* Too many: those idle longest make room; who has just come will ask. */
	return !__atomic_load_n(&c->busy, __ATOMIC_RELAXED) && (sv_stopping(s) ||
	    (over > 0 && now - c->since >= SPARED_MS));
}

static void
reap(struct tq_serve *s)
{
	int64_t now = tq_boot_ms(s->env);
	struct sv_conn *c;
	size_t over, high = s->conns_max / IDLE_PART;

	pthread_mutex_lock(&s->conn_lock);
	over = s->nconns > high ? s->nconns - high : 0;
	for (c = s->conn_first; c != NULL; c = c->next) {
		if (!doomed(s, c, now, over))
			continue;
		over -= over > 0;
		if (c->shut)
			continue;
		c->shut = true;
		shutdown(c->fd, SHUT_RDWR);
		tq_metrics_add(&s->metrics.reaped, 1);
	}
	pthread_mutex_unlock(&s->conn_lock);
}

void *
sv_conn_reaper(void *cls)
{
	static const struct timespec nap = { 0, REAP_MS * 1000000L };
	struct tq_serve *s = cls;

	while (!__atomic_load_n(&s->watch_stop, __ATOMIC_ACQUIRE)) {
		reap(s);
		nanosleep(&nap, NULL);
	}
	return NULL;
}
