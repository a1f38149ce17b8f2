/* lib/serve/api/dialect_read.c -- submissions in the words of a dialect. */
#include <string.h>

#include "serve/api/dialect.h"
#include "task/input.h"
#include "util/json.h"

static int
bad(struct tq_err *err, const char *why)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s", why);
}

/* An absent member and null are the same; other kinds are wrong. */
static int
get_str(struct tq_span text, const char *key, struct tq_arena *a,
    const char **out, struct tq_err *err)
{
	struct tq_span v;

	*out = NULL;
	if (!tq_json_get(text, key, &v) || tq_json_kind(v) == TQ_JSON_NULL)
		return 0;
	if (!tq_json_str(v, a, &v))
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "%s: must be a string", key);
	*out = v.p;
	return 0;
}

static int
take_image_url(const char *url, struct tq_task *t, struct tq_err *err)
{
	enum tq_input kind = tq_input_kind(url);

	if ((kind != TQ_INPUT_HTTP && kind != TQ_INPUT_DATA) ||
	    tq_input_check(url, NULL) == -1)
		return bad(err, "inputImageUrl: must be an http://, "
		    "https:// or data: address");
	t->type = "image.grayscale";
	t->input = url;
	return 0;
}

/* JSON that stands in a string, as an older producer wrote it. */
static void
unwrap(struct tq_arena *a, struct tq_span *v)
{
	struct tq_err ignored = TQ_ERR_INIT;
	struct tq_span inner;

	if (tq_json_kind(*v) == TQ_JSON_STRING && tq_json_str(*v, a, &inner) &&
	    tq_json_check(inner, &ignored) == 0 &&
	    tq_json_kind(inner) == TQ_JSON_OBJECT)
		*v = inner;
}

static int
take_payload(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err)
{
	struct tq_span v = tq_span_of("{}");

	if ((d->forms & TQ_FORM_NAMED) != 0)
		v = tq_span_of("{\"format\":\"png\"}");
	else if (!tq_json_get(text, "payload", &v) &&
	    (d->forms & TQ_FORM_PAYLOAD) != 0)
		return bad(err, d->missing);
	if ((d->forms & TQ_FORM_JSON_TEXT) != 0)
		unwrap(a, &v);
	t->payload = tq_arena_span(a, v);
	t->payload_kind = TQ_KIND_JSON;
	t->payload_size = t->payload.n;
	return 0;
}

/* {type, payload} */
static int
take_type(const struct tq_dialect *d, struct tq_span text, struct tq_arena *a,
    struct tq_task *t, struct tq_err *err)
{
	if (get_str(text, "type", a, &t->type, err) == -1)
		return -1;
	if (t->type == NULL && d->missing != NULL)
		return bad(err, d->missing);
	if (t->type != NULL && d->alias[0] != NULL &&
	    strcmp(t->type, d->alias[0]) == 0)
		t->type = d->alias[1];
	return 0;
}

/* {inputImageUrl}; with a name it must be there. */
static int
take_image(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *url, *name = NULL;
	int rc = 0;

	if (get_str(text, "inputImageUrl", a, &url, err) == -1 ||
	    (url != NULL && take_image_url(url, t, err) == -1))
		return -1;
	if ((d->forms & TQ_FORM_NAMED) == 0)
		return 0;
	if (url == NULL)
		return bad(err, "inputImageUrl: is missing");
	if (get_str(text, "taskName", a, &name, err) == -1)
		return -1;
	if (name == NULL)
		return 0;
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, TQ_NAME_LABEL, name);
	tq_buf_chr(&b, '}');
	if (b.failed)
		rc = b.no_memory ? tq_buf_why(&b, err, TQ_AT_PARSE, "taskName") :
		    bad(err, "taskName: is too long");
	else
		t->labels = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return rc;
}

/* {taskId, payload}: what has no type yet is the demo's. */
static int
take_simulate(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err)
{
	if (get_str(text, d->id_key, a, &t->id, err) == -1)
		return -1;
	if (t->type != NULL)
		return 0;
	if (t->id == NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "%s: is missing", d->id_key);
	t->type = "simulate";
	return 0;
}

int
tq_dialect_parse(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err)
{
	if (tq_json_check(text, err) == -1)
		return -1;
	if (tq_json_kind(text) != TQ_JSON_OBJECT)
		return bad(err, "not a JSON object");
	memset(t, 0, sizeof(*t));
	t->queue = "default";
	if (((d->forms & TQ_FORM_TYPED) != 0 &&
	    take_type(d, text, a, t, err) == -1) ||
	    take_payload(d, text, a, t, err) == -1 ||
	    ((d->forms & TQ_FORM_IMAGE_URL) != 0 &&
	    take_image(d, text, a, t, err) == -1) ||
	    ((d->forms & TQ_FORM_SIMULATE) != 0 &&
	    take_simulate(d, text, a, t, err) == -1))
		return -1;
	return tq_task_check(t, err);
}
