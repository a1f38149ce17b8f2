/* lib/image/bmp.h -- a BMP's header, for bmp*.c. */
#ifndef TQ_IMAGE_BMP_H
#define TQ_IMAGE_BMP_H

#include "image/codec.h"

#define FILE_HEADER	14
#define INFO_HEADER	40
#define CORE_HEADER	12	/* OS/2 1: 16-bit sizes, 3-byte colors */

struct bmp {
	uint32_t	width, height;
	bool		top_down;
	int		bits;		/* per pixel */
	uint32_t	header;		/* its size, without the file header */
	uint32_t	compression;
	uint32_t	colors;		/* of the palette; 0: all of them */
	uint32_t	body;		/* where the pixels start */
	uint32_t	file;		/* bytes of it all; 0: not said */
	size_t		stride;		/* bytes a row, with padding */
};

enum { BI_RGB = 0, BI_RLE8 = 1, BI_RLE4 = 2, BI_BITFIELDS = 3,
	BI_ALPHABITFIELDS = 6 };

/* The colors of a palette, and how many there are. */
struct bmp_palette {
	uint8_t		rgb[256][3];
	uint32_t	n;
};

/*
 * tq_bmp_head(p, n, b, err):
 * Read the headers.  Fails, naming what it is, for a coding that is not read.
 */
int tq_bmp_head(const uint8_t *p, size_t n, struct bmp *b,
    struct tq_err *err);

/*
 * tq_bmp_palette(p, b, out, err):
 * Read the palette, of which all must stand before the pixels.
 */
int tq_bmp_palette(const uint8_t *p, const struct bmp *b,
    struct bmp_palette *out, struct tq_err *err);

/*
 * tq_bmp_profile(file, n, b):
 * The colors by a header of version 4 or 5; a profile is a part of
 * ${file}.  One in another file is not looked for.
 */
struct tq_profile tq_bmp_profile(const uint8_t *file, size_t n,
    const struct bmp *b);

/*
 * tq_bmp_indexed(c, y, index, p, rgb, err):
 * Paint row ${y} of palette indexes; ${rgb} has room for the row's colors.
 * Fails when an index is beyond the palette.
 */
int tq_bmp_indexed(struct tq_canvas *c, uint32_t y,
    const uint8_t *index, const struct bmp_palette *p, uint8_t *rgb,
    struct tq_err *err);

/*
 * tq_bmp_rle(data, n, b, p, c, rgb, err):
 * Paint the run lengths of 4 or 8 bits at b->body.  Pixels left out have
 * index 0, as other readers have it.
 */
int tq_bmp_rle(const uint8_t *data, size_t n, const struct bmp *b,
    const struct bmp_palette *p, struct tq_canvas *c, uint8_t *rgb,
    struct tq_err *err);

#endif
