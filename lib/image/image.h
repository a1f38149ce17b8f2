/*
 * lib/image/image.h -- one picture in, its gray picture out.
 *
 * Pure codec work on memory: no files, no sandbox, no clock.  The caller
 * (lib/work) runs it inside lib/sandbox, because the input is hostile; only
 * tq_image_load() is for before that.
 */
#ifndef TQ_IMAGE_H
#define TQ_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tq_buf; struct tq_err;

/* Those up to PNM are written too. */
enum tq_image_format { TQ_IMAGE_UNKNOWN, TQ_IMAGE_JPEG, TQ_IMAGE_PNG,
	TQ_IMAGE_BMP, TQ_IMAGE_PNM, TQ_IMAGE_GIF, TQ_IMAGE_WEBP,
	TQ_IMAGE_TIFF, TQ_IMAGE_HEIF, TQ_IMAGE_PSD, TQ_IMAGE_FORMATS };

#define TQ_IMAGE_PIXELS_MAX	(2000u * 1000 * 1000)	/* hard limit */
#define TQ_IMAGE_PIXELS_DEFAULT	(256u * 1024 * 1024)	/* 268 million: phones
						   of 200 pass */
#define TQ_IMAGE_INPUT_MAX	(512u * 1024 * 1024)	/* bytes of a file */
#define TQ_IMAGE_OUTPUT_MAX	(2048u * 1024 * 1024)

struct tq_reader_module; struct tq_color_module;

/* What tq_image_load() has loaded; all NULL: what is in every build. */
struct tq_image_tools {
	const struct tq_reader_module *reader[TQ_IMAGE_FORMATS];
	const struct tq_color_module *color;	/* NULL: a picture's profile is
						   not applied */
	bool	threads;	/* the sandbox must let it start some */
};

struct tq_image_opts {
	enum tq_image_format	format;	/* of the output; UNKNOWN: the input's
					   (PNM becomes PGM); where that can't
					   be written, JPEG for WebP, AVIF and
					   HEIC, PNG for the others */
	int			quality;	/* JPEG 1..100; 0 means 90 */
	uint32_t		pixels_max;	/* 0 means the default */
};

struct tq_image_info {
	uint32_t		width, height;	/* of the output, upright */
	enum tq_image_format	format;		/* of the output */
	int			orientation;	/* EXIF 1..8 that was applied */
	uint64_t		memory;		/* bytes that decoding it takes,
						   beside the file and one for
						   each pixel of the result */
};

/*
 * tq_image_load(t, data, n, err):
 * Load the modules that a picture may need which starts with these ${n}
 * bytes, of which only the magic is looked at.  To be called before the
 * sandbox is closed; opens files.  A module that is not installed is no
 * failure: the format is refused then, or the profile not applied.  Fails
 * with TQ_E_CONFIG when one is there and can't be loaded.
 */
int tq_image_load(struct tq_image_tools *t, const void *data, size_t n,
    struct tq_err *err);

/*
 * tq_image_preload():
 * Load what most pictures may need, for a process that forks children which
 * then need not: tq_image_load() finds it loaded.  A failure is left to that.
 */
void tq_image_preload(void);

/*
 * tq_image_probe(t, data, n, info, err):
 * The picture that the ${n} bytes start, by its magic bytes and header
 * alone: format, width, height as stored (not yet upright), orientation.
 * Cheap; decodes no pixel.  Fails with stage decode, TQ_E_DATA ("not an
 * image: starts with ..."; "12-bit JPEG is not supported", "SVG is not
 * supported", ...).
 */
int tq_image_probe(const struct tq_image_tools *t, const void *data,
    size_t n, struct tq_image_info *info, struct tq_err *err);

/*
 * tq_image_memory(info, n, out):
 * The memory for turning a picture of ${n} bytes gray, beside the program:
 * the file, the gray picture, twice if it is turned, what its decoder holds,
 * and an output of format ${out} (UNKNOWN: any).
 */
uint64_t tq_image_memory(const struct tq_image_info *info, size_t n,
    enum tq_image_format out);

/*
 * tq_image_need(t, data, n, opts, info, need, err):
 * tq_image_memory() of what tq_image_gray() is about to do; ${info} becomes
 * that of tq_image_probe().  Fails as tq_image_gray() does with a header that
 * it does not take.
 */
int tq_image_need(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_opts *opts, struct tq_image_info *info,
    uint64_t *need, struct tq_err *err);

/*
 * tq_image_gray(t, data, n, opts, out, info, err):
 * Decode, apply the EXIF orientation (JPEG APP1, PNG eXIf), turn to 8-bit
 * gray by BT.601 luma (0.299 R + 0.587 G + 0.114 B on gamma-encoded samples,
 * rounded; from JPEG to JPEG the Y plane itself), of the colors in sRGB where
 * the file has a profile and ${t} the module for it; compose alpha over white,
 * encode into ${out} (the caller's, its maximum bounds the output).  Dimensions are
 * checked against the limits before a pixel is allocated.  On failure ${out}
 * is cleared.  Fails with stage decode (TQ_E_DATA, TQ_E_TOOBIG, TQ_E_NOMEM)
 * or process (encoding).  Messages start with what was wrong, such as
 * "truncated JPEG", "30000x30000 pixels is over the limit of 268435456
 * (max_pixels)";
 * the caller adds the task.
 */
int tq_image_gray(const struct tq_image_tools *t, const void *data, size_t n,
    const struct tq_image_opts *opts, struct tq_buf *out,
    struct tq_image_info *info, struct tq_err *err);

/*
 * Names: "jpeg", "png", "bmp", "pnm", "gif", ...; parse knows those that can be
 * written, and "jpg", "pgm", "ppm".
 */
const char *tq_image_format_name(enum tq_image_format f);
enum tq_image_format tq_image_format_parse(const char *name);

#endif
