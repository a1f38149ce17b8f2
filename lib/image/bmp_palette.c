/* lib/image/bmp_palette.c -- a BMP's palette; see bmp.h. */
#include "image/bmp.h"

#include <string.h>

/*
 * The colors stop where the pixels start.  OS/2's first header does not say
 * how many there are, so there it is as many as have room.
 */
int
tq_bmp_palette(const uint8_t *p, const struct bmp *b, struct bmp_palette *out,
    struct tq_err *err)
{
	size_t entry = b->header == CORE_HEADER ? 3 : 4;
	const uint8_t *c = p + FILE_HEADER + b->header;
	size_t i, room = (b->body - FILE_HEADER - b->header) / entry;
	size_t colors = (size_t)1 << b->bits;

	if (b->colors != 0 && b->colors < colors)
		colors = b->colors;
	if (room < colors && b->header != CORE_HEADER)
		return TQ_BAD_IMAGE(err, "corrupt BMP: its pixels start "
		    "inside its palette of %zu colors", colors);
	if (room < colors)
		colors = room;
	out->n = (uint32_t)colors;
	for (i = 0; i < colors; i++, c += entry) {
		out->rgb[i][0] = c[2];
		out->rgb[i][1] = c[1];
		out->rgb[i][2] = c[0];
	}
	return 0;
}

int
tq_bmp_indexed(struct tq_canvas *c, uint32_t y, const uint8_t *index,
    const struct bmp_palette *p, uint8_t *rgb, struct tq_err *err)
{
	uint32_t x;

	for (x = 0; x < c->g->width; x++) {
		if (index[x] >= p->n)
			return TQ_BAD_IMAGE(err, "corrupt BMP: a pixel has "
			    "color %u of a palette of %u", index[x], p->n);
		memcpy(rgb + 3 * (size_t)x, p->rgb[index[x]], 3);
	}
	c->row(c, y, 0, 1, rgb, c->g->width);
	return 0;
}
