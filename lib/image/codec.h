/*
 * lib/image/codec.h -- what the files of lib/image share; nobody else
 * includes it.  The decoders' part is reader.h.
 */
#ifndef TQ_IMAGE_CODEC_H
#define TQ_IMAGE_CODEC_H

#include "image/exif.h"
#include "image/image.h"
#include "image/reader.h"

#include "util/buf.h"

/*
 * tq_canvas_init(c, g, color): paint on ${g}; ${color} may be NULL.
 * tq_canvas_free(c): what its transform holds; the picture is the caller's.
 */
void tq_canvas_init(struct tq_canvas *c, struct tq_gray *g,
    const struct tq_color_module *color);
void tq_canvas_free(struct tq_canvas *c);

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

/* tq_magic_name(format): as people write it, "TIFF". */
const char *tq_magic_name(enum tq_image_format format);

/* The decoders that every build has. */
tq_probe_fn tq_jpeg_probe, tq_png_probe, tq_bmp_probe, tq_pnm_probe;
tq_decode_fn tq_jpeg_decode, tq_png_decode, tq_bmp_decode, tq_pnm_decode;

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
 * tq_orient_upright(g, orientation, err):
 * Turn and mirror ${g} as EXIF ${orientation} 1..8 asks; 5..8 swap width and
 * height.  Fails with TQ_E_NOMEM, ${g} unchanged.
 */
int tq_orient_upright(struct tq_gray *g, int orientation, struct tq_err *err);

#endif
