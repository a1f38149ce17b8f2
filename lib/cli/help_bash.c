/* lib/cli/help_bash.c -- a tool's completion for bash, from its table. */
#include "cli/help.h"
#include "cli/help_words.h"
#include "cli/opt.h"

/* The patterns for "the value of this option comes now". */
static void
put_pattern(const struct tq_opt *o, struct tq_buf *out)
{
	tq_buf_chr(out, '\t');
	if (tq_opt_takes_value(o) && o->letter != 0)
		tq_buf_fmt(out, "-%c%s", o->letter, o->name ? "|" : "");
	if (tq_opt_takes_value(o) && o->name != NULL)
		tq_buf_fmt(out, "--%s|", o->name);
	if (o->name != NULL)
		tq_buf_fmt(out, "--%s=", o->name);
	tq_buf_str(out, ")\n\t\t");
}

/* Ask the tool.  What stands behind a tab is for shells that show it. */
static void
put_names(enum tq_place place, struct tq_buf *out)
{
	tq_buf_fmt(out, "words=$(\"$1\" --help=%s 2>/dev/null%s)",
	    tq_place_names(place), place == TQ_PLACE_ID ? " | cut -f1" : "");
}

/* What is offered for it: "words" is left empty for what is unknown. */
static void
put_value(const struct tq_opt *o, struct tq_buf *out)
{
	switch (tq_place_of(o)) {
	case TQ_PLACE_WORDS:
		tq_buf_str(out, "words='");
		tq_place_words(o, out);
		tq_buf_str(out, "' ;;\n");
		break;
	case TQ_PLACE_FILE:
		tq_buf_str(out, "return ;;\n");
		break;
	case TQ_PLACE_QUEUE:
	case TQ_PLACE_TYPE:
	case TQ_PLACE_ID:
		tq_buf_str(out, "compopt +o default\n\t\t");
		put_names(tq_place_of(o), out);
		tq_buf_str(out, "\n\t\t[[ -n $words ]] || return ;;\n");
		break;
	default:
		tq_buf_str(out, "compopt +o default; return ;;\n");
	}
}

static void
put_values(const struct tq_opt *o, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (o[i].arg == NULL)
			continue;
		if (!tq_opt_takes_value(&o[i]) && o[i].name == NULL)
			continue;
		put_pattern(&o[i], out);
		put_value(&o[i], out);
	}
}

static void
put_option_names(const struct tq_opt *o, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (o[i].name != NULL)
			tq_buf_fmt(out, " --%s", o[i].name);
}

/* Commands while none is there; then what the one that is there wants: a queue
   behind it, or ids. */
static void
put_operands(const struct tq_tool *tool, struct tq_buf *out)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *words = tq_place_commands(tool, TQ_PLACE_OTHER, &a);
	const char *queue = tq_place_commands(tool, TQ_PLACE_QUEUE, &a);
	const char *ids = tq_place_commands(tool, TQ_PLACE_ID, &a);

	if (tq_place_operand(tool) == TQ_PLACE_TYPE)
		tq_buf_str(out, "\t\t(( at > 1 )) ||\n\t\t    ");
	else if (tq_place_operand(tool) == TQ_PLACE_ID)
		tq_buf_str(out, "\t\t");
	if (tq_place_operand(tool) != TQ_PLACE_OTHER) {
		put_names(tq_place_operand(tool), out);
		tq_buf_chr(out, '\n');
	}
	if (words != NULL)
		tq_buf_fmt(out, "\t\twords='%s'\n"
		    "\t\tfor word in \"${line[@]:1:at-1}\"; do\n"
		    "\t\t\t[[ '%s ' == *\" $word \"* ]] || continue\n"
		    "\t\t\twords=''\n", words + 1, words);
	if (words != NULL && ids != NULL) {
		tq_buf_fmt(out, "\t\t\t[[ '%s ' == *\" $word \"* ]] &&\n"
		    "\t\t\t    ", ids);
		put_names(TQ_PLACE_ID, out);
		tq_buf_chr(out, '\n');
	}
	if (words != NULL)
		tq_buf_str(out, "\t\t\tbreak\n\t\tdone\n");
	if (queue != NULL) {
		tq_buf_fmt(out, "\t\t[[ '%s ' == *\" $opt \"* ]] &&\n\t\t    ",
		    queue);
		put_names(TQ_PLACE_QUEUE, out);
		tq_buf_chr(out, '\n');
	}
	tq_arena_free(&a);
}

/*
 * readline breaks words at ":", which names may have, and at "=", so that
 * --opt=val comes as three.  The former are put together again, in "line"; and
 * as readline replaces the last piece only, the rest is cut from what is
 * offered, below.
 */
static void
put_words(struct tq_buf *out)
{
	tq_buf_str(out,
	    "\tlocal eq='' words='' word i\n"
	    "\tlocal -a line=()\n"
	    "\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	    "\t\tif ((i > 1)) && [[ ${COMP_WORDS[i]} == :* ||\n"
	    "\t\t    ${COMP_WORDS[i - 1]} == *: ]]; then\n"
	    "\t\t\tline[-1]+=${COMP_WORDS[i]}\n"
	    "\t\telse\n"
	    "\t\t\tline+=(\"${COMP_WORDS[i]}\")\n"
	    "\t\tfi\n"
	    "\tdone\n"
	    "\tlocal at=$((${#line[@]} - 1))\n"
	    "\tlocal cur=${line[at]} opt=${line[at - 1]}\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [[ $cur == = ]]; then\n"
	    "\t\tcur='' eq='='\n"
	    "\telif [[ $opt == = ]]; then\n"
	    "\t\topt=${line[at - 2]} eq='='\n"
	    "\tfi\n"
	    "\tcase $opt$eq in\n");
}

void
tq_help_bash(const struct tq_tool *tool, struct tq_buf *out)
{
	char fn[64];
	size_t i;

	for (i = 0; i < sizeof(fn) - 1 && tool->name[i] != '\0'; i++)
		fn[i] = tool->name[i] == '-' ? '_' : tool->name[i];
	fn[i] = '\0';
	tq_buf_fmt(out, "_%s()\n{\n", fn);
	put_words(out);
	put_values(tool->opts, tool->nopts, out);
	put_values(tq_opt_common, tq_opt_ncommon, out);
	tq_buf_str(out, "\tesac\n"
	    "\tif [[ -z $words && $cur == -* ]]; then\n"
	    "\t\twords='");
	put_option_names(tool->opts, tool->nopts, out);
	put_option_names(tq_opt_common, tq_opt_ncommon, out);
	tq_buf_str(out, "'\n"
	    "\telif [[ -z $words ]]; then\n"
	    "\t\t:\n");
	put_operands(tool, out);
	tq_buf_str(out, "\tfi\n"
	    "\t[[ -n $words ]] || return\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\t[[ $cur != *:* || $COMP_WORDBREAKS != *:* ]] ||\n"
	    "\t    COMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*:}\"}\"}\")\n"
	    "}\n");
	tq_buf_fmt(out, "complete -o default -F _%s %s\n", fn, tool->name);
}
