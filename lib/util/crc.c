/* lib/util/crc.c -- see crc.h; zlib computes it. */
#include "util/crc.h"

#include <zlib.h>

uint32_t
tq_crc32(uint32_t crc, const void *p, size_t n)
{
	/* For NULL zlib answers its first value. */
	return n == 0 ? crc : (uint32_t)crc32_z(crc, p, n);
}
