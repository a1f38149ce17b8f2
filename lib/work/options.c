/* lib/work/options.c -- the handlers that the options name. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/str.h"
#include "work/handler/command.h"
#include "work/handlers_dir.h"
#include "work/worker.h"

static const struct {
	const char	*type;
	const struct tq_runner *runner;
	bool		 named;		/* only when --builtin names it */
} builtins[] = {
	{ "image.grayscale", &tq_runner_image, false },
	{ "text.transform", &tq_runner_text, false },
	{ "simulate", &tq_runner_simulate, false },
	{ "http.post", &tq_runner_post, true },
};

#define NBUILTINS	(sizeof(builtins) / sizeof(builtins[0]))

/* Where execvp() would find it, so that each child need not search. */
static const char *
find_program(const char *name, const char *path, struct tq_arena *a)
{
	const char *full;
	size_t n;

	if (strchr(name, '/') != NULL || path == NULL)
		return name;
	for (;; path += n + 1) {
		n = strcspn(path, ":");
		full = tq_arena_fmt(a, "%.*s%s%s", (int)n, path,
		    n > 0 ? "/" : "", name);
		if (n > 0 && access(full, X_OK) == 0)
			return full;
		if (path[n] == '\0')
			return NULL;
	}
}

static void
set_command(struct tq_handlers *h, struct tq_handler *x, const char *cmd,
    const char *path)
{
	const char **argv;

	if (tq_command_words(cmd, &h->arena, &argv) &&
	    (x->file = find_program(argv[0], path, &h->arena)) != NULL) {
		x->argv = argv;
		return;
	}
	/* The shell also says best what is wrong with a name not found. */
	argv = tq_arena_alloc(&h->arena, 4 * sizeof(*argv));
	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = cmd;
	x->argv = argv;
	x->file = "/bin/sh";
}

static int
add_commands(struct tq_handlers *h, const char *option,
    const struct tq_work_list *list, const struct tq_runner *runner,
    const char *path, struct tq_err *err)
{
	const char *type, *cmd;
	struct tq_handler *x;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!tq_spec_split(list->v[i], &h->arena, &type, &cmd))
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--%s wants TYPE=COMMAND, not \"%s\"", option,
			    list->v[i]);
		if ((x = tq_handlers_add(h, type, runner, err)) == NULL)
			return -1;
		set_command(h, x, cmd, path);
	}
	return 0;
}

static int
add_builtins(struct tq_handlers *h, const char *which, struct tq_err *err)
{
	bool any = false;
	size_t i;

	for (i = 0; i < NBUILTINS; i++) {
		if (which[0] != '\0' ? strcmp(which, builtins[i].type) != 0 :
		    builtins[i].named)
			continue;
		any = true;
		/* --on simulate=... beside --builtin: the command has it. */
		if (which[0] == '\0' &&
		    tq_handlers_find(h, builtins[i].type) != NULL)
			continue;
		if (tq_handlers_add(h, builtins[i].type, builtins[i].runner,
		    err) == NULL)
			return -1;
	}
	if (!any)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--builtin=%s: the built-in types are image.grayscale, "
		    "text.transform, simulate and http.post", which);
	return 0;
}

static bool
has_limit(const struct tq_handlers *h, size_t from, const char *type)
{
	while (from < h->nlimits && strcmp(h->limits[from].type, type) != 0)
		from++;
	return from < h->nlimits;
}

static int
add_limits(struct tq_handlers *h, const struct tq_work_list *list,
    struct tq_err *err)
{
	const char *type, *value;
	size_t i, first = h->nlimits;	/* before: a TYPE.conf's */
	int64_t max;

	for (i = 0; i < list->n; i++) {
		if (!tq_spec_split(list->v[i], &h->arena, &type, &value) ||
		    tq_str_int(value, 1, TQ_LIMIT_MAX, &max) == -1)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--max-running wants TYPE=N with N from 1, not "
			    "\"%s\"", list->v[i]);
		if (tq_handlers_find(h, type) == NULL)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--max-running: there is no handler for \"%s\" "
			    "here: --on %s=COMMAND names one", type, type);
		if (has_limit(h, first, type))
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--max-running: type %s has two limits", type);
		tq_handlers_limit(h, type, (int)max);
	}
	return 0;
}

/* What is for one built-in type would do nothing without it. */
static int
check_builtin_options(const struct tq_handlers *h,
    const struct tq_work_opts *o, struct tq_err *err)
{
	const struct {
		bool		 given;
		const char	*option, *type;
		const struct tq_runner *runner;
	} rows[] = {
		{ o->image_memory != 0, "image-memory", "image.grayscale",
		    &tq_runner_image },
		{ o->webhook_key != NULL, "webhook-key", "http.post",
		    &tq_runner_post },
	};
	const struct tq_handler *x;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].given)
			continue;
		x = tq_handlers_find(h, rows[i].type);
		if (x == NULL || x->runner != rows[i].runner)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
			    "--%s is for the built-in %s, which is not among "
			    "the handlers: --builtin=%s adds it",
			    rows[i].option, rows[i].type, rows[i].type);
	}
	return 0;
}

int
tq_handlers_init(struct tq_handlers *h, const struct tq_work_opts *o,
    const char *path, struct tq_err *err)
{
	size_t i;

	memset(h, 0, sizeof(*h));
	h->notes = (struct tq_buf)TQ_BUF_INIT(64 * 1024);
	if (add_commands(h, "on", &o->on, &tq_runner_command, path, err) ==
	    -1 || add_commands(h, "stream", &o->stream, &tq_runner_stream,
	    path, err) == -1)
		goto fail;
	if (o->handlers != NULL && tq_handlers_dir(h, o->handlers, err) == -1)
		goto fail;
	if (o->exec &&
	    tq_handlers_add(h, TQ_EXEC_TYPE, &tq_runner_exec, err) == NULL)
		goto fail;
	if ((o->builtin != NULL || (h->n == 0 && o->handlers == NULL)) &&
	    add_builtins(h, o->builtin ? o->builtin : "", err) == -1)
		goto fail;
	if (add_limits(h, &o->max_running, err) == -1 ||
	    check_builtin_options(h, o, err) == -1)
		goto fail;
	for (i = 0; i < h->n; i++)
		if (h->v[i].runner == &tq_runner_stream)
			h->v[i].stream = h->nstreams++;
	return 0;
fail:
	tq_handlers_free(h);
	return -1;
}
