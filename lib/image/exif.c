/*
 * lib/image/exif.c -- the one EXIF field we need.
 *
 * libexif would do it, but it allocates and parses every tag and maker note
 * of a hostile file (most of its security record is there) to give us one
 * 16-bit number of the first directory.  These few lines allocate nothing and
 * never leave the block.
 */
#include "image/exif.h"

#include <string.h>

#include "image/bytes.h"

#define TAG_ORIENTATION	0x0112
#define TYPE_SHORT	3
#define ENTRY_BYTES	12

int
tq_exif_orientation(const uint8_t *tiff, size_t n)
{
	uint16_t (*u16)(const uint8_t *);
	uint32_t (*u32)(const uint8_t *);
	size_t at, end;
	uint16_t value;

	if (n < 8)
		return 0;
	if (memcmp(tiff, "II*\0", 4) == 0) {
		u16 = le16;
		u32 = le32;
	} else if (memcmp(tiff, "MM\0*", 4) == 0) {
		u16 = be16;
		u32 = be32;
	} else
		return 0;

	/* A count, then that many entries: tag, type, how many, value. */
	at = u32(tiff + 4);
	if (at > n - 2)
		return 0;
	end = at + 2 + (size_t)u16(tiff + at) * ENTRY_BYTES;
	for (at += 2; at < end && at + ENTRY_BYTES <= n; at += ENTRY_BYTES) {
		if (u16(tiff + at) != TAG_ORIENTATION)
			continue;
		value = u16(tiff + at + 8);
		if (u16(tiff + at + 2) != TYPE_SHORT || value < 1 || value > 8)
			return 0;
		return value;
	}
	return 0;
}

int
tq_xmp_orientation(const uint8_t *xmp, size_t n)
{
	static const char name[] = "tiff:Orientation";
	const uint8_t *p = memmem(xmp, n, name, sizeof(name) - 1);
	const uint8_t *end = xmp + n;

	if (p == NULL)
		return 0;
	/* ="6" or >6<, with blanks as XML may have them. */
	for (p += sizeof(name) - 1; p < end && strchr(" \t\r\n=\"'>", *p) != NULL
	    && *p != '\0'; p++)
		continue;
	if (end - p < 2 || *p < '1' || *p > '8' || (p[1] >= '0' &&
	    p[1] <= '9'))
		return 0;
	return *p - '0';
}
