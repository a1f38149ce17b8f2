/* lib/image/png_text.h -- the text chunks of a PNG, for png_head.c. */
#ifndef TQ_IMAGE_PNG_TEXT_H
#define TQ_IMAGE_PNG_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Orientations that were found, 1..8; 0: none. */
struct png_said {
	int	exif, xmp;
	int	looked;		/* at so many texts */
};

/*
 * tq_png_text(type, p, n, said):
 * Note in ${said} what the chunk of ${type} (tEXt, zTXt, iTXt; any other says
 * nothing) tells of the orientation: an XMP packet, or EXIF or XMP as
 * ImageMagick and exiftool write them, in hex ("Raw profile type exif").  The
 * first word counts.  Of a compressed text 256 KiB are looked at, and no more
 * than 64 such texts.
 */
void tq_png_text(const uint8_t *type, const uint8_t *p, size_t n,
    struct png_said *said);

#endif
