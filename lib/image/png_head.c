/* lib/image/png_head.c -- a PNG's chunks: size, orientation, its end. */
#include "image/codec.h"

#include <string.h>

#include "image/bytes.h"
#include "image/png_text.h"

#define MAGIC_BYTES	8
#define IHDR_BYTES	13

struct chunk {
	const uint8_t	*type;		/* four letters */
	const uint8_t	*data;
	size_t		 n;
};

/*
 * The chunk at ${at}, stepping over it and its checksum (the decoder looks at
 * those that matter).  -1 when it is not all there.
 */
static int
take_chunk(const uint8_t *p, size_t n, size_t *at, struct chunk *c)
{
	size_t len;

	if (n - *at < 12)
		return -1;
	len = be32(p + *at);
	if (len > n - *at - 12)
		return -1;
	*c = (struct chunk){ p + *at + 4, p + *at + 8, len };
	*at += len + 12;
	return 0;
}

static bool
is_type(const struct chunk *c, const char *type)
{
	return memcmp(c->type, type, 4) == 0;
}

int
tq_png_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct tq_image_info found = { .format = TQ_IMAGE_PNG };
	struct png_said said = { 0, 0, 0 };
	size_t at = MAGIC_BYTES;
	struct chunk c;
	int exif = 0;

	if (n < MAGIC_BYTES + 12 + IHDR_BYTES)
		return TQ_BAD_IMAGE(err, "truncated PNG: ends in its header");
	if (take_chunk(data, n, &at, &c) == -1 || !is_type(&c, "IHDR") ||
	    c.n != IHDR_BYTES)
		return TQ_BAD_IMAGE(err, "corrupt PNG: no header chunk");
	found.width = be32(c.data);
	found.height = be32(c.data + 4);
	if (found.width == 0 || found.height == 0)
		return TQ_BAD_IMAGE(err, "corrupt PNG: %ux%u pixels",
		    found.width, found.height);

	/* All of these may stand before or behind the picture. */
	while (take_chunk(data, n, &at, &c) == 0 && !is_type(&c, "IEND")) {
		if (is_type(&c, "eXIf") && exif == 0)
			exif = tq_exif_orientation(c.data, c.n);
		else
			tq_png_text(c.type, c.data, c.n, &said);
	}
	found.orientation = exif != 0 ? exif : said.exif != 0 ? said.exif :
	    said.xmp != 0 ? said.xmp : 1;
	*info = found;
	return 0;
}

bool
tq_png_whole(const uint8_t *data, size_t n)
{
	size_t at = MAGIC_BYTES;
	struct chunk c;

	while (take_chunk(data, n, &at, &c) == 0)
		if (is_type(&c, "IEND"))
			return true;
	return false;
}
