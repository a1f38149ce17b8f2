/* lib/task/command.c -- see command.h. */
#include "task/command.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/str.h"

static bool
word(char c, bool first)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (!first && c >= '0' && c <= '9');
}

bool
tq_command_env_ok(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!word(name[i], i == 0))
			return false;
	return n > 0 && (n < 3 || (strncmp(name, "TQ_", 3) != 0 &&
	    strncmp(name, "LD_", 3) != 0));
}

/* Of a string in JSON: how many bytes it may take once decoded, with its NUL
   and its pointer. */
static size_t
room(struct tq_span v)
{
	return v.n - 1 + sizeof(char *);
}

/* No program can be started with a NUL in its words. */
static bool
has_nul(struct tq_span v)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span s;
	bool is;

	if (memmem(v.p, v.n, "\\u0000", 6) == NULL)
		return false;
	is = !tq_json_str(v, &a, &s);
	tq_arena_free(&a);
	return is;
}

static int
no_nul(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
	    "%s: holds a NUL, which no program can be given", what);
}

static int
too_big(struct tq_err *err, const char *what, size_t max)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
	    "%s: over %zu bytes, which no worker can start", what, max);
}

static int
check_env(const struct tq_task *t, size_t *total, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(t->env);
	struct tq_span key, val;

	while (tq_json_next(&it, &key, &val)) {
		if (tq_json_kind(val) != TQ_JSON_STRING)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "env: must be an object of strings");
		if (!tq_command_env_ok(key.p, key.n))
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "env: \"%.*s\" can't be set: names are of A-Z a-z "
			    "0-9 _, and TQ_* and LD_* are not for tasks",
			    key.n < 60 ? (int)key.n : 60, key.p);
		if (val.n > TQ_ARG_MAX)
			return too_big(err, "env", TQ_ARG_MAX);
		if (has_nul(val))
			return no_nul(err, "env");
		*total += key.n + room(val);
	}
	return 0;
}

static int
check_size(const struct tq_task *t, size_t max, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(t->argv);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span key, val, s;
	size_t total = 0;
	int rc = 0;

	while (rc == 0 && tq_json_next(&it, &key, &val)) {
		if (has_nul(val))
			rc = no_nul(err, "argv");
		s = (struct tq_span){ val.p, val.n };
		if (val.n > TQ_ARG_MAX && tq_json_str(val, &a, &s) &&
		    s.n > TQ_ARG_MAX)
			rc = too_big(err, "an argument of the command",
			    TQ_ARG_MAX);
		total += val.n > TQ_ARG_MAX ? s.n + 1 + sizeof(char *) :
		    room(val);
	}
	tq_arena_free(&a);
	if (rc == 0)
		rc = check_env(t, &total, err);
	return rc == -1 ? -1 : total <= max ? 0 :
	    too_big(err, "the command", max);
}

int
tq_command_fits(const struct tq_task *t, size_t max, struct tq_err *err)
{
	return check_size(t, max > TQ_ARGV_ROOM ? max - TQ_ARGV_ROOM : 0, err);
}

int
tq_command_umask(const struct tq_task *t)
{
	char *end;
	long n;

	if (t->umask == NULL)
		return -1;
	n = strtol(t->umask, &end, 8);
	return *t->umask == '\0' || *end != '\0' || n < 0 || n > 0777 ? -1 :
	    (int)n;
}

/* "" could never start: most likely a variable that is not set. */
static bool
names_program(const struct tq_task *t)
{
	struct tq_json_iter it = tq_json_iter(t->argv);
	struct tq_span key, val;

	return tq_json_next(&it, &key, &val) &&
	    !tq_span_eq(val, "\"\"");
}

int
tq_command_check(const struct tq_task *t, struct tq_err *err)
{
	if (t->argv.n == 0 && t->type != NULL && strcmp(t->type, "exec") == 0)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "type \"exec\": "
		    "a task of it needs a command (argv): tq-submit -- CMD ARGS");
	if (t->argv.n == 0)
		return t->cwd == NULL && t->umask == NULL && t->env.n == 0 ?
		    0 : tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cwd, chdir, umask and env go with a command (argv) only");
	if (!names_program(t))
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "argv: its first word, the program, is empty");
	if (t->cwd != NULL && t->cwd[0] != '/')
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s: must be "
		    "an absolute path", t->chdir ? "chdir" : "cwd");
	if (t->umask != NULL && tq_command_umask(t) == -1)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "umask: must be octal, such as \"0022\"");
	return check_size(t, TQ_ARGV_MAX, err);
}

void
tq_command_env_names(const struct tq_task *t, struct tq_buf *b)
{
	struct tq_json_iter it = tq_json_iter(t->env);
	struct tq_span key, val;
	bool first = true;

	tq_buf_chr(b, '[');
	while (tq_json_next(&it, &key, &val)) {
		if (!first)
			tq_buf_chr(b, ',');
		tq_json_put_str(b, key);
		first = false;
	}
	tq_buf_chr(b, ']');
}

const char **
tq_command_environ(const struct tq_task *t, struct tq_arena *a, size_t *n)
{
	struct tq_json_iter it = tq_json_iter(t->env);
	const char **v = tq_arena_alloc(a, (t->env.n / 4 + 2) * sizeof(*v));
	struct tq_span key, val, s;

	*n = 0;
	while (t->env.n > 0 && tq_json_next(&it, &key, &val))
		if (tq_json_str(val, a, &s))
			v[(*n)++] = tq_arena_fmt(a, "%.*s=%s", (int)key.n,
			    key.p, s.p);
	v[*n] = NULL;
	return v;
}
