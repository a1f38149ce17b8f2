/* lib/image/pnm_encode.c -- PGM (P5). */
#include "image/codec.h"

int
tq_pnm_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_buf head = TQ_BUF_INIT(64);
	int rc;

	(void)quality;
	if (tq_buf_fmt(&head, "P5\n%u %u\n255\n", g->width, g->height) == -1)
		rc = TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	else
		rc = tq_out_add(out, head.data, head.len, err);
	tq_buf_free(&head);
	if (rc == -1)
		return -1;
	return tq_out_add(out, g->px, (size_t)g->width * g->height, err);
}
