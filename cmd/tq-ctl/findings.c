/* cmd/tq-ctl/findings.c -- what init and doctor have to say; see ctl.h. */
#include "ctl.h"

#include "util/json.h"
#include "util/str.h"

static const struct level_row {
	const char	*word;		/* on a line */
	const char	*name;		/* in JSON */
	const char	*color;
	int		 exit;
} levels[] = {
	[TQ_LEVEL_OK] = { "ok  ", "ok", "\033[32m", TQ_EX_OK },
	[TQ_LEVEL_NOTE] = { "note", "note", "\033[36m", TQ_EX_OK },
	[TQ_LEVEL_WARN] = { "WARN", "warn", "\033[33m", TQ_EX_NO },
	[TQ_LEVEL_FAIL] = { "FAIL", "fail", "\033[31m", TQ_EX_CONFIG },
};

static void
put_json(struct tq_buf *b, const struct tq_finding *f)
{
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "level", levels[f->level].name);
	tq_json_member_str(b, "subject", f->subject);
	tq_json_member_str(b, "text", f->text);
	tq_json_member_str(b, "remedy", f->remedy);
	if (f->call != NULL) {
		tq_json_member_str(b, "service", f->call->service);
		tq_json_member_str(b, "operation", f->call->operation);
		tq_json_member_raw(b, "parameters",
		    tq_span_of(f->call->params));
		tq_json_member_str(b, "command", f->call->command);
	}
	tq_buf_str(b, "}\n");
}

/* For a shell, or for eyes first: a command is not escaped. */
static void
put_command(struct tq_cli *cli, const struct tq_finding *f)
{
	tq_buf_fmt(&cli->out, "%s\n", f->call->command);
}

static void
put_line(struct tq_cli *cli, bool comment, const struct tq_finding *f)
{
	const struct level_row *l = &levels[f->level];
	struct tq_buf *b = &cli->out;

	if (comment)
		tq_buf_str(b, "# ");
	if (cli->color_out)
		tq_buf_fmt(b, "%s%s\033[0m  ", l->color, l->word);
	else
		tq_buf_fmt(b, "%s  ", l->word);
	tq_visible(b, tq_span_of(f->subject), 0);
	tq_buf_str(b, ": ");
	tq_visible(b, tq_span_of(f->text), 0);
	if (f->remedy != NULL) {
		tq_buf_str(b, cli->out_tty && !comment ?
		    "\n      remedy: " : "; remedy: ");
		tq_visible(b, tq_span_of(f->remedy), 0);
	}
	tq_buf_chr(b, '\n');
}

void
finding_print(void *findings, const struct tq_finding *f)
{
	struct findings *all = findings;

	if (f->level > all->worst)
		all->worst = f->level;
	if (all->cli->json)
		put_json(&all->cli->out, f);
	else if (f->call != NULL)
		put_command(all->cli, f);
	else if (!all->cli->quiet || f->level >= TQ_LEVEL_WARN)
		put_line(all->cli, all->dry_run, f);
}

int
findings_exit(enum tq_level worst)
{
	return levels[worst].exit;
}
