/* lib/image/orient.c -- set a picture upright. */
#include "image/codec.h"

#include <string.h>

/*
 * EXIF's eight cases are three moves: swap rows and columns (5..8), then
 * mirror left to right, then top to bottom.
 */
#define SWAPS(o)		((o) >= 5)
#define MIRRORS_ROWS(o)		((o) == 2 || (o) == 3 || (o) == 6 || (o) == 7)
#define MIRRORS_COLUMNS(o)	((o) == 3 || (o) == 4 || (o) == 7 || (o) == 8)

/* Square by square: a whole column at a time would miss the cache. */
#define TILE	32u

static void
swap_tile(const struct tq_gray *from, struct tq_gray *to, uint32_t x0,
    uint32_t y0)
{
	uint32_t x1 = x0 + TILE < from->width ? x0 + TILE : from->width;
	uint32_t y1 = y0 + TILE < from->height ? y0 + TILE : from->height;
	uint32_t x, y;

	for (x = x0; x < x1; x++)
		for (y = y0; y < y1; y++)
			to->px[(size_t)x * to->width + y] =
			    from->px[(size_t)y * from->width + x];
}

static int
swap_axes(struct tq_gray *g, struct tq_err *err)
{
	struct tq_gray to;
	uint32_t x, y;

	if (tq_gray_alloc(&to, g->height, g->width, err) == -1)
		return -1;
	for (y = 0; y < g->height; y += TILE)
		for (x = 0; x < g->width; x += TILE)
			swap_tile(g, &to, x, y);
	tq_gray_free(g);
	*g = to;
	return 0;
}

static void
mirror_rows(struct tq_gray *g)
{
	uint32_t y;

	for (y = 0; y < g->height; y++) {
		uint8_t *left = g->px + (size_t)y * g->width;
		uint8_t *right = left + g->width - 1;

		for (; left < right; left++, right--) {
			uint8_t t = *left;

			*left = *right;
			*right = t;
		}
	}
}

/* Two rows change places through a small buffer, a piece at a time. */
static void
swap_rows(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[4096];
	size_t k;

	for (; n > 0; n -= k, a += k, b += k) {
		k = n < sizeof(t) ? n : sizeof(t);
		memcpy(t, a, k);
		memcpy(a, b, k);
		memcpy(b, t, k);
	}
}

static void
mirror_columns(struct tq_gray *g)
{
	uint32_t y;

	for (y = 0; y < g->height / 2; y++)
		swap_rows(g->px + (size_t)y * g->width,
		    g->px + (size_t)(g->height - 1 - y) * g->width, g->width);
}

int
tq_orient_upright(struct tq_gray *g, int orientation, struct tq_err *err)
{
	if (SWAPS(orientation) && swap_axes(g, err) == -1)
		return -1;
	if (MIRRORS_ROWS(orientation))
		mirror_rows(g);
	if (MIRRORS_COLUMNS(orientation))
		mirror_columns(g);
	return 0;
}
