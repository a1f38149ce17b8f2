/* lib/serve/api/patch.c -- see patch.h. */
#include "serve/api/patch.h"

#include <string.h>

#include "task/rate.h"
#include "task/task.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/time.h"

typedef int take_fn(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err);

static int
wrong(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE, "%s", what);
}

static bool
is_null(struct tq_span v)
{
	return tq_span_eq(v, "null");
}

static int
take_paused(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	bool paused;

	(void)now;
	(void)a;
	if (!tq_json_bool(v, &paused))
		return wrong(err, "paused: must be true or false");
	p->pause = paused;
	p->resume = !paused;
	return 0;
}

static int
take_reason(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span s;

	(void)now;
	if (is_null(v)) {
		p->reason = "";
		return 0;
	}
	if (!tq_json_str(v, a, &s) || s.n > TQ_WAIT_REASON_MAX)
		return wrong(err, "reason: must be a string of at most 256 "
		    "bytes");
	p->reason = s.p;
	return 0;
}

static int
take_for(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span s;
	int64_t ms;

	if (!tq_json_str(v, a, &s) || tq_duration_parse(s.p, &ms) == -1 ||
	    ms < 1)
		return wrong(err, "for: must be a duration such as \"10m\"");
	p->until = now + ms;
	return 0;
}

static int
take_until(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span s;

	if (is_null(v)) {
		p->until = 0;
		return 0;
	}
	if (!tq_json_str(v, a, &s) || tq_time_parse(s.p, now, &p->until) ==
	    -1 || p->until <= now)
		return wrong(err, "until: must be a time to come, such as "
		    "\"2027-01-31T02:00:00Z\", or null");
	return 0;
}

static int
take_rate(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span s;
	double n;

	(void)now;
	if (is_null(v))
		p->rate = 0;
	else if (tq_json_num(v, &n) && n >= 0 && n <= 1e9)
		p->rate = n;
	else if (!tq_json_str(v, a, &s) || tq_rate_parse(s.p, &p->rate) == -1)
		return wrong(err, "rate: must be such as \"5/s\", \"30/m\" or "
		    "\"1000/h\", a number of starts a second, or null for no "
		    "limit");
	return 0;
}

static int
take_limits(struct sv_patch *p, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_json_iter it;
	struct tq_span k, max;
	int64_t n;

	(void)now;
	if (tq_json_kind(v) != TQ_JSON_OBJECT)
		return wrong(err, "limits: must be an object");
	it = tq_json_iter(v);
	while (tq_json_next(&it, &k, &max)) {
		n = 0;
		if (p->nlimits == TQ_LIMITS_PER_QUEUE || (!is_null(max) &&
		    (!tq_json_int(max, &n) || n < 0 || n > TQ_LIMIT_MAX)))
			return wrong(err, "limits: must be at most 32 types, "
			    "each with a number to 1000000, or null for no "
			    "limit");
		p->limits[p->nlimits].type = tq_arena_dup(a, k.p, k.n);
		p->limits[p->nlimits].max = (int)n;
		if (!tq_name_ok(p->limits[p->nlimits++].type))
			return wrong(err, "limits: a name is no legal type");
	}
	return 0;
}

static const struct {
	const char	*name;
	take_fn		*take;
} members[] = {
	{ "paused", take_paused }, { "reason", take_reason },
	{ "for", take_for }, { "until", take_until }, { "rate", take_rate },
	{ "limits", take_limits },
};

static int
take(struct sv_patch *p, struct tq_span key, struct tq_span v, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (tq_json_key_is(key, members[i].name))
			return members[i].take(p, v, now, a, err);
	return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE, "unknown key \"%.*s\"",
	    key.n > 64 ? 64 : (int)key.n, key.p);
}

int
sv_patch_read(struct sv_patch *p, struct tq_span json, int64_t now,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_json_iter it;
	struct tq_span k, v;

	*p = (struct sv_patch){ .until = -1, .rate = -1 };
	if (tq_json_check(json, err) == -1)
		return -1;
	if (tq_json_kind(json) != TQ_JSON_OBJECT)
		return wrong(err, "the body must be an object");
	it = tq_json_iter(json);
	while (tq_json_next(&it, &k, &v))
		if (take(p, k, v, now, a, err) == -1)
			return -1;
	if (!p->pause && (p->until > 0 || (p->reason != NULL &&
	    *p->reason != '\0')))
		return wrong(err, "paused: must be true beside reason, for "
		    "or until");
	return 0;
}

static int
limit(struct tq_control *c, const struct tq_limit *l, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < c->nlimits; i++)
		if (strcmp(c->limits[i].type, l->type) == 0)
			break;
	if (l->max == 0) {
		if (i < c->nlimits)
			c->limits[i] = c->limits[--c->nlimits];
		return 0;
	}
	if (i == TQ_LIMITS_PER_QUEUE)
		return wrong(err, "limits: the queue has 32 already");
	c->limits[i] = *l;
	if (i == c->nlimits)
		c->nlimits++;
	return 0;
}

int
sv_patch_apply(const struct sv_patch *p, struct tq_control *c,
    struct tq_err *err)
{
	size_t i;

	if (p->resume || p->pause) {
		c->until = p->until > 0 ? p->until : 0;
		if (p->resume)
			c->reason = NULL;
		else if (p->reason != NULL)
			c->reason = *p->reason == '\0' ? NULL : p->reason;
		c->paused = p->pause;
	}
	if (p->rate >= 0)
		c->rate = p->rate;
	for (i = 0; i < p->nlimits; i++)
		if (limit(c, &p->limits[i], err) == -1)
			return -1;
	return 0;
}
