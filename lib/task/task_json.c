/* lib/task/task_json.c -- a task from JSON; see task.h. */
#include "task/task.h"

#include <string.h>

#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"
#include "util/url.h"

struct parse {
	struct tq_task	*t;
	struct tq_arena	*a;
	int64_t		 now;
	const char	*key;
	bool		 text;		/* payloadKind: text */
	bool		 delay, at;	/* there is a delay, a notBefore */
	bool		 ended;		/* a record of a task that had ended */
	struct tq_err	*err;
};

typedef int parse_fn(struct parse *p, struct tq_span v);

static int
want(struct parse *p, const char *what)
{
	return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA, "must be %s", what);
}

static int
get_str(struct parse *p, struct tq_span v, const char **out)
{
	struct tq_span s;

	if (tq_json_kind(v) == TQ_JSON_NULL)
		return 0;
	if (!tq_json_str(v, p->a, &s))
		return want(p, "a string");
	*out = s.p;
	return 0;
}

static int
get_duration(struct parse *p, struct tq_span v, int64_t *ms)
{
	const char *s = NULL;
	double sec;

	if (tq_json_num(v, &sec) && sec >= 0 && sec < 4e9) {
		*ms = (int64_t)(sec * 1000 + 0.5);
		return 0;
	}
	if (get_str(p, v, &s) == -1 || s == NULL ||
	    tq_duration_parse(s, ms) == -1)
		return want(p, "a duration such as \"90s\" or a number of "
		    "seconds");
	return 0;
}

static int
get_time(struct parse *p, struct tq_span v, int64_t *ms)
{
	const char *s = NULL;

	if (get_str(p, v, &s) == -1 || s == NULL ||
	    tq_time_parse(s, p->now, ms) == -1)
		return want(p, "a time such as 2026-01-31T02:00:00Z");
	return 0;
}

static int
get_int(struct parse *p, struct tq_span v, int *out)
{
	int64_t n;

	if (!tq_json_int(v, &n) || n < -1000000 || n > 1000000)
		return want(p, "a whole number");
	*out = (int)n;
	return 0;
}

#define STRING_KEY(fn, field)						\
static int								\
fn(struct parse *p, struct tq_span v)					\
{									\
	return get_str(p, v, &p->t->field);				\
}

STRING_KEY(key_id, id)
STRING_KEY(key_queue, queue)
STRING_KEY(key_type, type)
STRING_KEY(key_input, input)
STRING_KEY(key_input_name, input_name)
STRING_KEY(key_group, group)
STRING_KEY(key_parent, parent)
STRING_KEY(key_traceparent, traceparent)
STRING_KEY(key_cwd, cwd)
STRING_KEY(key_umask, umask)

static int
key_key(struct parse *p, struct tq_span v)
{
	if (get_str(p, v, &p->key) == -1)
		return -1;
	if (p->key != NULL && (*p->key == '\0' ||
	    strlen(p->key) > TQ_KEY_MAX))
		return want(p, "1 to 1024 bytes");
	return 0;
}

static int
key_payload(struct parse *p, struct tq_span v)
{
	p->t->payload = v;
	p->t->payload_kind = TQ_KIND_JSON;
	return 0;
}

static int
key_payload_kind(struct parse *p, struct tq_span v)
{
	const char *s = NULL;

	if (get_str(p, v, &s) == -1 || s == NULL ||
	    (strcmp(s, "text") != 0 && strcmp(s, "json") != 0))
		return want(p, "\"json\" or \"text\"");
	p->text = s[0] == 't';
	return 0;
}

static int
key_labels(struct parse *p, struct tq_span v)
{
	struct tq_json_iter it = tq_json_iter(v);
	struct tq_span k, val;

	if (tq_json_kind(v) == TQ_JSON_NULL)
		return 0;
	if (!it.object)
		return want(p, "an object of strings");
	while (tq_json_next(&it, &k, &val))
		if (tq_json_kind(val) != TQ_JSON_STRING)
			return want(p, "an object of strings");
	p->t->labels = tq_arena_span(p->a, v);
	return 0;
}

static int
key_argv(struct parse *p, struct tq_span v)
{
	struct tq_json_iter it = tq_json_iter(v);
	struct tq_span k, val;
	int n = 0;

	if (tq_json_kind(v) != TQ_JSON_ARRAY)
		return want(p, "an array of strings");
	for (; tq_json_next(&it, &k, &val); n++)
		if (tq_json_kind(val) != TQ_JSON_STRING)
			return want(p, "an array of strings");
	if (n == 0)
		return want(p, "an array of strings, not empty");
	p->t->argv = tq_arena_span(p->a, v);
	return 0;
}

/* An id or an array of them; what they are, tq_edges_of() checks. */
static int
get_ids(struct parse *p, struct tq_span v, struct tq_span *out)
{
	if (tq_json_kind(v) == TQ_JSON_STRING) {
		*out = tq_span_of(tq_arena_fmt(p->a, "[%.*s]", (int)v.n, v.p));
		return 0;
	}
	if (tq_json_kind(v) != TQ_JSON_ARRAY)
		return want(p, "a task id, or an array of them");
	*out = tq_arena_span(p->a, v);
	return 0;
}

static int
key_after(struct parse *p, struct tq_span v)
{
	return get_ids(p, v, &p->t->after);
}

static int
key_after_ended(struct parse *p, struct tq_span v)
{
	return get_ids(p, v, &p->t->after_ended);
}

/* A URL, or an object with nothing else. */
static int
key_notify(struct parse *p, struct tq_span v)
{
	struct tq_json_iter it = tq_json_iter(v);
	struct tq_err why = TQ_ERR_INIT;
	struct tq_span k, url = v;
	bool good = true;

	if (tq_json_kind(v) == TQ_JSON_NULL)
		return 0;
	if (it.object) {
		good = tq_json_next(&it, &k, &url) &&
		    tq_json_key_is(k, "url") && !tq_json_next(&it, &k, &v);
	}
	if (!good || tq_json_kind(url) != TQ_JSON_STRING)
		return want(p, "a URL, or {\"url\": \"https://...\"}");
	if (get_str(p, url, &p->t->notify) == -1)
		return -1;
	return tq_url_check(p->t->notify, &why) == 0 ? 0 :
	    tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA, "%s", why.msg);
}

static int
key_chdir(struct parse *p, struct tq_span v)
{
	p->t->chdir = true;
	return get_str(p, v, &p->t->cwd);
}

static int
key_env(struct parse *p, struct tq_span v)
{
	if (tq_json_kind(v) != TQ_JSON_OBJECT)
		return want(p, "an object of strings");
	p->t->env = tq_arena_span(p->a, v);
	return 0;
}

static int
key_prio(struct parse *p, struct tq_span v)
{
	return get_int(p, v, &p->t->prio);
}

static int
key_max_attempts(struct parse *p, struct tq_span v)
{
	if (get_int(p, v, &p->t->max_attempts) == -1)
		return -1;
	return p->t->max_attempts < 1 ? want(p, "1 to 1000") : 0;
}

static int
key_timeout(struct parse *p, struct tq_span v)
{
	if (get_duration(p, v, &p->t->timeout_ms) == -1)
		return -1;
	return p->t->timeout_ms < 1 ? want(p, "at least 1ms") : 0;
}

static int
key_backoff(struct parse *p, struct tq_span v)
{
	if (get_duration(p, v, &p->t->backoff_ms) == -1)
		return -1;
	if (p->t->backoff_ms == 0)
		p->t->backoff_ms = -1;
	return 0;
}

static int
key_backoff_cap(struct parse *p, struct tq_span v)
{
	return get_duration(p, v, &p->t->backoff_cap_ms);
}

static int
key_delay(struct parse *p, struct tq_span v)
{
	int64_t ms = 0;

	if (get_duration(p, v, &ms) == -1)
		return -1;
	p->delay = true;
	p->t->not_before = p->now + ms;
	p->t->delay_ms = ms;
	return 0;
}

static int
key_not_before(struct parse *p, struct tq_span v)
{
	p->at = true;
	p->t->delay_ms = 0;
	return get_time(p, v, &p->t->not_before);
}

static int
key_keep(struct parse *p, struct tq_span v)
{
	if (get_duration(p, v, &p->t->keep_ms) == -1)
		return -1;
	return p->t->keep_ms < TQ_KEEP_MIN_MS ? want(p, "at least 1m") : 0;
}

static int
key_expires(struct parse *p, struct tq_span v)
{
	return get_time(p, v, &p->t->expires_at);
}

static int
key_v(struct parse *p, struct tq_span v)
{
	int64_t n;

	if (!tq_json_int(v, &n) || n < 1)
		return want(p, "a version number");
	if (n > TQ_TASK_VERSION)
		return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_NEWER,
		    "%lld is newer than this tq understands (%d)",
		    (long long)n, TQ_TASK_VERSION);
	return 0;
}

/* Passed over, but that a task which has ended has no deadline any more. */
static int
key_status(struct parse *p, struct tq_span v)
{
	enum tq_status status;
	struct tq_span s;

	p->ended = tq_json_str(v, p->a, &s) &&
	    tq_status_parse(s.p, &status) == 0 &&
	    (TQ_BIT(status) & TQ_FINISHED) != 0;
	return 0;
}

static int
key_skip(struct parse *p, struct tq_span v)
{
	(void)p;
	(void)v;
	return 0;
}

/* Every key a task may have; those with key_skip are what became of it. */
static const struct key_row {
	const char	*name;
	parse_fn	*fn;
} key_rows[] = {
	{ "type", key_type }, { "payload", key_payload },
	{ "taskId", key_id }, { "queue", key_queue },
	{ "input", key_input }, { "inputName", key_input_name },
	{ "labels", key_labels },
	{ "payloadKind", key_payload_kind }, { "key", key_key },
	{ "prio", key_prio }, { "maxAttempts", key_max_attempts },
	{ "timeout", key_timeout }, { "backoff", key_backoff },
	{ "backoffCap", key_backoff_cap }, { "delay", key_delay },
	{ "notBefore", key_not_before }, { "expiresAt", key_expires },
	{ "keep", key_keep }, { "group", key_group }, { "parent", key_parent },
	{ "traceparent", key_traceparent }, { "argv", key_argv },
	{ "after", key_after }, { "afterEnded", key_after_ended },
	{ "notify", key_notify },
	{ "cwd", key_cwd }, { "chdir", key_chdir }, { "umask", key_umask },
	{ "env", key_env }, { "envNames", key_skip },
	{ "v", key_v },
	{ "status", key_status }, { "result", key_skip },
	{ "resultKind", key_skip }, { "output", key_skip },
	{ "outputSize", key_skip }, { "attempts", key_skip },
	{ "failureReason", key_skip }, { "error", key_skip },
	{ "created", key_skip },	/* of tq-submit --json */
	{ "createdAt", key_skip }, { "updatedAt", key_skip },
	{ "startedAt", key_skip }, { "finishedAt", key_skip },
	{ "worker", key_skip }, { "leaseUntil", key_skip },
	{ "progress", key_skip }, { "cancelRequested", key_skip },
	{ "drained", key_skip }, { "held", key_skip },
	{ "history", key_skip }, { "rev", key_skip },
};

static const struct key_row *
row_find(struct tq_span key)
{
	size_t i;

	for (i = 0; i < sizeof(key_rows) / sizeof(key_rows[0]); i++)
		if (tq_json_key_is(key, key_rows[i].name))
			return &key_rows[i];
	return NULL;
}

static int
unknown_key(struct tq_span key, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(512);

	tq_visible(&b, key, 60);
	tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "unknown key \"%s\"",
	    b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
	return -1;
}

/* The payload's bytes, once it is known whether they are text. */
static int
settle_payload(struct parse *p)
{
	struct tq_task *t = p->t;

	if (p->text) {
		if (t->payload_kind != TQ_KIND_JSON ||
		    !tq_json_str(t->payload, p->a, &t->payload))
			return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA,
			    "payload: must be a string, as payloadKind is "
			    "\"text\"");
		t->payload_kind = TQ_KIND_TEXT;
	} else if (t->payload_kind == TQ_KIND_JSON) {
		t->payload = tq_arena_span(p->a, t->payload);
	} else {
		t->payload = tq_span_of("{}");
		t->payload_kind = TQ_KIND_JSON;
	}
	t->payload_size = t->payload.n;
	return 0;
}

/* Times, once all members are known. */
static int
settle_times(struct parse *p)
{
	struct tq_task *t = p->t;

	if (p->delay && p->at)
		return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA,
		    "delay and notBefore exclude each other");
	if (t->expires_at > p->now && t->expires_at <= t->not_before)
		return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA,
		    "expiresAt: is not after notBefore, so it would never run");
	if (t->expires_at == 0 || t->expires_at > p->now)
		return 0;
	if (!p->ended)
		return tq_err_set(p->err, TQ_AT_PARSE, TQ_E_DATA,
		    "expiresAt: has passed");
	t->expires_at = 0;
	return 0;
}

int
tq_task_parse(struct tq_span text, const struct tq_task *def, int64_t now,
    struct tq_arena *a, struct tq_task *t, const char **key,
    struct tq_err *err)
{
	struct parse p = { .t = t, .a = a, .now = now, .err = err };
	struct tq_json_iter it;
	const struct key_row *row;
	struct tq_span k, v, later;

	if (tq_json_check(text, err) == -1)
		return -1;
	it = tq_json_iter(text);
	if (!it.object)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "not a JSON object");
	*t = *def;
	t->payload_kind = TQ_KIND_NONE;
	while (tq_json_next(&it, &k, &v)) {
		if ((row = row_find(k)) != NULL && row->fn(&p, v) == 0)
			continue;
		/* A member unknown here may be of a later version. */
		if (tq_json_get(text, "v", &later) && key_v(&p, later) == -1)
			row = row_find(tq_span_of("v"));
		else if (row == NULL)
			return unknown_key(k, err);
		tq_err_prefix(err, "%s", row->name);
		return -1;
	}
	if (settle_payload(&p) == -1 || settle_times(&p) == -1)
		return -1;
	*key = p.key;
	return tq_task_check(t, err);
}
