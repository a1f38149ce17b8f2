/* lib/cli/help_words.h -- what may stand in a place of a command line; for the
   completions, inside lib/cli only. */
#ifndef TQ_HELP_WORDS_H
#define TQ_HELP_WORDS_H

#include "cli/cli.h"

enum tq_place {
	TQ_PLACE_OTHER,		/* anything: nothing to offer */
	TQ_PLACE_WORDS,		/* one of a few words: tq_place_words() */
	TQ_PLACE_FILE,
	TQ_PLACE_QUEUE,		/* what TOOL --help=queues prints */
	TQ_PLACE_TYPE,		/* what TOOL --help=types prints */
	TQ_PLACE_ID		/* what TOOL --help=ids prints, a tab and more
				   behind each */
};

/* tq_place_names(place): how --help is asked for those three: "queues". */
const char *tq_place_names(enum tq_place place);

/* tq_place_of(opt): what the value of an option that has one may be. */
enum tq_place tq_place_of(const struct tq_opt *opt);

/* tq_place_words(opt, out): append those words, with blanks between. */
void tq_place_words(const struct tq_opt *opt, struct tq_buf *out);

/*
 * tq_place_commands(tool, operand, a):
 * The words that lines of the synopsis start with, a blank before each:
 * " list top" for "[-q Q] list | top [ID]".  With ${operand} QUEUE or ID only
 * those whose operand is one: "pause Q [--for D]", "cancel [--tree] ID... | -";
 * OTHER: all.  NULL when there are none.
 */
const char *tq_place_commands(const struct tq_tool *tool,
    enum tq_place operand, struct tq_arena *a);

/* tq_place_operand(tool): the first operand of a tool without subcommands. */
enum tq_place tq_place_operand(const struct tq_tool *tool);

#endif
