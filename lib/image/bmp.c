/*
 * lib/image/bmp.c -- BMP of 1, 2, 4, 8, 16, 24 and 32 bits, from OS/2's header
 * to Windows' fifth; its run lengths are in bmp_rle.c.
 */
#include "image/bmp.h"

#include <stdlib.h>
#include <string.h>

#include "image/bytes.h"

#define OS2_SHORT	16	/* OS/2 2, its last fields left out */
#define OS2_HEADER	64
#define INFO_HEADER	40
#define MASKS_AT	(FILE_HEADER + INFO_HEADER)

/* One channel of a 16 or 32-bit pixel. */
struct field {
	uint32_t	mask;
	int		shift;
	uint32_t	max;		/* mask >> shift; 0: no such channel */
};

static bool
is_os2(const struct bmp *b)
{
	return b->header == OS2_SHORT || b->header == OS2_HEADER;
}

static int
read_sizes(const uint8_t *p, struct bmp *b)
{
	int32_t w, h;

	if (b->header == CORE_HEADER) {
		w = le16(p + 18);
		h = le16(p + 20);
		b->bits = le16(p + 24);
	} else {
		w = (int32_t)le32(p + 18);
		h = (int32_t)le32(p + 22);
		b->bits = le16(p + 28);
	}
	if (b->header >= INFO_HEADER) {
		b->compression = le32(p + 30);
		b->colors = le32(p + 46);
	}
	if (w <= 0 || h == 0 || b->bits == 0 || b->bits > 32)
		return -1;
	b->top_down = h < 0;
	b->width = (uint32_t)w;
	b->height = h < 0 ? 0 - (uint32_t)h : (uint32_t)h;
	b->stride = ((size_t)b->width * (size_t)b->bits + 31) / 32 * 4;
	return 0;
}

/* How its pixels are coded, when we can't read that; else NULL. */
static const char *
coding_refused(const struct bmp *b)
{
	bool fields = b->bits == 16 || b->bits == 32;

	switch (b->compression) {
	case BI_RGB:
		return NULL;
	case BI_RLE8:
		return b->bits == 8 ? NULL : "mixed RLE";
	case BI_RLE4:
		return b->bits == 4 ? NULL : "mixed RLE";
	case BI_BITFIELDS:
		if (is_os2(b))
			return "Huffman-coded";
		return fields ? NULL : "mixed bit-field";
	case BI_ALPHABITFIELDS:
		return fields ? NULL : "mixed bit-field";
	case 4:
		return is_os2(b) ? "24-bit RLE" : "JPEG in";
	case 5:
		return "PNG in";
	default:
		return "unknown kind of";
	}
}

static int
check_coding(const struct bmp *b, struct tq_err *err)
{
	static const uint8_t depths[] = { 1, 2, 4, 8, 16, 24, 32 };
	const char *why = coding_refused(b);

	if (memchr(depths, b->bits, sizeof(depths)) == NULL)
		return TQ_BAD_IMAGE(err, "%d-bit BMP is not supported",
		    b->bits);
	if (why != NULL)
		return TQ_BAD_IMAGE(err, "%s BMP is not supported", why);
	if (b->top_down && (b->compression == BI_RLE8 ||
	    b->compression == BI_RLE4))
		return TQ_BAD_IMAGE(err,
		    "corrupt BMP: run lengths from the top down");
	return 0;
}

static int
read_header(const uint8_t *p, size_t n, struct bmp *b, struct tq_err *err)
{
	memset(b, 0, sizeof(*b));
	if (n < FILE_HEADER + CORE_HEADER)
		return TQ_BAD_IMAGE(err, "truncated BMP: ends in its header");
	b->body = le32(p + 10);
	b->header = le32(p + FILE_HEADER);
	if (b->header != CORE_HEADER && b->header != OS2_SHORT &&
	    (b->header < INFO_HEADER || b->header > 124))
		return TQ_BAD_IMAGE(err, "not an image: no BMP header");
	if (n < FILE_HEADER + b->header)
		return TQ_BAD_IMAGE(err, "truncated BMP: ends in its header");
	if (read_sizes(p, b) == -1 || b->body < FILE_HEADER + b->header)
		return TQ_BAD_IMAGE(err, "corrupt BMP: impossible header");
	return check_coding(b, err);
}

int
tq_bmp_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct bmp b;

	if (read_header(data, n, &b, err) == -1)
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

int
tq_bmp_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	struct bmp_palette palette;
	bool runs;
	struct bmp b;
	uint8_t *px;
	int rc;

	if (read_header(data, n, &b, err) == -1)
		return -1;
	runs = b.compression == BI_RLE8 || b.compression == BI_RLE4;
	if (b.body > n || (!runs && (n - b.body) / b.stride < b.height))
		return TQ_BAD_IMAGE(err, "truncated BMP: its data ends early");
	if (b.bits <= 8 && tq_bmp_palette(data, &b, &palette, err) == -1)
		return -1;
	if (c->begin(c, b.bits == 16 || b.bits == 32 ? TQ_RGBA8 : TQ_RGB8,
	    NULL, err) == -1)
		return -1;
	/* A row of colors, and of the indexes that they have. */
	if ((px = malloc((size_t)b.width * 4)) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = runs ? tq_bmp_rle(data, n, &b, &palette, c, px, err) :
	    read_rows(data, &b, &palette, c, px, err);
	free(px);
	return rc;
}
