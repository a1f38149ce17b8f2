/*
 * tq-serve -- the REST front door of a store, and its page.
 *
 * Serves until SIGTERM; SIGHUP reads the keys anew.  lib/serve does the work.
 */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "front.h"
#include "util/ignored.h"
#include "util/str.h"

static const struct tq_opt options[] = {
	TQ_ROW("listen", 'l', LIST, "ADDR:PORT|unix:PATH", listen,
	    "listen here; may be repeated (default: 127.0.0.1:8080)"),
	TQ_ROW("keys", 0, STR, "FILE", keys,
	    "who may do what: lines of ID:SHA256:SCOPES, mode 0600"),
	TQ_ROW("insecure-no-auth", 0, FLAG, NULL, no_auth,
	    "let everybody who can reach it do everything"),
	TQ_ROW("host", 0, LIST, "NAME", hosts,
	    "a name this server has; may be repeated (default: localhost)"),
	TQ_ROW("cors", 0, LIST, "ORIGIN", cors,
	    "pages of this origin may call it; may be repeated"),
	TQ_ROW("allow-s3", 0, LIST, "BUCKET[/PREFIX]", s3,
	    "tasks may name inputs here; may be repeated"),
	TQ_ROW("trust-proxy", 0, LIST, "CIDR|unix", proxies,
	    "believe what these say of their clients; may be repeated"),
	TQ_ROW("web", 0, STR, "DIR", web, "the folder of the page"),
	TQ_ROW_IN("threads", 0, INT, "N", threads, 1, 64,
	    "event loops (default: the number of cores)"),
	TQ_ROW_IN("unsupported-after", 0, DURATION, "D", unsupported_ms, 0, 0,
	    "/jobs: tell a type that nobody takes as failed (default: 60s)"),
	TQ_ROW_IN("header-timeout", 0, DURATION, "D", header_ms, 100, 0,
	    "for a request's head (default: 10s)"),
	TQ_ROW_IN("keepalive-timeout", 0, DURATION, "D", keepalive_ms, 100, 0,
	    "for idling between two requests (default: 75s)"),
	TQ_ROW_IN("body-timeout", 0, DURATION, "D", body_ms, 100, 0,
	    "for a request's body, uploads aside (default: 30s)"),
	TQ_ROW_IN("grace", 0, DURATION, "D", grace, 0, 0,
	    "when told to end, finish requests so long (default: 25s)"),
	TQ_ROW("lambda", 0, FLAG, NULL, lambda,
	    "be a Lambda function behind an HTTP API or a function URL"),
	TQ_ROW("log-format", 0, STR, "logfmt|json|human", log_format,
	    "log every request so"),
};

static const char *const synopsis[] = {
	"[--listen ADDR:PORT | unix:PATH]... [--keys FILE] [options]",
	NULL,
};

static const struct tq_tool tool = {
	.name = "tq-serve",
	.summary = "submit and watch tasks over HTTP",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.effects = true,
};

#define FDS_MIN		64	/* for the store, its threads, a few clients */
#define FDS_OTHER	128	/* beside those of connections, where there are many */

/*
 * A connection is a descriptor, and may have another for a file; the store and
 * the page need some too.  How many connections there is room for goes to
 * ${conns}; 0: for as many as may be.  Returns 0 or an exit status.
 */
static int
room(struct tq_cli *cli, size_t *conns)
{
	struct rlimit rl;
	rlim_t others;

	*conns = 0;
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 0;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_max == RLIM_INFINITY || rl.rlim_max >= 16384)
		return 0;
	if (rl.rlim_max < FDS_MIN) {
		tq_cli_warn(cli, "%llu open files are too few to serve: it takes "
		    "%d (ulimit -n, LimitNOFILE=)",
		    (unsigned long long)rl.rlim_max, FDS_MIN);
		return TQ_EX_CONFIG;
	}
	others = rl.rlim_max / 2 < FDS_OTHER ? rl.rlim_max / 2 : FDS_OTHER;
	*conns = (size_t)(rl.rlim_max - others) / 2;
	return 0;
}

static void
wanted_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	if (!tq_signal_ignored(SIGINT))
		sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

/* Half of what systemd's watchdog allows; an hour when there is none. */
static struct timespec
watchdog(const struct tq_env *env)
{
	const char *us = tq_getenv(env, "WATCHDOG_USEC");
	struct timespec ts = { 3600, 0 };
	int64_t n;

	if (us != NULL && tq_str_int(us, 2, INT64_MAX, &n) == 0) {
		ts.tv_sec = n / 2000000;
		ts.tv_nsec = n / 2 % 1000000 * 1000;
	}
	return ts;
}

static void
reload(struct front *f)
{
	struct tq_err err = TQ_ERR_INIT;

	if (tq_serve_reload(f->serve, &err) == -1)
		tq_cli_warn(f->cli, "%s (the old keys stay)", err.msg);
	else
		tq_cli_note(f->cli, "keys: read anew");
}

/* Until a signal says that it is enough. */
static void
serve(struct front *f, const sigset_t *set)
{
	struct timespec nap = watchdog(f->cli->env);
	int sig;

	front_notify(f->cli->env, "READY=1");
	for (;;) {
		sig = sigtimedwait(set, NULL, &nap);
		if (sig == SIGHUP)
			reload(f);
		else if (sig > 0)
			break;
		front_notify(f->cli->env, "WATCHDOG=1");
	}
	front_notify(f->cli->env, "STOPPING=1");
	/* The next one ends us at once. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

/*
 * What a burst took goes back to the system: bodies and answers are mapped for
 * themselves, and not, as glibc does by default, cut from heaps of which each
 * of eight threads keeps one, once one so large was freed.
 */
static void
keep_memory_small(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
#endif
}

static int
run(struct tq_cli *cli, struct opts *o)
{
	struct front f = { .cli = cli, .o = o };
	struct tq_serve_opts so = { .arg = &f };
	sigset_t set;
	unsigned cut;
	bool failed;
	int rc;

	if (cli->argc > 0)
		return tq_cli_usage(cli, "no operands, please: \"%s\"",
		    cli->argv[0]);
	wanted_signals(&set);
	if ((rc = room(cli, &so.conns)) == TQ_EX_OK &&
	    (rc = front_lambda_prepare(&f)) == TQ_EX_OK &&
	    (rc = front_options(&f, &so)) == TQ_EX_OK) {
		/* From a socket's file on it ends in order. */
		tq_cli_signals_block();
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		so.let_in = tq_cli_signals_let;
		rc = front_listen(&f, &so);
	}
	if (rc != TQ_EX_OK) {
		front_free(&f);
		return rc;
	}
	keep_memory_small();
	if (tq_serve_start(&so, &f.serve, &cli->err) == -1) {
		front_free(&f);
		return cli->err.code == TQ_E_INTR ? TQ_EX_OK : -1;
	}
	front_say_listening(&f);
	if (o->lambda)
		rc = front_lambda_run(&f, &set);
	else
		serve(&f, &set);
	failed = tq_serve_failed(f.serve, &cli->err);
	cut = tq_serve_stop(f.serve, failed ? 0 : o->grace);
	front_free(&f);
	if (cut > 0)
		tq_cli_warn(cli, "%u requests were cut off", cut);
	return failed ? -1 : rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .unsupported_ms = 60000, .header_ms = 10000,
	    .keepalive_ms = 75000, .body_ms = 30000,
	    .grace = 25000 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}
