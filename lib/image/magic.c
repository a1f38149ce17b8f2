/* lib/image/magic.c -- what a file is, by its first bytes. */
#include "image/codec.h"

#include <string.h>

#include "util/str.h"

/* The meaning of some bytes at some place. */
struct magic {
	size_t			 at;
	const char		*bytes;
	size_t			 n;
	enum tq_image_format	 format;	/* or UNKNOWN, and its name */
	const char		*name;
};

#define OURS(at, bytes, format)						\
	{ at, bytes, sizeof(bytes) - 1, format, NULL }
#define OTHER(at, bytes, name)						\
	{ at, bytes, sizeof(bytes) - 1, TQ_IMAGE_UNKNOWN, name }

/*
 * The first that fits counts.  Known and not taken: saying so beats "not an
 * image".
 */
static const struct magic table[] = {
	OURS(0, "\xff\xd8\xff", TQ_IMAGE_JPEG),
	OTHER(12, "CgBI", "PNG for Apple's own programs (CgBI)"),
	OURS(0, "\x89PNG\r\n\x1a\n", TQ_IMAGE_PNG),
	OURS(0, "BM", TQ_IMAGE_BMP),
	OURS(0, "P1", TQ_IMAGE_PNM), OURS(0, "P2", TQ_IMAGE_PNM),
	OURS(0, "P3", TQ_IMAGE_PNM), OURS(0, "P4", TQ_IMAGE_PNM),
	OURS(0, "P5", TQ_IMAGE_PNM), OURS(0, "P6", TQ_IMAGE_PNM),
	OURS(0, "P7", TQ_IMAGE_PNM),
	OURS(0, "GIF87a", TQ_IMAGE_GIF), OURS(0, "GIF89a", TQ_IMAGE_GIF),
	OURS(8, "WEBP", TQ_IMAGE_WEBP),
	OURS(0, "II*\0", TQ_IMAGE_TIFF), OURS(0, "MM\0*", TQ_IMAGE_TIFF),
	OURS(0, "II+\0", TQ_IMAGE_TIFF), OURS(0, "MM\0+", TQ_IMAGE_TIFF),
	OURS(4, "ftyphei", TQ_IMAGE_HEIF), OURS(4, "ftyphev", TQ_IMAGE_HEIF),
	OURS(4, "ftypmif1", TQ_IMAGE_HEIF), OURS(4, "ftypmsf1", TQ_IMAGE_HEIF),
	OURS(4, "ftypavi", TQ_IMAGE_HEIF),
	OURS(0, "8BPS", TQ_IMAGE_PSD),
	OTHER(0, "\xff\x0a", "JPEG XL"),
	OTHER(0, "\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
	OTHER(0, "\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
	OTHER(0, "\xff\x4f\xff\x51", "JPEG 2000"),
	OTHER(0, "\x76\x2f\x31\x01", "OpenEXR"),
	OTHER(0, "#?RADIANCE", "Radiance HDR"),
	OTHER(0, "qoif", "QOI"),
	OTHER(0, "\0\0\1\0", "ICO"), OTHER(0, "\0\0\2\0", "CUR"),
	OTHER(0, "<svg", "SVG"), OTHER(0, "<!DOCTYPE svg", "SVG"),
	OTHER(0, "%PDF-", "PDF"), OTHER(0, "%!PS", "PostScript"),
	OTHER(4, "ftyp", "a film (ISO media)"),
};

static const char *const names[TQ_IMAGE_FORMATS] = {
	[TQ_IMAGE_UNKNOWN] = "an unknown format", [TQ_IMAGE_JPEG] = "JPEG",
	[TQ_IMAGE_PNG] = "PNG", [TQ_IMAGE_BMP] = "BMP",
	[TQ_IMAGE_PNM] = "PNM", [TQ_IMAGE_GIF] = "GIF",
	[TQ_IMAGE_WEBP] = "WebP", [TQ_IMAGE_TIFF] = "TIFF",
	[TQ_IMAGE_HEIF] = "HEIC or AVIF", [TQ_IMAGE_PSD] = "PSD",
};

const char *
tq_magic_name(enum tq_image_format format)
{
	return names[format];
}

#define TGA_FOOTER	"TRUEVISION-XFILE.\0"

/* Formats that have their names elsewhere: SVG inside of XML, TGA. */
static const char *
other_name(const uint8_t *data, size_t n)
{
	size_t footer = sizeof(TGA_FOOTER) - 1, head = n < 4096 ? n : 4096;

	if (n >= footer && memcmp(data + n - footer, TGA_FOOTER, footer) == 0)
		return "TGA";
	if ((n >= 5 && memcmp(data, "<?xml", 5) == 0) ||
	    (n >= 4 && memcmp(data, "<!--", 4) == 0))
		return memmem(data, head, "<svg", 4) != NULL ? "SVG" : NULL;
	return NULL;
}

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
	const struct magic *m;
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		m = &table[i];
		if (n < m->at + m->n ||
		    memcmp(data + m->at, m->bytes, m->n) != 0)
			continue;
		*format = m->format;
		return m->name == NULL ? 0 :
		    TQ_BAD_IMAGE(err, "%s is not supported", m->name);
	}
	if ((name = other_name(data, n)) != NULL)
		return TQ_BAD_IMAGE(err, "%s is not supported", name);
	return not_an_image(data, n, err);
}
