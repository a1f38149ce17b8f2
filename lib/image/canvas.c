/* lib/image/canvas.c -- rows of any layout become rows of gray. */
#include "image/codec.h"

#include <string.h>

#include "image/luma.h"

/*
 * One loop a layout: ${n} pixels from ${s}, each to every ${dx}th place from
 * ${to} on.
 */
#define PUT(name, sample, channels, luma)				\
static void								\
put_##name(uint8_t *to, size_t dx, const void *px, size_t n)		\
{									\
	const sample *s = px;						\
	size_t i;							\
									\
	for (i = 0; i < n; i++, s += (channels))			\
		to[i * dx] = (luma);					\
}

PUT(gray8, uint8_t, 1, s[0])
PUT(graya8, uint8_t, 2, luma_rgba8(s[0], s[0], s[0], s[1]))
PUT(rgb8, uint8_t, 3, luma_rgb8(s[0], s[1], s[2]))
PUT(rgba8, uint8_t, 4, luma_rgba8(s[0], s[1], s[2], s[3]))
PUT(cmyk8, uint8_t, 4, luma_cmyk8(s[0], s[1], s[2], s[3]))
PUT(gray16, uint16_t, 1, luma_gray16(s[0]))
PUT(graya16, uint16_t, 2, luma_rgba16(s[0], s[0], s[0], s[1]))
PUT(rgb16, uint16_t, 3, luma_rgba16(s[0], s[1], s[2], 65535))
PUT(rgba16, uint16_t, 4, luma_rgba16(s[0], s[1], s[2], s[3]))
PUT(cmyk16, uint16_t, 4, luma_cmyk16(s[0], s[1], s[2], s[3]))

static void (*const put[])(uint8_t *, size_t, const void *, size_t) = {
	[TQ_GRAY8] = put_gray8, [TQ_GRAYA8] = put_graya8,
	[TQ_RGB8] = put_rgb8, [TQ_RGBA8] = put_rgba8,
	[TQ_CMYK8] = put_cmyk8,
	[TQ_GRAY16] = put_gray16, [TQ_GRAYA16] = put_graya16,
	[TQ_RGB16] = put_rgb16, [TQ_RGBA16] = put_rgba16,
	[TQ_CMYK16] = put_cmyk16,
};

void
tq_canvas_row(const struct tq_canvas *c, uint32_t y, uint32_t x0, uint32_t dx,
    const void *px, size_t n)
{
	uint8_t *to = c->g->px + (size_t)y * c->g->width + x0;

	if (c->layout == TQ_GRAY8 && dx == 1)
		memcpy(to, px, n);
	else
		put[c->layout](to, dx, px, n);
}
