/* lib/image/exif.h -- which way up, by what cameras note. */
#ifndef TQ_IMAGE_EXIF_H
#define TQ_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/*
 * tq_exif_orientation(tiff, n):
 * The orientation 1..8 in the ${n} bytes of an EXIF block, from its TIFF
 * header on; 0 when it says nothing usable.
 */
int tq_exif_orientation(const uint8_t *tiff, size_t n);

/*
 * tq_xmp_orientation(xmp, n):
 * The same of the ${n} bytes of an XMP packet, by tiff:Orientation as an
 * attribute or an element; 0 when it says nothing usable.
 */
int tq_xmp_orientation(const uint8_t *xmp, size_t n);

#endif
