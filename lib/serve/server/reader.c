/*
 * lib/serve/server/reader.c -- a store handle for each event loop, opened when
 * it is first needed and again when the store was away.
 */
#include <stdlib.h>

#include "serve/server/inside.h"
#include "util/str.h"

#define URL_MS	INT64_C(3600000)	/* how long a presigned address holds */

struct reader {
	struct tq_store	*st;
	uint64_t	 generation;
};

void
sv_reader_close(void *reader)
{
	struct reader *rd = reader;

	if (rd != NULL)
		tq_store_close(rd->st);
	free(rd);
}

struct tq_store *
sv_reader_get(struct tq_serve *s, struct tq_err *err)
{
	uint64_t now = __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE);
	struct reader *rd = pthread_getspecific(s->reader_key);

	if (rd == NULL) {
		if ((rd = calloc(1, sizeof(*rd))) == NULL) {
			tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM,
			    "out of memory");
			return NULL;
		}
		pthread_setspecific(s->reader_key, rd);
	}
	if (rd->st != NULL && rd->generation != now) {
		tq_store_close(rd->st);
		rd->st = NULL;
	}
	if (rd->st == NULL && tq_store_open(s->store_url, s->env,
	    TQ_OPEN_READ, &rd->st, err) == -1) {
		rd->st = NULL;
		sv_reader_failed(s, err);
		return NULL;
	}
	rd->generation = now;
	return rd->st;
}

bool
sv_reader_failed(struct tq_serve *s, const struct tq_err *err)
{
	static const enum tq_code about_a_task[] = { TQ_E_NOTFOUND,
	    TQ_E_NOQUEUE, TQ_E_DATA, TQ_E_TOOBIG, TQ_E_LOST, TQ_E_THROTTLED };
	size_t i;

	for (i = 0; i < sizeof(about_a_task) / sizeof(about_a_task[0]); i++)
		if (err->code == about_a_task[i])
			return false;
	__atomic_add_fetch(&s->generation, 1, __ATOMIC_ACQ_REL);
	return true;
}

int
sv_ask(struct tq_store *st, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_control ignored;
	int rc = tq_store_control_get(st, "default", &a, &ignored, err);

	tq_arena_free(&a);
	return rc;
}

const char *
sv_blob_url(struct sv_req *r, struct tq_store *st, const char *name)
{
	struct tq_buf url = TQ_BUF_INIT(16 * 1024);
	struct tq_err ignored = TQ_ERR_INIT;
	const char *out = NULL;

	if (tq_store_blob_url(st, name, URL_MS, &url, &ignored) == 0 &&
	    url.data != NULL && tq_str_starts(url.data, "http"))
		out = tq_arena_str(&r->arena, url.data);
	tq_buf_free(&url);
	return out;
}

int
sv_read_task(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	r->output_url = NULL;
	if (tq_store_get(st, &r->task_id, 1, r->with, &r->arena, &r->task,
	    err) == -1)
		return -1;
	/* What a key may not see is not there for it. */
	if (r->task != NULL && !sv_may(r, r->task->queue, r->task->type))
		r->task = NULL;
	if (r->task != NULL && r->task->output != NULL && !r->s->local)
		r->output_url = sv_blob_url(r, st, r->task->output);
	return 0;
}

int
sv_reread_task(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_arena kept = r->arena;
	int rc;

	tq_arena_reset(&r->scratch);
	r->arena = r->scratch;
	rc = sv_read_task(r, st, err);
	r->scratch = r->arena;
	r->arena = kept;
	return rc;
}
