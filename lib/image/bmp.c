/*
 * lib/image/bmp.c -- BMP of 1, 2, 4, 8, 16, 24 and 32 bits, from OS/2's header
 * to Windows' fifth; its header, palette, run lengths and profile are in
 * bmp_*.c.
 */
#include "image/bmp.h"

#include <stdlib.h>
#include <string.h>

#include "image/bytes.h"

#define MASKS_AT	(FILE_HEADER + INFO_HEADER)

/* One channel of a 16 or 32-bit pixel. */
struct field {
	uint32_t	mask;
	int		shift;
	uint32_t	max;		/* mask >> shift; 0: no such channel */
};

int
tq_bmp_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct bmp b;

	if (tq_bmp_head(data, n, &b, err) == -1)
		return -1;
	*info = (struct tq_image_info){ .width = b.width, .height = b.height,
	    .format = TQ_IMAGE_BMP, .orientation = 1 };
	return 0;
}

/* Indexes of less than a byte, the first one in the highest bits. */
static void
unpack(uint8_t *to, const uint8_t *row, const struct bmp *b)
{
	uint32_t x, per_byte = 8 / (uint32_t)b->bits;
	int shift;

	for (x = 0; x < b->width; x++) {
		shift = 8 - b->bits * (int)(x % per_byte + 1);
		to[x] = (uint8_t)((row[x / per_byte] >> shift) &
		    ((1 << b->bits) - 1));
	}
}

static void
swap_bgr(uint8_t *to, const uint8_t *row, const struct bmp *b)
{
	uint32_t x;

	for (x = 0; x < b->width; x++, row += 3, to += 3) {
		to[0] = row[2];
		to[1] = row[1];
		to[2] = row[0];
	}
}

static void
field_set(struct field *f, uint32_t mask)
{
	f->mask = mask;
	f->shift = mask == 0 ? 0 : __builtin_ctz(mask);
	f->max = mask >> f->shift;
}

/*
 * Where red, green, blue and alpha are in a pixel.  Alpha counts only where
 * the header declares it: the fourth byte of plain 32-bit pixels is filler.
 */
static int
read_fields(const uint8_t *p, const struct bmp *b, struct field f[4],
    struct tq_err *err)
{
	static const uint32_t plain[2][4] = {
		{ 0x7c00, 0x03e0, 0x001f, 0 }, { 0xff0000, 0xff00, 0xff, 0 },
	};
	bool alpha = b->header >= 56 || b->compression == BI_ALPHABITFIELDS;
	uint32_t i, mask, seen = 0, known = alpha ? 4 : 3;

	if (b->compression != BI_RGB && b->body < MASKS_AT + 4 * known)
		return TQ_BAD_IMAGE(err,
		    "corrupt BMP: its pixels start inside its color masks");
	for (i = 0; i < 4; i++) {
		mask = b->compression == BI_RGB ? plain[b->bits == 32][i] :
		    i < known ? le32(p + MASKS_AT + 4 * i) : 0;
		if ((mask & seen) != 0)
			return TQ_BAD_IMAGE(err,
			    "corrupt BMP: its color masks overlap");
		seen |= mask;
		field_set(&f[i], mask);
	}
	return 0;
}

static uint32_t
field_get(const struct field *f, uint32_t pixel)
{
	uint32_t v = (pixel & f->mask) >> f->shift;

	if (f->max == 255)
		return v;
	return f->max == 0 ? 0 :
	    (uint32_t)(((uint64_t)v * 255 + f->max / 2) / f->max);
}

static void
take_fields(uint8_t *to, const uint8_t *row, const struct bmp *b,
    const struct field f[4])
{
	uint32_t x, v, i;

	for (x = 0; x < b->width; x++, row += b->bits / 8) {
		v = b->bits == 16 ? le16(row) : le32(row);
		for (i = 0; i < 3; i++)
			*to++ = (uint8_t)field_get(&f[i], v);
		*to++ = (uint8_t)(f[3].max == 0 ? 255 : field_get(&f[3], v));
	}
}

static int
read_rows(const uint8_t *data, const struct bmp *b,
    const struct bmp_palette *p, struct tq_canvas *c, uint8_t *px,
    struct tq_err *err)
{
	uint8_t *index = px + 3 * (size_t)b->width;
	struct field fields[4];
	const uint8_t *row;
	uint32_t y;

	if ((b->bits == 16 || b->bits == 32) &&
	    read_fields(data, b, fields, err) == -1)
		return -1;
	for (y = 0; y < b->height; y++) {
		row = data + b->body +
		    (b->top_down ? y : b->height - 1 - y) * b->stride;
		if (b->bits <= 8) {
			unpack(index, row, b);
			if (tq_bmp_indexed(c, y, index, p, px, err) == -1)
				return -1;
			continue;
		}
		if (b->bits == 24)
			swap_bgr(px, row, b);
		else
			take_fields(px, row, b, fields);
		c->row(c, y, 0, 1, px, b->width);
	}
	return 0;
}

/*
 * The header against the bytes there are.  Its size may be left out,
 * or be that of the headers, as OS/2's first documents have it; bytes behind
 * it all don't matter.
 */
static int
check_size(const struct bmp *b, size_t n, bool runs, struct tq_err *err)
{
	uint64_t end = b->body + (runs ? 0 : (uint64_t)b->stride * b->height);

	if (b->body > n || end > n)
		return TQ_BAD_IMAGE(err, "truncated BMP: its data ends early");
	if (b->file == 0 || (b->header == CORE_HEADER &&
	    b->file == FILE_HEADER + CORE_HEADER))
		return 0;
	if (b->file > n)
		return TQ_BAD_IMAGE(err, "truncated BMP: of %u bytes there "
		    "are %zu", b->file, n);
	if (b->file < end)
		return TQ_BAD_IMAGE(err, "corrupt BMP: of %u bytes by its "
		    "header its pixels alone end at %llu", b->file,
		    (unsigned long long)end);
	return 0;
}

int
tq_bmp_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	struct bmp_palette palette;
	struct tq_profile profile;
	bool runs;
	struct bmp b;
	uint8_t *px;
	int rc;

	if (tq_bmp_head(data, n, &b, err) == -1)
		return -1;
	runs = b.compression == BI_RLE8 || b.compression == BI_RLE4;
	if (check_size(&b, n, runs, err) == -1)
		return -1;
	if (b.bits <= 8 && tq_bmp_palette(data, &b, &palette, err) == -1)
		return -1;
	profile = tq_bmp_profile(data, n, &b);
	if (c->begin(c, b.bits == 16 || b.bits == 32 ? TQ_RGBA8 : TQ_RGB8,
	    &profile, err) == -1)
		return -1;
	/* A row of colors, and of the indexes that they have. */
	if ((px = malloc((size_t)b.width * 4)) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = runs ? tq_bmp_rle(data, n, &b, &palette, c, px, err) :
	    read_rows(data, &b, &palette, c, px, err);
	free(px);
	return rc;
}
