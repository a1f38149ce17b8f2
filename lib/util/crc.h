/* lib/util/crc.h -- CRC-32, that of zlib and PNG (ISO 3309). */
#ifndef TQ_CRC_H
#define TQ_CRC_H

#include <stddef.h>
#include <stdint.h>

/* tq_crc32(crc, p, n): ${crc} of what came before (0 at first), and ${n}
   more bytes. */
uint32_t tq_crc32(uint32_t crc, const void *p, size_t n);

#endif
