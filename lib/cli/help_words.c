/* lib/cli/help_words.c -- see help_words.h: read from a tool's tables. */
#include "cli/help_words.h"

#include <ctype.h>
#include <string.h>

#define LOWER	"abcdefghijklmnopqrstuvwxyz-"

static bool
named(const struct tq_opt *o, const char *name)
{
	return o->name != NULL && strcmp(o->name, name) == 0;
}

/* "json|text|input", or "all" of "--drain[=all]". */
static bool
is_choice(const struct tq_opt *o)
{
	return strspn(o->arg, LOWER "|") == strlen(o->arg) &&
	    (strchr(o->arg, '|') != NULL || o->kind == TQ_OPT_OPTSTR);
}

static bool
is_file(const char *arg)
{
	return strstr(arg, "FILE") != NULL || strstr(arg, "PATH") != NULL ||
	    strcmp(arg, "DIR") == 0;
}

enum tq_place
tq_place_of(const struct tq_opt *o)
{
	if (named(o, "queue"))
		return TQ_PLACE_QUEUE;
	if (strcmp(o->arg, "TYPE") == 0 || named(o, "type"))
		return TQ_PLACE_TYPE;
	if (strncmp(o->arg, "ID", 2) == 0 && !isalnum((unsigned char)o->arg[2]))
		return TQ_PLACE_ID;
	if (named(o, "status") || is_choice(o))
		return TQ_PLACE_WORDS;
	return is_file(o->arg) ? TQ_PLACE_FILE : TQ_PLACE_OTHER;
}

const char *
tq_place_names(enum tq_place place)
{
	return place == TQ_PLACE_QUEUE ? "queues" : place == TQ_PLACE_TYPE ?
	    "types" : "ids";
}

void
tq_place_words(const struct tq_opt *o, struct tq_buf *out)
{
	const char *p;
	int s;

	if (!named(o, "status")) {
		for (p = o->arg; *p != '\0'; p++)
			tq_buf_chr(out, *p == '|' ? ' ' : *p);
		return;
	}
	for (s = 0; s < TQ_STATUS_MAX; s++)
		tq_buf_fmt(out, "%s%s", s > 0 ? " " : "",
		    tq_status_name((enum tq_status)s));
}

/* Does the list hold the word? */
static bool
listed(const struct tq_buf *list, const char *word, size_t n)
{
	size_t i;

	for (i = 0; i + n + 1 <= list->len; i++)
		if (list->data[i] == ' ' &&
		    memcmp(list->data + i + 1, word, n) == 0 &&
		    (i + 1 + n == list->len || list->data[i + 1 + n] == ' '))
			return true;
	return false;
}

/* Past "[...] [...] " at the start of a line. */
static const char *
skip_optional(const char *p)
{
	while (*p == '[') {
		p += strcspn(p, "]");
		p += *p == ']';
		p += strspn(p, ". ");
	}
	return p;
}

/* Does "Q" or "ID" stand at ${p}, behind options and brackets? */
static bool
has_operand(const char *p, enum tq_place operand)
{
	const char *name = operand == TQ_PLACE_QUEUE ? "Q" : "ID";
	size_t n = strlen(name);

	p = skip_optional(p + strspn(p, " "));
	p += strspn(p, "{");
	return strncmp(p, name, n) == 0 && !isalnum((unsigned char)p[n]);
}

/* The command words of one line, "list | top [ID]". */
static void
put_line(const char *p, enum tq_place operand, struct tq_buf *out)
{
	size_t n;

	for (p = skip_optional(p); islower((unsigned char)*p);) {
		n = strspn(p, LOWER);
		if (p[n] != ' ' && p[n] != '\0' && p[n] != '|')
			return;
		if ((operand == TQ_PLACE_OTHER || has_operand(p + n,
		    operand)) && !listed(out, p, n)) {
			tq_buf_chr(out, ' ');
			tq_buf_add(out, p, n);
		}
		p += n + strspn(p + n, " ");
		if (*p != '|')
			return;
		p += 1 + strspn(p + 1, " ");
	}
}

const char *
tq_place_commands(const struct tq_tool *tool, enum tq_place operand,
    struct tq_arena *a)
{
	struct tq_buf list = TQ_BUF_INIT(4096);
	const char *words = NULL;
	size_t i;

	for (i = 0; tool->synopsis[i] != NULL; i++)
		put_line(tool->synopsis[i], operand, &list);
	if (list.len > 0)
		words = tq_arena_dup(a, list.data, list.len);
	tq_buf_free(&list);
	return words;
}

enum tq_place
tq_place_operand(const struct tq_tool *tool)
{
	const char *p = skip_optional(tool->synopsis[0]);

	if (strncmp(p, "TYPE", 4) == 0 && !isalnum((unsigned char)p[4]))
		return TQ_PLACE_TYPE;
	return has_operand(p, TQ_PLACE_ID) ? TQ_PLACE_ID : TQ_PLACE_OTHER;
}
