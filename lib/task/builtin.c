/* lib/task/builtin.c -- see builtin.h. */
#include "task/builtin.h"

#include <string.h>

#include "util/err.h"
#include "util/json.h"
#include "util/near.h"
#include "util/str.h"

static const struct {
	const char	*type;
	const char	*members[4];	/* NULL ends */
} builtins[] = {
	{ "image.grayscale", { "format", "quality", "max_pixels" } },
	{ "text.transform", { "text" } },
	{ "simulate", { "seconds", "failure_rate" } },
	{ "http.post", { "url", "body", "headers" } },
};

/* The member that ${key} was to be; NULL when it is one, or like none. */
static const char *
meant(struct tq_span key, const char *const *members)
{
	struct tq_near near;
	size_t i;

	tq_near_start(&near, key.p, key.n);
	for (i = 0; members[i] != NULL; i++) {
		if (tq_json_key_is(key, members[i]))
			return NULL;
		tq_near_try(&near, members[i]);
	}
	return near.best;
}

static int
check_members(struct tq_span payload, const char *const *members,
    struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(payload);
	struct tq_span key, val;
	const char *m;

	while (it.object && tq_json_next(&it, &key, &val))
		if ((m = meant(key, members)) != NULL)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "payload: \"%.*s\" is not known (did you mean "
			    "\"%s\"?)", (int)key.n, key.p, m);
	return 0;
}

static const char *const *
members_of(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (strcmp(type, builtins[i].type) == 0)
			return builtins[i].members;
	return NULL;
}

bool
tq_builtin_is(const char *type)
{
	return members_of(type) != NULL;
}

int
tq_builtin_check(const char *type, struct tq_span payload, struct tq_err *err)
{
	const char *const *members = members_of(type);

	return members != NULL && payload.n > 0 &&
	    tq_json_kind(payload) == TQ_JSON_OBJECT ?
	    check_members(payload, members, err) : 0;
}
