/*
 * lib/image/modules/tiff.c -- tq-image-tiff.so: a TIFF's first picture, by
 * libtiff, which knows all the ways that its colors may be coded.
 */
#include "image/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

struct tiff {
	TIFF		*t;
	const uint8_t	*p;
	size_t		 n, at;
	bool		 painting;	/* warnings are errors now */
	bool		 bad;		/* an error was told */
	char		 said[200];	/* the first one */
	struct tq_err	*err;
};

/* -- what libtiff calls ---------------------------------------------------- */

static tmsize_t
take(thandle_t h, void *to, tmsize_t want)
{
	struct tiff *f = h;
	size_t n = f->at < f->n ? f->n - f->at : 0;

	if ((size_t)want < n)
		n = (size_t)want;
	memcpy(to, f->p + f->at, n);
	f->at += n;
	return (tmsize_t)n;
}

static tmsize_t
refuse_write(thandle_t h, void *from, tmsize_t n)
{
	(void)h;
	(void)from;
	(void)n;
	return -1;
}

static toff_t
seek(thandle_t h, toff_t to, int whence)
{
	struct tiff *f = h;

	f->at = (size_t)to + (whence == SEEK_CUR ? f->at :
	    whence == SEEK_END ? f->n : 0);
	return f->at;
}

static int
no_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t
size(thandle_t h)
{
	return ((struct tiff *)h)->n;
}

static int
map(thandle_t h, void **base, toff_t *n)
{
	struct tiff *f = h;

	*base = (void *)(uintptr_t)f->p;
	*n = f->n;
	return 1;
}

static void
no_unmap(thandle_t h, void *base, toff_t n)
{
	(void)h;
	(void)base;
	(void)n;
}

/* ${fmt} and what belongs to it become the file's first error. */
__attribute__((format(printf, 2, 0)))
static void
note(struct tiff *f, const char *fmt, va_list ap)
{
	if (!f->bad)
		vsnprintf(f->said, sizeof(f->said), fmt, ap);
	f->bad = true;
}

__attribute__((format(printf, 4, 0)))
static int
note_error(TIFF *t, void *arg, const char *module, const char *fmt,
    va_list ap)
{
	(void)t;
	(void)module;
	note(arg, fmt, ap);
	return 1;
}

/*
 * Of tags they are no matter, unless the file ends before the tag's value: a
 * palette is then made up.  Of pixels they mean that some were made up: a bad
 * code of a fax, a warning of libjpeg.
 */
__attribute__((format(printf, 4, 0)))
static int
note_warning(TIFF *t, void *arg, const char *module, const char *fmt,
    va_list ap)
{
	struct tiff *f = arg;

	(void)t;
	(void)module;
	if (f->painting || strncmp(fmt, "IO error", 8) == 0)
		note(f, fmt, ap);
	return 1;
}

/* -- the file -------------------------------------------------------------- */

static int
refuse(struct tiff *f, const char *why)
{
	return TQ_BAD_IMAGE(f->err, "corrupt TIFF: %s",
	    f->said[0] != '\0' ? f->said : why);
}

static int
open_tiff(struct tiff *f, const uint8_t *data, size_t n, struct tq_err *err)
{
	TIFFOpenOptions *o = TIFFOpenOptionsAlloc();

	*f = (struct tiff){ .p = data, .n = n, .err = err };
	if (o == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	TIFFOpenOptionsSetErrorHandlerExtR(o, note_error, f);
	TIFFOpenOptionsSetWarningHandlerExtR(o, note_warning, f);
	f->t = TIFFClientOpenExt("TIFF", "rm", f, take, refuse_write, seek,
	    no_close, size, map, no_unmap, o);
	TIFFOpenOptionsFree(o);
	return f->t != NULL && !f->bad ? 0 : refuse(f, "no directory");
}

static void
close_tiff(struct tiff *f)
{
	if (f->t != NULL)
		TIFFClose(f->t);
}

/* How many rows libtiff decodes at a time: a strip's, a tile's. */
static uint32_t
rows_at_once(struct tiff *f, uint32_t height)
{
	uint32_t rows = height;

	if (TIFFIsTiled(f->t))
		TIFFGetField(f->t, TIFFTAG_TILELENGTH, &rows);
	else
		TIFFGetFieldDefaulted(f->t, TIFFTAG_ROWSPERSTRIP, &rows);
	return rows == 0 || rows > height ? height : rows;
}

/* What a file takes whose strips or tiles are that large. */
static uint64_t
memory_of(struct tiff *f, uint32_t width, uint32_t height)
{
	uint64_t piece = TIFFIsTiled(f->t) ? TIFFTileSize64(f->t) :
	    TIFFStripSize64(f->t);

	return 2 * piece + 12 * (uint64_t)width * rows_at_once(f, height);
}

static int
probe_open(struct tiff *f, struct tq_image_info *info)
{
	char why[1024] = "";
	uint16_t o = 1;
	uint32_t w, h;

	if (!TIFFGetField(f->t, TIFFTAG_IMAGEWIDTH, &w) ||
	    !TIFFGetField(f->t, TIFFTAG_IMAGELENGTH, &h) || w == 0 || h == 0)
		return refuse(f, "no width and height");
	if (!TIFFRGBAImageOK(f->t, why))
		return TQ_BAD_IMAGE(f->err, "TIFF is not supported: %.200s",
		    why);
	TIFFGetFieldDefaulted(f->t, TIFFTAG_ORIENTATION, &o);
	*info = (struct tq_image_info){ .width = w, .height = h,
	    .format = TQ_IMAGE_TIFF, .orientation = o >= 1 && o <= 8 ? o : 1,
	    .memory = memory_of(f, w, h) };
	return 0;
}

static int
probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct tiff f;
	int rc = open_tiff(&f, data, n, err);

	if (rc == 0)
		rc = probe_open(&f, info);
	close_tiff(&f);
	return rc;
}

/* -- by libtiff's conversion ----------------------------------------------- */

/*
 * libtiff's colors are weighed by alpha already.  Over white that is nearly
 * all there is to do, ...
 */
static void
over_white(uint8_t *to, const uint32_t *from, size_t n)
{
	uint32_t i, v;

	for (; n-- > 0; from++)
		for (i = 0; i < 3; i++) {
			v = (*from >> 8 * i & 255) + 255 - TIFFGetA(*from);
			*to++ = (uint8_t)(v > 255 ? 255 : v);
		}
}

/* ... but a color profile is about the colors before that. */
static void
unweighed(uint8_t *to, const uint32_t *from, size_t n)
{
	uint32_t a, v, i;

	for (; n-- > 0; from++) {
		a = TIFFGetA(*from);
		for (i = 0; i < 3; i++) {
			v = *from >> 8 * i & 255;
			if (a > 0 && a < 255)
				v = (v * 255 + a / 2) / a;
			*to++ = (uint8_t)(v > 255 ? 255 : v);
		}
		*to++ = (uint8_t)a;
	}
}

static int
paint_piece(struct tiff *f, TIFFRGBAImage *img, uint32_t *raster,
    uint8_t *row, uint32_t rows, struct tq_canvas *c)
{
	uint32_t y;

	if (!TIFFRGBAImageGet(img, raster, img->width, rows) || f->bad)
		return refuse(f, "its data ends early");
	for (y = 0; y < rows; y++) {
		(c->converts ? unweighed : over_white)(row,
		    raster + (size_t)y * img->width, img->width);
		c->row(c, (uint32_t)img->row_offset + y, 0, 1, row,
		    img->width);
	}
	return 0;
}

static int
paint_pieces(struct tiff *f, TIFFRGBAImage *img, struct tq_canvas *c)
{
	uint32_t step = rows_at_once(f, img->height), y, rows;
	uint32_t *raster = malloc((size_t)step * img->width *
	    sizeof(*raster));
	uint8_t *row = malloc((size_t)img->width * 4);
	int rc = 0;

	if (raster == NULL || row == NULL)
		rc = TQ_NO_MEMORY(f->err, TQ_AT_DECODE);
	f->painting = true;
	for (y = 0; rc == 0 && y < img->height; y += rows) {
		rows = img->height - y < step ? img->height - y : step;
		img->row_offset = (int)y;
		rc = paint_piece(f, img, raster, row, rows, c);
	}
	free(raster);
	free(row);
	return rc;
}

static int
paint(struct tiff *f, struct tq_canvas *c)
{
	struct tq_profile p = { .icc = NULL };
	TIFFRGBAImage img;
	char why[1024] = "";
	void *icc = NULL;
	uint32_t n = 0;
	int rc;

	if (!TIFFRGBAImageBegin(&img, f->t, 1, why))
		return TQ_BAD_IMAGE(f->err, "corrupt TIFF: %.200s", why);
	/* As stored: image.c sets it upright. */
	img.req_orientation = img.orientation;
	if (TIFFGetField(f->t, TIFFTAG_ICCPROFILE, &n, &icc)) {
		p.icc = icc;
		p.n = n;
	}
	rc = img.width != c->g->width || img.height != c->g->height ?
	    refuse(f, "two sizes") : c->begin(c, TQ_RGBA8, &p, f->err);
	if (rc == 0 && !c->converts)
		rc = c->begin(c, TQ_RGB8, NULL, f->err);
	if (rc == 0)
		rc = paint_pieces(f, &img, c);
	TIFFRGBAImageEnd(&img);
	return rc;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	struct tiff f;
	int rc = open_tiff(&f, data, n, err);

	if (rc == 0)
		rc = paint(&f, c);
	close_tiff(&f);
	return rc;
}

TQ_READER(.probe = probe, .decode = decode);
