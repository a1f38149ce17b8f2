/* lib/cli/help_zsh.c -- a tool's completion for zsh, from its table. */
#include "cli/help.h"
#include "cli/help_words.h"
#include "cli/opt.h"

#include <string.h>

/* The action of _arguments(1) for a place; $words[1] is the tool as typed. */
static const char *
action_of(enum tq_place place)
{
	switch (place) {
	case TQ_PLACE_FILE:
		return "_files";
	case TQ_PLACE_QUEUE:
		return "_tq_names queues";
	case TQ_PLACE_TYPE:
		return "_tq_names types";
	case TQ_PLACE_ID:
		return "_tq_names ids";
	default:
		return " ";
	}
}

/* Text inside '...[text]:text:...'. */
static void
put_text(const char *s, struct tq_buf *out)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			tq_buf_str(out, "'\\''");
		else if (strchr("[]:\\", *s) != NULL)
			tq_buf_fmt(out, "\\%c", *s);
		else
			tq_buf_chr(out, *s);
	}
}

/* ":what:action", or "::what:action" for a value that may be left out. */
static void
put_value(const struct tq_opt *o, struct tq_buf *out)
{
	enum tq_place place = tq_place_of(o);

	tq_buf_str(out, tq_opt_takes_value(o) ? ":" : "::");
	put_text(o->arg, out);
	tq_buf_chr(out, ':');
	if (place == TQ_PLACE_WORDS) {
		tq_buf_chr(out, '(');
		tq_place_words(o, out);
		tq_buf_chr(out, ')');
	} else {
		tq_buf_str(out, action_of(place));
	}
}

/* The option's spellings: "(-q --queue)'{-q+,--queue=}'", "--queue=", "-0". */
static void
put_spellings(const struct tq_opt *o, struct tq_buf *out)
{
	bool takes = o->arg != NULL && tq_opt_takes_value(o);
	const char *name_end = o->arg == NULL ? "" : takes ? "=" : "=-";
	bool again = o->kind == TQ_OPT_LIST || o->kind == TQ_OPT_COUNT;

	if (o->letter != 0 && o->name != NULL && !again)
		tq_buf_fmt(out, "(-%c --%s)", o->letter, o->name);
	else if (again)
		tq_buf_chr(out, '*');
	if (o->letter != 0 && o->name != NULL)
		tq_buf_fmt(out, "'{-%c%s,--%s%s}'", o->letter, takes ? "+" : "",
		    o->name, name_end);
	else if (o->name != NULL)
		tq_buf_fmt(out, "--%s%s", o->name, name_end);
	else
		tq_buf_fmt(out, "-%c%s", o->letter, takes ? "+" : "");
}

static void
put_options(const struct tq_opt *o, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tq_buf_str(out, "\t    '");
		put_spellings(&o[i], out);
		tq_buf_chr(out, '[');
		put_text(o[i].help, out);
		tq_buf_chr(out, ']');
		if (o[i].arg != NULL)
			put_value(&o[i], out);
		tq_buf_str(out, "' \\\n");
	}
}

static void
put_operands(const struct tq_tool *tool, struct tq_buf *out)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *words, *queue, *ids;

	if ((words = tq_place_commands(tool, TQ_PLACE_OTHER, &a)) != NULL)
		tq_buf_fmt(out, "\t    '1:command:(%s)' \\\n", words + 1);
	else if (tq_place_operand(tool) == TQ_PLACE_TYPE)
		tq_buf_fmt(out, "\t    '1:type:%s' \\\n",
		    action_of(TQ_PLACE_TYPE));
	queue = tq_place_commands(tool, TQ_PLACE_QUEUE, &a);
	ids = tq_place_commands(tool, TQ_PLACE_ID, &a);
	if (tq_place_operand(tool) == TQ_PLACE_ID)
		tq_buf_fmt(out, "\t    '*:task:%s'\n", action_of(TQ_PLACE_ID));
	else if (queue != NULL || ids != NULL)
		tq_buf_fmt(out, "\t    '*: :_tq_operand queues%s ids%s'\n",
		    queue != NULL ? queue : "", ids != NULL ? ids : "");
	else
		tq_buf_str(out, "\t    '*:file:_files'\n");
	tq_arena_free(&a);
}

void
tq_help_zsh(const struct tq_tool *tool, struct tq_buf *out)
{
	/* _arguments puts options of compadd in front of the rest. */
	tq_buf_str(out,
	    "_tq_names()\n{\n"
	    "\tlocal -a lines=(${(f)\"$($words[1] --help=$@[-1] 2>/dev/null)\"})\n"
	    "\tlocal -a names=(${lines%%$'\\t'*})\n"
	    "\tlines=(${lines//$'\\t'/  })\n"
	    "\tcompadd \"${(@)@[1,-2]}\" -l -d lines -a names\n"
	    "}\n"
	    "_tq_operand()\n{\n"
	    "\tlocal -i q=${@[(I)queues]} i=${@[(I)ids]}\n"
	    "\tlocal -a queue=(\"${(@)@[q+1,i-1]}\") id=(\"${(@)@[i+1,-1]}\")\n"
	    "\tif (( $queue[(Ie)$words[CURRENT-1]] )); then\n"
	    "\t\t_tq_names \"${(@)@[1,q-1]}\" queues\n"
	    "\telif [[ -n ${words:*id} ]]; then\n"
	    "\t\t_tq_names \"${(@)@[1,q-1]}\" ids\n"
	    "\telse\n"
	    "\t\t_files\n"
	    "\tfi\n"
	    "}\n");
	tq_buf_fmt(out, "_%s()\n{\n\t_arguments -s -S \\\n", tool->name);
	put_options(tool->opts, tool->nopts, out);
	put_options(tq_opt_common, tq_opt_ncommon, out);
	put_operands(tool, out);
	tq_buf_str(out, "}\n");
}
