/* lib/aws/config.c -- see config.h. */
#include "aws/config.h"

#include <string.h>
#include <strings.h>

#include "util/digest.h"
#include "util/env.h"
#include "util/err.h"

struct setting {
	char		*key, *value;
	struct setting	*nested;	/* newest first, as all lists here */
	struct setting	*next;
};

struct tq_aws_section {
	enum tq_aws_kind kind;
	unsigned	 file;
	const char	*name;
	bool		 prefixed;	/* [profile NAME] */
	struct setting	*settings;
	struct tq_aws_section *next;
};

struct parse {
	struct tq_aws_config *c;
	unsigned	 file;
	const char	*path;
	int		 line;
	struct tq_aws_section skipped;	/* collects what is not for us */
	struct tq_aws_section *now;	/* NULL before the first section */
};

void
tq_aws_config_path(const struct tq_env *env, unsigned file,
    struct tq_buf *out)
{
	bool config = file == TQ_AWS_IN_CONFIG;
	const char *p = tq_getenv(env, config ? "AWS_CONFIG_FILE" :
	    "AWS_SHARED_CREDENTIALS_FILE");
	const char *home = tq_getenv(env, "HOME");

	if (p == NULL)
		p = config ? "~/.aws/config" : "~/.aws/credentials";
	if (p[0] == '~' && p[1] == '/' && home != NULL) {
		tq_buf_str(out, home);
		p++;
	}
	tq_buf_str(out, p);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
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

static struct tq_span
unquote(struct tq_span s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.n - 1] == s.p[0])
		return (struct tq_span){ s.p + 1, s.n - 2 };
	return s;
}

/* Without a comment that a blank sets apart. */
static struct tq_span
strip_comment(struct tq_span s)
{
	size_t i;

	for (i = 1; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') && is_blank(s.p[i - 1])) {
			s.n = i;
			break;
		}
	return trim(s);
}

static bool
take_word(struct tq_span *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n <= n || memcmp(s->p, word, n) != 0 || !is_blank(s->p[n]))
		return false;
	*s = unquote(trim((struct tq_span){ s->p + n, s->n - n }));
	return true;
}

/* [profile default] stands for itself; a [default] beside it is ignored. */
static bool
shadowed(struct parse *p, struct tq_span name, bool prefixed)
{
	struct tq_aws_section *s;

	if (p->file != TQ_AWS_IN_CONFIG || !tq_span_eq(name, "default"))
		return false;
	for (s = p->c->sections; s != NULL; s = s->next) {
		if (s->kind != TQ_AWS_PROFILE || s->file != p->file ||
		    strcmp(s->name, "default") != 0)
			continue;
		if (s->prefixed && !prefixed)
			return true;
		if (!s->prefixed && prefixed)
			s->settings = NULL;
	}
	return false;
}

static void
open_section(struct parse *p, struct tq_span head)
{
	enum tq_aws_kind kind = TQ_AWS_PROFILE;
	struct tq_span name = head;
	bool prefixed = false, ours = true;

	if (p->file == TQ_AWS_IN_CREDENTIALS)
		name = unquote(head);
	else if (take_word(&name, "profile"))
		prefixed = true;
	else if (take_word(&name, "sso-session"))
		kind = TQ_AWS_SSO_SESSION;
	else if (take_word(&name, "services"))
		kind = TQ_AWS_SERVICES;
	else
		ours = tq_span_eq(name, "default");
	p->now = &p->skipped;
	p->skipped.settings = NULL;
	if (!ours || (kind == TQ_AWS_PROFILE && shadowed(p, name, prefixed)))
		return;
	p->now = tq_arena_alloc(&p->c->mem, sizeof(*p->now));
	*p->now = (struct tq_aws_section){ kind, p->file,
	    tq_arena_dup(&p->c->mem, name.p, name.n), prefixed, NULL,
	    p->c->sections };
	p->c->sections = p->now;
}

static bool
add_setting(struct parse *p, struct setting **list, struct tq_span line)
{
	const char *eq = memchr(line.p, '=', line.n);
	struct tq_span key, value;
	struct setting *s;

	if (eq == NULL)
		return false;
	key = trim((struct tq_span){ line.p, (size_t)(eq - line.p) });
	/* The blank before a comment may be the one after the '='. */
	value = strip_comment((struct tq_span){ eq + 1,
	    line.n - (size_t)(eq + 1 - line.p) });
	if (key.n == 0)
		return false;
	s = tq_arena_alloc(&p->c->mem, sizeof(*s));
	s->key = tq_arena_dup(&p->c->mem, key.p, key.n);
	s->value = tq_arena_dup(&p->c->mem, value.p, value.n);
	s->next = *list;
	*list = s;
	return true;
}

/* An indented line: nested below "key =", else more of a value. */
static bool
add_indented(struct parse *p, struct tq_span line)
{
	struct setting *s = p->now != NULL ? p->now->settings : NULL;
	char *old;

	if (s == NULL)
		return false;
	if (*s->value == '\0')
		return add_setting(p, &s->nested, line);
	old = s->value;
	s->value = tq_arena_fmt(&p->c->mem, "%s\n%.*s", old, (int)line.n,
	    line.p);
	tq_wipe(old, strlen(old));
	return true;
}

static bool
parse_line(struct parse *p, struct tq_span raw)
{
	bool indented = raw.n > 0 && is_blank(raw.p[0]);
	struct tq_span line = trim(raw);
	const char *end;

	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return true;
	if (indented)
		return add_indented(p, line);
	if (line.p[0] != '[')
		return p->now != NULL && add_setting(p, &p->now->settings,
		    line);
	if ((end = memchr(line.p, ']', line.n)) == NULL)
		return false;
	open_section(p, trim((struct tq_span){ line.p + 1,
	    (size_t)(end - line.p - 1) }));
	return true;
}

int
tq_aws_config_add(struct tq_aws_config *c, unsigned file, const char *path,
    struct tq_span text, struct tq_err *err)
{
	struct parse p = { .c = c, .file = file, .path = path };
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
			    "%s: line %d: want [section] or key = value",
			    path, p.line);
	}
	return 0;
}

static bool
matches(const struct tq_aws_section *s, unsigned files,
    enum tq_aws_kind kind, const char *name)
{
	return (s->file & files) != 0 && s->kind == kind &&
	    strcmp(s->name, name) == 0;
}

bool
tq_aws_config_has(const struct tq_aws_config *c, unsigned files,
    enum tq_aws_kind kind, const char *name)
{
	const struct tq_aws_section *s;

	for (s = c->sections; s != NULL; s = s->next)
		if (matches(s, files, kind, name))
			return true;
	return false;
}

static const struct setting *
find(const struct setting *s, const char *key)
{
	while (s != NULL && strcasecmp(s->key, key) != 0)
		s = s->next;
	return s;
}

static const struct setting *
lookup(const struct tq_aws_config *c, unsigned files, enum tq_aws_kind kind,
    const char *name, const char *key)
{
	const struct tq_aws_section *s;
	const struct setting *hit = NULL;
	unsigned file;

	for (file = TQ_AWS_IN_CREDENTIALS; file > 0 && hit == NULL; file /= 2)
		for (s = c->sections; s != NULL && hit == NULL; s = s->next)
			if (matches(s, files & file, kind, name))
				hit = find(s->settings, key);
	return hit;
}

const char *
tq_aws_config_get(const struct tq_aws_config *c, unsigned files,
    enum tq_aws_kind kind, const char *name, const char *key)
{
	const struct setting *s = lookup(c, files, kind, name, key);

	return s != NULL && *s->value != '\0' ? s->value : NULL;
}

const char *
tq_aws_config_sub(const struct tq_aws_config *c, enum tq_aws_kind kind,
    const char *name, const char *outer, const char *key)
{
	const struct setting *s = lookup(c, TQ_AWS_IN_BOTH, kind, name, outer);

	if (s == NULL || (s = find(s->nested, key)) == NULL ||
	    *s->value == '\0')
		return NULL;
	return s->value;
}

void
tq_aws_config_free(struct tq_aws_config *c)
{
	tq_arena_wipe(&c->mem);
	c->sections = NULL;
}
