/*
 * lib/serve/server/reader.c -- a store handle for each event loop, opened when
 * it is first needed and again when the store was away.
 */
#include <stdlib.h>

#include "serve/server/inside.h"

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
	if (rd->st == NULL && tq_store_open(s->o->store_url, s->env,
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
sv_reader_task(struct sv_req *r, const char *id, unsigned with,
    struct tq_task **out, struct tq_err *err)
{
	struct tq_store *st = sv_reader_get(r->s, err);

	if (st == NULL)
		return -1;
	if (tq_store_get(st, &id, 1, with, &r->arena, out, err) == -1) {
		sv_reader_failed(r->s, err);
		return -1;
	}
	return 0;
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
