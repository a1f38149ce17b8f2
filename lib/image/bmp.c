/*
 * lib/image/bmp.c -- uncompressed BMP of 1, 4, 8, 16, 24 and 32 bits, from
 * OS/2's header to Windows' fifth; writes 8-bit gray.
 */
#include "image/codec.h"

#include <string.h>

#include "image/bytes.h"
#include "image/luma.h"

#define FILE_HEADER	14
#define CORE_HEADER	12	/* OS/2 1: 16-bit sizes, 3-byte colors */
#define INFO_HEADER	40
#define MASKS_AT	(FILE_HEADER + INFO_HEADER)

enum { BI_RGB = 0, BI_RLE8 = 1, BI_RLE4 = 2, BI_BITFIELDS = 3,
	BI_ALPHABITFIELDS = 6 };

/* One channel of a 16 or 32-bit pixel. */
struct field {
	uint32_t	mask;
	int		shift;
	uint32_t	max;		/* mask >> shift; 0: no such channel */
};

struct bmp {
	uint32_t	width, height;
	bool		top_down;
	int		bits;		/* per pixel */
	uint32_t	header;		/* its size, without the file header */
	uint32_t	compression;
	uint32_t	colors;		/* of the palette; 0: all of them */
	uint32_t	body;		/* where the pixels start */
	size_t		stride;		/* bytes a row, with padding */
};

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
		b->compression = le32(p + 30);
		b->colors = le32(p + 46);
	}
	if (w <= 0 || h == 0)
		return -1;
	b->top_down = h < 0;
	b->width = (uint32_t)w;
	b->height = h < 0 ? 0 - (uint32_t)h : (uint32_t)h;
	b->stride = ((size_t)b->width * (size_t)b->bits + 31) / 32 * 4;
	return 0;
}

static int
check_coding(const struct bmp *b, struct tq_err *err)
{
	bool fields = b->bits == 16 || b->bits == 32;

	if (b->compression == BI_RLE8 || b->compression == BI_RLE4)
		return TQ_BAD_IMAGE(err, "RLE BMP is not supported");
	if (b->compression != BI_RGB && !(fields &&
	    (b->compression == BI_BITFIELDS ||
	    b->compression == BI_ALPHABITFIELDS)))
		return TQ_BAD_IMAGE(err,
		    "BMP of compression %u is not supported", b->compression);
	if (!fields && b->bits != 1 && b->bits != 4 && b->bits != 8 &&
	    b->bits != 24)
		return TQ_BAD_IMAGE(err, "%d-bit BMP is not supported",
		    b->bits);
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
	if (b->header != CORE_HEADER &&
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
	*info = (struct tq_image_info){ b.width, b.height, TQ_IMAGE_BMP, 1 };
	return 0;
}

/*
 * The luma of each palette color.  An index past the palette is black, the
 * colors stop where the pixels start.
 */
static void
read_palette(const uint8_t *p, const struct bmp *b, uint8_t gray[256])
{
	size_t entry = b->header == CORE_HEADER ? 3 : 4;
	const uint8_t *c = p + FILE_HEADER + b->header;
	size_t i, colors = (size_t)1 << b->bits;

	if (b->colors != 0 && b->colors < colors)
		colors = b->colors;
	memset(gray, 0, 256);
	for (i = 0; i < colors && c + entry <= p + b->body; i++, c += entry)
		gray[i] = luma_rgb8(c[2], c[1], c[0]);
}

static void
put_indexed(uint8_t *to, const uint8_t *row, const struct bmp *b,
    const uint8_t gray[256])
{
	uint32_t x, per_byte = 8 / (uint32_t)b->bits;
	int shift;

	for (x = 0; x < b->width; x++) {
		shift = 8 - b->bits * (int)(x % per_byte + 1);
		to[x] = gray[(row[x / per_byte] >> shift) &
		    ((1 << b->bits) - 1)];
	}
}

static void
put_bgr(uint8_t *to, const uint8_t *row, const struct bmp *b)
{
	uint32_t x;

	for (x = 0; x < b->width; x++, row += 3)
		to[x] = luma_rgb8(row[2], row[1], row[0]);
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
static void
read_fields(const uint8_t *p, const struct bmp *b, struct field f[4])
{
	static const uint32_t plain[2][3] = {
		{ 0x7c00, 0x03e0, 0x001f }, { 0xff0000, 0xff00, 0xff },
	};
	bool alpha = b->header >= 56 || b->compression == BI_ALPHABITFIELDS;
	size_t i, known = alpha ? 4 : 3;

	for (i = 0; i < 4; i++)
		field_set(&f[i], i < 3 ? plain[b->bits == 32][i] : 0);
	if (b->compression != BI_RGB && b->body >= MASKS_AT + 4 * known)
		for (i = 0; i < known; i++)
			field_set(&f[i], le32(p + MASKS_AT + 4 * i));
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
put_fields(uint8_t *to, const uint8_t *row, const struct bmp *b,
    const struct field f[4])
{
	uint32_t x, v;

	for (x = 0; x < b->width; x++, row += b->bits / 8) {
		v = b->bits == 16 ? le16(row) : le32(row);
		to[x] = luma_rgba8(field_get(&f[0], v), field_get(&f[1], v),
		    field_get(&f[2], v),
		    f[3].max == 0 ? 255 : field_get(&f[3], v));
	}
}

int
tq_bmp_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	struct field fields[4];
	uint8_t gray[256];
	const uint8_t *row;
	struct bmp b;
	uint32_t y;

	if (read_header(data, n, &b, err) == -1)
		return -1;
	if (b.body > n || (n - b.body) / b.stride < b.height)
		return TQ_BAD_IMAGE(err, "truncated BMP: its data ends early");
	if (b.bits <= 8)
		read_palette(data, &b, gray);
	else if (b.bits != 24)
		read_fields(data, &b, fields);
	for (y = 0; y < b.height; y++) {
		uint8_t *to = c->g->px + (size_t)y * b.width;

		row = data + b.body +
		    (b.top_down ? y : b.height - 1 - y) * b.stride;
		if (b.bits <= 8)
			put_indexed(to, row, &b, gray);
		else if (b.bits == 24)
			put_bgr(to, row, &b);
		else
			put_fields(to, row, &b, fields);
	}
	return 0;
}

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
