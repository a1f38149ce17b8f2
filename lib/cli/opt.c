/* lib/cli/opt.c -- see opt.h. */
#include "cli/opt.h"
#include "util/memory.h"
#include "util/near.h"
#include "util/str.h"
#include "util/time.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMON(field)	offsetof(struct tq_common, field)

const struct tq_opt tq_opt_common[] = {
	{ "store", 0, TQ_OPT_STR, "URL", "where the tasks are kept, such as "
	    "sqlite:PATH; also TQ_STORE", COMMON(store), 0, 0 },
	{ "json", 0, TQ_OPT_FLAG, NULL, "print JSON, one object per line",
	    COMMON(json), 0, 0 },
	{ "verbose", 'v', TQ_OPT_COUNT, NULL, "say more; twice: still more",
	    COMMON(verbose), 0, 0 },
	{ "quiet", 0, TQ_OPT_FLAG, NULL, "say only what is wrong",
	    COMMON(quiet), 0, 0 },
	{ "help", 0, TQ_OPT_OPTSTR, "mdoc|bash|zsh|fish", "print this help, as a "
	    "manual section or as a shell's completion", COMMON(help), 0, 0 },
	{ "version", 0, TQ_OPT_FLAG, NULL, "print the version",
	    COMMON(version), 0, 0 },
};
const size_t tq_opt_ncommon = sizeof(tq_opt_common) / sizeof(tq_opt_common[0]);

static int
bad_value(struct tq_cli *cli, const struct tq_opt *o, const char *arg,
    const char *what)
{
	if (o->name != NULL)
		return tq_cli_usage(cli, "--%s: \"%s\" %s", o->name, arg, what);
	return tq_cli_usage(cli, "-%c: \"%s\" %s", o->letter, arg, what);
}

static int
set_flag(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	(void)cli, (void)o, (void)arg;
	*(bool *)p = true;
	return 0;
}

static int
set_count(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	(void)cli, (void)o, (void)arg;
	(*(int *)p)++;
	return 0;
}

/* A variable of a script that is not set makes an empty name. */
static bool
names_a_file(const struct tq_opt *o)
{
	return o->arg != NULL && (strcmp(o->arg, "FILE") == 0 ||
	    strcmp(o->arg, "DIR") == 0 || strncmp(o->arg, "PATH", 4) == 0);
}

static int
set_str(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	if (arg != NULL && *arg == '\0' && names_a_file(o))
		return bad_value(cli, o, arg, "names nothing");
	*(const char **)p = arg == NULL ? "" : arg;
	return 0;
}

static int
set_list(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	struct tq_strs *l = p;

	(void)cli, (void)o;
	l->v[l->n++] = arg;	/* has room for every word: see prepare() */
	return 0;
}

static int
set_int(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	int64_t max = o->max == 0 ? INT64_MAX : o->max;
	char what[96];

	if (tq_str_int(arg, o->min, max, p) == 0)
		return 0;
	if (max == INT64_MAX)
		snprintf(what, sizeof(what), "is not a number of %" PRId64
		    " or more", o->min);
	else
		snprintf(what, sizeof(what), "is not a number from %" PRId64
		    " to %" PRId64, o->min, max);
	return bad_value(cli, o, arg, what);
}

static int
set_duration(struct tq_cli *cli, const struct tq_opt *o, void *p,
    const char *arg)
{
	char limit[TQ_TIME_TEXT], what[96];
	int64_t ms;

	if (tq_duration_parse(arg, &ms) == -1)
		return bad_value(cli, o, arg,
		    "is not a duration such as 90s, 15m, 1h30m (numbers with "
		    "units, up to 100 years)");
	if (ms < o->min || (o->max != 0 && ms > o->max)) {
		snprintf(what, sizeof(what), "is too %s: at %s %s",
		    ms < o->min ? "short" : "long",
		    ms < o->min ? "least" : "most",
		    tq_duration_text(ms < o->min ? o->min : o->max, limit));
		return bad_value(cli, o, arg, what);
	}
	*(int64_t *)p = ms;
	return 0;
}

static int
set_size(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	char what[96];
	int64_t v;

	if (tq_size_parse(arg, &v) == -1)
		return bad_value(cli, o, arg,
		    "is not a size such as 512M or 2G");
	if (v < o->min) {
		snprintf(what, sizeof(what), "is too little: %" PRId64
		    "K or more", o->min / 1024);
		return bad_value(cli, o, arg, what);
	}
	*(int64_t *)p = v;
	return 0;
}

static int
set_time(struct tq_cli *cli, const struct tq_opt *o, void *p, const char *arg)
{
	if (tq_time_parse(arg, tq_wall_ms(cli->env), p) == 0)
		return 0;
	return bad_value(cli, o, arg, "is not a time such as "
	    "2030-01-31T12:00:00Z (with its zone), @1893456000 or 17:30");
}

static const struct {
	int	has_arg;
	int	(*set)(struct tq_cli *, const struct tq_opt *, void *,
		    const char *);
} kinds[] = {
	[TQ_OPT_FLAG]	  = { no_argument, set_flag },
	[TQ_OPT_COUNT]	  = { no_argument, set_count },
	[TQ_OPT_STR]	  = { required_argument, set_str },
	[TQ_OPT_OPTSTR]	  = { optional_argument, set_str },
	[TQ_OPT_LIST]	  = { required_argument, set_list },
	[TQ_OPT_INT]	  = { required_argument, set_int },
	[TQ_OPT_DURATION] = { required_argument, set_duration },
	[TQ_OPT_SIZE]	  = { required_argument, set_size },
	[TQ_OPT_TIME]	  = { required_argument, set_time },
};

bool
tq_opt_takes_value(const struct tq_opt *opt)
{
	return kinds[opt->kind].has_arg == required_argument;
}

/* The tool's table and the common one, seen as one. */
struct parser {
	struct tq_cli	*cli;
	void		*opts;
	struct tq_common *common;
	bool		*given;
	size_t		 n;
	struct option	*longs;
	char		*shorts;
	int		 argc;
};

#define VAL(i)	(256 + (int)(i))	/* no letter, and not getopt's 1 */

static const struct tq_opt *
option(const struct parser *p, size_t i)
{
	size_t own = p->cli->tool->nopts;

	return i < own ? &p->cli->tool->opts[i] : &tq_opt_common[i - own];
}

static void
prepare(struct parser *p)
{
	static const char *const colons[] = {
		[no_argument] = "", [required_argument] = ":",
		[optional_argument] = "::"
	};
	struct tq_arena *a = &p->cli->arena;
	const struct tq_opt *o;
	struct option *l;
	struct tq_buf s = TQ_BUF_INIT(4096);
	size_t i;

	p->n = p->cli->tool->nopts + tq_opt_ncommon;
	l = p->longs = tq_arena_alloc(a, (p->n + 1) * sizeof(*l));
	/* "-": operands come in order; ":": we say ourselves what is wrong. */
	tq_buf_str(&s, "-:");
	for (i = 0; i < p->n; i++) {
		o = option(p, i);
		if (o->letter != 0) {
			tq_buf_chr(&s, o->letter);
			tq_buf_str(&s, colons[kinds[o->kind].has_arg]);
		}
		if (o->name != NULL)
			*l++ = (struct option){ o->name,
			    kinds[o->kind].has_arg, NULL, VAL(i) };
	}
	p->shorts = tq_arena_dup(a, s.data, s.len);
	tq_buf_free(&s);
}

static int
apply(struct parser *p, size_t i, const char *arg)
{
	const struct tq_opt *o = option(p, i);
	bool own = i < p->cli->tool->nopts;
	char *base = own ? p->opts : (void *)p->common;
	struct tq_strs *l;

	if (o->kind == TQ_OPT_LIST && !p->given[i]) {
		/* Values replace a default list instead of joining it. */
		l = (void *)(base + o->offset);
		l->v = tq_arena_alloc(&p->cli->arena,
		    (size_t)p->argc * sizeof(*l->v));
		l->n = 0;
	}
	p->given[i] = true;
	return kinds[o->kind].set(p->cli, o, base + o->offset, arg);
}

static int
unknown(struct parser *p, const char *word)
{
	const char *name = word + 2, *second = NULL;
	size_t i, n = strcspn(name, "=");
	struct tq_near near;

	tq_near_start(&near, name, n);
	for (i = 0; i < p->n; i++) {
		const char *known = option(p, i)->name;

		if (known == NULL)
			continue;
		if (strncmp(known, name, n) == 0) {
			/* Had one alone begun so, getopt had taken it. */
			if (second != NULL)
				return tq_cli_usage(p->cli, "option --%.*s "
				    "could be --%s or --%s", (int)n, name,
				    second, known);
			second = known;
		}
		tq_near_try(&near, known);
	}
	if (near.best != NULL)
		return tq_cli_usage(p->cli, "unknown option --%.*s "
		    "(did you mean --%s?)", (int)n, name, near.best);
	return tq_cli_usage(p->cli, "unknown option --%.*s", (int)n, name);
}

/* optopt names the option, unless it is a long one that nobody knows. */
static int
refused(struct parser *p, int c, const char *word)
{
	const char *why = c == ':' ? "needs a value" : "takes no value";

	if (optopt >= VAL(0))
		return tq_cli_usage(p->cli, "option --%s %s",
		    option(p, (size_t)(optopt - VAL(0)))->name, why);
	if (c == ':')
		return tq_cli_usage(p->cli, "option -%c %s", optopt, why);
	if (optopt != 0)
		return tq_cli_usage(p->cli, "unknown option -%c", optopt);
	return unknown(p, word);
}

static size_t
by_code(const struct parser *p, int c)
{
	size_t i;

	if (c >= VAL(0))
		return (size_t)(c - VAL(0));
	for (i = 0; option(p, i)->letter != c; i++)
		;
	return i;
}

/* A script that says --stat for --status breaks when there is a --stats. */
static void
note_short(const struct tq_cli *cli, const char *word, const char *name)
{
	size_t n = strcspn(word, "=");

	if (!cli->err_tty && n > 2 && n - 2 < strlen(name) &&
	    strncmp(word, "--", 2) == 0)
		tq_cli_warn(cli, "%.*s is short for --%s: write it out, as a "
		    "later version refuses it", (int)n, word, name);
}

int
tq_opt_parse(struct tq_cli *cli, void *opts, struct tq_common *common,
    bool *given, int argc, char **argv)
{
	struct parser p = { cli, opts, common, NULL, 0, NULL, NULL, argc };
	int c, rc, before;

	prepare(&p);
	p.given = tq_arena_alloc(&cli->arena, p.n * sizeof(bool));
	cli->argv = tq_arena_alloc(&cli->arena,
	    ((size_t)argc + 1) * sizeof(char *));
	cli->argc = 0;
	optind = 0;	/* glibc: start afresh, as tests parse repeatedly */
	opterr = 0;
	for (;;) {
		before = optind == 0 ? 1 : optind;
		c = getopt_long(argc, argv, p.shorts, p.longs, NULL);
		if (c == -1)
			break;
		if (c == 1) {
			cli->argv[cli->argc++] = optarg;
			continue;
		}
		if (c == '?' || c == ':')
			return refused(&p, c, argv[optind - 1]);
		if ((rc = apply(&p, by_code(&p, c), optarg)) != 0)
			return rc;
		if (c >= VAL(0))
			note_short(cli, argv[before],
			    option(&p, by_code(&p, c))->name);
		if (common->help != NULL || common->version)
			return TQ_CLI_GO;
	}
	/* getopt ends without a step at the end, with one behind "--". */
	cli->dashdash = optind > before && cli->argc == 0;
	cli->fore = optind > before ? cli->argc : -1;
	for (; optind < argc; optind++)
		cli->argv[cli->argc++] = argv[optind];
	if (cli->tool->nopts > 0)
		memcpy(given, p.given, cli->tool->nopts * sizeof(bool));
	return TQ_CLI_GO;
}
