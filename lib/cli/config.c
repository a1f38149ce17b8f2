/* lib/cli/config.c -- see config.h. */
#include "cli/config.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/str.h"

#define CONFIG_LINE_MAX	4096

static const struct {
	const char	*name;
	size_t		 offset;
} keys[] = {
	{ "store", offsetof(struct tq_config, store) },
	{ "queue", offsetof(struct tq_config, queue) },
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct tq_span
trim(struct tq_span s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct tq_span
without_comment(struct tq_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (i == 0 || blank(s.p[i - 1])))
			s.n = i;
	return trim(s);
}

static int
take_line(struct tq_span line, struct tq_config *found, struct tq_arena *a,
    struct tq_err *err)
{
	struct tq_span key, val;
	const char *eq;
	size_t i;

	line = without_comment(line);
	if (line.n == 0)
		return 0;
	if ((eq = memchr(line.p, '=', line.n)) == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "not a line like \"key = value\"");
	key = trim((struct tq_span){ line.p, (size_t)(eq - line.p) });
	val = trim((struct tq_span){ eq + 1, line.n - (size_t)(eq - line.p) -
	    1 });
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!tq_span_eq(key, keys[i].name))
			continue;
		if (val.n == 0)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "%s has no value", keys[i].name);
		*(const char **)(void *)((char *)found + keys[i].offset) =
		    tq_arena_dup(a, val.p, val.n);
		if (found->queue != NULL && !tq_queue_ok(found->queue))
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "\"%s\" is not a queue name", found->queue);
		return 0;
	}
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
	    "unknown key \"%.*s\" (there are store and queue)", (int)key.n,
	    key.p);
}

static int
read_lines(struct tq_lines *l, struct tq_config *found, struct tq_arena *a,
    struct tq_err *err)
{
	struct tq_span line;
	int rc;

	while ((rc = tq_lines_next(l, &line, true, err)) == 1) {
		if (take_line(line, found, a, err) == -1) {
			tq_err_prefix(err, "%llu",
			    (unsigned long long)l->number);
			return -1;
		}
	}
	return rc;
}

/* A path in a file is seen from where the file is, whoever reads it. */
static const char *
from_file(const char *file, const char *store, struct tq_arena *a)
{
	const char *path, *slash = strrchr(file, '/');

	if (store == NULL || slash == NULL || !tq_str_starts(store, "sqlite:"))
		return store;
	path = store + strlen("sqlite:");
	return *path == '\0' || *path == '/' || *path == '?' ||
	    tq_str_starts(path, "~/") ? store : tq_arena_fmt(a,
	    "sqlite:%.*s/%s", (int)(slash - file), file, path);
}

int
tq_config_read(const char *path, struct tq_config *cfg, struct tq_arena *a,
    struct tq_err *err)
{
	struct tq_config found = { NULL, NULL };
	struct tq_err why = TQ_ERR_INIT;
	struct tq_lines l;
	int fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno, "%s",
		    path);
	}
	tq_lines_init(&l, fd, '\n', CONFIG_LINE_MAX);
	rc = read_lines(&l, &found, a, &why);
	tq_lines_free(&l);
	close(fd);
	if (rc == -1 && why.sys_errno != 0)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, why.sys_errno,
		    "%s", path);
	if (rc == -1)
		return tq_err_set(err, TQ_AT_CONFIG, why.code == TQ_E_TOOBIG ?
		    TQ_E_CONFIG : why.code, "%s:%s%s", path,
		    why.stage == TQ_AT_CONFIG ? "" : " ", why.msg);
	if (cfg->store == NULL)
		cfg->store = from_file(path, found.store, a);
	if (cfg->queue == NULL)
		cfg->queue = found.queue;
	return 0;
}

/* A path below an XDG directory; NULL when there is none. */
static const char *
below(const struct tq_env *env, const char *var, const char *in_home,
    const char *file, struct tq_arena *a)
{
	const char *dir = tq_getenv(env, var), *home = tq_getenv(env, "HOME");

	/* The XDG specification: relative paths are to be ignored. */
	if (dir != NULL && dir[0] == '/')
		return tq_arena_fmt(a, "%s/%s", dir, file);
	if (home == NULL)
		return NULL;
	return tq_arena_fmt(a, "%s/%s/%s", home, in_home, file);
}

int
tq_config_find(const struct tq_env *env, const char *system, bool want_queue,
    struct tq_config *cfg, struct tq_arena *a, struct tq_err *err)
{
	const char *paths[2];
	size_t i;

	if (cfg->store == NULL)
		cfg->store = tq_getenv(env, "TQ_STORE");
	if (cfg->queue == NULL && want_queue)
		cfg->queue = tq_getenv(env, "TQ_QUEUE");
	paths[0] = below(env, "XDG_CONFIG_HOME", ".config", "tq/config", a);
	paths[1] = system;
	for (i = 0; i < 2; i++) {
		if (cfg->store != NULL && (cfg->queue != NULL || !want_queue))
			return 0;
		if (paths[i] != NULL &&
		    tq_config_read(paths[i], cfg, a, err) == -1)
			return -1;
	}
	if (cfg->store != NULL)
		return 0;
	cfg->store = below(env, "XDG_DATA_HOME", ".local/share", "tq/tq.db", a);
	if (cfg->store == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "no store: HOME is not set, and no --store, TQ_STORE or "
		    "%s names one", system);
	cfg->store = tq_arena_fmt(a, "sqlite:%s", cfg->store);
	return 0;
}
