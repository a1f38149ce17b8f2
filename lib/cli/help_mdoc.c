/* lib/cli/help_mdoc.c -- the OPTIONS list of a manual page, mdoc(7). */
#include "cli/help.h"
#include "cli/opt.h"

#include <ctype.h>
#include <string.h>

/* An argument: blanks kept together; what could be a macro's name is not. */
static void
put_arg(const char *s, struct tq_buf *out)
{
	size_t n = strlen(s);

	if ((n == 2 || n == 3) && isupper((unsigned char)s[0]) &&
	    islower((unsigned char)s[1]))
		tq_buf_str(out, "\\&");
	for (; *s != '\0'; s++) {
		if (*s == ' ')
			tq_buf_str(out, "\\ ");
		else if (*s == '\\')
			tq_buf_str(out, "\\e");
		else
			tq_buf_chr(out, *s);
	}
}

static void
put_text(const char *s, struct tq_buf *out)
{
	if (*s == '.' || *s == '\'')
		tq_buf_str(out, "\\&");
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			tq_buf_str(out, "\\e");
		else
			tq_buf_chr(out, *s);
	}
	tq_buf_chr(out, '\n');
}

static void
put_options(const struct tq_opt *o, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tq_buf_str(out, ".It");
		if (o[i].letter != 0)
			tq_buf_fmt(out, " Fl %c%s", o[i].letter,
			    o[i].name ? " ," : "");
		if (o[i].name != NULL)
			tq_buf_fmt(out, " Fl -%s", o[i].name);
		if (o[i].arg != NULL) {
			tq_buf_str(out, o[i].kind == TQ_OPT_OPTSTR ?
			    " Ns Op = Ns Ar " : " Ar ");
			put_arg(o[i].arg, out);
		}
		tq_buf_chr(out, '\n');
		put_text(o[i].help, out);
	}
}

void
tq_help_mdoc(const struct tq_tool *tool, struct tq_buf *out)
{
	tq_buf_str(out, ".Bl -tag -width Ds\n");
	put_options(tool->opts, tool->nopts, out);
	put_options(tq_opt_common, tq_opt_ncommon, out);
	tq_buf_str(out, ".El\n");
}
