/* cmd/tq-serve/front.h -- what the files of tq-serve share. */
#ifndef FRONT_H
#define FRONT_H

#include <signal.h>

#include "cli/cli.h"
#include "lambda/front.h"
#include "serve/server/serve.h"
#include "util/event.h"

#define FRONT_LISTEN_MAX	8
#define FRONT_PROXIES_MAX	32

struct opts {
	struct tq_strs	 listen, hosts, cors, s3, proxies;
	const char	*keys, *web, *log_format;
	bool		 no_auth, lambda;
	int64_t		 threads, unsupported_ms, header_ms,
	    keepalive_ms, body_ms, grace;
};

struct front {
	struct tq_cli	*cli;
	struct opts	*o;
	struct tq_serve	*serve;
	bool		 logs;		/* every request */
	enum tq_log_format log_format;
	int		 fds[FRONT_LISTEN_MAX];
	char		 shown[FRONT_LISTEN_MAX][TQ_LISTEN_SHOWN];
	size_t		 nfds, npassed;	/* the first are systemd's */
	struct tq_cidr	 proxies[FRONT_PROXIES_MAX];
	struct tq_lambda_front lambda;
	const char	*lambda_keys;	/* a file to be removed; or NULL */
};

/*
 * front_lambda_prepare(f):
 * With --lambda: listen on the loopback only, with keys of --keys and others
 * for what an authorizer lets pass.  TQ_EX_OK, an exit status, or -1.
 * front_lambda_run(f, set): answer events instead of waiting for a signal of
 * ${set}; -1 when Lambda is gone.
 */
int front_lambda_prepare(struct front *f);
int front_lambda_run(struct front *f, const sigset_t *set);

/* front_options(f, so): from options to ${so}; TQ_EX_OK or an exit status. */
int front_options(struct front *f, struct tq_serve_opts *so);

/*
 * front_listen(f, so): the sockets that systemd passed, or those of --listen,
 * or the default; refuses to be open to others without keys.
 */
int front_listen(struct front *f, struct tq_serve_opts *so);

/* front_say_listening(f): "listening on http://127.0.0.1:8080" on stderr. */
void front_say_listening(const struct front *f);

/* front_access(front, a), front_note(front, text): the log; any thread. */
void front_access(void *front, const struct tq_serve_access *a);
void front_note(void *front, const char *text);

/* front_failed(front): let the main thread end the server. */
void front_failed(void *front);

/* front_notify(env, state): tell systemd, if it listens. */
void front_notify(const struct tq_env *env, const char *state);

void front_free(struct front *f);

#endif
