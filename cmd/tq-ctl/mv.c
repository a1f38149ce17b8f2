/* cmd/tq-ctl/mv.c -- mv: tasks from one store to another. */
#include "ctl.h"

#include "store/move.h"
#include "util/json.h"

struct mv {
	struct tq_cli	*cli;
	struct tq_move	 m;
	bool		 edges;		/* some were left for those */
};

/* Why a task stays, behind its id. */
static const char *const stays[] = {
	[TQ_MOVE_RUNS] = "runs",
	[TQ_MOVE_WAITS] = "waits for",
	[TQ_MOVE_AWAITED] = "is waited for by",
	[TQ_MOVE_TOLD] = "has waited for",
	[TQ_MOVE_CHANGED] = "was changed meanwhile",
	[TQ_MOVE_TAKEN] = "is another task there",
	[TQ_MOVE_NAMES] = "its queue or type is one name more than that store "
	    "takes",
	[TQ_MOVE_DAMAGED] = "its payload, input or output is damaged or "
	    "missing",
	[TQ_MOVE_ELSEWHERE] = "is on its way to another store: end that move "
	    "first",
};

static void
tell(void *arg, const struct tq_task *t, enum tq_move_what what)
{
	struct mv *v = arg;
	struct tq_buf *out = &v->cli->out;
	bool related = what == TQ_MOVE_WAITS || what == TQ_MOVE_AWAITED ||
	    what == TQ_MOVE_TOLD;

	if (what != TQ_MOVE_DONE) {
		tq_cli_warn(v->cli, "left %s: it %s%s%s", t->id, stays[what],
		    related ? " " : "", !related ? "" : v->m.other == NULL ?
		    "a task" : v->m.other);
		v->edges = v->edges || related;
		return;
	}
	if (!v->cli->json) {
		tq_buf_fmt(out, "%s\t%s\n", t->id, tq_status_name(t->status));
		return;
	}
	tq_buf_chr(out, '{');
	tq_json_member_str(out, "taskId", t->id);
	tq_json_member_str(out, "status", tq_status_name(t->status));
	tq_buf_str(out, "}\n");
}

static int
rounds(struct mv *v)
{
	struct tq_cli *cli = v->cli;
	int rc;

	do {
		if (tq_cli_interrupted())
			return tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_INTR,
			    "interrupted; %llu are there: the same command "
			    "goes on", (unsigned long long)v->m.done);
		if ((rc = tq_move_round(&v->m, &cli->err)) == -1 ||
		    tq_cli_flush(cli) == -1)
			return -1;
		tq_cli_work(cli, v->m.done, 0, v->m.dry_run ? "found" :
		    v->m.copy ? "copied" : "moved");
	} while (rc == 1);
	tq_cli_work_end(cli);
	return 0;
}

static int
run(struct mv *v, int64_t now)
{
	struct tq_cli *cli = v->cli;
	const char *done = v->m.copy ? "copied" : "moved";

	if (tq_move_begin(&v->m, now, &cli->err) == -1)
		return tq_cli_usage(cli, "mv: %s", cli->err.msg);
	if (rounds(v) == -1)
		return -1;
	tq_cli_note(cli, "%s%s %llu%s", v->m.dry_run ? "would have " : "",
	    done, (unsigned long long)v->m.done, v->m.left == 0 ? "" :
	    tq_arena_fmt(&cli->arena, ", left %llu",
	    (unsigned long long)v->m.left));
	if (v->edges)
		tq_cli_note(cli, "tasks that wait for each other stay where "
		    "they are: let them end there, or cancel --tree and submit "
		    "them anew");
	return v->m.left == 0 ? TQ_EX_OK : TQ_EX_NO;
}

static int
open_both(struct mv *v, const char *from, const char *to)
{
	struct tq_cli *cli = v->cli;
	enum tq_open how = v->m.dry_run || v->m.copy ? TQ_OPEN_READ :
	    TQ_OPEN_WRITE;

	if (tq_store_open(from, cli->env, how, &v->m.from, &cli->err) == -1)
		return -1;
	return v->m.dry_run ? 0 : tq_store_open(to, cli->env, TQ_OPEN_CREATE,
	    &v->m.to, &cli->err);
}

int
ctl_mv(struct tq_cli *cli, struct opts *o)
{
	struct mv v = { .cli = cli, .m = { .copy = o->copy,
	    .dry_run = o->dry_run, .tell = tell } };
	int rc;

	v.m.arg = &v;
	if ((rc = ctl_read_filter(cli, o, &v.m.filter)) != 0)
		return rc;
	rc = open_both(&v, cli->argv[0], cli->argv[1]);
	if (rc == 0)
		rc = run(&v, tq_wall_ms(cli->env));
	tq_move_end(&v.m);
	tq_store_close(v.m.to);
	tq_store_close(v.m.from);
	return rc;
}
