/* cmd/tq-submit/command.c -- a queued command, and where and how it runs. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "submit.h"
#include "task/command.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

/* In JSON a path can only be UTF-8. */
static int
check_path(struct submit *s, const char *path)
{
	if (tq_utf8_valid(tq_span_of(path)))
		return 0;
	return tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_DATA,
	    "the name of the directory is not UTF-8 (-C DIR names another)");
}

/*
 * Where we are, for a store of this machine; what a worker elsewhere can't
 * know is recorded on demand only.
 */
static int
where(struct submit *s, struct tq_task *t)
{
	const char *dir = s->o->chdir;
	bool local = tq_str_starts(s->cli->store_url, "sqlite:");
	char cwd[PATH_MAX];
	mode_t mask;

	if (dir == NULL && !local)
		return 0;
	t->chdir = dir != NULL;
	if (dir != NULL && dir[0] == '/') {
		t->cwd = dir;
	} else if (getcwd(cwd, sizeof(cwd)) == NULL) {
		return tq_err_sys(&s->cli->err, TQ_AT_INPUT, TQ_E_IO, errno,
		    "the working directory (-C DIR names another)");
	} else {
		t->cwd = dir == NULL ? tq_arena_str(&s->g->arena, cwd) :
		    tq_arena_fmt(&s->g->arena, "%s/%s", cwd, dir);
	}
	mask = umask(0);
	umask(mask);
	t->umask = tq_arena_fmt(&s->g->arena, "%04o", (unsigned)mask);
	return check_path(s, t->cwd);
}

/* One --env: NAME=VALUE, or NAME as it is here. */
static int
variable(struct submit *s, const char *arg, struct tq_buf *b)
{
	const char *eq = strchr(arg, '=');
	size_t n = eq == NULL ? strlen(arg) : (size_t)(eq - arg);
	const char *name = tq_arena_dup(&s->cli->arena, arg, n), *value;

	if (!tq_command_env_ok(name, n))
		return tq_cli_usage(s->cli, "--env %s: can't be set: names "
		    "are of A-Z a-z 0-9 _, and TQ_* and LD_* are not for "
		    "tasks", name);
	value = eq != NULL ? eq + 1 : tq_getenv(s->cli->env, name);
	if (value == NULL)
		return tq_cli_usage(s->cli, "--env %s: is not set here", name);
	if (!tq_utf8_valid(tq_span_of(value)))
		return tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_DATA,
		    "--env %s: its value is not UTF-8", name);
	tq_json_member_str(b, name, value);
	return 0;
}

static int
environment(struct submit *s, struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_PAYLOAD_MAX);
	const struct tq_strs *l = &s->o->env;
	size_t i, k, n;
	int rc = 0;

	tq_buf_chr(&b, '{');
	for (i = 0; rc == 0 && i < l->n; i++) {
		/* Of several with one name the last counts. */
		n = strcspn(l->v[i], "=");
		for (k = i + 1; k < l->n; k++)
			if (strncmp(l->v[k], l->v[i], n) == 0 &&
			    strcspn(l->v[k], "=") == n)
				break;
		if (k == l->n)
			rc = variable(s, l->v[i], &b);
	}
	tq_buf_chr(&b, '}');
	if (rc == 0 && l->n > 0)
		t->env = tq_arena_span(&s->g->arena, tq_buf_span(&b));
	tq_buf_free(&b);
	return rc;
}

int
submit_argv(struct submit *s, struct tq_task *t)
{
	int rc;

	if (tq_cli_argv(s->cli, 0, &s->g->arena, &t->argv) == -1)
		return -1;
	rc = where(s, t);
	return rc != 0 ? rc : environment(s, t);
}
