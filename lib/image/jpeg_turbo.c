/* lib/image/jpeg_turbo.c -- JPEG by libjpeg-turbo; the only TurboJPEG user. */
#include "image/codec.h"

#ifdef TQ_HAVE_TURBOJPEG

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "image/luma.h"

/*
 * What libjpeg says, as our error.  Its text for damaged data starts with
 * "Corrupt JPEG data: " or says "premature end".
 */
static int
refuse(const char *said, enum tq_stage stage, struct tq_err *err)
{
	static const char corrupt[] = "Corrupt JPEG data: ";

	if (strstr(said, "nsufficient memory") != NULL ||
	    strstr(said, "Memory allocation") != NULL)
		return TQ_NO_MEMORY(err, stage);
	if (strstr(said, "remature end") != NULL)
		return tq_err_set(err, stage, TQ_E_DATA,
		    "truncated JPEG: its data ends early");
	if (strncmp(said, corrupt, sizeof(corrupt) - 1) == 0)
		said += sizeof(corrupt) - 1;
	return tq_err_set(err, stage, TQ_E_DATA, "corrupt JPEG: %s", said);
}

/*
 * libjpeg goes on after what it calls a warning.  Most of them mean that
 * samples were made up (the data ended, a bad code, a lost restart marker):
 * a gray half would be stored as a success, so those are errors here.  These
 * four leave every sample as the encoder meant it and are seen in files of
 * real cameras and editors.  TurboJPEG keeps only the first warning's text:
 * behind one of these four a second, worse one goes unseen, but not the
 * commonest, as tq_jpeg_whole() has found the end marker before.
 */
static bool
is_harmless(const char *warning)
{
	static const char *const harmless[] = {
		"extraneous bytes before marker",
		"unknown JFIF revision",
		"Unknown Adobe color transform",
		"Invalid SOS parameters",
	};
	size_t i;

	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strstr(warning, harmless[i]) != NULL)
			return true;
	return false;
}

/*
 * The decoder must see the size that was allocated.  The return value is not
 * looked at: it is -1 for an unusual subsampling too, which is no obstacle to
 * taking the Y plane, and a header without a size leaves the zeros.
 */
static int
check_size(tjhandle tj, const uint8_t *data, size_t n, const struct tq_gray *g,
    int *colors, struct tq_err *err)
{
	int w = 0, h = 0, subsampling;

	*colors = TJCS_YCbCr;
	tjDecompressHeader3(tj, data, n, &w, &h, &subsampling, colors);
	if (w == 0 || h == 0)
		return refuse(tjGetErrorStr2(tj), TQ_AT_DECODE, err);
	if ((uint32_t)w != g->width || (uint32_t)h != g->height)
		return TQ_BAD_IMAGE(err, "corrupt JPEG: two frame headers");
	return 0;
}

/* LIMITSCANS stops a progressive file whose thousand scans are an attack. */
static int
decode_as(tjhandle tj, const uint8_t *data, size_t n, const struct tq_gray *g,
    enum TJPF format, uint8_t *px, struct tq_err *err)
{
	if (tjDecompress2(tj, data, n, px, (int)g->width, 0, (int)g->height,
	    format, TJFLAG_LIMITSCANS) == 0)
		return 0;
	if (tjGetErrorCode(tj) == TJERR_WARNING &&
	    is_harmless(tjGetErrorStr2(tj)))
		return 0;
	return refuse(tjGetErrorStr2(tj), TQ_AT_DECODE, err);
}

static int
decode_colors(tjhandle tj, const uint8_t *data, size_t n, struct tq_gray *g,
    struct tq_err *err)
{
	size_t i, pixels = (size_t)g->width * g->height;
	uint8_t *rgb = malloc(pixels * 3);
	const uint8_t *p = rgb;
	int rc;

	if (rgb == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = decode_as(tj, data, n, g, TJPF_RGB, rgb, err);
	for (i = 0; rc == 0 && i < pixels; i++, p += 3)
		g->px[i] = luma_rgb8(p[0], p[1], p[2]);
	free(rgb);
	return rc;
}

/*
 * TJPF_GRAY is the Y plane itself: no chroma is upsampled, no color converted.
 */
static int
decode(tjhandle tj, const uint8_t *data, size_t n, struct tq_gray *g,
    struct tq_err *err)
{
	int colors;

	if (check_size(tj, data, n, g, &colors, err) == -1)
		return -1;
	if (g->exact && colors != TJCS_GRAY)
		return decode_colors(tj, data, n, g, err);
	return decode_as(tj, data, n, g, TJPF_GRAY, g->px, err);
}

int
tq_jpeg_decode(const uint8_t *data, size_t n, struct tq_gray *g,
    struct tq_err *err)
{
	tjhandle tj;
	int rc;

	if (!tq_jpeg_whole(data, n))
		return TQ_BAD_IMAGE(err, "truncated JPEG: no end marker");
	if ((tj = tjInitDecompress()) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = decode(tj, data, n, g, err);
	tjDestroy(tj);
	return rc;
}

/*
 * The library grows its own buffer, which is copied once: its worst-case size
 * would be twice the pixels, more than most callers' maximum.
 */
int
tq_jpeg_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	unsigned char *file = NULL;
	unsigned long n = 0;
	tjhandle tj;
	int rc;

	if ((tj = tjInitCompress()) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	rc = tjCompress2(tj, g->px, (int)g->width, 0, (int)g->height,
	    TJPF_GRAY, &file, &n, TJSAMP_GRAY, quality, TJFLAG_ACCURATEDCT);
	if (rc == -1)
		refuse(tjGetErrorStr2(tj), TQ_AT_PROCESS, err);
	else
		rc = tq_out_add(out, file, n, err);
	tjFree(file);
	tjDestroy(tj);
	return rc;
}

#endif
