/*
 * lib/serve/api/form.c -- a task from a form's fields or a query: they become
 * the JSON that tq_task_parse() reads, so that one parser judges all.
 */
#include <string.h>

#include "serve/api/inside.h"
#include "task/input.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

/* Fields whose text is JSON itself; the others are strings. */
static bool
is_raw(const char *name)
{
	static const char *const raw[] = { "payload", "labels", "prio",
		"maxAttempts" };
	size_t i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strcmp(name, raw[i]) == 0)
			return true;
	return false;
}

static int
put_field(struct tq_buf *b, const struct tq_param *p, struct tq_err *err)
{
	tq_buf_chr(b, b->len > 1 ? ',' : ' ');
	tq_json_put_str(b, tq_span_of(p->name));
	tq_buf_chr(b, ':');
	if (!is_raw(p->name)) {
		tq_json_put_str(b, tq_span_of(p->value));
		return 0;
	}
	/* Alone, so that it can't smuggle other members in. */
	if (tq_json_check(tq_span_of(p->value), err) == -1) {
		tq_err_prefix(err, "%s", p->name);
		return -1;
	}
	tq_buf_str(b, p->value);
	return 0;
}

static int
put_all(struct sv_req *r, struct tq_buf *b, bool *typed, struct tq_err *err)
{
	const struct tq_param *p;
	size_t i;

	tq_buf_chr(b, '{');
	for (i = 0; i < r->uri.nparams + r->up->nfields; i++) {
		p = i < r->uri.nparams ? &r->uri.params[i] :
		    &r->up->fields[i - r->uri.nparams];
		if (strcmp(p->name, "wait") == 0)
			continue;
		*typed |= strcmp(p->name, "type") == 0;
		if (put_field(b, p, err) == -1)
			return -1;
	}
	tq_buf_chr(b, '}');
	return b->failed ? tq_buf_why(b, err, TQ_AT_PARSE,
	    "form: the fields are over the limit of 2 MiB") : 0;
}

/* Some browsers send the whole path, of Windows too. */
static const char *
file_name(struct sv_req *r)
{
	const char *s = r->up->filename, *p = s == NULL ? NULL :
	    strrchr(s, '\\');

	return s == NULL ? NULL : tq_input_name(p == NULL ? s : p + 1,
	    &r->arena);
}

/* The file's name is kept as a label, which may be given as well. */
static void
label_file(struct sv_req *r, struct tq_task *t, const char *name)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_LABELS_MAX);
	struct tq_span v;

	if (name == NULL || (t->labels.n > 0 &&
	    tq_json_get(t->labels, SV_FILE_LABEL, &v)))
		return;
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, SV_FILE_LABEL, name);
	if (t->labels.n > 2) {
		tq_buf_chr(&b, ',');
		tq_buf_add(&b, t->labels.p + 1, t->labels.n - 1);
	} else {
		tq_buf_chr(&b, '}');
	}
	/* Labels that leave no room for it matter more. */
	if (!b.failed)
		t->labels = tq_arena_span(&r->arena, tq_buf_span(&b));
	tq_buf_free(&b);
}

int
sv_form_task(struct sv_req *r, struct tq_task *t, const char **key,
    struct tq_err *err)
{
	struct tq_task def = { .queue = "default" };
	struct tq_buf b = TQ_BUF_INIT(2 * SV_JSON_MAX);
	const char *name;
	bool typed = false;
	int rc = put_all(r, &b, &typed, err);

	if (!typed)
		def.type = "image.grayscale";
	if (rc == 0)
		rc = tq_task_parse(tq_buf_span(&b), &def,
		    tq_wall_ms(r->s->env), &r->arena, t, key, err);
	tq_buf_free(&b);
	if (rc == 0 && t->input != NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "input: is the upload itself");
	if (rc == 0 && strcmp(t->type, "image.grayscale") == 0 &&
	    strncmp(tq_mime_sniff(r->up->start, r->up->start_n)->type,
	    "image/", 6) != 0)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "input: the upload is not an image");
	if (rc == -1)
		return -1;
	name = file_name(r);
	label_file(r, t, name);
	if (t->input_name == NULL)
		t->input_name = name;
	t->input_size = (int64_t)r->up->size;
	return 0;
}
