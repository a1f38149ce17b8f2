/* tests/unit/test_cli_opt.c -- options, help, the end of main(). */
#include "cli/cli.h"
#include "cli/help.h"
#include "util/near.h"
#include "test_cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/wait.h>
#include <unistd.h>

struct opts {
	const char	*id, *wait, *queue;
	struct tq_strs	 labels;
	int64_t		 prio, n, delay, at;
	bool		 dry, zero;
	int		 count;
};

#define O(field) offsetof(struct opts, field)
static const struct tq_opt table[] = {
	{ "id", 0, TQ_OPT_STR, "ID", "its id", O(id), 0, 0 },
	{ "queue", 'q', TQ_OPT_STR, "Q", "the queue", O(queue), 0, 0 },
	{ "wait", 'w', TQ_OPT_OPTSTR, "D", "wait for the end", O(wait), 0, 0 },
	{ "label", 'l', TQ_OPT_LIST, "K=V", "a label", O(labels), 0, 0 },
	{ "prio", 0, TQ_OPT_INT, "N", "0 to 9", O(prio), 0, 9 },
	{ "many", 'n', TQ_OPT_INT, "N", "how many", O(n), 1, 0 },
	{ "delay", 0, TQ_OPT_DURATION, "D", "not before that much time has "
	    "gone by, which is a help text that takes more than a line",
	    O(delay), 1000, 3600000 },
	{ "at", 0, TQ_OPT_TIME, "TIME", "not before", O(at), 0, 0 },
	{ "dry-run", 0, TQ_OPT_FLAG, NULL, "change nothing", O(dry), 0, 0 },
	{ "dry-dock", 0, TQ_OPT_COUNT, NULL, "count", O(count), 0, 0 },
	{ NULL, '0', TQ_OPT_FLAG, NULL, "NUL-separated", O(zero), 0, 0 },
	{ "status", 0, TQ_OPT_STR, "S", "only these", O(id), 0, 0 },
	{ "each", 0, TQ_OPT_STR, "json|text", "what lines are", O(id), 0, 0 },
	{ "o", 'o', TQ_OPT_STR, "FILE", "where to", O(id), 0, 0 },
	{ "quoted", 0, TQ_OPT_FLAG, NULL, ".it's [a\\b]: so", O(dry), 0, 0 },
};
static const char *const synopsis[] = { "[-q Q] list | top [ID]", "show ID",
    "list more [--this OR THAT] [--another LONG LIST] [--of WORDS THAT] "
    "[--is ALL]", "list less [--this OR THAT] [--another LONG LIST] "
    "[--of MANY MORE WORDS]", NULL };
static const struct tq_tool tool = { .name = "tq-try",
    .summary = "try what can be tried", .synopsis = synopsis, .opts = table,
    .nopts = sizeof(table) / sizeof(table[0]), .effects = true };

static struct opts o;
static struct tq_cli cli;

/* ${words} is split at blanks. */
static int
start(const char *words)
{
	static char copy[1024];
	static char *argv[64];
	struct t_capture c;
	int argc = 0, rc;
	char *w;

	memset(&o, 0, sizeof(o));
	snprintf(copy, sizeof(copy), "tq-try %s", words);
	for (w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	setenv("TQ_STORE", "sqlite:/env.db", 1);
	setenv("TQ_QUEUE", "fromenv", 1);
	t_capture(&c);
	rc = tq_cli_start(&cli, &tool, &o, argc, argv);
	t_release(&c);
	return rc;
}

static void
end(void)
{
	T_INT(tq_cli_finish(&cli, 0), 0);
}

#define REFUSED(words, why) do {					\
	T_INT(start(words), TQ_EX_USAGE);				\
	T_STR(t_err, "tq-try: " why "\nTry 'tq-try --help'.\n");	\
	T_STR(t_out, "");						\
} while (0)

static void
test_kinds(void)
{
	T_MUST(start("--id=x --wait -l a=1 --label b=2 --prio 9 -n 5 --delay "
	    "1m --at @10 --dry-run -0 --dry-dock --dry-dock -q jobs") ==
	    TQ_CLI_GO);
	T_STR(o.id, "x");
	T_STR(o.wait, "");
	T_STR(o.queue, "jobs");
	T_MUST(o.labels.n == 2);
	T_STR(o.labels.v[0], "a=1");
	T_STR(o.labels.v[1], "b=2");
	T_INT(o.prio, 9);
	T_INT(o.n, 5);
	T_INT(o.delay, 60000);
	T_INT(o.at, 10000);
	T_INT(o.dry, true);
	T_INT(o.zero, true);
	T_INT(o.count, 2);
	T_STR(t_err, "");
	end();
	T_MUST(start("--wait=5s -w3s") == TQ_CLI_GO);
	T_STR(o.wait, "3s");
	T_OK(o.id == NULL && !o.dry && o.labels.n == 0);
	end();
}

static void
test_common(void)
{
	T_MUST(start("x --store sqlite:/y -v --verbose --json --quiet") ==
	    TQ_CLI_GO);
	T_STR(cli.store_url, "sqlite:/y");
	T_INT(cli.verbose, 2);
	T_OK(cli.json && cli.quiet);
	T_STR(o.queue, "fromenv");
	end();
	T_MUST(start("") == TQ_CLI_GO);
	T_STR(cli.store_url, "sqlite:/env.db");
	T_OK(!cli.json && !cli.quiet && cli.verbose == 0);
	end();
}

/* Of what is there, only the command line was meant for this subcommand. */
static void
test_untaken(void)
{
	T_MUST(start("") == TQ_CLI_GO);
	T_STR(o.queue, "fromenv");
	T_OK(!tq_cli_given(&cli, "queue"));
	T_OK(tq_cli_untaken(&cli, " ") == NULL);
	end();
	T_MUST(start("-l a=1 --prio 0 -q jobs") == TQ_CLI_GO);
	T_OK(tq_cli_given(&cli, "queue") && tq_cli_given(&cli, "label"));
	T_OK(!tq_cli_given(&cli, "id") && !tq_cli_given(&cli, "labels"));
	T_OK(tq_cli_untaken(&cli, " prio label queue ") == NULL);
	T_STR(tq_cli_untaken(&cli, " prio queue "), "label");
	T_STR(tq_cli_untaken(&cli, " label queues prior "), "queue");
	T_STR(tq_cli_untaken(&cli, " queue label "), "prio");
	end();
}

static void
test_operands(void)
{
	T_MUST(start("a --id x - b") == TQ_CLI_GO);
	T_INT(cli.argc, 3);
	T_STR(cli.argv[0], "a");
	T_STR(cli.argv[1], "-");
	T_STR(cli.argv[2], "b");
	T_OK(cli.argv[3] == NULL);
	T_OK(!cli.dashdash);
	T_STR(o.id, "x");
	T_STR(tq_cli_take(&cli), "a");
	T_STR(tq_cli_take(&cli), "-");
	T_STR(tq_cli_take(&cli), "b");
	T_OK(tq_cli_take(&cli) == NULL);
	end();
}

static void
test_dashdash(void)
{
	T_MUST(start("-q jobs -- cmd --flag -- -x") == TQ_CLI_GO);
	T_OK(cli.dashdash);
	T_INT(cli.argc, 4);
	T_STR(cli.argv[0], "cmd");
	T_STR(cli.argv[1], "--flag");
	T_STR(cli.argv[2], "--");
	end();
	T_MUST(start("type -- --flag") == TQ_CLI_GO);
	T_OK(!cli.dashdash);
	T_INT(cli.argc, 2);
	T_STR(cli.argv[1], "--flag");
	end();
	T_MUST(start("--id -- x") == TQ_CLI_GO);
	T_OK(!cli.dashdash);
	T_STR(o.id, "--");
	T_INT(cli.argc, 1);
	end();
	T_MUST(start("--") == TQ_CLI_GO);
	T_OK(cli.dashdash);
	T_INT(cli.argc, 0);
	end();
	T_MUST(start("x") == TQ_CLI_GO);
	T_OK(!cli.dashdash);
	end();
}

static void
test_unknown(void)
{
	REFUSED("--prioo 3", "unknown option --prioo (did you mean --prio?)");
	REFUSED("--dealy=3s", "unknown option --dealy (did you mean --delay?)");
	REFUSED("--jsn", "unknown option --jsn (did you mean --json?)");
	REFUSED("--xyzzy", "unknown option --xyzzy");
	REFUSED("x -Z", "unknown option -Z");
	REFUSED("-vZ", "unknown option -Z");
	REFUSED("--dry", "option --dry could be --dry-run or --dry-dock");
	REFUSED("--\033[31m", "unknown option --\\x1b[31m");
}

static void
test_values(void)
{
	REFUSED("--id", "option --id needs a value");
	REFUSED("x -q", "option -q needs a value");
	REFUSED("--dry-run=1", "option --dry-run takes no value");
	REFUSED("--o=", "--o: \"\" names nothing");
	REFUSED("--prio 10", "--prio: \"10\" is not a number from 0 to 9");
	REFUSED("--prio 1x", "--prio: \"1x\" is not a number from 0 to 9");
	REFUSED("-n 0", "--many: \"0\" is not a number of 1 or more");
	REFUSED("--delay 5", "--delay: \"5\" is not a duration such as 90s, "
	    "15m, 1h30m (numbers with units, up to 100 years)");
	REFUSED("--delay 5300w", "--delay: \"5300w\" is not a duration such as "
	    "90s, 15m, 1h30m (numbers with units, up to 100 years)");
	REFUSED("--delay 0", "--delay: \"0\" is too short: at least 1s");
	REFUSED("--delay 2h", "--delay: \"2h\" is too long: at most 1h");
	REFUSED("--at noon", "--at: \"noon\" is not a time such as "
	    "2030-01-31T12:00:00Z (with its zone), @1893456000 or 17:30");
	REFUSED("-q a:b", "\"a:b\" is not a queue name: up to 64 of A-Z a-z "
	    "0-9 _ -");
	REFUSED("--help=troff", "--help: \"troff\" is not mdoc, bash, "
	    "zsh or fish");
}

static void
test_help(void)
{
	const char *p;
	size_t n;

	T_INT(start("--version --nonsense"), 0);
	T_STR(t_out, "tq-try (tq) " TQ_VERSION "\n");
	T_INT(start("--help --nonsense"), 0);
	T_STR(t_err, "");
	T_OK(strncmp(t_out, "usage: tq-try [-q Q] list | top [ID]\n"
	    "       tq-try show ID\n", 54) == 0);
	T_OK(strstr(t_out, "\n       tq-try list more [--this OR THAT] "
	    "[--another LONG LIST] [--of WORDS THAT]\n              "
	    "[--is ALL]\n"));
	T_OK(strstr(t_out, " [--another LONG LIST]\n"
	    "              [--of MANY MORE WORDS]\n"));
	T_OK(strstr(t_out, "\n\nTry what can be tried.\n\n") != NULL);
	T_OK(strstr(t_out, "\n  -q, --queue Q ") != NULL);
	T_OK(strstr(t_out, "\n  -w, --wait[=D] ") != NULL);
	T_OK(strstr(t_out, "\n  -0 ") != NULL);
	T_OK(strstr(t_out, "\n      --version ") != NULL);
	for (p = t_out; *p != '\0'; p += n + 1) {
		n = strcspn(p, "\n");
		T_OK(n <= 80);
	}
}

static void
test_help_without_home(void)
{
	char *argv[] = { (char *)"tq-try", (char *)"--help", NULL };
	const char *home = getenv("HOME");
	char kept[512] = "";
	struct t_capture c;

	snprintf(kept, sizeof(kept), "%s", home == NULL ? "" : home);
	unsetenv("HOME");
	unsetenv("TQ_STORE");
	t_capture(&c);
	T_INT(tq_cli_start(&cli, &tool, &o, 2, argv), 0);
	t_release(&c);
	T_STR(t_err, "");
	/* What does need one says so. */
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CONFIG_HOME");
	t_capture(&c);
	T_INT(tq_cli_start(&cli, &tool, &o, 1, argv), TQ_EX_CONFIG);
	t_release(&c);
	T_OK(strncmp(t_err, "tq-try: no store: HOME is not set, and no --store", 49) == 0);
	if (home != NULL)
		setenv("HOME", kept, 1);
}

static void
test_mdoc(void)
{
	struct tq_buf text = TQ_BUF_INIT(65536), mdoc = TQ_BUF_INIT(65536);
	char want[64];
	const char *p, *end_of;

	tq_help_text(&tool, &text);
	tq_help_mdoc(&tool, &mdoc);
	T_OK(strstr(mdoc.data, "\n.It Fl q , Fl -queue Ar Q\nthe queue\n"));
	T_OK(strstr(mdoc.data, "\n.It Fl w , Fl -wait Ns Op = Ns Ar D\n"));
	T_OK(strstr(mdoc.data, "\n.It Fl 0\n"));
	T_OK(strstr(mdoc.data, "\n\\&.it's [a\\eb]: so\n"));
	for (p = text.data; (p = strstr(p, " --")) != NULL; p = end_of) {
		end_of = p + 3 + strcspn(p + 3, " [\n");
		snprintf(want, sizeof(want), " Fl -%.*s", (int)(end_of - p - 3),
		    p + 3);
		T_OK(strstr(mdoc.data, want) != NULL);
	}
	tq_buf_free(&text);
	tq_buf_free(&mdoc);
}

static void
test_bash(void)
{
	T_INT(start("--help=bash"), 0);
	T_OK(strstr(t_out, "complete -o default -F _tq_try tq-try\n"));
	T_OK(strstr(t_out, "\t\twords='list top show'\n"));
	T_OK(strstr(t_out, "\t--each|--each=)\n\t\twords='json text' ;;\n"));
	T_OK(strstr(t_out, "\t--status|--status=)\n\t\twords='PENDING RETRYING "));
	T_OK(strstr(t_out, "\t-q|--queue|--queue=)\n\t\tcompopt +o default\n"
	    "\t\twords=$(\"$1\" --help=queues 2>/dev/null)\n"));
	T_OK(strstr(t_out, "\t--help=)\n\t\twords='mdoc bash zsh fish' ;;\n"));
	T_OK(strstr(t_out, " --dry-run --dry-dock --status"));
}

static void
test_fish(void)
{
	const char *p;
	size_t n = 0;

	T_INT(start("--help=fish"), 0);
	T_OK(strncmp(t_out, "complete -c tq-try -l id -x -a '(tq-try --help=ids "
	    "2>/dev/null)' -d 'its id'\n", 76) == 0);
	T_OK(strstr(t_out, "\ncomplete -c tq-try -s o -l o -r -F -d 'where to'\n"));
	T_OK(strstr(t_out, "\ncomplete -c tq-try -s w -l wait -f -d 'wait for the end'\n"));
	T_OK(strstr(t_out, " -l each -x -a 'json text' -d "));
	T_OK(strstr(t_out, " -l quoted -d '.it\\'s [a\\\\b]: so'\n"));
	T_OK(strstr(t_out, "\ncomplete -c tq-try -l version -d "));
	/* Each line is one command. */
	for (p = t_out; *p != '\0'; p += strcspn(p, "\n") + 1, n++)
		T_OK(strncmp(p, "complete -c tq-try -", 20) == 0);
	T_OK(n > sizeof(table) / sizeof(table[0]));
}

static void
test_zsh(void)
{
	T_INT(start("--help=zsh"), 0);
	T_OK(strstr(t_out, "'--quoted[.it'\\''s \\[a\\\\b\\]\\: so]'"));
	T_OK(strstr(t_out, "'--dry-run[change nothing]'"));
	T_OK(strstr(t_out, "'-0[NUL-separated]'"));
	T_OK(strstr(t_out, "'(-q --queue)'{-q+,--queue=}'[the queue]:Q:"));
}

static void
test_exits(void)
{
	size_t i, row;

	for (i = 0; i < TQ_CODE_MAX; i++) {
		enum tq_exit ex = tq_exit_of((enum tq_code)i);

		T_INT(ex == TQ_EX_OK, i == TQ_OK);
		for (row = 0; row < tq_exit_nrows; row++)
			if (tq_exit_rows[row].code == ex)
				break;
		T_OK(row < tq_exit_nrows);
	}
	T_INT(tq_exit_of(TQ_E_UNAVAILABLE), TQ_EX_UNAVAILABLE);
	T_INT(tq_exit_of(TQ_E_NOTFOUND), TQ_EX_NOTASK);
	T_INT(tq_exit_of((enum tq_code)1000), TQ_EX_BUG);
}

static void
test_command(void)
{
	static const char *const names[] = { "list", "purge", NULL };
	static const struct {
		const char	*words;
		int		 index;
		const char	*said;
	} cases[] = {
		{ "purge x", 1, "" },
		{ "", -1, "tq-try: a command is missing: list, purge\nTry "
		    "'tq-try --help'.\n" },
		{ "lits", -1, "tq-try: unknown command \"lits\" (did you mean "
		    "list?)\nTry 'tq-try --help'.\n" },
		{ "eat", -1, "tq-try: unknown command \"eat\"; there are list, "
		    "purge\nTry 'tq-try --help'.\n" },
	};
	struct t_capture c;
	size_t i;
	int got;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		T_MUST(start(cases[i].words) == TQ_CLI_GO);
		t_capture(&c);
		got = tq_cli_command(&cli, names);
		t_release(&c);
		T_INT(got, cases[i].index);
		T_STR(t_err, cases[i].said);
		end();
	}
}

static int
finish(int rc, enum tq_stage stage, enum tq_code code, const char *msg)
{
	struct t_capture c;

	if (start("") != TQ_CLI_GO)
		return -2;
	t_capture(&c);
	if (code != TQ_OK)
		tq_err_set(&cli.err, stage, code, "%s", msg);
	tq_buf_str(&cli.out, "data\n");
	rc = tq_cli_finish(&cli, rc);
	t_release(&c);
	return rc;
}

static void
test_finish(void)
{
	T_INT(finish(0, TQ_AT_NONE, TQ_OK, ""), 0);
	T_STR(t_out, "data\n");
	T_STR(t_err, "");
	T_INT(finish(-1, TQ_AT_STORE, TQ_E_UNAVAILABLE, "x: gone\n"), 69);
	T_STR(t_out, "data\n");
	T_STR(t_err, "tq-try: store: x: gone\\n\n");
	T_INT(finish(-1, TQ_AT_STORE, TQ_E_NOTFOUND, "no such task x"), 5);
	T_STR(t_err, "tq-try: no such task x\n");
	T_INT(finish(6, TQ_AT_STORE, TQ_E_NOTFOUND, "not asked for"), 6);
	T_STR(t_err, "");
	T_INT(finish(-1, TQ_AT_NONE, TQ_OK, ""), TQ_EX_BUG);
}

static int
into(int fd, int own_rc, bool flush_first)
{
	int saved, rc;
	struct t_capture c;

	if (start("") != TQ_CLI_GO)
		return -2;
	tq_buf_str(&cli.out, "data\n");
	t_capture(&c);
	saved = dup(1);
	dup2(fd, 1);
	rc = flush_first ? tq_cli_flush(&cli) : 0;
	rc = tq_cli_finish(&cli, flush_first && own_rc == -1 ? rc : own_rc);
	dup2(saved, 1);
	close(saved);
	t_release(&c);
	return rc;
}

/* What was written past us, by stdio, and does not go out. */
static int
behind_us(int fd)
{
	int saved, rc;
	struct t_capture c;

	if (start("") != TQ_CLI_GO)
		return -2;
	t_capture(&c);
	saved = dup(1);
	dup2(fd, 1);
	printf("data\n");
	rc = tq_cli_finish(&cli, 0);
	__fpurge(stdout);
	dup2(saved, 1);
	close(saved);
	t_release(&c);
	return rc;
}

static void
test_stdout_fails(void)
{
	int full = open("/dev/full", O_WRONLY), ends[2];

	T_INT(into(full, 0, false), 74);
	T_STR(t_err, "tq-try: stdout: No space left on device\n");
	T_INT(into(full, -1, true), 74);
	T_STR(t_err, "tq-try: stdout: No space left on device\n");
	T_INT(into(full, 0, true), 74);
	T_STR(t_err, "tq-try: stdout: No space left on device\n");
	T_INT(into(full, TQ_EX_IO, true), 74);
	T_STR(t_err, "");
	T_INT(behind_us(full), 74);
	T_STR(t_err, "tq-try: stdout: No space left on device\n");
	close(full);
	T_MUST(pipe(ends) == 0);
	close(ends[0]);
	T_INT(into(ends[1], 0, false), 74);
	T_STR(t_err, "tq-try: stdout: Broken pipe\n");
	close(ends[1]);
}

static void
test_quiet(void)
{
	struct t_capture c;

	T_MUST(start("--quiet") == TQ_CLI_GO);
	t_capture(&c);
	tq_cli_note(&cli, "a note");
	tq_cli_warn(&cli, "C:\\x \\n \x1b[1m%s", "\x80");
	t_release(&c);
	T_STR(t_err, "tq-try: C:\\x \\n \\x1b[1m\\x80\n");
	end();
	T_MUST(start("") == TQ_CLI_GO);
	t_capture(&c);
	tq_cli_note(&cli, "a note");
	t_release(&c);
	T_STR(t_err, "tq-try: a note\n");
	end();
}

/* Does a terminal as ${term} get colors? */
static bool
colored(const char *term, const char *no_color)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, saved = dup(1);
	char *argv[] = { (char *)"tq-try", NULL };
	bool got;

	if (master == -1 || unlockpt(master) == -1)
		abort();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	setenv("TERM", term, 1);
	unsetenv("NO_COLOR");
	if (no_color != NULL)
		setenv("NO_COLOR", no_color, 1);
	fflush(stdout);
	dup2(slave, 1);
	T_INT(tq_cli_start(&cli, &tool, &o, 1, argv), TQ_CLI_GO);
	got = cli.color_out;
	T_OK(cli.out_tty);
	end();
	dup2(saved, 1);
	close(saved);
	close(slave);
	close(master);
	unsetenv("NO_COLOR");
	return got;
}

static void
test_color(void)
{
	T_OK(colored("xterm", NULL));
	T_OK(!colored("xterm", "1"));
	T_OK(colored("xterm", ""));
	T_OK(!colored("dumb", NULL));
}

static void
test_calls(void)
{
	const struct tq_called calls[] = {
		{ "sqs SendMessage", 3, 200, 7, "", "", { 0 } },
		{ "dynamodb Query", 1, 200, 7, "", "", { .reads = 5, .index = 2 } },
		{ "dynamodb PutItem", 1, 400, 7, "", "", { .writes = 4, .guessed = 2 } },
		{ "dynamodb PutItem", 1, 200, 7, "Slow", "r1", { .writes = 2 } },
	};
	const struct tq_called strange = { "s3 PutObject", 1, 501, 7, "", "", { 0 } };
	struct t_capture c;
	size_t i;

	T_MUST(start("-v") == TQ_CLI_GO);
	t_capture(&c);
	for (i = 0; i < 4; i++)
		cli.env->called(cli.env->arg, &calls[i]);
	T_INT(tq_cli_finish(&cli, 0), 0);
	t_release(&c);
	T_STR(t_err, "tq-try: aws calls: sqs SendMessage 1 (2 retried), "
	    "dynamodb Query 1, dynamodb PutItem 2\n"
	    "tq-try: aws units: dynamodb Query 2.5 read (1 in the index), "
	    "dynamodb PutItem 3 written; failed conditions about 1 written\n");
	T_MUST(start("-v") == TQ_CLI_GO);
	t_capture(&c);
	T_INT(tq_cli_finish(&cli, 0), 0);
	t_release(&c);
	T_STR(t_err, "");
	/* An S3 without conditions is told of once, unless nobody wants to know. */
	for (i = 0; i < 2; i++) {
		T_MUST(start(i == 0 ? "" : "--quiet") == TQ_CLI_GO);
		t_capture(&c);
		cli.env->called(cli.env->arg, &strange);
		cli.env->called(cli.env->arg, &strange);
		T_INT(tq_cli_finish(&cli, 0), 0);
		t_release(&c);
		T_STR(t_err, i == 1 ? "" : "tq-try: s3 PutObject: this S3 knows no "
		    "conditional writes: objects are written without, under names "
		    "that are used once\n");
	}
}

static void
test_signals(void)
{
	struct sigaction sa;
	struct tq_tool reader = tool;
	char *argv[] = { (char *)"tq-try", NULL };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lines l;
	struct tq_span s;
	int hold;

	signal(SIGPIPE, SIG_IGN);
	reader.effects = false;
	T_MUST(tq_cli_start(&cli, &reader, &o, 1, argv) == TQ_CLI_GO);
	sigaction(SIGPIPE, NULL, &sa);
	T_OK(sa.sa_handler == SIG_DFL);
	T_OK(!tq_cli_interrupted());
	raise(SIGTERM);
	T_OK(tq_cli_interrupted());
	T_INT(tq_cli_signal(), SIGTERM);
	T_INT(tq_cli_flush(&cli), -1);
	T_INT(cli.err.code, TQ_E_INTR);
	tq_lines_init(&l, t_pipe("", 0, &hold), '\n', 10);
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	T_INT(err.code, TQ_E_INTR);
	tq_lines_free(&l);
	close(l.fd);
	close(hold);
	end();
	T_MUST(start("") == TQ_CLI_GO);
	sigaction(SIGPIPE, NULL, &sa);
	T_OK(sa.sa_handler == SIG_IGN);
	T_OK(!tq_cli_interrupted());
	end();
}

static void
test_end_at_once(void)
{
	static const int sigs[] = { SIGINT, SIGTERM };
	size_t i;
	pid_t pid;
	int st;

	for (i = 0; i < 2; i++) {
		T_MUST((pid = fork()) != -1);
		if (pid == 0) {
			signal(SIGINT, SIG_DFL);
			tq_cli_end_at_once();
			raise(sigs[i]);
			_exit(0);
		}
		T_MUST(waitpid(pid, &st, 0) == pid);
		T_OK(WIFEXITED(st));
		T_INT(WEXITSTATUS(st), 130);
	}
	T_MUST((pid = fork()) != -1);
	if (pid == 0) {
		signal(SIGINT, SIG_IGN);
		tq_cli_end_at_once();
		raise(SIGINT);
		_exit(0);
	}
	T_MUST(waitpid(pid, &st, 0) == pid);
	T_INT(st, 0);
}

static const char *
near_of(const char *word)
{
	struct tq_near near;

	tq_near_start(&near, word, strlen(word));
	tq_near_try(&near, "purge");
	tq_near_try(&near, "each");
	tq_near_try(&near, "batch");
	tq_near_try(&near, "id");
	tq_near_try(&near, "max-attempts");
	return near.best == NULL ? "" : near.best;
}

static void
test_near(void)
{
	T_STR(near_of("pruge"), "purge");
	T_STR(near_of("max-atempt"), "max-attempts");
	T_STR(near_of("pulse"), "");
	T_STR(near_of("ix"), "");
	T_STR(near_of("bach"), "batch");
	T_STR(near_of("batch-file"), "batch");
	T_STR(near_of("identity"), "");
	T_STR(near_of("a-word-far-longer-than-any-name-anybody-mistypes"), "");
}

T_MAIN(
	{ "each kind of option is parsed into its place", test_kinds },
	{ "the common options are every tool's", test_common },
	{ "what a subcommand does not take is named, unless it is a default",
	    test_untaken },
	{ "options may follow operands, and - is an operand", test_operands },
	{ "behind -- all is operands, and dashdash says if it came first",
	    test_dashdash },
	{ "an unknown option is refused with the closest name", test_unknown },
	{ "a wrong value is refused with what is wanted", test_values },
	{ "--help and --version answer at once", test_help },
	{ "--help needs no HOME", test_help_without_home },
	{ "the manual's list has the options of --help", test_mdoc },
	{ "the completion has options, choices and commands", test_bash },
	{ "fish's completion is a line for each option", test_fish },
	{ "zsh's completion quotes what it says", test_zsh },
	{ "each code has an exit status that is in the table", test_exits },
	{ "a subcommand is taken off, or named if it is near", test_command },
	{ "finish prints the error once and maps it", test_finish },
	{ "stdout that can't be written is exit 74, said once",
	    test_stdout_fails },
	{ "--quiet hides notes, not warnings, and both are escaped",
	    test_quiet },
	{ "a terminal has colors, unless it or NO_COLOR says otherwise",
	    test_color },
	{ "what AWS was asked is told with -v, and what it cost", test_calls },
	{ "SIGPIPE and SIGTERM are set up by the tool's kind", test_signals },
	{ "what changes nothing ends at once, unless the signal is ignored",
	    test_end_at_once },
	{ "a name is near within a third of its letters, or spelled out", test_near })
