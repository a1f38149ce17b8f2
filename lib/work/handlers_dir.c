/* lib/work/handlers_dir.c -- see handlers_dir.h. */
#include "work/handlers_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/str.h"
#include "util/time.h"
#include "work/worker.h"

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

int
tq_conf_line(char *line, struct tq_conf *c, struct tq_err *err)
{
	char *key = trim(line), *val;

	if (key[0] == '\0' || key[0] == '#')
		return 0;
	if ((val = strchr(key, '=')) == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "no \"=\" in \"%s\"", key);
	*val++ = '\0';
	key = trim(key);
	val = trim(val);
	if (strcmp(key, "timeout") == 0 &&
	    tq_duration_parse(val, &c->timeout_ms) == 0 && c->timeout_ms > 0)
		return 0;
	if (strcmp(key, "max-running") == 0 &&
	    tq_str_int(val, 1, 1000000, &c->max_running) == 0)
		return 0;
	if (strcmp(key, "stream") == 0 &&
	    (strcmp(val, "yes") == 0 || strcmp(val, "no") == 0)) {
		c->stream = val[0] == 'y';
		return 0;
	}
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
	    "\"%s = %s\" is not timeout = DURATION, max-running = N or "
	    "stream = yes", key, val);
}

static int
read_conf(const char *path, struct tq_conf *c, struct tq_err *err)
{
	char line[512];
	int n = 0, rc = 0;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return errno == ENOENT ? 0 : tq_err_sys(err, TQ_AT_CONFIG,
		    TQ_E_CONFIG, errno, "%s", path);
	while (rc == 0 && fgets(line, sizeof(line), f) != NULL) {
		n++;
		if ((rc = tq_conf_line(line, c, err)) == -1)
			tq_err_prefix(err, "%s:%d", path, n);
	}
	fclose(f);
	return rc;
}

/* Is this file a handler?  Why not is noted, unless it is plain. */
static bool
is_handler(struct tq_handlers *h, const char *name, const char *path)
{
	struct stat sb;
	size_t n = strlen(name);

	if (n > 5 && strcmp(name + n - 5, ".conf") == 0)
		return false;
	if (stat(path, &sb) == -1 || !S_ISREG(sb.st_mode))
		return false;
	/* Notes that people keep beside programs need no word. */
	if (access(path, X_OK) == -1 && (strncmp(name, "README", 6) == 0 ||
	    (n > 3 && strcmp(name + n - 3, ".md") == 0)))
		return false;
	if (!tq_name_ok(name)) {
		tq_buf_fmt(&h->notes, "%s: passed over: no type can be named "
		    "so\n", path);
		return false;
	}
	if (access(path, X_OK) == -1) {
		tq_buf_fmt(&h->notes, "%s: passed over: not executable\n",
		    path);
		return false;
	}
	return true;
}

static int
add_file(struct tq_handlers *h, const char *dir, const char *name,
    struct tq_err *err)
{
	const char *path = tq_arena_fmt(&h->arena, "%s/%s", dir, name);
	struct tq_conf c = { 0, 0, false };
	struct tq_handler *x;
	const char **argv;

	if (!is_handler(h, name, path))
		return 0;
	if (read_conf(tq_arena_fmt(&h->arena, "%s.conf", path), &c, err) == -1)
		return -1;
	name = tq_arena_str(&h->arena, name);
	x = tq_handlers_add(h, name, c.stream ? &tq_runner_stream :
	    &tq_runner_command, err);
	if (x == NULL)
		return -1;
	argv = tq_arena_alloc(&h->arena, 2 * sizeof(*argv));
	argv[0] = path;
	x->argv = argv;
	x->file = path;
	x->timeout_ms = c.timeout_ms;
	if (c.max_running > 0)
		tq_handlers_limit(h, name, (int)c.max_running);
	return 0;
}

int
tq_handlers_dir(struct tq_handlers *h, const char *dir, struct tq_err *err)
{
	struct dirent *e;
	char *full;
	int rc = 0;
	DIR *d;

	/* A child's working directory is ours, but be sure. */
	full = realpath(dir, NULL);
	if (full == NULL || (d = opendir(full)) == NULL) {
		free(full);
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno,
		    "--handlers %s", dir);
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = add_file(h, full, e->d_name, err);
	closedir(d);
	free(full);
	return rc;
}
