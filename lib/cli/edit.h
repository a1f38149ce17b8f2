/*
 * lib/cli/edit.h -- another command or payload for a task that is there, checked
 * as a submit checks them.
 */
#ifndef TQ_CLI_EDIT_H
#define TQ_CLI_EDIT_H

#include "cli/cli.h"

/*
 * tq_cli_edit_command(cli, t, to, set):
 * The operands behind the first as to->argv, for the queued command ${t}; adds
 * TQ_SET_ARGV to ${set}.  0, or -1 with cli->err: TQ_E_DATA when ${t} is of
 * another type or an operand is not UTF-8, TQ_E_TOOBIG.
 */
int tq_cli_edit_command(struct tq_cli *cli, const struct tq_task *t,
    struct tq_task *to, unsigned *set);

/*
 * tq_cli_edit_payload(cli, t, operand, to, set):
 * The payload that ${operand} gives (tq_submit_payload()), of the kind that
 * ${t} has, judged as its built-in type judges it; adds TQ_SET_PAYLOAD.  0, or
 * -1 with cli->err.
 */
int tq_cli_edit_payload(struct tq_cli *cli, const struct tq_task *t,
    const char *operand, struct tq_task *to, unsigned *set);

#endif
