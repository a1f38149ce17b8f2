/* lib/cli/help.h -- a tool's table as text; inside lib/cli only. */
#ifndef TQ_HELP_H
#define TQ_HELP_H

#include "cli/cli.h"

/*
 * tq_help_write(tool, how, out):
 * Append what --help prints: ${how} "" is the help for people, "mdoc" the
 * OPTIONS list of a manual page, "bash", "zsh" and "fish" a completion for that
 * shell.  -1 when ${how} is none of these.
 */
int tq_help_write(const struct tq_tool *tool, const char *how,
    struct tq_buf *out);

void tq_help_text(const struct tq_tool *tool, struct tq_buf *out);
void tq_help_mdoc(const struct tq_tool *tool, struct tq_buf *out);
void tq_help_bash(const struct tq_tool *tool, struct tq_buf *out);
void tq_help_zsh(const struct tq_tool *tool, struct tq_buf *out);
void tq_help_fish(const struct tq_tool *tool, struct tq_buf *out);

#endif
