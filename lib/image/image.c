/* lib/image/image.c -- see image.h: which codec, within which limits. */
#include "image/codec.h"

#include <stdlib.h>
#include <string.h>

#define QUALITY_DEFAULT	90

static const struct codec {
	const char	*name;
	tq_probe_fn	*probe;		/* NULL: in a module */
	tq_decode_fn	*decode;
	int	(*encode)(const struct tq_gray *, int, struct tq_buf *,
		    struct tq_err *);	/* NULL: into ${becomes} */
	enum tq_image_format becomes;
} codecs[] = {
	[TQ_IMAGE_UNKNOWN] = { .name = "unknown" },
	[TQ_IMAGE_JPEG] = { "jpeg", tq_jpeg_probe, tq_jpeg_decode,
	    tq_jpeg_encode, TQ_IMAGE_JPEG },
	[TQ_IMAGE_PNG] = { "png", tq_png_probe, tq_png_decode, tq_png_encode,
	    TQ_IMAGE_PNG },
	[TQ_IMAGE_BMP] = { "bmp", tq_bmp_probe, tq_bmp_decode, tq_bmp_encode,
	    TQ_IMAGE_BMP },
	[TQ_IMAGE_PNM] = { "pnm", tq_pnm_probe, tq_pnm_decode, tq_pnm_encode,
	    TQ_IMAGE_PNM },
	[TQ_IMAGE_GIF] = { .name = "gif", .becomes = TQ_IMAGE_PNG },
	[TQ_IMAGE_WEBP] = { .name = "webp", .becomes = TQ_IMAGE_JPEG },
	[TQ_IMAGE_TIFF] = { .name = "tiff", .becomes = TQ_IMAGE_PNG },
	[TQ_IMAGE_HEIF] = { .name = "heif", .becomes = TQ_IMAGE_JPEG },
	[TQ_IMAGE_PSD] = { .name = "psd", .becomes = TQ_IMAGE_PNG },
};

#define CODECS	(sizeof(codecs) / sizeof(codecs[0]))

const char *
tq_image_format_name(enum tq_image_format f)
{
	return codecs[(size_t)f < CODECS ? f : TQ_IMAGE_UNKNOWN].name;
}

enum tq_image_format
tq_image_format_parse(const char *name)
{
	size_t f;

	for (f = TQ_IMAGE_UNKNOWN + 1; f < CODECS; f++)
		if (codecs[f].encode != NULL &&
		    strcmp(name, codecs[f].name) == 0)
			return (enum tq_image_format)f;
	if (strcmp(name, "jpg") == 0)
		return TQ_IMAGE_JPEG;
	if (strcmp(name, "pgm") == 0 || strcmp(name, "ppm") == 0)
		return TQ_IMAGE_PNM;
	return TQ_IMAGE_UNKNOWN;
}

int
tq_image_probe(const struct tq_image_tools *t, const void *data, size_t n,
    struct tq_image_info *info, struct tq_err *err)
{
	enum tq_image_format format;

	if (tq_magic_format(data, n, &format, err) == -1)
		return -1;
	if (codecs[format].probe != NULL)
		return codecs[format].probe(data, n, info, err);
	if (t == NULL || t->reader[format] == NULL)
		return TQ_BAD_IMAGE(err, "%s is not supported: this worker "
		    "has no tq-image-%s.so", tq_magic_name(format),
		    codecs[format].name);
	return t->reader[format]->probe(data, n, info, err);
}

static tq_decode_fn *
decoder_of(const struct tq_image_tools *t, enum tq_image_format format)
{
	return codecs[format].decode != NULL ? codecs[format].decode :
	    t->reader[format]->decode;
}

uint64_t
tq_image_memory(const struct tq_image_info *info, size_t n,
    enum tq_image_format out)
{
	uint64_t pixels = (uint64_t)info->width * info->height;
	uint64_t planes = info->orientation >= 5 ? 2 : 1;

	/* A JPEG of noise has a byte a pixel too; the buffer doubles. */
	return n + pixels * planes + info->memory +
	    pixels * (out == TQ_IMAGE_JPEG ? 1 : 2);
}

/* The size a header claims, before anything of that size is allocated. */
static int
check_limits(const struct tq_image_info *head, uint32_t pixels_max,
    struct tq_err *err)
{
	if (pixels_max == 0)
		pixels_max = TQ_IMAGE_PIXELS_DEFAULT;
	if (pixels_max > TQ_IMAGE_PIXELS_MAX)
		pixels_max = TQ_IMAGE_PIXELS_MAX;
	if ((uint64_t)head->width * head->height > pixels_max)
		return tq_err_set(err, TQ_AT_DECODE, TQ_E_TOOBIG,
		    "%ux%u pixels is over the limit of %u (max_pixels)",
		    head->width, head->height, pixels_max);
	return 0;
}

/* Fill in what ${o} leaves to us. */
static int
settle_opts(struct tq_image_opts *o, enum tq_image_format input,
    struct tq_err *err)
{
	if (o->format == TQ_IMAGE_UNKNOWN)
		o->format = codecs[input].becomes;
	if ((size_t)o->format >= CODECS || codecs[o->format].encode == NULL)
		return tq_err_set(err, TQ_AT_PROCESS, TQ_E_DATA,
		    "output format %d can't be written", (int)o->format);
	if (o->quality == 0)
		o->quality = QUALITY_DEFAULT;
	if (o->quality < 1 || o->quality > 100)
		return tq_err_set(err, TQ_AT_PROCESS, TQ_E_DATA,
		    "quality %d is not within 1..100", o->quality);
	return 0;
}

/* The header, all limits, and the options as they are meant. */
static int
read_head(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_opts *opts, struct tq_image_opts *o,
    struct tq_image_info *head, struct tq_err *err)
{
	*o = opts != NULL ? *opts :
	    (struct tq_image_opts){ TQ_IMAGE_UNKNOWN, 0, 0 };
	if (n > TQ_IMAGE_INPUT_MAX)
		return tq_err_set(err, TQ_AT_DECODE, TQ_E_TOOBIG,
		    "%zu bytes is over the limit of %u", n,
		    TQ_IMAGE_INPUT_MAX);
	if (tq_image_probe(t, data, n, head, err) == -1 ||
	    check_limits(head, o->pixels_max, err) == -1)
		return -1;
	return settle_opts(o, head->format, err);
}

int
tq_image_need(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_opts *opts, struct tq_image_info *info,
    uint64_t *need, struct tq_err *err)
{
	struct tq_image_opts o;

	if (read_head(t, data, n, opts, &o, info, err) == -1)
		return -1;
	*need = tq_image_memory(info, n, o.format);
	return 0;
}

/* All between the header and the last byte of ${out}. */
static int
convert(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_info *head, const struct tq_image_opts *o,
    struct tq_gray *g, struct tq_buf *out, struct tq_err *err)
{
	struct tq_canvas c;
	int rc;

	if (tq_gray_alloc(g, head->width, head->height, err) == -1)
		return -1;
	tq_canvas_init(&c, g, t != NULL ? t->color : NULL);
	/* To another JPEG, the Y plane is closer than its rounding. */
	c.exact = o->format != TQ_IMAGE_JPEG;
	rc = decoder_of(t, head->format)(data, n, &c, err);
	tq_canvas_free(&c);
	if (rc == -1)
		return -1;
	if (tq_orient_upright(g, head->orientation, err) == -1)
		return -1;
	return codecs[o->format].encode(g, o->quality, out, err);
}

int
tq_image_gray(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_opts *opts, struct tq_buf *out,
    struct tq_image_info *info, struct tq_err *err)
{
	struct tq_gray g = { 0, 0, NULL };
	struct tq_image_info head;
	struct tq_image_opts o;

	tq_buf_clear(out);
	if (read_head(t, data, n, opts, &o, &head, err) == -1)
		return -1;
	if (convert(t, data, n, &head, &o, &g, out, err) == -1) {
		tq_gray_free(&g);
		tq_buf_clear(out);
		return -1;
	}
	if (info != NULL)
		*info = (struct tq_image_info){ g.width, g.height, o.format,
		    head.orientation, head.memory };
	tq_gray_free(&g);
	return 0;
}
