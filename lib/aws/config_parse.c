/*
 * lib/aws/config_parse.c -- the lines of a config file, by the rules of
 * Python's configparser (RawConfigParser), which botocore reads them with:
 *
 * - A line that begins with # or ; is a comment, however far it is indented;
 *   there are no comments behind a value.
 * - A line that is indented further than the key above it continues its value.
 *   Else it is a [header], or a key: up to the first = or :, in any case.
 * - A value with nothing on its first line is a list of nested "key = value".
 */
#include <string.h>

#include "aws/config_inside.h"
#include "aws/words.h"
#include "util/digest.h"
#include "util/err.h"

struct parse {
	struct tq_aws_config *c;
	unsigned	 file;
	const char	*path;
	int		 line;
	size_t		 indent;	/* of the last line that began one */
	struct tq_aws_section skipped;	/* collects what is not for us */
	struct tq_aws_section *now;	/* NULL before the first section */
	struct tq_aws_key *key;		/* whose value may go on; or NULL */
	int		 key_line;
};

static bool
is_blank(char c)
{
	return c != '\0' && strchr(" \t\r\v\f", c) != NULL;
}

static struct tq_span
trim(struct tq_span s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void
bad(struct parse *p, int line)
{
	if (p->now->bad_line == 0)
		p->now->bad_line = line;
}

static struct tq_aws_key *
add_key(struct parse *p, struct tq_aws_key **list, struct tq_span name,
    struct tq_span value)
{
	struct tq_aws_key *k = tq_arena_alloc(&p->c->mem, sizeof(*k));

	*k = (struct tq_aws_key){
	    tq_arena_dup(&p->c->mem, name.p, name.n),
	    tq_arena_dup(&p->c->mem, value.p, value.n), NULL, *list };
	*list = k;
	return k;
}

/* -- values ---------------------------------------------------------------- */

/* One line more of the value; an empty one only counts before another. */
static void
continue_value(struct parse *p, struct tq_span line)
{
	struct tq_aws_key *k = p->key;
	char *old = k->value;

	k->value = tq_arena_fmt(&p->c->mem, "%s\n%.*s", old, (int)line.n,
	    line.p);
	tq_wipe(old, strlen(old));
}

static void
nest(struct parse *p, struct tq_span line)
{
	const char *eq = memchr(line.p, '=', line.n);

	if (line.n == 0)
		return;
	if (eq == NULL) {
		bad(p, p->key_line);
		return;
	}
	add_key(p, &p->key->nested,
	    trim((struct tq_span){ line.p, (size_t)(eq - line.p) }),
	    trim((struct tq_span){ eq + 1,
	    line.n - (size_t)(eq + 1 - line.p) }));
}

/* The value is complete. */
static void
end_key(struct parse *p)
{
	const char *at, *nl;
	size_t n;

	if (p->key == NULL)
		return;
	n = strlen(p->key->value);
	while (n > 0 && (is_blank(p->key->value[n - 1]) ||
	    p->key->value[n - 1] == '\n'))
		p->key->value[--n] = '\0';
	for (at = p->key->value; *at == '\n'; at = nl) {
		nl = at + 1 + strcspn(at + 1, "\n");
		nest(p, trim((struct tq_span){ at + 1,
		    (size_t)(nl - at - 1) }));
	}
	p->key = NULL;
}

/* -- sections -------------------------------------------------------------- */

/* Is ${head} "WORD NAME"?  WORD may go on: botocore looks at its beginning. */
static const char *
named(struct parse *p, const char *head, const char *word)
{
	char *words[2];

	if (strncmp(head, word, strlen(word)) != 0 ||
	    tq_aws_words(&p->c->mem, head, words, 2) != 2)
		return NULL;
	return words[1];
}

static const char *
kind_of(struct parse *p, const char *head, enum tq_aws_kind *kind)
{
	static const struct {
		const char	*word;
		enum tq_aws_kind kind;
	} kinds[] = {
		{ "profile", TQ_AWS_PROFILE },
		{ "sso-session", TQ_AWS_SSO_SESSION },
		{ "services", TQ_AWS_SERVICES },
	};
	const char *name;
	size_t i;

	*kind = strcmp(head, "DEFAULT") == 0 ? TQ_AWS_DEFAULTS :
	    TQ_AWS_PROFILE;
	if (*kind == TQ_AWS_DEFAULTS || p->file == TQ_AWS_IN_CREDENTIALS ||
	    strcmp(head, "default") == 0)
		return head;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((name = named(p, head, kinds[i].word)) != NULL) {
			*kind = kinds[i].kind;
			return name;
		}
	return NULL;
}

/*
 * Of two spellings of a name, [default] and [profile default], the later is
 * all that counts; botocore refuses a file with one header twice, whose keys
 * are taken together here.
 */
static void
drop_other_spelling(struct parse *p, const struct tq_aws_section *new)
{
	struct tq_aws_section *s;

	for (s = p->c->sections; s != NULL; s = s->next)
		if (s->file == new->file && s->kind == new->kind &&
		    strcmp(s->name, new->name) == 0 &&
		    strcmp(s->head, new->head) != 0) {
			s->keys = NULL;
			s->bad_line = 0;
		}
}

static void
open_section(struct parse *p, struct tq_span text)
{
	const char *head = tq_arena_dup(&p->c->mem, text.p, text.n), *name;
	enum tq_aws_kind kind;

	p->skipped = (struct tq_aws_section){ 0 };
	p->now = &p->skipped;
	if ((name = kind_of(p, head, &kind)) == NULL)
		return;
	p->now = tq_arena_alloc(&p->c->mem, sizeof(*p->now));
	*p->now = (struct tq_aws_section){ kind, p->file, name, head, p->path,
	    0, NULL, p->c->sections };
	drop_other_spelling(p, p->now);
	p->c->sections = p->now;
}

/* -- lines ----------------------------------------------------------------- */

/* A header's text is what stands before the last bracket. */
static void
parse_header(struct parse *p, struct tq_span line)
{
	const char *end = memrchr(line.p, ']', line.n);

	open_section(p, (struct tq_span){ line.p + 1, end != NULL ?
	    (size_t)(end - line.p - 1) : line.n - 1 });
	/* It is clear enough whose keys come now, and that they are spoilt. */
	if (end == NULL)
		bad(p, p->line);
}

static void
begin_key(struct parse *p, struct tq_span line)
{
	struct tq_span name = line;
	size_t i = 0;

	while (i < line.n && line.p[i] != '=' && line.p[i] != ':')
		i++;
	name.n = i;
	name = trim(name);
	if (i == line.n || name.n == 0) {
		bad(p, p->line);
		return;
	}
	p->key = add_key(p, &p->now->keys, name,
	    trim((struct tq_span){ line.p + i + 1, line.n - i - 1 }));
	p->key_line = p->line;
}

/* false: it is in no section. */
static bool
parse_line(struct parse *p, struct tq_span raw)
{
	struct tq_span line = trim(raw);
	size_t indent = 0;

	if (line.n > 0 && (line.p[0] == '#' || line.p[0] == ';'))
		return true;
	if (line.n == 0) {
		if (p->key != NULL)
			continue_value(p, line);
		return true;
	}
	indent = (size_t)(line.p - raw.p);
	if (p->key != NULL && indent > p->indent) {
		continue_value(p, line);
		return true;
	}
	end_key(p);
	p->indent = indent;
	if (line.p[0] == '[')
		parse_header(p, line);
	else if (p->now == NULL)
		return false;
	else
		begin_key(p, line);
	return true;
}

int
tq_aws_config_add(struct tq_aws_config *c, unsigned file, const char *path,
    struct tq_span text, struct tq_err *err)
{
	struct parse p = { .c = c, .file = file,
	    .path = tq_arena_str(&c->mem, path) };
	const char *at = text.p, *end = text.p + text.n, *nl;

	if (text.n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: holds a NUL byte", path);
	for (; at < end; at = nl + 1) {
		if ((nl = memchr(at, '\n', (size_t)(end - at))) == NULL)
			nl = end;
		p.line++;
		/* The line itself may be a secret: it is not shown. */
		if (!parse_line(&p, (struct tq_span){ at, (size_t)(nl - at) }))
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "%s: line %d: want a [section] first", path,
			    p.line);
	}
	end_key(&p);
	return 0;
}
