/* lib/cli/help.c -- see help.h. */
#include "cli/help.h"
#include "cli/opt.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define HELP_WIDTH	80
#define LEFT_MAX	30

static void
put_left(const struct tq_opt *o, struct tq_buf *out)
{
	if (o->letter != 0)
		tq_buf_fmt(out, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		tq_buf_str(out, "      ");
	if (o->name != NULL)
		tq_buf_fmt(out, "--%s", o->name);
	if (o->arg != NULL && o->kind == TQ_OPT_OPTSTR)
		tq_buf_fmt(out, "[=%s]", o->arg);
	else if (o->arg != NULL)
		tq_buf_fmt(out, " %s", o->arg);
}

static size_t
left_width(const struct tq_opt *o)
{
	size_t n = 6;

	if (o->name != NULL)
		n += 2 + strlen(o->name);
	if (o->arg != NULL)
		n += strlen(o->arg) + (o->kind == TQ_OPT_OPTSTR ? 3 : 1);
	return n;
}

static void
put_blanks(struct tq_buf *out, size_t n)
{
	while (n-- > 0)
		tq_buf_chr(out, ' ');
}

/* The next word's length; "[--label K=V]" is one. */
static size_t
word_length(const char *s)
{
	size_t n;
	int depth = 0;

	for (n = 0; s[n] != '\0' && (s[n] != ' ' || depth > 0); n++) {
		if (s[n] == '[' || s[n] == '{')
			depth++;
		else if (s[n] == ']' || s[n] == '}')
			depth--;
	}
	return n;
}

/* Put words from column ${from} on, where the line stands at ${at}. */
static void
put_wrapped(const char *s, size_t from, size_t at, struct tq_buf *out)
{
	size_t n;
	bool first = true;

	while (*s != '\0') {
		n = word_length(s);
		if (!first && at + 1 + n > HELP_WIDTH) {
			tq_buf_chr(out, '\n');
			at = 0;
			first = true;
		}
		if (first) {
			put_blanks(out, from - at);
			at = from;
		} else {
			tq_buf_chr(out, ' ');
			at++;
		}
		tq_buf_add(out, s, n);
		at += n;
		first = false;
		s += n + strspn(s + n, " ");
	}
	tq_buf_chr(out, '\n');
}

static void
put_options(const struct tq_opt *opts, size_t n, size_t from,
    struct tq_buf *out)
{
	size_t i, at;

	for (i = 0; i < n; i++) {
		put_left(&opts[i], out);
		at = left_width(&opts[i]);
		if (at + 2 > from) {
			tq_buf_chr(out, '\n');
			at = 0;
		}
		put_wrapped(opts[i].help, from, at, out);
	}
}

/* Each name and letter once, among the common ones too. */
static void
check_table(const struct tq_tool *tool)
{
	size_t i, j, n = tool->nopts + tq_opt_ncommon;
	const struct tq_opt *a, *b;

	for (i = 0; i < n; i++)
		for (j = 0; j < i && j < tool->nopts; j++) {
			a = i < tool->nopts ? &tool->opts[i] :
			    &tq_opt_common[i - tool->nopts];
			b = &tool->opts[j];
			assert(a->letter == 0 || a->letter != b->letter);
			assert(a->name == NULL || b->name == NULL ||
			    strcmp(a->name, b->name) != 0);
			(void)a, (void)b;
		}
}

void
tq_help_text(const struct tq_tool *tool, struct tq_buf *out)
{
	size_t i, w, at, from = 0;

	check_table(tool);
	at = strlen("usage: ") + strlen(tool->name) + 1;
	for (i = 0; tool->synopsis[i] != NULL; i++) {
		tq_buf_fmt(out, "%s %s ", i == 0 ? "usage:" : "      ",
		    tool->name);
		put_wrapped(tool->synopsis[i], at, at, out);
	}
	tq_buf_fmt(out, "\n%c%s.\n\n", toupper((unsigned char)tool->summary[0]),
	    tool->summary + 1);
	for (i = 0; i < tool->nopts + tq_opt_ncommon; i++) {
		w = left_width(i < tool->nopts ? &tool->opts[i] :
		    &tq_opt_common[i - tool->nopts]);
		if (w > from && w <= LEFT_MAX)
			from = w;
	}
	from += 2;
	put_options(tool->opts, tool->nopts, from, out);
	if (tool->nopts > 0)
		tq_buf_chr(out, '\n');
	put_options(tq_opt_common, tq_opt_ncommon, from, out);
}

int
tq_help_write(const struct tq_tool *tool, const char *how, struct tq_buf *out)
{
	static const struct {
		const char	*how;
		void		(*write)(const struct tq_tool *,
				    struct tq_buf *);
	} forms[] = {
		{ "", tq_help_text }, { "mdoc", tq_help_mdoc },
		{ "bash", tq_help_bash }, { "zsh", tq_help_zsh },
		{ "fish", tq_help_fish },
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(how, forms[i].how) == 0) {
			forms[i].write(tool, out);
			return 0;
		}
	return -1;
}
