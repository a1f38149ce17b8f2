/* lib/serve/api/filter.c -- which tasks a query means. */
#include <string.h>

#include "serve/api/inside.h"
#include "util/time.h"

#define A_TIME	"must be a time such as 2026-01-31T02:00:00Z, or as long ago as 2h"
#define A_NAME	"must be 1 to 128 of A-Z a-z 0-9 . _ : -, starting with a letter or digit"

static bool
take_status(struct sv_req *r, struct tq_filter *f, const char *v)
{
	enum tq_status s;
	size_t len;

	for (; *v != '\0'; v += len + (v[len] == ',')) {
		len = strcspn(v, ",");
		if (tq_status_parse(tq_arena_dup(&r->arena, v, len), &s) == -1)
			return false;
		f->statuses |= TQ_BIT(s);
	}
	return f->statuses != 0;
}

static bool
take_type(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->type = v;
	return tq_name_ok(v);
}

static bool
take_queue(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->queue = v;
	return tq_queue_ok(v);
}

static bool
take_group(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->group = v;
	return tq_name_ok(v);
}

static bool
take_error(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->error = v;
	return true;
}

static bool
take_error_kind(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->error_kind = v;
	return true;
}

static bool
take_label(struct sv_req *r, struct tq_filter *f, const char *v)
{
	char *key = tq_arena_str(&r->arena, v), *eq = strchr(key, '=');

	if (eq != NULL) {
		*eq = '\0';
		f->label_value = eq + 1;
	}
	f->label_key = key;
	return *key != '\0';
}

static bool
take_since(struct sv_req *r, struct tq_filter *f, const char *v)
{
	return tq_time_parse_past(v, tq_wall_ms(r->s->env), &f->since) == 0;
}

static bool
take_until(struct sv_req *r, struct tq_filter *f, const char *v)
{
	return tq_time_parse_past(v, tq_wall_ms(r->s->env), &f->until) == 0;
}

static bool
take_drained(struct sv_req *r, struct tq_filter *f, const char *v)
{
	(void)r;
	f->drained = strcmp(v, "true") == 0;
	return f->drained || strcmp(v, "false") == 0;
}

static const struct {
	const char	*name;
	bool		(*take)(struct sv_req *r, struct tq_filter *f,
			    const char *value);
	const char	*want;	/* NULL: it takes all */
} rows[] = {
	{ "status", take_status, "must be PENDING, RUNNING, RETRYING, BLOCKED, "
	    "COMPLETED, FAILED or CANCELLED, several with commas" },
	{ "type", take_type, A_NAME },
	{ "queue", take_queue, "must be 1 to 64 of A-Z a-z 0-9 _ -" },
	{ "label", take_label, "must be KEY or KEY=VALUE" },
	{ "error", take_error, NULL }, { "errorKind", take_error_kind, NULL },
	{ "group", take_group, A_NAME },
	{ "since", take_since, A_TIME }, { "until", take_until, A_TIME },
	{ "drained", take_drained, "must be true or false" },
};

const char *
sv_filter_take(struct sv_req *r, struct tq_filter *f)
{
	const char *value;
	size_t i;

	tq_key_only(r->who.key, &f->queue, &f->type);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = tq_uri_param(&r->uri, rows[i].name);
		if (value != NULL && *value == '\0')
			return tq_arena_fmt(&r->arena, "%s: must not be empty",
			    rows[i].name);
		if (value != NULL && !rows[i].take(r, f, value))
			return tq_arena_fmt(&r->arena, "%s: %s", rows[i].name,
			    rows[i].want);
	}
	if (f->until != 0 && f->since >= f->until)
		return "until: must be after since";
	return NULL;
}

const char *
sv_filter_empty(struct sv_req *r)
{
	size_t i;

	for (i = 0; i < r->uri.nparams; i++)
		if (*r->uri.params[i].value == '\0')
			return r->uri.params[i].name;
	return NULL;
}
