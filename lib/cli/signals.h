/* lib/cli/signals.h -- what a signal does to a tool; inside lib/cli only. */
#ifndef TQ_SIGNALS_H
#define TQ_SIGNALS_H

#include <stdbool.h>

/*
 * tq_cli_signals(effects):
 * From now on SIGTERM and SIGINT are remembered for tq_cli_interrupted(), and
 * calls that block return EINTR.  SIGPIPE is ignored by a tool with effects and
 * ends any other.  An ignored SIGINT, as a shell's background job has it,
 * stays ignored.
 */
void tq_cli_signals(bool effects);

#endif
