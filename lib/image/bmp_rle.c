/* lib/image/bmp_rle.c -- a BMP's run lengths; see bmp.h. */
#include <stdlib.h>
#include <string.h>

#include "image/bmp.h"

/* Behind a zero; any other byte is the length of a run as it stands. */
enum { END_OF_ROW = 0, END_OF_PICTURE = 1, DELTA = 2 };

struct rle {
	const uint8_t	*p, *end;
	const struct bmp *b;
	uint8_t		*row;		/* indexes, a byte each */
	uint32_t	 x, up;		/* rows count from the bottom */
	uint32_t	 padded;	/* some encode a row's padding too */
	bool		 over;		/* its end has come */
	const struct bmp_palette *palette;
	struct tq_canvas *canvas;
	uint8_t		*rgb;
	struct tq_err	*err;
};

static int
truncated(struct rle *r)
{
	return TQ_BAD_IMAGE(r->err, "truncated BMP: its data ends early");
}

static int
next_row(struct rle *r)
{
	if (tq_bmp_indexed(r->canvas, r->b->height - 1 - r->up, r->row,
	    r->palette, r->rgb, r->err) == -1)
		return -1;
	memset(r->row, 0, r->b->width);
	r->x = 0;
	r->up++;
	return 0;
}

static int
put_pixels(struct rle *r, uint32_t n, const uint8_t *bytes, bool repeat)
{
	uint32_t i, at;
	uint8_t v;

	if (r->up >= r->b->height || n > r->padded - r->x)
		return TQ_BAD_IMAGE(r->err,
		    "corrupt BMP: a run leaves the picture");
	for (i = 0; i < n; i++, r->x++) {
		at = repeat ? 0 : r->b->bits == 8 ? i : i / 2;
		v = bytes[at];
		if (r->b->bits == 4)
			v = i % 2 ? v & 15 : v >> 4;
		if (r->x < r->b->width)
			r->row[r->x] = v;
	}
	return 0;
}

/* Pixels as they are, padded to an even number of bytes. */
static int
put_literal(struct rle *r, uint32_t n)
{
	size_t bytes = r->b->bits == 8 ? n : (n + 1) / 2;

	if ((size_t)(r->end - r->p) < bytes)
		return truncated(r);
	if (put_pixels(r, n, r->p, false) == -1)
		return -1;
	bytes += bytes % 2;
	r->p += bytes < (size_t)(r->end - r->p) ? bytes :
	    (size_t)(r->end - r->p);
	return 0;
}

static int
skip(struct rle *r)
{
	uint32_t x, rows;

	if (r->end - r->p < 2)
		return truncated(r);
	x = r->x + r->p[0];
	rows = r->p[1];
	r->p += 2;
	if (x > r->padded || rows > r->b->height - r->up)
		return TQ_BAD_IMAGE(r->err,
		    "corrupt BMP: a run leaves the picture");
	for (; rows > 0; rows--)
		if (next_row(r) == -1)
			return -1;
	r->x = x;
	return 0;
}

static int
step(struct rle *r)
{
	uint32_t n, code;

	/* The last row may end the file without a word. */
	if (r->end - r->p < 2)
		return r->up + 1 == r->b->height && r->x >= r->b->width ?
		    (r->over = true, 0) : truncated(r);
	n = *r->p++;
	code = *r->p++;
	if (n > 0)
		return put_pixels(r, n, r->p - 1, true);
	switch (code) {
	case END_OF_ROW:
		return r->up < r->b->height ? next_row(r) : 0;
	case END_OF_PICTURE:
		r->over = true;
		return 0;
	case DELTA:
		return skip(r);
	default:
		return put_literal(r, code);
	}
}

int
tq_bmp_rle(const uint8_t *data, size_t n, const struct bmp *b,
    const struct bmp_palette *p, struct tq_canvas *c, uint8_t *rgb,
    struct tq_err *err)
{
	struct rle r = { .p = data + b->body, .end = data + n, .b = b,
	    .palette = p, .canvas = c, .rgb = rgb, .err = err };
	int rc = 0;

	r.padded = (uint32_t)(b->stride * 8 / (size_t)b->bits);
	if ((r.row = calloc(1, b->width)) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	while (rc == 0 && !r.over)
		rc = step(&r);
	while (rc == 0 && r.up < b->height)
		rc = next_row(&r);
	free(r.row);
	return rc;
}
