/* lib/image/jpeg.c -- a JPEG's markers: what kind, which size, orientation. */
#include "image/codec.h"

#include <string.h>

#include "image/bytes.h"

#define M_DHT	0xc4
#define M_JPG	0xc8
#define M_DAC	0xcc
#define M_RST0	0xd0
#define M_SOI	0xd8
#define M_EOI	0xd9
#define M_SOS	0xda
#define M_APP1	0xe1
#define M_TEM	0x01

struct walk {
	const uint8_t	*p;
	size_t		 n, at;
	uint8_t		 components;
	int		 xmp;		/* orientation by XMP; 0: not said */
	bool		 progressive;
};

/*
 * The next marker's code, the walk being behind it then; -1 at the end of the
 * bytes.  Whatever stands between markers is stepped over as libjpeg does it:
 * stuffed zeros, fill bytes, picture data and garbage.
 */
static int
next_marker(struct walk *w)
{
	const uint8_t *ff;

	for (;;) {
		ff = memchr(w->p + w->at, 0xff, w->n - w->at);
		if (ff == NULL)
			return -1;
		w->at = (size_t)(ff - w->p) + 1;
		while (w->at < w->n && w->p[w->at] == 0xff)
			w->at++;
		if (w->at == w->n)
			return -1;
		if (w->p[w->at++] != 0)
			return w->p[w->at - 1];
	}
}

/* Does a length follow the marker? */
static bool
has_segment(int marker)
{
	return marker != M_TEM && !(marker >= M_RST0 && marker <= M_EOI);
}

static bool
is_frame(int marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != M_DHT &&
	    marker != M_JPG && marker != M_DAC;
}

/*
 * Take the segment at the walk: its content, and step behind it.  -1 when it
 * is not all there.
 */
static int
take_segment(struct walk *w, const uint8_t **content, size_t *n)
{
	size_t len;

	if (w->n - w->at < 2)
		return -1;
	len = be16(w->p + w->at);
	if (len < 2 || len > w->n - w->at)
		return -1;
	*content = w->p + w->at + 2;
	*n = len - 2;
	w->at += len;
	return 0;
}

/* The kinds that libjpeg can't decode, by their frame marker; else NULL. */
static const char *
coding_refused(int marker)
{
	switch (marker) {
	case 0xc0: case 0xc1: case 0xc2: case 0xc9: case 0xca:
		return NULL;
	case 0xc3: case 0xcb:
		return "lossless";
	default:
		return "hierarchical";
	}
}

/*
 * libjpeg holds all coefficients, 2 bytes each, of a file of several scans:
 * those of each component, by its share of samples.
 */
static uint64_t
coefficients(const uint8_t *p, size_t n, const struct tq_image_info *info)
{
	uint64_t pixels = (uint64_t)(info->width + 64u) *
	    (info->height + 64u);
	unsigned sum = 0, h = 1, v = 1;
	size_t i;

	for (i = 6; i + 3 <= n && i < 6 + 3u * p[5]; i += 3) {
		sum += (p[i + 1] >> 4) * (p[i + 1] & 15u);
		if (p[i + 1] >> 4 > h)
			h = p[i + 1] >> 4;
		if ((p[i + 1] & 15u) > v)
			v = p[i + 1] & 15u;
	}
	return 2 * pixels * sum / (h * v);
}

/* SOF: how the picture is coded, its size, its components. */
static int
read_frame(struct walk *w, int marker, const uint8_t *p, size_t n,
    struct tq_image_info *info, struct tq_err *err)
{
	const char *why;

	if (n < 6)
		return TQ_BAD_IMAGE(err, "corrupt JPEG: short frame header");
	if ((why = coding_refused(marker)) != NULL)
		return TQ_BAD_IMAGE(err, "%s JPEG is not supported", why);
	if (p[0] != 8)
		return TQ_BAD_IMAGE(err, "%d-bit JPEG is not supported", p[0]);
	if (p[5] != 1 && p[5] != 3 && p[5] != 4)
		return TQ_BAD_IMAGE(err,
		    "JPEG of %d components is not supported", p[5]);
	info->height = be16(p + 1);
	info->width = be16(p + 3);
	if (info->height == 0 || info->width == 0)
		return TQ_BAD_IMAGE(err, "corrupt JPEG: %ux%u pixels",
		    info->width, info->height);
	info->memory = coefficients(p, n, info);
	w->progressive = marker == 0xc2 || marker == 0xca;
	w->components = p[5];
	return 0;
}

/* APP1 is EXIF's or XMP's; the first EXIF block counts, then XMP. */
static void
read_app1(struct walk *w, const uint8_t *p, size_t n,
    struct tq_image_info *info)
{
	static const char xmp[] = "http://ns.adobe.com/xap/1.0/";

	if (w->xmp == 0 && n > sizeof(xmp) && memcmp(p, xmp, sizeof(xmp)) == 0)
		w->xmp = tq_xmp_orientation(p + sizeof(xmp), n - sizeof(xmp));
	if (info->orientation == 0 && n > 6 && memcmp(p, "Exif\0\0", 6) == 0)
		info->orientation = tq_exif_orientation(p + 6, n - 6);
}

/* Up to the scan: EXIF may stand on either side of the frame header. */
static int
read_header(struct walk *w, struct tq_image_info *info, struct tq_err *err)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	int m;

	while ((m = next_marker(w)) != -1 && m != M_SOS && m != M_EOI) {
		if (!has_segment(m))
			continue;
		if (take_segment(w, &p, &n) == -1)
			break;
		if (m == M_APP1)
			read_app1(w, p, n, info);
		else if (is_frame(m) && info->width != 0)
			return TQ_BAD_IMAGE(err, "corrupt JPEG: two frames");
		else if (is_frame(m) && read_frame(w, m, p, n, info,
		    err) == -1)
			return -1;
	}
	if (info->width == 0 && (m == M_SOS || m == M_EOI))
		return TQ_BAD_IMAGE(err, "corrupt JPEG: no frame header");
	if (info->width == 0)
		return TQ_BAD_IMAGE(err, "truncated JPEG: ends in its header");
	/* The first scan has all components: there will be no other. */
	if (!w->progressive && m == M_SOS && take_segment(w, &p, &n) == 0 &&
	    n > 0 && p[0] == w->components)
		info->memory = 0;
	return 0;
}

int
tq_jpeg_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct walk w = { .p = data, .n = n, .at = 2 };
	struct tq_image_info found = { .format = TQ_IMAGE_JPEG,
	    .orientation = 0 };

	if (read_header(&w, &found, err) == -1)
		return -1;
	if (found.orientation == 0)
		found.orientation = w.xmp != 0 ? w.xmp : 1;
	*info = found;
	return 0;
}
