/* tests/unit/test_cli_filter.c -- which tasks options mean. */
#include "cli/filter.h"
#include "test_cli.h"
#include "util/time.h"

static const struct tq_tool tool = { .name = "tq-try" };
static struct tq_cli cli;
static struct tq_filter f;

static int64_t
now(void *arg)
{
	(void)arg;
	return INT64_C(1800000000000);
}

static int
read_filter(struct tq_cli_filter in)
{
	static struct tq_env env;
	struct t_capture c;
	int rc;

	env = tq_env_system;
	env.wall_ms = now;
	tq_arena_free(&cli.arena);
	cli = (struct tq_cli){ .tool = &tool, .env = &env };
	f = (struct tq_filter){ 0 };
	t_capture(&c);
	rc = tq_cli_filter_read(&cli, &in, &f);
	t_release(&c);
	return rc;
}

static int
statuses(const char *a, const char *b)
{
	char *v[2] = { (char *)(uintptr_t)a, (char *)(uintptr_t)b };

	return read_filter((struct tq_cli_filter){ .statuses = { (void *)v,
	    b == NULL ? 1 : 2 } });
}

static void
test_statuses(void)
{
	T_INT(statuses("PENDING,RUNNING", "FAILED"), 0);
	T_INT(f.statuses, TQ_BIT(TQ_PENDING) | TQ_BIT(TQ_RUNNING) | TQ_BIT(TQ_FAILED));
	T_OK(tq_cli_filter_narrows(&f));
	T_INT(statuses("PENDING,", NULL), TQ_EX_USAGE);
	T_INT(statuses("", NULL), TQ_EX_USAGE);
	T_INT(statuses("PENDINGPENDINGPENDINGPENDING", NULL), TQ_EX_USAGE);
	T_OK(strstr(t_err, "--status \"PENDINGPENDINGPENDING") != NULL);
	T_INT(read_filter((struct tq_cli_filter){ 0 }), 0);
	T_OK(!tq_cli_filter_narrows(&f));
}

static void
test_label(void)
{
	T_INT(read_filter((struct tq_cli_filter){ .label = "a=b=c" }), 0);
	T_STR(f.label_key, "a");
	T_STR(f.label_value, "b=c");
	T_INT(read_filter((struct tq_cli_filter){ .label = "a" }), 0);
	T_STR(f.label_key, "a");
	T_OK(f.label_value == NULL && tq_cli_filter_narrows(&f));
	T_INT(read_filter((struct tq_cli_filter){ .label = "=b" }), TQ_EX_USAGE);
	T_INT(read_filter((struct tq_cli_filter){ .label = "" }), TQ_EX_USAGE);
	T_STR(t_err, "tq-try: --label \"\": must be K=V or K\nTry 'tq-try --help'.\n");
}

static void
test_names(void)
{
	T_INT(read_filter((struct tq_cli_filter){ .type = "t", .queue = "q",
	    .group = "g", .error = "exec exit-3" }), 0);
	T_STR(f.type, "t");
	T_STR(f.queue, "q");
	T_STR(f.group, "g");
	T_STR(f.error, "exec exit-3");
	T_INT(read_filter((struct tq_cli_filter){ .type = "" }), TQ_EX_USAGE);
	T_INT(read_filter((struct tq_cli_filter){ .queue = "a b" }), TQ_EX_USAGE);
	T_INT(read_filter((struct tq_cli_filter){ .group = "" }), TQ_EX_USAGE);
	T_INT(read_filter((struct tq_cli_filter){ .error = "" }), TQ_EX_USAGE);
}

static void
test_times(void)
{
	T_INT(read_filter((struct tq_cli_filter){ .since = "2h",
	    .until = "2027-01-31T02:00:00Z" }), 0);
	T_INT(f.since, now(NULL) - 2 * 3600000);
	T_INT(f.until, INT64_C(1801360800000));
	/* The last such moment, not the next. */
	T_INT(read_filter((struct tq_cli_filter){ .since = "14:00" }), 0);
	T_OK(f.since <= now(NULL) && f.since > now(NULL) - TQ_DAY_MS);
	T_INT(read_filter((struct tq_cli_filter){ .since = "" }), TQ_EX_USAGE);
	T_INT(read_filter((struct tq_cli_filter){ .until = "soon" }), TQ_EX_USAGE);
	T_OK(strstr(t_err, "--until \"soon\": must be a duration") != NULL);
}

T_MAIN(
	{ "states come one by one and with commas", test_statuses },
	{ "a label is a key, or a key and its value", test_label },
	{ "names are checked, and an empty one never means all", test_names },
	{ "a time is one, or how long ago", test_times },
)
