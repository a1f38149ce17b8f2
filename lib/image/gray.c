/* lib/image/gray.c -- the gray picture, and the file it becomes. */
#include "image/codec.h"

#include <stdlib.h>

int
tq_gray_alloc(struct tq_gray *g, uint32_t width, uint32_t height,
    struct tq_err *err)
{
	uint8_t *px = calloc(height, width);

	if (px == NULL)
		return tq_err_set(err, TQ_AT_DECODE, TQ_E_NOMEM,
		    "%ux%u pixels: out of memory", width, height);
	*g = (struct tq_gray){ .width = width, .height = height, .px = px };
	return 0;
}

void
tq_gray_free(struct tq_gray *g)
{
	free(g->px);
	g->px = NULL;
}

int
tq_out_add(struct tq_buf *out, const void *data, size_t n, struct tq_err *err)
{
	if (n > out->max || out->len > out->max - n)
		return tq_err_set(err, TQ_AT_PROCESS, TQ_E_TOOBIG,
		    "the gray picture is over the limit of %zu bytes",
		    out->max);
	if (tq_buf_add(out, data, n) == -1)
		return TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	return 0;
}
