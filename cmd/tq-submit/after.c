/* cmd/tq-submit/after.c -- the tasks that these wait for. */
#include <stdlib.h>
#include <string.h>

#include "submit.h"
#include "util/str.h"

/* Ids on their way into a JSON array. */
struct list {
	struct tq_buf	b;
	size_t		n;
};

static int
take_ids(void *arg, const char *const *ids, size_t n)
{
	struct list *l = arg;
	size_t i;

	for (i = 0; i < n; i++)
		tq_buf_fmt(&l->b, "%c\"%s\"", l->n++ == 0 ? '[' : ',', ids[i]);
	return 0;
}

/* The options' values, at commas too. */
static char **
words(struct submit *s, const struct tq_strs *in, int *n, bool *stdin_too)
{
	struct tq_arena *a = &s->cli->arena;
	char **v, *p, *save;
	size_t i, most = 0;
	const char *c;

	for (i = 0; i < in->n; i++)
		for (most++, c = in->v[i]; *c != '\0'; c++)
			most += *c == ',';
	v = tq_arena_alloc(a, (most + 1) * sizeof(*v));
	*n = 0;
	for (i = 0; i < in->n; i++)
		for (p = strtok_r(tq_arena_str(a, in->v[i]), ",", &save);
		    p != NULL; p = strtok_r(NULL, ",", &save)) {
			*stdin_too |= strcmp(p, "-") == 0;
			v[(*n)++] = p;
		}
	return v;
}

/* Are the tasks, their payload or their input on stdin already? */
static bool
stdin_taken(const struct submit *s)
{
	const struct tq_cli *cli = s->cli;
	int i;

	if (s->o->each != NULL || (s->o->batch && cli->argc == 0) ||
	    (s->o->input != NULL && strcmp(s->o->input, "-") == 0))
		return true;
	for (i = 0; !cli->dashdash && i < cli->argc; i++)
		if (strcmp(cli->argv[i], "-") == 0)
			return true;
	return false;
}

static int
read_list(struct submit *s, const char *name, const struct tq_strs *in,
    struct tq_span *out)
{
	struct list l = { TQ_BUF_INIT(4 * 1024 * 1024), 0 };
	struct tq_cli *cli = s->cli;
	bool from_stdin = false;
	char **argv = cli->argv;
	int argc = cli->argc, rc, n;
	char **v = words(s, in, &n, &from_stdin);

	if (in->n == 0)
		return 0;
	if (n == 0)
		return tq_cli_usage(cli, "--%s: which tasks?", name);
	if (from_stdin && stdin_taken(s))
		return tq_cli_usage(cli, "--%s -: stdin holds something else "
		    "already", name);
	cli->argv = v;
	cli->argc = n;
	rc = tq_cli_ids(cli, 500, take_ids, &l);
	cli->argv = argv;
	cli->argc = argc;
	/* A list that failed to be made must not pass for no list. */
	if (rc == 0 && l.n == 0)
		rc = tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_DATA,
		    "--%s -: no task id on stdin", name);
	tq_buf_chr(&l.b, ']');
	if (rc == 0)
		*out = tq_arena_span(&cli->arena, tq_buf_span(&l.b));
	tq_buf_free(&l.b);
	return rc;
}

int
submit_after(struct submit *s)
{
	struct tq_task probe;
	int rc;

	if ((rc = read_list(s, "after", &s->o->after, &s->def.after)) != 0 ||
	    (rc = read_list(s, "after-ended", &s->o->after_ended,
	    &s->def.after_ended)) != 0)
		return rc;
	probe = s->def;
	probe.type = "x";
	return tq_task_check(&probe, &s->cli->err);
}
