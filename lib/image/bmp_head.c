/* lib/image/bmp_head.c -- a BMP's headers; see bmp.h. */
#include "image/bmp.h"

#include <string.h>

#include "image/bytes.h"

#define OS2_SHORT	16	/* OS/2 2, its last fields left out */
#define OS2_HEADER	64

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

int
tq_bmp_head(const uint8_t *p, size_t n, struct bmp *b, struct tq_err *err)
{
	memset(b, 0, sizeof(*b));
	if (n < FILE_HEADER + CORE_HEADER)
		return TQ_BAD_IMAGE(err, "truncated BMP: ends in its header");
	b->file = le32(p + 2);
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
