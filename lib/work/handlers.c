/* lib/work/handlers.c -- see handlers.h. */
#include "work/handlers.h"

#include <stdlib.h>
#include <string.h>

struct tq_handler *
tq_handlers_find(const struct tq_handlers *h, const char *type)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strcmp(h->v[i].type, type) == 0)
			return &h->v[i];
	return NULL;
}

struct tq_handler *
tq_handlers_add(struct tq_handlers *h, const char *type,
    const struct tq_runner *runner, struct tq_err *err)
{
	struct tq_handler *x;

	if (tq_handlers_find(h, type) != NULL) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "type %s has two handlers", type);
		return NULL;
	}
	if ((x = realloc(h->v, (h->n + 1) * sizeof(*x))) == NULL) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM, "out of memory");
		return NULL;
	}
	h->v = x;
	x = &h->v[h->n++];
	memset(x, 0, sizeof(*x));
	x->type = type;
	x->runner = runner;
	return x;
}

void
tq_handlers_limit(struct tq_handlers *h, const char *type, int max)
{
	struct tq_limit *v;

	v = tq_must(realloc(h->limits, (h->nlimits + 1) * sizeof(*v)));
	h->limits = v;
	v[h->nlimits++] = (struct tq_limit){ type, max };
}

void
tq_handlers_free(struct tq_handlers *h)
{
	free(h->v);
	free(h->limits);
	tq_arena_free(&h->arena);
	tq_buf_free(&h->notes);
	memset(h, 0, sizeof(*h));
}
