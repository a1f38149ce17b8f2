/* lib/cli/start.c -- the first and the last line of each main(). */
#include "cli/calls.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/help.h"
#include "cli/names.h"
#include "cli/opt.h"
#include "cli/signals.h"
#include "util/secret.h"
#include "util/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OUT_MAX		((size_t)1 << 30)	/* appended between flushes */

/*
 * A descriptor opened for the database must never be number 1.  The stand-in
 * for a stream that was closed (`>&-') is open the wrong way round, so that who
 * reads or writes there is told, as by the closed one.
 */
static void
fill_streams(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)!open("/dev/null", fd == 0 ? O_WRONLY :
			    O_RDONLY);
}

static int
width(const struct tq_env *env)
{
	const char *columns = tq_getenv(env, "COLUMNS");
	struct winsize ws;
	int64_t n;

	if (columns != NULL && tq_str_int(columns, 20, 1000, &n) == 0)
		return (int)n;
	if ((ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 ||
	    ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0) && ws.ws_col >= 20)
		return ws.ws_col;
	return 80;
}

static void
look_around(struct tq_cli *cli)
{
	const char *term = tq_getenv(cli->env, "TERM");
	bool color;

	cli->dumb = term == NULL || strcmp(term, "dumb") == 0;
	color = !cli->dumb && tq_getenv(cli->env, "NO_COLOR") == NULL;
	cli->in_tty = isatty(STDIN_FILENO);
	cli->out_tty = isatty(STDOUT_FILENO);
	cli->err_tty = isatty(STDERR_FILENO);
	cli->color_out = cli->out_tty && color;
	cli->color_err = cli->err_tty && color;
	cli->out_width = cli->out_tty || cli->err_tty ? width(cli->env) : 80;
}

static int
answer_help(struct tq_cli *cli, const struct tq_common *common)
{
	if (common->version)
		tq_buf_fmt(&cli->out, "%s (tq) " TQ_VERSION "\n",
		    cli->tool->name);
	else if (tq_help_write(cli->tool, common->help, &cli->out) == -1)
		return tq_cli_usage(cli, "--help: \"%s\" is not mdoc, bash, zsh "
		    "or fish",
		    common->help);
	return TQ_EX_OK;
}

/* Every source's names are checked, "--queue", TQ_QUEUE and files. */
static int
check_queues(struct tq_cli *cli, const struct tq_strs *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i] != NULL && !tq_queue_ok(l->v[i]))
			return tq_cli_usage(cli, "\"%s\" is not a queue name: "
			    "up to 64 of A-Z a-z 0-9 _ -", l->v[i]);
	return TQ_CLI_GO;
}

/* ${name}: what the environment or a file says; NULL: nothing. */
static int
set_queue(struct tq_cli *cli, const struct tq_opt *o, void *opts,
    const char *name)
{
	void *p = (char *)opts + o->offset;
	struct tq_strs *l = p, one = { p, 1 };

	if (o->kind != TQ_OPT_LIST) {
		if (name != NULL)
			*(const char **)p = name;
		return check_queues(cli, &one);
	}
	if (name != NULL) {
		l->v = tq_arena_alloc(&cli->arena, sizeof(*l->v));
		l->v[0] = name;
		l->n = 1;
	}
	return check_queues(cli, l);
}

static int
configure(struct tq_cli *cli, void *opts, const struct tq_common *common,
    const bool *given)
{
	struct tq_config cfg = { common->store, NULL };
	const struct tq_opt *o = cli->tool->opts;
	size_t i, n = cli->tool->nopts;

	for (i = 0; i < n; i++)
		if (o[i].name != NULL && strcmp(o[i].name, "queue") == 0)
			break;
	if (tq_config_find(cli->env, TQ_CONFIG_SYSTEM, i < n && !given[i],
	    &cfg, &cli->arena, &cli->err) == -1) {
		tq_cli_warn(cli, "%s", cli->err.msg);
		return (int)tq_exit_of(cli->err.code);
	}
	cli->store_url = cfg.store;
	cli->store_given = common->store != NULL;
	/* Before anything is forked: the environment may hold the keys. */
	if (tq_str_starts(cfg.store, "aws:"))
		tq_secret_process();
	return i < n ? set_queue(cli, &o[i], opts, cfg.queue) : TQ_CLI_GO;
}

int
tq_cli_start(struct tq_cli *cli, const struct tq_tool *tool, void *opts,
    int argc, char **argv)
{
	struct tq_common common = { NULL, NULL, false, false, false, 0 };
	bool *given;
	int rc;

	memset(cli, 0, sizeof(*cli));
	cli->tool = tool;
	tq_calls_start(cli);
	cli->started_at = tq_boot_ms(cli->env);
	cli->out.max = OUT_MAX;
	fill_streams();
	tq_cli_signals(tool->effects);
	look_around(cli);
	given = tq_arena_alloc(&cli->arena, tool->nopts + 1);
	rc = tq_opt_parse(cli, opts, &common, given, argc, argv);
	if (rc != TQ_CLI_GO)
		return tq_cli_finish(cli, rc);
	if ((common.help != NULL && !tq_cli_asks_names(common.help)) ||
	    common.version)
		return tq_cli_finish(cli, answer_help(cli, &common));
	cli->given = given;
	cli->json = common.json;
	cli->quiet = common.quiet;
	cli->verbose = common.verbose;
	cli->own_env.units = cli->verbose > 0;
	rc = configure(cli, opts, &common, given);
	if (rc == TQ_CLI_GO && common.help != NULL)
		return tq_cli_finish(cli, tq_cli_print_names(cli,
		    common.help));
	return rc == TQ_CLI_GO ? rc : tq_cli_finish(cli, rc);
}
