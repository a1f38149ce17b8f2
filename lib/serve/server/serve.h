/*
 * lib/serve/server/serve.h -- the REST front door over any store.
 *
 * Threads: libmicrohttpd's event loops (one a core) read requests and write
 * answers and never wait for anything.  One writer thread submits what all
 * connections brought since its last commit as one group; a stager makes
 * uploads durable before; a watcher sleeps until tasks change and wakes the
 * connections that wait for them; a reaper closes connections that are past
 * their deadline.  A waiting request is suspended: no thread waits for one
 * client.
 */
#ifndef TQ_SERVE_H
#define TQ_SERVE_H

#include "serve/server/keys.h"
#include "store/store.h"
#include "util/cidr.h"

struct sv_api;
struct tq_serve;

/* An answered request, for the log. */
struct tq_serve_access {
	const char	*request_id;
	const char	*method;
	const char	*path;		/* as sent, without the query; may be
					   anything: escape it */
	int		 status;
	int64_t		 bytes;		/* of the body; -1: a stream */
	int64_t		 duration_ms;
	const char	*remote;	/* "127.0.0.1", "unix" */
	const char	*key_id;	/* NULL: none was used */
	const char	*task_id;	/* NULL: not about one task */
};

struct tq_serve_opts {
	const char		*store_url;
	const struct tq_env	*env;
	const struct sv_api	*api;		/* what is served: api.h */
	const int		*fds;		/* listening; ours now */
	size_t			 nfds;
	unsigned		 threads;	/* event loops in all */
	const char		*web;		/* the page's folder; or NULL */
	const char		*keys;		/* file; NULL: no keys */
	const char *const	*cors;		/* origins that may call us */
	size_t			 ncors;
	const char *const	*hosts;		/* our names, besides
						   the loopback's */
	size_t			 nhosts;
	const char *const	*s3;		/* inputs' "BUCKET[/PREFIX]" */
	size_t			 ns3;
	const struct tq_cidr	*proxies;	/* whose word is taken */
	size_t			 nproxies;
	bool			 trust_unix;	/* ... and who comes by a unix
						   socket */
	const char		*most;		/* header in which the program
						   in front, which lets no
						   client say it, tells how
						   many bytes it can pass on:
						   more are a 307; or NULL */
	size_t			 conns;		/* connections; 0: as many as
						   SV_CONNS_MAX */
	int64_t			 unsupported_ms;	/* then a job of a type
						   that nobody takes failed */
	int64_t			 header_ms;	/* to send a head */
	int64_t			 keepalive_ms;	/* between two requests */
	int64_t			 body_ms;	/* to send a JSON body */
	/* These may be called from any thread. */
	void	(*access)(void *arg, const struct tq_serve_access *a);
	void	(*note)(void *arg, const char *text);
	/* Around the opening of the store, from the caller's thread: a signal that
	   stops env may come in between (then it fails with TQ_E_INTR), and is
	   pending at the end as if it had not.  NULL: none may. */
	void	(*let_in)(bool begins);
	/* The store was taken away: stop, tq_serve_failed() says why. */
	void	(*failed)(void *arg);
	void	*arg;
};

/*
 * tq_serve_start(o, out, err):
 * Open the store (made when missing) and serve until tq_serve_stop(); what
 * ${o} points to must stay.  Fails with what opening the store, the keys or a
 * thread failed with.
 */
int tq_serve_start(const struct tq_serve_opts *o, struct tq_serve **out,
    struct tq_err *err);

/* tq_serve_failed(s, err): has o->failed been called?  Why, in ${err}. */
bool tq_serve_failed(struct tq_serve *s, struct tq_err *err);

/* tq_serve_reload(s, err): read the keys anew; on failure the old ones stay. */
int tq_serve_reload(struct tq_serve *s, struct tq_err *err);

/*
 * tq_serve_stop(s, grace_ms): take no more connections, answer what has been
 * asked (waits and event streams at once), at most so long; free ${s}.
 * Returns how many requests were cut off.
 */
unsigned tq_serve_stop(struct tq_serve *s, int64_t grace_ms);

/* -- listening: listen.c ------------------------------------------------- */

/*
 * tq_listen(addr, fd, shown, err):
 * Listen on "ADDR:PORT" ([v6] in brackets, port 0: any free one) or
 * "unix:PATH" (0660; a stale socket is replaced).  ${shown} gets what a client
 * uses: "http://127.0.0.1:8080", "unix:/run/tq.sock".
 */
#define TQ_LISTEN_SHOWN	160
int tq_listen(const char *addr, int *fd, char shown[TQ_LISTEN_SHOWN],
    struct tq_err *err);

/* tq_listen_loopback(fd): can only this machine connect to it? */
bool tq_listen_loopback(int fd);

/* tq_listen_shown(fd, shown): as tq_listen(), for a descriptor we got. */
void tq_listen_shown(int fd, char shown[TQ_LISTEN_SHOWN]);

#endif
