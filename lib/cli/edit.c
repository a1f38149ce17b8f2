/* lib/cli/edit.c -- another command or payload; see edit.h. */
#include "cli/edit.h"

#include "cli/submit_payload.h"
#include "task/builtin.h"
#include "task/command.h"

int
tq_cli_edit_command(struct tq_cli *cli, const struct tq_task *t,
    struct tq_task *to, unsigned *set)
{
	struct tq_task judged = *t;

	if (t->argv.n == 0)
		return tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_DATA,
		    "task %s has no command: it is of type %s", t->id, t->type);
	if (tq_cli_argv(cli, 1, &cli->arena, &to->argv) == -1)
		return -1;
	judged.argv = to->argv;
	*set |= TQ_SET_ARGV;
	return tq_command_check(&judged, &cli->err);
}

int
tq_cli_edit_payload(struct tq_cli *cli, const struct tq_task *t,
    const char *operand, struct tq_task *to, unsigned *set)
{
	to->payload_kind = t->payload_kind == TQ_KIND_TEXT ? TQ_KIND_TEXT :
	    TQ_KIND_JSON;
	*set |= TQ_SET_PAYLOAD;
	if (tq_submit_payload(operand, to->payload_kind, &cli->arena,
	    &to->payload, &cli->err) == -1)
		return -1;
	return to->payload_kind != TQ_KIND_JSON ? 0 :
	    tq_builtin_check(t->type, to->payload, &cli->err);
}
