/* lib/work/handler/command.h -- TYPE=COMMAND, and when it needs no shell. */
#ifndef TQ_COMMAND_H
#define TQ_COMMAND_H

#include "util/buf.h"

/*
 * tq_command_words(cmd, a, argv):
 * The words of a command line that needs no shell; false when it has
 * quotes, expansions, operators, assignments or anything else that a shell
 * would act on.  Pure.
 */
bool tq_command_words(const char *cmd, struct tq_arena *a,
    const char ***argv);

/*
 * tq_spec_split(spec, a, type, value): "TYPE=VALUE" with a legal type and a
 * value that is not empty; false otherwise.  Pure.
 */
bool tq_spec_split(const char *spec, struct tq_arena *a, const char **type,
    const char **value);

#endif
