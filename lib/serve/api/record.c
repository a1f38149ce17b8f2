/* lib/serve/api/record.c -- a task's record as it is answered. */
#include "serve/api/inside.h"
#include "util/json.h"
#include "util/str.h"

#define URL_MS	INT64_C(3600000)	/* how long a presigned address holds */

static bool
presigned(struct sv_req *r, const struct tq_task *t, struct tq_buf *url)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = sv_reader_get(r->s, &err);

	return st != NULL && !tq_str_starts(tq_store_name(st), "sqlite:") &&
	    tq_store_blob_url(st, t->output, URL_MS, url, &err) == 0 &&
	    url->data != NULL && tq_str_starts(url->data, "http");
}

void
sv_task_write(struct sv_req *r, const struct tq_task *t, struct tq_buf *b)
{
	struct tq_buf url = TQ_BUF_INIT(16 * 1024);

	tq_task_write(t, b);
	if (t->output == NULL || b->failed)
		return;
	b->data[--b->len] = '\0';	/* its closing brace */
	if (r == NULL || !presigned(r, t, &url)) {
		tq_buf_clear(&url);
		tq_buf_fmt(&url, "/v1/tasks/%s/output", t->id);
	}
	tq_json_member_str(b, "outputUrl", url.data);
	tq_buf_chr(b, '}');
	tq_buf_free(&url);
}
