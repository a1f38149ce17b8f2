/*
 * lib/image/codec.h -- what the files of lib/image share; nobody else
 * includes it.
 *
 * Each format has three verbs.  _probe reads the header and nothing behind
 * it; image.c checks the size it found and allocates the picture; _decode
 * fills that picture and refuses a file whose decoder sees another size than
 * _probe did, so that no limit can be talked around.  _encode appends a file.
 */
#ifndef TQ_IMAGE_CODEC_H
#define TQ_IMAGE_CODEC_H

#include "image/image.h"

#include "util/buf.h"
#include "util/err.h"

/* A gray picture: width * height samples, row after row, no padding. */
struct tq_gray {
	uint32_t	 width, height;
	uint8_t		*px;
};

/* How the samples of a decoded row lie; those of 16 bits in host order. */
enum tq_layout { TQ_GRAY8, TQ_GRAYA8, TQ_RGB8, TQ_RGBA8, TQ_CMYK8,
	TQ_GRAY16, TQ_GRAYA16, TQ_RGB16, TQ_RGBA16, TQ_CMYK16 };

/*
 * What a decoder paints on: it sets the layout once and then hands over rows,
 * which become gray there.
 */
struct tq_canvas {
	struct tq_gray	*g;
	enum tq_layout	 layout;	/* of the rows to come */
	bool		 exact;	/* a JPEG's pixels are to be the luma of its
				   colors, not its Y plane, from which they
				   differ where colors were clipped */
};

/*
 * tq_canvas_row(c, y, x0, dx, px, n):
 * The ${n} pixels at ${px}, in the canvas's layout, are those of row ${y} at
 * ${x0}, ${x0} + ${dx}, ...  Alpha is composed over white; CMYK is ink, 0
 * being none.  The caller keeps within the picture.
 */
void tq_canvas_row(const struct tq_canvas *c, uint32_t y, uint32_t x0,
    uint32_t dx, const void *px, size_t n);

/* Fill ${err}: these bytes are not a picture we can take.  Is -1. */
#define TQ_BAD_IMAGE(err, ...)						\
	tq_err_set((err), TQ_AT_DECODE, TQ_E_DATA, __VA_ARGS__)

/* Fill ${err}: no memory for this picture.  Is -1. */
#define TQ_NO_MEMORY(err, stage)					\
	tq_err_set((err), (stage), TQ_E_NOMEM, "out of memory")

/*
 * tq_gray_alloc(g, width, height, err):
 * Make ${g} a zeroed picture of that size.  The caller frees it.  Fails with
 * TQ_E_NOMEM, ${g} unchanged.
 */
int tq_gray_alloc(struct tq_gray *g, uint32_t width, uint32_t height,
    struct tq_err *err);

/* tq_gray_free(g): give the pixels back; ${g} may be zeroed or freed. */
void tq_gray_free(struct tq_gray *g);

/*
 * tq_out_add(out, data, n, err):
 * Append to the encoded picture.  Fails with stage process, TQ_E_TOOBIG when
 * ${out} would pass its maximum, or TQ_E_NOMEM.
 */
int tq_out_add(struct tq_buf *out, const void *data, size_t n,
    struct tq_err *err);

/*
 * tq_magic_format(data, n, format, err):
 * Which of our formats the first bytes promise.  Fails with TQ_E_DATA, naming
 * the format when it is a known one that we don't take.
 */
int tq_magic_format(const uint8_t *data, size_t n,
    enum tq_image_format *format, struct tq_err *err);

/*
 * tq_x_probe(data, n, info, err):
 * Read the header of the ${n} bytes, which start with x's magic, into
 * ${info}: size as stored and orientation.  Says why not with TQ_E_DATA.
 */
int tq_jpeg_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err);
int tq_png_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err);
int tq_bmp_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err);
int tq_pnm_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err);

/*
 * tq_x_decode(data, n, c, err):
 * Decode a file that _probe accepted onto ${c}, which has the size _probe
 * found.  Fails with stage decode: TQ_E_DATA for a damaged file, TQ_E_NOMEM;
 * the canvas is then part filled.
 */
int tq_jpeg_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err);
int tq_png_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err);
int tq_bmp_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err);
int tq_pnm_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err);

/*
 * tq_x_encode(g, quality, out, err):
 * Append ${g} to ${out} as an 8-bit gray file of format x; ${quality} is
 * JPEG's 1..100, ignored by the others.  Fails as tq_out_add() does; ${out}
 * is then part filled.
 */
int tq_jpeg_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err);
int tq_png_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err);
int tq_bmp_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err);
int tq_pnm_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err);

/*
 * tq_png_whole(data, n):
 * Does the file reach its own end chunk?  Bytes behind it don't matter.
 */
bool tq_png_whole(const uint8_t *data, size_t n);

/*
 * tq_exif_orientation(tiff, n):
 * The orientation 1..8 in the ${n} bytes of an EXIF block, from its TIFF
 * header on; 1 when it says nothing usable.
 */
int tq_exif_orientation(const uint8_t *tiff, size_t n);

/*
 * tq_orient_upright(g, orientation, err):
 * Turn and mirror ${g} as EXIF ${orientation} 1..8 asks; 5..8 swap width and
 * height.  Fails with TQ_E_NOMEM, ${g} unchanged.
 */
int tq_orient_upright(struct tq_gray *g, int orientation, struct tq_err *err);

#endif
