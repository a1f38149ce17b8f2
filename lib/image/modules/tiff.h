/* lib/image/modules/tiff.h -- what the files of tq-image-tiff.so share. */
#ifndef TQ_IMAGE_TIFF_H
#define TQ_IMAGE_TIFF_H

#include "image/reader.h"

#include <tiffio.h>

/* A file in memory, as libtiff has it open. */
struct tiff {
	TIFF		*t;
	const uint8_t	*p;
	size_t		 n, at;
	bool		 painting;	/* warnings are errors now */
	bool		 bad;		/* an error was told */
	char		 said[200];	/* the first one */
	struct tq_err	*err;
};

/* tq_tiff_open(f, data, n, err): 0, or -1: no TIFF; to be closed either way. */
int tq_tiff_open(struct tiff *f, const uint8_t *data, size_t n,
    struct tq_err *err);
void tq_tiff_close(struct tiff *f);

/* tq_tiff_refuse(f, why): -1 with libtiff's first error, or ${why}. */
int tq_tiff_refuse(struct tiff *f, const char *why);

/*
 * tq_tiff_samples(f): can its samples be taken as they are: gray, red, green
 * and blue, or inks, of up to 16 bits?  What can't is libtiff's to convert:
 * palettes, YCbCr, Lab.
 */
bool tq_tiff_samples(struct tiff *f);

/* tq_tiff_paint_samples(f, c): paint such a file. */
int tq_tiff_paint_samples(struct tiff *f, struct tq_canvas *c);

/* tq_tiff_profile(f): its color profile; libtiff's memory. */
struct tq_profile tq_tiff_profile(struct tiff *f);

#endif
