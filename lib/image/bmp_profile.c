/* lib/image/bmp_profile.c -- what a BMP says of its colors; see bmp.h. */
#include "image/bmp.h"

#include <string.h>

#include "image/bytes.h"

#define V4_HEADER	108
#define V5_HEADER	124

/* Where they stand in the file; wingdi.h, BITMAPV5HEADER. */
#define KIND_AT		(FILE_HEADER + 56)
#define COLORS_AT	(FILE_HEADER + 60)	/* X, Y, Z of red, green, blue */
#define GAMMA_AT	(FILE_HEADER + 96)	/* of the same */
#define PROFILE_AT	(FILE_HEADER + 112)	/* from the header's start */
#define PROFILE_SIZE_AT	(FILE_HEADER + 116)

#define FIXED_2_30	1073741824.0
#define FIXED_16_16	65536.0

/* Microsoft's numbers read backwards, as words do in such a file. */
#define KIND_CALIBRATED	0u
#define KIND_EMBEDDED	0x4d424544u	/* "MBED" */

static bool
set_xy(double xy[2], const double xyz[3])
{
	double sum = xyz[0] + xyz[1] + xyz[2];

	if (sum <= 0)
		return false;
	xy[0] = xyz[0] / sum;
	xy[1] = xyz[1] / sum;
	return true;
}

/* Three colors, whose sum is white, and a power for each, of which one counts.
   All zero, as most have it, is no word about it. */
static void
read_numbers(const uint8_t *file, struct tq_profile *p)
{
	double gamma = le32(file + GAMMA_AT + 4) / FIXED_16_16;
	double xyz[3][3], white[3] = { 0, 0, 0 }, xy[8];
	int i, k;

	if (gamma < 0.1 || gamma > 10)
		return;
	p->gamma = 1 / gamma;
	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++) {
			xyz[i][k] = le32(file + COLORS_AT + 12 * i + 4 * k) /
			    FIXED_2_30;
			white[k] += xyz[i][k];
		}
		if (!set_xy(xy + 2 + 2 * i, xyz[i]))
			return;
	}
	if (set_xy(xy, white))
		memcpy(p->xy, xy, sizeof(xy));
}

struct tq_profile
tq_bmp_profile(const uint8_t *file, size_t n, const struct bmp *b)
{
	struct tq_profile p = { .icc = NULL };
	uint32_t kind, at, size;

	if (b->header < V4_HEADER)
		return p;
	if ((kind = le32(file + KIND_AT)) == KIND_CALIBRATED)
		read_numbers(file, &p);
	if (kind != KIND_EMBEDDED || b->header < V5_HEADER)
		return p;
	at = le32(file + PROFILE_AT);
	size = le32(file + PROFILE_SIZE_AT);
	if (at <= n - FILE_HEADER && size <= n - FILE_HEADER - at) {
		p.icc = file + FILE_HEADER + at;
		p.n = size;
	}
	return p;
}
