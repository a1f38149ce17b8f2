/*
 * lib/image/modules/tiff.c -- tq-image-tiff.so: a TIFF's first picture, by
 * libtiff, which knows all the ways that its colors may be coded.
 */
#include "tiff.h"

#include <stdlib.h>

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

/* The memory for a file whose strips or tiles are that large. */
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
		return tq_tiff_refuse(f, "no width and height");
	if (!tq_tiff_samples(f) && !TIFFRGBAImageOK(f->t, why))
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
	int rc = tq_tiff_open(&f, data, n, err);

	if (rc == 0)
		rc = probe_open(&f, info);
	tq_tiff_close(&f);
	return rc;
}

/* -- by libtiff's conversion ----------------------------------------------- */

/* Of the kinds that are left to it none has alpha. */
static void
take_colors(uint8_t *to, const uint32_t *from, size_t n)
{
	for (; n-- > 0; from++) {
		*to++ = (uint8_t)TIFFGetR(*from);
		*to++ = (uint8_t)TIFFGetG(*from);
		*to++ = (uint8_t)TIFFGetB(*from);
	}
}

static int
paint_piece(struct tiff *f, TIFFRGBAImage *img, uint32_t *raster,
    uint8_t *row, uint32_t rows, struct tq_canvas *c)
{
	uint32_t y;

	if (!TIFFRGBAImageGet(img, raster, img->width, rows) || f->bad)
		return tq_tiff_refuse(f, "its data ends early");
	for (y = 0; y < rows; y++) {
		take_colors(row, raster + (size_t)y * img->width,
		    img->width);
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
	uint8_t *row = malloc((size_t)img->width * 3);
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
	struct tq_profile p = tq_tiff_profile(f);
	TIFFRGBAImage img;
	char why[1024] = "";
	int rc;

	if (!TIFFRGBAImageBegin(&img, f->t, 1, why))
		return TQ_BAD_IMAGE(f->err, "corrupt TIFF: %.200s", why);
	/* As stored: image.c sets it upright. */
	img.req_orientation = img.orientation;
	rc = img.width != c->g->width || img.height != c->g->height ?
	    tq_tiff_refuse(f, "two sizes") : c->begin(c, TQ_RGB8, &p, f->err);
	if (rc == 0)
		rc = paint_pieces(f, &img, c);
	TIFFRGBAImageEnd(&img);
	return rc;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	struct tiff f;
	int rc = tq_tiff_open(&f, data, n, err);

	if (rc == 0)
		rc = tq_tiff_samples(&f) ? tq_tiff_paint_samples(&f, c) :
		    paint(&f, c);
	tq_tiff_close(&f);
	return rc;
}

TQ_READER(.probe = probe, .decode = decode);
