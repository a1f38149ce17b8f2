/* lib/image/magic.c -- what a file is, by its first bytes. */
#include "image/codec.h"

#include <string.h>

#include "util/str.h"

static const struct ours {
	const char		*magic;
	size_t			 n;
	enum tq_image_format	 format;
} ours[] = {
	{ "\xff\xd8\xff", 3, TQ_IMAGE_JPEG },
	{ "\x89PNG\r\n\x1a\n", 8, TQ_IMAGE_PNG },
	{ "BM", 2, TQ_IMAGE_BMP },
	{ "P1", 2, TQ_IMAGE_PNM }, { "P2", 2, TQ_IMAGE_PNM },
	{ "P3", 2, TQ_IMAGE_PNM }, { "P4", 2, TQ_IMAGE_PNM },
	{ "P5", 2, TQ_IMAGE_PNM }, { "P6", 2, TQ_IMAGE_PNM },
	{ "P7", 2, TQ_IMAGE_PNM },
};

static const char *const names[TQ_IMAGE_FORMATS] = {
	[TQ_IMAGE_UNKNOWN] = "an unknown format", [TQ_IMAGE_JPEG] = "JPEG",
	[TQ_IMAGE_PNG] = "PNG", [TQ_IMAGE_BMP] = "BMP",
	[TQ_IMAGE_PNM] = "PNM",
};

const char *
tq_magic_name(enum tq_image_format format)
{
	return names[format];
}

/* Known and not taken: saying so beats "not an image". */
static const struct other {
	size_t		 at;
	const char	*magic;
	size_t		 n;
	const char	*name;
} others[] = {
	{ 0, "GIF87a", 6, "GIF" }, { 0, "GIF89a", 6, "GIF" },
	{ 8, "WEBP", 4, "WebP" },
	{ 0, "II*\0", 4, "TIFF" }, { 0, "MM\0*", 4, "TIFF" },
	{ 0, "II+\0", 4, "TIFF" }, { 0, "MM\0+", 4, "TIFF" },
	{ 4, "ftypheic", 8, "HEIC" }, { 4, "ftypheix", 8, "HEIC" },
	{ 4, "ftyphevc", 8, "HEIC" }, { 4, "ftyphevx", 8, "HEIC" },
	{ 4, "ftypheim", 8, "HEIC" }, { 4, "ftypheis", 8, "HEIC" },
	{ 4, "ftypmif1", 8, "HEIF" }, { 4, "ftypmsf1", 8, "HEIF" },
	{ 4, "ftypavif", 8, "AVIF" }, { 4, "ftypavis", 8, "AVIF" },
	{ 0, "\xff\x0a", 2, "JPEG XL" },
	{ 0, "\0\0\0\x0cJXL \r\n\x87\n", 12, "JPEG XL" },
	{ 0, "\0\0\0\x0cjP  \r\n\x87\n", 12, "JPEG 2000" },
	{ 0, "\xff\x4f\xff\x51", 4, "JPEG 2000" },
	{ 0, "8BPS", 4, "PSD" },
	{ 0, "\x76\x2f\x31\x01", 4, "OpenEXR" },
	{ 0, "#?RADIANCE", 10, "Radiance HDR" },
	{ 0, "qoif", 4, "QOI" },
	{ 0, "\0\0\1\0", 4, "ICO" },
	{ 0, "<svg", 4, "SVG" },
	{ 0, "%PDF-", 5, "PDF" },
};

/* Show the start of what is no picture; an operator knows an error page. */
static int
not_an_image(const uint8_t *data, size_t n, struct tq_err *err)
{
	struct tq_buf shown = TQ_BUF_INIT(256);
	struct tq_span start = { (const char *)data, n < 64 ? n : 64 };

	if (n == 0)
		return TQ_BAD_IMAGE(err, "not an image: it is empty");
	tq_visible(&shown, start, 16);
	TQ_BAD_IMAGE(err, "not an image: starts with \"%s\"",
	    shown.data == NULL ? "" : shown.data);
	tq_buf_free(&shown);
	return -1;
}

int
tq_magic_format(const uint8_t *data, size_t n, enum tq_image_format *format,
    struct tq_err *err)
{
	const struct other *o;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (n >= ours[i].n &&
		    memcmp(data, ours[i].magic, ours[i].n) == 0) {
			*format = ours[i].format;
			return 0;
		}
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		o = &others[i];
		if (n >= o->at + o->n &&
		    memcmp(data + o->at, o->magic, o->n) == 0)
			return TQ_BAD_IMAGE(err, "%s is not supported",
			    o->name);
	}
	return not_an_image(data, n, err);
}
