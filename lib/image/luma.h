/*
 * lib/image/luma.h -- BT.601 luma of gamma-encoded samples, and alpha over
 * white.  Inline, as they are called once a pixel.
 */
#ifndef TQ_IMAGE_LUMA_H
#define TQ_IMAGE_LUMA_H

#include <stddef.h>
#include <stdint.h>

/* 0.299, 0.587 and 0.114 in units of 1/65536; they add up to exactly 1. */
#define LUMA_R		19595u
#define LUMA_G		38470u
#define LUMA_B		7471u
#define LUMA_ONE	65536u

/* luma_sum(r, g, b): 65536 times the luma; fits for samples of 16 bits. */
static inline uint32_t
luma_sum(uint32_t r, uint32_t g, uint32_t b)
{
	return LUMA_R * r + LUMA_G * g + LUMA_B * b;
}

/* luma_rgb8(r, g, b): the luma of 8-bit samples, rounded. */
static inline uint8_t
luma_rgb8(uint32_t r, uint32_t g, uint32_t b)
{
	return (uint8_t)((luma_sum(r, g, b) + LUMA_ONE / 2) / LUMA_ONE);
}

/*
 * luma_rgba8(r, g, b, a): the same over white.  Rounded once, at the end:
 * 255 * 255 * 65536 and the half still fit 32 bits.
 */
static inline uint8_t
luma_rgba8(uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	uint32_t over = luma_sum(r, g, b) * a + 255 * LUMA_ONE * (255 - a);

	return (uint8_t)((over + 255 * LUMA_ONE / 2) / (255 * LUMA_ONE));
}

/* luma_gray16(v): a 16-bit sample as 8 bits, rounded. */
static inline uint8_t
luma_gray16(uint32_t v)
{
	return (uint8_t)((v + 128) / 257);
}

/* luma_rgba16(r, g, b, a): 16-bit samples to 8 bits, over white, rounded. */
static inline uint8_t
luma_rgba16(uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	uint32_t y = (luma_sum(r, g, b) + LUMA_ONE / 2) / LUMA_ONE;
	uint32_t over = (y * a + 65535 * (65535 - a) + 65535 / 2) / 65535;

	return luma_gray16(over);
}

/* luma_cmyk16(c, m, y, k): inks, 0 being none; black takes its share of the
   light that the others leave. */
static inline uint8_t
luma_cmyk16(uint32_t c, uint32_t m, uint32_t y, uint32_t k)
{
	uint32_t light = luma_sum(65535 - c, 65535 - m, 65535 - y) / LUMA_ONE;

	return luma_gray16((light * (65535 - k) + 65535 / 2) / 65535);
}

/* luma_cmyk8(c, m, y, k): the same of 8 bits. */
static inline uint8_t
luma_cmyk8(uint32_t c, uint32_t m, uint32_t y, uint32_t k)
{
	return luma_cmyk16(c * 257, m * 257, y * 257, k * 257);
}

#endif
