/* lib/cli/help_fish.c -- a tool's completion for fish, from its table. */
#include "cli/help.h"
#include "cli/help_words.h"
#include "cli/opt.h"

#include <string.h>

/* Inside single quotes only the quote and the backslash mean something. */
static void
put_quoted(const char *s, struct tq_buf *out)
{
	tq_buf_chr(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			tq_buf_chr(out, '\\');
		tq_buf_chr(out, *s);
	}
	tq_buf_chr(out, '\'');
}

static void
put_names(const char *tool, enum tq_place place, struct tq_buf *out)
{
	tq_buf_fmt(out, " -a '(%s --help=%s 2>/dev/null)'", tool,
	    tq_place_names(place));
}

static void
put_value(const char *tool, const struct tq_opt *o, struct tq_buf *out)
{
	enum tq_place place = tq_place_of(o);

	if (place == TQ_PLACE_FILE) {
		tq_buf_str(out, " -r -F");
		return;
	}
	/* A value that may be left out comes behind "=" only. */
	tq_buf_str(out, tq_opt_takes_value(o) ? " -x" : " -f");
	if (place == TQ_PLACE_WORDS) {
		tq_buf_str(out, " -a '");
		tq_place_words(o, out);
		tq_buf_chr(out, '\'');
	} else if (place != TQ_PLACE_OTHER) {
		put_names(tool, place, out);
	}
}

static void
put_options(const char *tool, const struct tq_opt *o, size_t n,
    struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tq_buf_fmt(out, "complete -c %s", tool);
		if (o[i].letter != 0)
			tq_buf_fmt(out, " -s %c", o[i].letter);
		if (o[i].name != NULL)
			tq_buf_fmt(out, " -l %s", o[i].name);
		if (o[i].arg != NULL)
			put_value(tool, &o[i], out);
		tq_buf_str(out, " -d ");
		put_quoted(o[i].help, out);
		tq_buf_chr(out, '\n');
	}
}

static void
put_operands(const struct tq_tool *tool, struct tq_buf *out)
{
	static const enum tq_place of_commands[] = { TQ_PLACE_QUEUE,
	    TQ_PLACE_ID };
	struct tq_arena a = TQ_ARENA_INIT;
	const char *words;
	size_t i;

	if ((words = tq_place_commands(tool, TQ_PLACE_OTHER, &a)) != NULL)
		tq_buf_fmt(out, "complete -c %s -f -n 'not "
		    "__fish_seen_subcommand_from%s' -a '%s'\n", tool->name,
		    words, words + 1);
	for (i = 0; i < 2; i++) {
		words = tq_place_commands(tool, of_commands[i], &a);
		if (words == NULL)
			continue;
		tq_buf_fmt(out, "complete -c %s -f -n "
		    "'__fish_seen_subcommand_from%s'", tool->name, words);
		put_names(tool->name, of_commands[i], out);
		tq_buf_chr(out, '\n');
	}
	if (tq_place_operand(tool) == TQ_PLACE_TYPE) {
		tq_buf_fmt(out, "complete -c %s -f -n __fish_is_first_arg",
		    tool->name);
		put_names(tool->name, TQ_PLACE_TYPE, out);
		tq_buf_chr(out, '\n');
	}
	if (tq_place_operand(tool) == TQ_PLACE_ID) {
		tq_buf_fmt(out, "complete -c %s -f", tool->name);
		put_names(tool->name, TQ_PLACE_ID, out);
		tq_buf_chr(out, '\n');
	}
	tq_arena_free(&a);
}

void
tq_help_fish(const struct tq_tool *tool, struct tq_buf *out)
{
	put_options(tool->name, tool->opts, tool->nopts, out);
	put_options(tool->name, tq_opt_common, tq_opt_ncommon, out);
	put_operands(tool, out);
}
