/* lib/image/canvas.c -- rows of any layout become rows of gray. */
#include "image/codec.h"

#include <stdlib.h>
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

/* Bytes of a pixel. */
static const size_t pixel_bytes[] = {
	[TQ_GRAY8] = 1, [TQ_GRAYA8] = 2, [TQ_RGB8] = 3, [TQ_RGBA8] = 4,
	[TQ_CMYK8] = 4, [TQ_GRAY16] = 2, [TQ_GRAYA16] = 4, [TQ_RGB16] = 6,
	[TQ_RGBA16] = 8, [TQ_CMYK16] = 8,
};

static void
drop_transform(struct tq_canvas *c)
{
	if (c->transform != NULL)
		c->color->close(c->transform);
	free(c->scratch);
	c->transform = c->scratch = NULL;
	c->converts = false;
}

static int
begin(struct tq_canvas *c, enum tq_layout layout,
    const struct tq_profile *profile, struct tq_err *err)
{
	drop_transform(c);
	c->layout = layout;
	if (profile == NULL || c->color == NULL)
		return 0;
	c->transform = c->color->open(profile, layout, &c->converted);
	if (c->transform == NULL)
		return 0;
	c->converts = true;
	c->scratch = malloc(c->g->width * pixel_bytes[c->converted]);
	return c->scratch != NULL ? 0 : TQ_NO_MEMORY(err, TQ_AT_DECODE);
}

static void
row(struct tq_canvas *c, uint32_t y, uint32_t x0, uint32_t dx,
    const void *px, size_t n)
{
	uint8_t *to = c->g->px + (size_t)y * c->g->width + x0;

	if (c->transform != NULL) {
		c->color->convert(c->transform, px, c->scratch, n);
		put[c->converted](to, dx, c->scratch, n);
	} else if (c->layout == TQ_GRAY8 && dx == 1) {
		memcpy(to, px, n);
	} else {
		put[c->layout](to, dx, px, n);
	}
}

void
tq_canvas_init(struct tq_canvas *c, struct tq_gray *g,
    const struct tq_color_module *color)
{
	*c = (struct tq_canvas){ .g = g, .begin = begin, .row = row,
	    .color = color };
}

void
tq_canvas_free(struct tq_canvas *c)
{
	drop_transform(c);
}
