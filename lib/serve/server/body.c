/* lib/serve/server/body.c -- what is uploaded, as it comes in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "serve/server/inside.h"
#include "util/fd.h"

#define FIELDS_MAX	(1024 * 1024)

static void
fail(struct sv_req *r, const struct tq_err *err)
{
	sv_early(
	    r, tq_problem_of(err->code), tq_arena_str(&r->arena, err->msg));
}

static int
write_all(struct sv_req *r, struct tq_span d, struct tq_err *err)
{
	struct sv_upload *up = r->up;
	struct tq_store *st;
	ssize_t n;

	if (up->fd == -1) {
		if ((st = sv_reader_get(r->s, err)) == NULL ||
		    (up->fd = tq_store_blob_tmp(st, err)) == -1)
			return -1;
	}
	n = (ssize_t)(sizeof(up->start) - up->start_n);
	if (n > (ssize_t)d.n)
		n = (ssize_t)d.n;
	memcpy(up->start + up->start_n, d.p, (size_t)n);
	up->start_n += (size_t)n;
	tq_sha256_add(&up->hash, d.p, d.n);
	up->size += d.n;
	return tq_fd_write(up->fd, d) == -1 ? tq_err_sys(err, TQ_AT_STORE,
	    TQ_E_IO, errno, "upload") : 0;
}

static int
part_begin(void *arg, const struct tq_part *part, struct tq_err *err)
{
	struct sv_req *r = arg;
	struct sv_upload *up = r->up;

	up->in_file = part->filename != NULL;
	if (up->in_file) {
		if (up->has_file)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "form: has two files; a task takes one");
		up->has_file = true;
		up->filename = tq_arena_str(&r->arena, part->filename);
		return 0;
	}
	if (up->nfields == TQ_URI_PARAMS)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "form: has too many fields");
	up->name = tq_arena_str(&r->arena, part->name);
	tq_buf_clear(&up->field);
	return 0;
}

static int
part_data(void *arg, struct tq_span data, struct tq_err *err)
{
	struct sv_req *r = arg;

	if (r->up->in_file)
		return write_all(r, data, err);
	if (tq_buf_add(&r->up->field, data.p, data.n) == -1)
		return tq_buf_why(&r->up->field, err, TQ_AT_PARSE,
		    "form: a field is over the limit of 1 MiB");
	return 0;
}

static int
part_end(void *arg, struct tq_err *err)
{
	struct sv_req *r = arg;
	struct sv_upload *up = r->up;
	struct tq_span v = tq_buf_span(&up->field);

	if (up->in_file)
		return 0;
	if (v.n > 0 && memchr(v.p, '\0', v.n) != NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "form: a field holds NUL");
	up->fields[up->nfields++] = (struct tq_param){ up->name,
	    tq_arena_dup(&r->arena, v.p, v.n) };
	return 0;
}

static const struct tq_multipart_fn part_fn = { part_begin, part_data,
	part_end };

static bool
begin_upload(struct sv_req *r, const char *type)
{
	struct tq_err err = TQ_ERR_INIT;
	struct sv_upload *up = tq_arena_alloc(&r->arena, sizeof(*up));

	up->fd = -1;
	up->field.max = FIELDS_MAX;
	tq_sha256_init(&up->hash);
	r->up = up;
	r->body_max = SV_UPLOAD_MAX;
	sv_conn_deadline(r, SV_UPLOAD_MS);
	if (!tq_media_is(type, "multipart/form-data")) {
		up->has_file = true;
		return true;
	}
	up->is_form = true;
	r->body_max += FIELDS_MAX;
	if (tq_multipart_init(&up->form, type, &part_fn, r, &err) == 0)
		return true;
	fail(r, &err);
	return false;
}

/* The media types that a route takes; the first is the usual one. */
static const struct media {
	enum tq_body	 kind;
	const char	*type;
} medias[] = {
	{ TQ_BODY_JSON, "application/json" },
	{ TQ_BODY_JSON, "application/merge-patch+json" },
	{ TQ_BODY_TASK, "application/json" },
	{ TQ_BODY_TASK, "image/" },
	{ TQ_BODY_TASK, "application/octet-stream" },
	{ TQ_BODY_TASK, "multipart/form-data" },
	{ TQ_BODY_NDJSON, "application/x-ndjson" },
	{ TQ_BODY_NDJSON, "application/ndjson" },
	{ TQ_BODY_NDJSON, "application/jsonl" },
};

/* Is ${type} taken?  If not, *usual is what to send instead. */
static bool
media_ok(enum tq_body kind, const char *type, const char **usual)
{
	size_t i;

	*usual = NULL;
	for (i = 0; i < sizeof(medias) / sizeof(medias[0]); i++) {
		if (medias[i].kind != kind)
			continue;
		if (tq_media_is(type, medias[i].type))
			return true;
		if (*usual == NULL)
			*usual = medias[i].type;
	}
	return kind == TQ_BODY_NONE || kind == TQ_BODY_ANY;
}

static bool
no_bytes(struct sv_req *r)
{
	return sv_early(r, TQ_P_DATA, "input: the upload has no file, or an "
	    "empty one");
}

bool
sv_body_begin(struct sv_req *r, const struct tq_guard *g)
{
	const char *type = sv_header(r, "Content-Type");
	const char *coding = sv_header(r, "Content-Encoding");
	enum tq_body kind = r->route->body;
	const char *usual;

	if (!r->has_body)
		return kind != TQ_BODY_TASK || type == NULL ||
		    tq_media_is(type, "application/json") ||
		    no_bytes(r);
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return sv_early(r, TQ_P_MEDIA, "Content-Encoding: must be "
		    "identity");
	if (!media_ok(kind, type, &usual))
		return sv_early(r, TQ_P_MEDIA, tq_arena_fmt(&r->arena,
		    "Content-Type \"%s\" is not taken here; send %s", type !=
		    NULL ? type : "", usual));
	r->body_max = kind == TQ_BODY_NDJSON ? SV_NDJSON_MAX :
	    SV_JSON_MAX;
	r->body.max = r->body_max;
	if (kind == TQ_BODY_TASK && !tq_media_is(type, "application/json") &&
	    !begin_upload(r, type))
		return false;
	if (g->length > r->body_max)
		return sv_early(r, TQ_P_TOO_BIG, tq_arena_fmt(&r->arena,
		    "the body is over the limit of %llu MiB%s",
		    (unsigned long long)r->body_max >> 20, r->up != NULL &&
		    r->s->offers ? "; POST /v1/uploads gives an address for "
		    "a larger one" : ""));
	return true;
}

bool
sv_body_unread(struct sv_req *r)
{
	return sv_early(r, TQ_P_DATA, "the body is not read here: what is "
	    "meant stands in the address");
}

static void
take(struct sv_req *r, struct tq_span data)
{
	struct tq_err err = TQ_ERR_INIT;
	uint64_t all;

	if (r->up != NULL) {
		if ((r->up->is_form ? tq_multipart_feed(&r->up->form, data,
		    &err) : write_all(r, data, &err)) == -1)
			fail(r, &err);
		return;
	}
	all = __atomic_add_fetch(&r->s->buffered, data.n, __ATOMIC_RELAXED);
	if (all > SV_BUFFERED_MAX || tq_buf_add(&r->body, data.p,
	    data.n) == -1) {
		__atomic_sub_fetch(&r->s->buffered, data.n, __ATOMIC_RELAXED);
		sv_early(r, TQ_P_UNAVAILABLE, "too much is being uploaded at "
		    "once");
	}
}

void
sv_body_data(struct sv_req *r, struct tq_span data)
{
	r->body_seen += data.n;
	/* A chunked body says its size only by arriving. */
	if (r->body_seen > r->body_max && r->status == 0)
		sv_conn_raw(r, TQ_P_TOO_BIG, tq_problems[TQ_P_TOO_BIG].title);
	if (!r->early && r->status == 0)
		take(r, data);
}

/* A filter in a body that nobody reads would be believed: all tasks purged. */
static bool
heeded(struct sv_req *r)
{
	const char *p = r->body.data;
	size_t i, n = r->body.len;
	int braces = 0;

	if (r->route->body != TQ_BODY_NONE || r->route->dialect != NULL)
		return true;
	/* An empty object, as clients send where there is nothing to say. */
	for (i = 0; i < n; i++) {
		if (p[i] == "{}"[braces] && braces < 2)
			braces++;
		else if (p[i] == '\0' || strchr(" \t\r\n", p[i]) == NULL)
			break;
	}
	return (i == n && braces != 1) || sv_body_unread(r);
}

bool
sv_body_end(struct sv_req *r)
{
	struct tq_err err = TQ_ERR_INIT;

	if (r->up == NULL)
		return heeded(r);
	if (r->up->is_form && tq_multipart_end(&r->up->form, &err) == -1) {
		fail(r, &err);
		return false;
	}
	return (r->up->has_file && r->up->size > 0) || no_bytes(r);
}

void
sv_body_free(struct sv_req *r)
{
	if (r->up != NULL) {
		if (r->up->fd != -1)
			close(r->up->fd);
		tq_multipart_free(&r->up->form);
		tq_buf_free(&r->up->field);
	}
	if (r->body.len > 0)
		__atomic_sub_fetch(&r->s->buffered, r->body.len,
		    __ATOMIC_RELAXED);
	tq_buf_free(&r->body);
}
