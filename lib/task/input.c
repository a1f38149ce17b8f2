/* lib/task/input.c -- see input.h. */
#include "task/input.h"

#include <string.h>

#include "task/task.h"
#include "util/err.h"
#include "util/limits.h"
#include "util/s3url.h"
#include "util/str.h"
#include "util/url.h"

const char *
tq_blob_name(const char *ref)
{
	return ref != NULL && tq_str_starts(ref, "blob:") ?
	    ref + strlen("blob:") : NULL;
}

enum tq_input
tq_input_kind(const char *s)
{
	static const struct {
		const char	*scheme;
		enum tq_input	 kind;
	} rows[] = {
		{ "http://", TQ_INPUT_HTTP }, { "https://", TQ_INPUT_HTTP },
		{ "s3://", TQ_INPUT_S3 }, { "data:", TQ_INPUT_DATA },
	};
	size_t i;

	/* A name of ours, and no URL: as it is written. */
	if (tq_blob_name(s) != NULL)
		return TQ_INPUT_BLOB;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tq_str_scheme(s, rows[i].scheme))
			return rows[i].kind;
	return TQ_INPUT_OTHER;
}

/* An address in a message is shown escaped and cut: it may be anything. */
static int
bad_address(struct tq_err *err, const char *s, const char *rule)
{
	struct tq_buf b = TQ_BUF_INIT(1024);

	tq_visible(&b, tq_span_of(s), 60);
	tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "input \"%s\": must be %s",
	    b.data == NULL ? "" : b.data, rule);
	tq_buf_free(&b);
	return -1;
}

/* QUEUE/TASKID/...: no part is empty or hidden. */
static bool
blob_ok(const char *name)
{
	const char *p;
	int parts = 1;

	for (p = name; ; p++, parts++) {
		if (*p == '\0' || *p == '.' || *p == '/')
			return false;
		if ((p = strchr(p, '/')) == NULL)
			return parts >= 3;
	}
}

int
tq_input_check(const char *s, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;

	if (strnlen(s, TQ_PAYLOAD_MAX + 1) > TQ_PAYLOAD_MAX)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_TOOBIG,
		    "input: the address is over the limit of 16 MiB");
	switch (tq_input_kind(s)) {
	case TQ_INPUT_BLOB:
		return blob_ok(tq_blob_name(s)) ? 0 : bad_address(err, s,
		    "blob:QUEUE/TASKID/NAME, as a record shows it");
	case TQ_INPUT_HTTP:
		if (tq_url_check(s, &why) == 0)
			return 0;
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "input: %s",
		    why.msg);
	case TQ_INPUT_S3:
		return tq_s3url(s, NULL, NULL) ? 0 : bad_address(err, s,
		    "s3://BUCKET/KEY with names that S3 takes");
	case TQ_INPUT_DATA:
		return 0;
	case TQ_INPUT_OTHER:
		break;
	}
	return bad_address(err, s,
	    "a blob:, http(s)://, s3:// or data: address");
}

bool
tq_input_name_ok(const char *s)
{
	size_t n = strnlen(s, TQ_INPUT_NAME_MAX + 1), i, len;

	if (n == 0 || n > TQ_INPUT_NAME_MAX || strchr(s, '/') != NULL ||
	    strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (i = 0; i < n; i += len)
		if ((len = tq_printable_len(s + i, n - i)) == 0)
			return false;
	return true;
}

const char *
tq_input_name(const char *path, struct tq_arena *a)
{
	const char *slash = strrchr(path, '/');
	char *name = tq_arena_str(a, slash == NULL ? path : slash + 1), *p;
	size_t len;

	for (p = name; *p != '\0'; p += len == 0 ? 1 : len)
		if ((len = tq_printable_len(p, strlen(p))) == 0)
			*p = '_';
	return tq_input_name_ok(name) ? name : NULL;
}

bool
tq_task_names_blob(const struct tq_task *t, const char *name)
{
	const char *const refs[] = { t->input, t->output, t->log,
	    t->out_log };
	const char *its;
	size_t i;

	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
		if ((its = tq_blob_name(refs[i])) != NULL &&
		    strcmp(its, name) == 0)
			return true;
	return false;
}

/* QUEUE/TASKID/...? */
static bool
is_own(const struct tq_task *t, const char *blob)
{
	size_t n = strlen(t->queue), m = strlen(t->id);

	return strncmp(blob, t->queue, n) == 0 && blob[n] == '/' &&
	    strncmp(blob + n + 1, t->id, m) == 0 && blob[n + 1 + m] == '/';
}

size_t
tq_task_own_blobs(const struct tq_task *t, const char *refs[TQ_OWN_BLOBS])
{
	const char *const all[TQ_OWN_BLOBS] = { t->input, t->output, t->log,
	    t->out_log };
	const char *its;
	size_t i, n = 0;

	for (i = 0; i < TQ_OWN_BLOBS; i++)
		if ((its = tq_blob_name(all[i])) != NULL && is_own(t, its))
			refs[n++] = all[i];
	return n;
}
