/* lib/aws/config.c -- see config.h. */
#include "aws/config.h"

#include <string.h>
#include <strings.h>

#include "aws/config_inside.h"
#include "util/env.h"
#include "util/err.h"

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

int
tq_aws_config_check(const struct tq_aws_config *c, enum tq_aws_kind kind,
    const char *name, struct tq_err *err)
{
	const struct tq_aws_section *s;

	for (s = c->sections; s != NULL; s = s->next)
		if (matches(s, TQ_AWS_IN_BOTH, kind, name) && s->bad_line > 0)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "%s: line %d: want [section] or key = value",
			    s->path, s->bad_line);
	return 0;
}

static const struct tq_aws_key *
find(const struct tq_aws_section *s, const char *name)
{
	const struct tq_aws_key *k = s->keys;

	while (k != NULL && strcasecmp(k->name, name) != 0)
		k = k->next;
	return k;
}

/* In one file: of the section, or of [DEFAULT], if there is the section. */
static const struct tq_aws_key *
lookup_in(const struct tq_aws_config *c, unsigned file, enum tq_aws_kind kind,
    const char *name, const char *key)
{
	const struct tq_aws_section *s;
	const struct tq_aws_key *hit = NULL, *other = NULL;
	bool any = false;

	for (s = c->sections; s != NULL && hit == NULL; s = s->next) {
		if (matches(s, file, kind, name)) {
			any = true;
			hit = find(s, key);
		} else if (s->file == file && s->kind == TQ_AWS_DEFAULTS &&
		    other == NULL) {
			other = find(s, key);
		}
	}
	return hit != NULL ? hit : any ? other : NULL;
}

static const struct tq_aws_key *
lookup(const struct tq_aws_config *c, unsigned files, enum tq_aws_kind kind,
    const char *name, const char *key)
{
	const struct tq_aws_key *hit = NULL;

	if (files & TQ_AWS_IN_CREDENTIALS)
		hit = lookup_in(c, TQ_AWS_IN_CREDENTIALS, kind, name, key);
	if (hit == NULL && (files & TQ_AWS_IN_CONFIG))
		hit = lookup_in(c, TQ_AWS_IN_CONFIG, kind, name, key);
	return hit;
}

const char *
tq_aws_config_get(const struct tq_aws_config *c, unsigned files,
    enum tq_aws_kind kind, const char *name, const char *key)
{
	const struct tq_aws_key *k = lookup(c, files, kind, name, key);

	/* One with nested values has none of its own. */
	return k == NULL || *k->value == '\0' || *k->value == '\n' ? NULL :
	    k->value;
}

const char *
tq_aws_config_sub(const struct tq_aws_config *c, enum tq_aws_kind kind,
    const char *name, const char *outer, const char *key)
{
	const struct tq_aws_key *k = lookup(c, TQ_AWS_IN_BOTH, kind, name,
	    outer);

	if (k == NULL)
		return NULL;
	for (k = k->nested; k != NULL; k = k->next)
		if (strcmp(k->name, key) == 0)
			return *k->value != '\0' ? k->value : NULL;
	return NULL;
}

void
tq_aws_config_free(struct tq_aws_config *c)
{
	tq_arena_wipe(&c->mem);
	c->sections = NULL;
}
