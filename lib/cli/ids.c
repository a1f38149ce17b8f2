/* lib/cli/ids.c -- task ids from operands and from stdin. */
#include "cli/cli.h"
#include "util/json.h"
#include "util/limits.h"

#include <string.h>
#include <unistd.h>

/* What --json prints: a payload, a result, and the rest. */
#define ID_LINE_MAX	((size_t)TQ_LINE_MAX + TQ_RESULT_MAX)

struct group {
	struct tq_cli	*cli;
	tq_ids_fn	*fn;
	void		*arg;
	const char	**ids;
	size_t		 n, max;
	struct tq_arena	 arena;		/* owns the ids that came by stdin */
};

static int
hand_on(struct group *g)
{
	size_t n = g->n;
	int rc;

	g->n = 0;
	if (n == 0)
		return 0;
	rc = g->fn(g->arg, g->ids, n);
	tq_arena_reset(&g->arena);
	return rc;
}

static int
add(struct group *g, const char *id)
{
	g->ids[g->n++] = id;
	return g->n == g->max ? hand_on(g) : 0;
}

/* What jq prints without -r, and what stands in a list: "ID", */
static struct tq_span
unquoted(struct tq_span line)
{
	if (line.n > 1 && line.p[line.n - 1] == ',')
		line.n--;
	if (line.n > 2 && line.p[0] == '"' && line.p[line.n - 1] == '"')
		line = (struct tq_span){ line.p + 1, line.n - 2 };
	return line;
}

/* NULL when the line holds no legal id. */
static const char *
id_of(struct tq_span line, struct tq_arena *a)
{
	struct tq_span v, id = TQ_SPAN_NONE;
	size_t n = 0;

	if (line.p[0] != '{')
		line = unquoted(line);
	if (line.p[0] == '{') {
		if (tq_json_check(line, NULL) == -1 ||
		    !tq_json_get(line, "taskId", &v) ||
		    !tq_json_str(v, a, &id))
			return NULL;
	} else {
		while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
			n++;
		id = (struct tq_span){ tq_arena_dup(a, line.p, n), n };
	}
	/* A NUL inside would hide the rest. */
	return id.n > 0 && strlen(id.p) == id.n && tq_name_ok(id.p) ? id.p :
	    NULL;
}

static int
bad_line(struct group *g, const struct tq_lines *l, struct tq_span line)
{
	bool pretty = (line.p[0] == '{' || line.p[0] == '[') &&
	    tq_json_check(line, NULL) == -1;
	int rc = hand_on(g);

	return rc != 0 ? rc : tq_err_set(&g->cli->err, TQ_AT_INPUT, TQ_E_DATA,
	    "stdin: line %llu holds no task id%s",
	    (unsigned long long)l->number, pretty ? ": JSON has to be an "
	    "object a line (jq -c makes such; jq -r .taskId makes ids)" : "");
}

static int
from_lines(struct group *g, struct tq_lines *l)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_span line;
	const char *id;
	int rc;

	for (;;) {
		rc = tq_lines_next(l, &line, g->n == 0, &err);
		if (rc == 0)
			return 0;	/* more operands may fill the group */
		if (rc == 2) {
			if ((rc = hand_on(g)) != 0)
				return rc;
			continue;
		}
		if (rc == -1) {
			if ((rc = hand_on(g)) != 0)
				return rc;
			g->cli->err = err;
			tq_err_prefix(&g->cli->err, "stdin");
			return -1;
		}
		while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
			line.p++;
			line.n--;
		}
		if (line.n == 0)
			continue;
		if ((id = id_of(line, &g->arena)) == NULL)
			return bad_line(g, l, line);
		if ((rc = add(g, id)) != 0)
			return rc;
	}
}

static int
from_stdin(struct group *g)
{
	struct tq_lines l;
	int rc;

	tq_lines_init(&l, STDIN_FILENO, '\n', ID_LINE_MAX);
	rc = from_lines(g, &l);
	tq_lines_free(&l);
	return rc;
}

static int
from_operands(struct group *g)
{
	const char *id;
	int i, rc = 0;

	for (i = 0; i < g->cli->argc && rc == 0; i++) {
		id = g->cli->argv[i];
		if (strcmp(id, "-") == 0)
			rc = from_stdin(g);
		else if (tq_name_ok(id))
			rc = add(g, id);
		else if ((rc = hand_on(g)) == 0)
			return tq_err_set(&g->cli->err, TQ_AT_INPUT, TQ_E_DATA,
			    "\"%s\" is not a task id", id);
	}
	return rc != 0 ? rc : hand_on(g);
}

int
tq_cli_ids(struct tq_cli *cli, size_t group, tq_ids_fn *fn, void *arg)
{
	struct group g = { cli, fn, arg, NULL, 0, group, TQ_ARENA_INIT };
	int rc;

	g.ids = tq_arena_alloc(&cli->arena, group * sizeof(*g.ids));
	rc = from_operands(&g);
	tq_arena_free(&g.arena);
	return rc;
}
