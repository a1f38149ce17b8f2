/* tests/unit/test_cli_config.c -- where store and queue come from. */
#include "cli/config.h"
#include "test_cli.h"

#include <sys/stat.h>

static const char *vars[16];	/* NAME, value, ..., NULL */
static char dir[256], user[512], system_file[512];

static const char *
fake_get(void *arg, const char *name)
{
	size_t i;

	(void)arg;
	for (i = 0; vars[i] != NULL; i += 2)
		if (strcmp(vars[i], name) == 0)
			return vars[i + 1];
	return NULL;
}

static struct tq_arena arena;
static struct tq_config cfg;
static struct tq_err err;

static int
find(bool want_queue)
{
	struct tq_env env = tq_env_system;

	env.get = fake_get;
	return tq_config_find(&env, system_file, want_queue, &cfg, &arena,
	    &err);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void
begin(void)
{
	char tq[300];

	if (!t_mkdir(dir, sizeof(dir), "cli"))
		abort();
	snprintf(tq, sizeof(tq), "%s/tq", dir);
	mkdir(tq, 0700);
	snprintf(user, sizeof(user), "%s/config", tq);
	snprintf(system_file, sizeof(system_file), "%s/system", dir);
	memset(vars, 0, sizeof(vars));
	vars[0] = "HOME";
	vars[1] = "/home/me";
	vars[2] = "XDG_CONFIG_HOME";
	vars[3] = dir;
	memset(&cfg, 0, sizeof(cfg));
	memset(&err, 0, sizeof(err));
}

static void
end(void)
{
	char tq[300];

	unlink(user);
	unlink(system_file);
	snprintf(tq, sizeof(tq), "%s/tq", dir);
	rmdir(tq);
	T_INT(rmdir(dir), 0);
	tq_arena_free(&arena);
}

static void
test_order(void)
{
	char want[300];

	begin();
	T_INT(find(true), 0);
	T_STR(cfg.store, "sqlite:/home/me/.local/share/tq/tq.db");
	T_OK(cfg.queue == NULL);

	memset(&cfg, 0, sizeof(cfg));
	put(system_file, "store = sqlite:/sys\nqueue = sysq\n");
	T_INT(find(true), 0);
	T_STR(cfg.store, "sqlite:/sys");
	T_STR(cfg.queue, "sysq");

	memset(&cfg, 0, sizeof(cfg));
	put(user, "# mine\n\n  store=sqlite:/a b#c  # why\r\n");
	T_INT(find(true), 0);
	T_STR(cfg.store, "sqlite:/a b#c");
	T_STR(cfg.queue, "sysq");

	/* One that is not absolute is seen from the file. */
	memset(&cfg, 0, sizeof(cfg));
	put(user, "store = sqlite:jobs.db?sync=normal\n");
	T_INT(find(true), 0);
	snprintf(want, sizeof(want), "sqlite:%s/tq/jobs.db?sync=normal", dir);
	T_STR(cfg.store, want);
	memset(&cfg, 0, sizeof(cfg));
	put(user, "store = aws:jobs\n");
	T_INT(find(true), 0);
	T_STR(cfg.store, "aws:jobs");

	memset(&cfg, 0, sizeof(cfg));
	vars[4] = "TQ_STORE";
	vars[5] = "sqlite:/env";
	vars[6] = "TQ_QUEUE";
	vars[7] = "envq";
	T_INT(find(true), 0);
	T_STR(cfg.store, "sqlite:/env");
	T_STR(cfg.queue, "envq");

	cfg.store = "sqlite:/opt";
	cfg.queue = NULL;
	T_INT(find(false), 0);
	T_STR(cfg.store, "sqlite:/opt");
	T_OK(cfg.queue == NULL);
	end();
}

static void
test_xdg(void)
{
	begin();
	vars[4] = "XDG_DATA_HOME";
	vars[5] = "/data";
	T_INT(find(false), 0);
	T_STR(cfg.store, "sqlite:/data/tq/tq.db");
	memset(&cfg, 0, sizeof(cfg));
	vars[5] = "relative";
	T_INT(find(false), 0);
	T_STR(cfg.store, "sqlite:/home/me/.local/share/tq/tq.db");
	end();
}

static void
test_no_home(void)
{
	begin();
	vars[0] = NULL;
	T_INT(find(false), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "HOME is not set") != NULL);
	T_OK(cfg.store == NULL);
	end();
}

static void
test_not_read(void)
{
	begin();
	put(user, "broken\n");
	cfg.store = "sqlite:/opt";
	T_INT(find(false), 0);
	T_INT(find(true), -1);
	end();
}

static void
refused(const char *text, const char *why)
{
	char want[800];

	begin();
	put(user, text);
	T_INT(find(false), -1);
	T_INT(err.code, TQ_E_CONFIG);
	snprintf(want, sizeof(want), "%s:%s", user, why);
	T_STR(err.msg, want);
	T_OK(cfg.store == NULL);
	end();
}

static void
test_refused(void)
{
	char longer[5100];

	refused("\n# x\nstor = y\n",
	    "3: unknown key \"stor\" (there are store and queue)");
	refused("store\n", "1: not a line like \"key = value\"");
	refused("queue = q\nstore = # none\n", "2: store has no value");
	refused("queue = a b", "1: \"a b\" is not a queue name");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	refused(longer, " line 1: longer than 4096 bytes");
}

static void
test_unreadable(void)
{
	begin();
	T_INT(mkdir(user, 0700), 0);
	T_INT(find(false), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "tq/config: Is a directory") != NULL);
	rmdir(user);
	end();
}

T_MAIN(
	{ "options, environment, the user's file, the system's, a default",
	    test_order },
	{ "XDG directories count if they are absolute", test_xdg },
	{ "no HOME and nothing else is a configuration error", test_no_home },
	{ "files are not read when nothing is wanted from them",
	    test_not_read },
	{ "a bad line is refused with file and line", test_refused },
	{ "a file that can't be read is not passed over", test_unreadable })
