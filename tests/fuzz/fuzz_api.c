/*
 * tests/fuzz/fuzz_api.c -- any bytes as what a client sends to the API of tq-serve,
 * beside what fuzz_http, fuzz_multipart, fuzz_task and fuzz_cursor read: a PATCH of a
 * queue, a submission in a dialect, a filter, the fields of a form, a cookie; and the
 * file of keys.  The first byte chooses.
 *
 * Beyond "no crash": a refusal says why, in a document that is JSON, with a pointer
 * if any; what is taken is within its bounds, and is shown as JSON.
 */
#include "fuzz.h"

#include "serve/api/inside.h"
#include "serve/api/patch.h"
#include "serve/server/keys_inside.h"
#include "store/filter.h"
#include "util/json.h"

#define NOW	INT64_C(1790000000000)

static void
check_json(const struct tq_buf *b)
{
	MUST(!b->failed && tq_json_check(tq_buf_span(b), NULL) == 0);
}

/* What is answered for it, by our own routes. */
static void
refused(const struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 16);
	char pointer[64];
	bool has = tq_problem_pointer(err->msg, pointer, sizeof(pointer));

	MUST(err->msg[0] != '\0' && err->code != TQ_E_BUG);
	MUST(!has || (pointer[0] == '/' && strlen(pointer) < sizeof(pointer)));
	tq_problem_write(&b, tq_problem_of(err->code), err->msg,
	    has ? pointer : NULL, "r");
	check_json(&b);
	tq_buf_free(&b);
}

static void
patch(struct tq_span in, struct tq_arena *a)
{
	struct tq_control c = { .queue = "q", .nlimits = 2,
	    .limits = { { "a", 1 }, { "b", 2 } } };
	struct tq_buf b = TQ_BUF_INIT(1 << 16);
	struct tq_err err = TQ_ERR_INIT;
	struct sv_patch p;
	size_t i;

	if (sv_patch_read(&p, in, NOW, a, &err) == -1 ||
	    sv_patch_apply(&p, &c, &err) == -1) {
		refused(&err);
		return;
	}
	MUST(c.rate >= 0 && c.rate <= 1e9 && c.until >= 0);
	MUST(c.nlimits <= TQ_LIMITS_PER_QUEUE);
	for (i = 0; i < c.nlimits; i++)
		MUST(tq_name_ok(c.limits[i].type) && c.limits[i].max > 0 &&
		    c.limits[i].max <= TQ_LIMIT_MAX);
	tq_control_write(&c, &b);
	check_json(&b);
	tq_buf_free(&b);
}

static void
show(const struct tq_dialect *d, struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	int status;

	if (t->id == NULL)
		t->id = "x";
	tq_dialect_accepted(d, t, "", &b);
	check_json(&b);
	for (status = 0; status < TQ_STATUS_MAX; status++) {
		t->status = (enum tq_status)status;
		tq_buf_clear(&b);
		tq_dialect_task(d, t, "/tq", &b);
		check_json(&b);
	}
	tq_buf_free(&b);
}

/* The second byte says in which. */
static void
dialect(struct tq_span in, struct tq_arena *a)
{
	const struct tq_dialect *d = &tq_dialects[
	    (unsigned char)in.p[0] % TQ_D_MAX];
	struct tq_buf b = TQ_BUF_INIT(1 << 16);
	struct tq_err err = TQ_ERR_INIT;
	const char *type = NULL;
	struct tq_task t;

	in = (struct tq_span){ in.p + 1, in.n - 1 };
	if (tq_dialect_parse(d, in, a, &t, &err) == 0) {
		MUST(tq_task_check(&t, NULL) == 0);
		MUST(tq_json_check(t.payload, NULL) == 0);
		show(d, &t);
		return;
	}
	refused(&err);
	tq_dialect_error(d, tq_problem_of(err.code), err.msg, err.msg, NOW,
	    &b, &type);
	MUST(b.len == 0 || strstr(type, "json") == NULL ||
	    tq_json_check(tq_buf_span(&b), NULL) == 0);
	tq_buf_free(&b);
}

/* A request for "/?${query}"; false: it is refused before. */
static bool
asked(struct sv_req *r, struct tq_serve *s, const char *query)
{
	s->env = &tq_env_system;
	r->s = s;
	return tq_uri_parse(tq_arena_fmt(&r->arena, "/?%s", query), &r->arena,
	    &r->uri, NULL) == 0;
}

static void
filter(struct sv_req *r)
{
	struct tq_task t = { .id = "x", .type = "a", .queue = "q",
	    .labels = tq_span_of("{\"a\":\"b\"}"), .status = TQ_FAILED,
	    .created_at = NOW, .reason = "exec: a exited with status 3" };
	struct tq_filter f = { 0 };
	const char *bad = sv_filter_take(r, &f);

	if (bad != NULL) {
		MUST(strchr(bad, ':') != NULL);
		return;
	}
	MUST(f.type == NULL || tq_name_ok(f.type));
	MUST(f.queue == NULL || tq_queue_ok(f.queue));
	MUST(f.label_key == NULL || f.label_key[0] != '\0');
	MUST(f.until == 0 || f.since < f.until);
	tq_filter_passes(&f, &t);
}

/* Fields of a form beside the query, "NAME=VALUE" a line. */
static void
form(struct sv_req *r, char *lines)
{
	struct sv_upload up = { .filename = "C:\\a/b.png", .start = "P5 1 1",
	    .start_n = 6 };
	struct tq_err err = TQ_ERR_INIT;
	const char *key = NULL;
	struct tq_task t;
	char *line, *value;

	r->up = &up;
	while ((line = strsep(&lines, "\n")) != NULL &&
	    up.nfields < TQ_URI_PARAMS)
		if ((value = strchr(line, '=')) != NULL) {
			*value++ = '\0';
			up.fields[up.nfields++] = (struct tq_param){ line,
			    value };
		}
	if (sv_form_task(r, &t, &key, &err) == -1) {
		refused(&err);
		return;
	}
	MUST(tq_task_check(&t, NULL) == 0);
	MUST(t.labels.n == 0 || tq_json_check(t.labels, NULL) == 0);
}

static void
keys(struct tq_span in)
{
	struct tq_err err = TQ_ERR_INIT;
	const char *queue, *type;
	struct tq_keys *k;
	struct tq_who who;
	size_t i;

	if (tq_keys_parse(in, &k, &err) == -1) {
		MUST(err.code == TQ_E_CONFIG && err.msg[0] != '\0');
		return;
	}
	for (i = 0; i < k->n; i++) {
		MUST(tq_keys_match(k, k->v[i].id, k->v[i].hash, &who));
		MUST(who.key == &k->v[i] && who.scopes != 0);
		tq_key_only(who.key, &queue, &type);
		MUST(queue == NULL || tq_key_may(who.key, queue, type));
		MUST(tq_key_pace(who.key, NOW));
	}
	tq_keys_free(k);
}

static void
cookie(const char *s)
{
	char out[TQ_SESSION_TEXT];

	if (tq_cookie(s, "tq", out, sizeof(out)))
		MUST(strlen(out) < sizeof(out) && strstr(s, out) != NULL &&
		    strpbrk(out, "; \t") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct tq_serve s;
	struct sv_req r = { .arena = TQ_ARENA_INIT };
	struct tq_span in;
	char *text, *rest;

	if (n < 2)
		return 0;
	text = rest = fuzz_string(data + 1, n - 1);
	in = (struct tq_span){ text, n - 1 };
	switch (data[0]) {
	case 'p': patch(in, &r.arena); break;
	case 'd': dialect(in, &r.arena); break;
	case 'k': keys(in); break;
	case 'c': cookie(text); break;
	case 'q':
		if (asked(&r, &s, text))
			filter(&r);
		break;
	case 'f':
		if (asked(&r, &s, strsep(&rest, "\n")))
			form(&r, rest);
		break;
	}
	free(text);
	tq_arena_free(&r.arena);
	return 0;
}
