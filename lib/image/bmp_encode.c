/* lib/image/bmp_encode.c -- BMP of 256 grays. */
#include "image/codec.h"

#include <string.h>

#define FILE_HEADER	14
#define INFO_HEADER	40

static void
le32_put(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

/* The headers and a palette of 256 grays. */
static int
encode_head(const struct tq_gray *g, size_t stride, struct tq_buf *out,
    struct tq_err *err)
{
	uint8_t head[FILE_HEADER + INFO_HEADER + 256 * 4] = { 'B', 'M' };
	size_t i, pixels = stride * g->height;

	le32_put(head + 2, sizeof(head) + pixels);
	le32_put(head + 10, sizeof(head));
	le32_put(head + 14, INFO_HEADER);
	le32_put(head + 18, g->width);
	le32_put(head + 22, g->height);
	head[26] = 1;				/* planes */
	head[28] = 8;				/* bits per pixel */
	le32_put(head + 34, pixels);
	le32_put(head + 46, 256);		/* colors */
	for (i = 0; i < 256; i++)
		memset(head + FILE_HEADER + INFO_HEADER + 4 * i, (int)i, 3);
	return tq_out_add(out, head, sizeof(head), err);
}

int
tq_bmp_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	static const uint8_t padding[3];
	size_t stride = ((size_t)g->width + 3) / 4 * 4;
	uint32_t y;

	(void)quality;
	if (encode_head(g, stride, out, err) == -1)
		return -1;
	for (y = g->height; y-- > 0;) {
		if (tq_out_add(out, g->px + (size_t)y * g->width, g->width,
		    err) == -1 ||
		    tq_out_add(out, padding, stride - g->width, err) == -1)
			return -1;
	}
	return 0;
}
