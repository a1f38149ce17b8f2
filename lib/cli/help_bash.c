/* lib/cli/help_bash.c -- a tool's completion for bash, from its table. */
#include "cli/help.h"
#include "cli/opt.h"

#include <ctype.h>
#include <string.h>

static void
put_statuses(struct tq_buf *out)
{
	int s;

	/* BLOCKED, the last, is reserved: nothing has it yet. */
	for (s = 0; s < TQ_BLOCKED; s++)
		tq_buf_fmt(out, "%s%s", s > 0 ? " " : "",
		    tq_status_name((enum tq_status)s));
}

/* "json|text|input": the words one may choose from. */
static bool
is_choice(const char *arg)
{
	return strchr(arg, '|') != NULL && strspn(arg,
	    "abcdefghijklmnopqrstuvwxyz-|") == strlen(arg);
}

static bool
is_file(const char *arg)
{
	return strstr(arg, "FILE") != NULL || strstr(arg, "PATH") != NULL ||
	    strstr(arg, "DIR") != NULL;
}

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

static void
put_words_of(const struct tq_opt *o, struct tq_buf *out)
{
	const char *p;

	tq_buf_str(out, "words='");
	if (o->name != NULL && strcmp(o->name, "status") == 0)
		put_statuses(out);
	else
		for (p = o->arg; *p != '\0'; p++)
			tq_buf_chr(out, *p == '|' ? ' ' : *p);
	tq_buf_str(out, "' ;;\n");
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
		if (is_choice(o[i].arg) ||
		    (o[i].name != NULL && strcmp(o[i].name, "status") == 0))
			put_words_of(&o[i], out);
		else if (is_file(o[i].arg))
			tq_buf_str(out, "return ;;\n");
		else
			tq_buf_str(out, "compopt +o default; return ;;\n");
	}
}

static void
put_names(const struct tq_opt *o, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (o[i].name != NULL)
			tq_buf_fmt(out, " --%s", o[i].name);
}

/* Does the list in ${out}, from ${start} on, hold the word? */
static bool
listed(const struct tq_buf *out, size_t start, const char *word, size_t n)
{
	size_t i;

	for (i = start; i + n + 1 <= out->len; i++)
		if (out->data[i] == ' ' &&
		    memcmp(out->data + i + 1, word, n) == 0 &&
		    (i + 1 + n == out->len || out->data[i + 1 + n] == ' '))
			return true;
	return false;
}

/* The words that synopsis lines start with: "[-q Q] list | top [ID]". */
static void
put_commands(const struct tq_tool *tool, struct tq_buf *out)
{
	size_t i, n, start = out->len;
	const char *p;

	for (i = 0; (p = tool->synopsis[i]) != NULL; i++) {
		while (*p == '[') {
			p += strcspn(p, "]");
			p += *p == ']';
			p += strspn(p, " ");
		}
		while (islower((unsigned char)*p)) {
			n = strspn(p, "abcdefghijklmnopqrstuvwxyz-");
			if (p[n] != ' ' && p[n] != '\0' && p[n] != '|')
				break;
			if (!listed(out, start, p, n)) {
				tq_buf_chr(out, ' ');
				tq_buf_add(out, p, n);
			}
			p += n + strspn(p + n, " ");
			if (*p != '|')
				break;
			p += 1 + strspn(p + 1, " ");
		}
	}
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
	/* readline breaks words at "=", so --opt=val comes as three. */
	tq_buf_str(out,
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} eq='' words='' word\n"
	    "\tlocal opt=${COMP_WORDS[COMP_CWORD - 1]} commands='");
	put_commands(tool, out);
	tq_buf_str(out, "'\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [[ $cur == = ]]; then\n"
	    "\t\tcur='' eq='='\n"
	    "\telif [[ $opt == = ]]; then\n"
	    "\t\topt=${COMP_WORDS[COMP_CWORD - 2]} eq='='\n"
	    "\tfi\n"
	    "\tcase $opt$eq in\n");
	put_values(tool->opts, tool->nopts, out);
	put_values(tq_opt_common, tq_opt_ncommon, out);
	tq_buf_str(out, "\tesac\n"
	    "\tif [[ -z $words && $cur == -* ]]; then\n"
	    "\t\twords='");
	put_names(tool->opts, tool->nopts, out);
	put_names(tq_opt_common, tq_opt_ncommon, out);
	tq_buf_str(out, "'\n"
	    "\telif [[ -z $words ]]; then\n"
	    "\t\twords=$commands\n"
	    "\t\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	    "\t\t\t[[ \"$commands \" == *\" $word \"* ]] && words=''\n"
	    "\t\tdone\n"
	    "\tfi\n"
	    "\t[[ -n $words ]] || return\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "}\n");
	tq_buf_fmt(out, "complete -o default -F _%s %s\n", fn, tool->name);
}
