/*
 * lib/image/modules/tiff_samples.c -- a TIFF's samples as they are stored: of
 * 1 to 16 bits, gray, colors or inks, in strips or tiles, together or in planes.
 *
 * libtiff's own conversion ends at 8 bits, knows but five depths, passes over
 * the alpha of gray, and makes colors of inks before a profile could.
 */
#include "tiff.h"

#include <stdlib.h>

#define TAKEN_MAX	4
#define STORED_MAX	64	/* more is an attack on our memory */

struct samples {
	uint16_t	 bits, photometric;
	uint16_t	 stored;	/* samples of a pixel */
	uint16_t	 taken;		/* of these, from the first on */
	bool		 planes;	/* each kind of sample by itself */
	bool		 weighed;	/* colors are, by alpha */
	enum tq_layout	 layout;
	uint32_t	 width, height;
	/* A strip or a tile: */
	bool		 tiled;
	uint32_t	 across, down;
	size_t		 bytes, row_bytes;
	uint8_t		*piece[TAKEN_MAX];
	uint16_t	*row;		/* ${across} pixels */
};

/* How many samples make a color; 0: not known here. */
static uint16_t
colors_of(struct tiff *f, uint16_t photometric)
{
	uint16_t inks = INKSET_CMYK;

	switch (photometric) {
	case PHOTOMETRIC_MINISBLACK:
	case PHOTOMETRIC_MINISWHITE:
		return 1;
	case PHOTOMETRIC_RGB:
		return 3;
	case PHOTOMETRIC_SEPARATED:
		TIFFGetFieldDefaulted(f->t, TIFFTAG_INKSET, &inks);
		return inks == INKSET_CMYK ? 4 : 0;
	default:
		return 0;
	}
}

/* An extra sample that does not say that it is alpha is passed over. */
static bool
set_layout(struct tiff *f, struct samples *s, uint16_t colors)
{
	static const enum tq_layout plain[] = { [1] = TQ_GRAY16,
	    [3] = TQ_RGB16, [4] = TQ_CMYK16 };
	uint16_t *kinds = NULL, n = 0;

	TIFFGetFieldDefaulted(f->t, TIFFTAG_EXTRASAMPLES, &n, &kinds);
	s->taken = colors;
	s->layout = plain[colors];
	if (s->stored < colors || s->stored > STORED_MAX)
		return false;
	if (n == 0 || colors == 4 || s->stored == colors ||
	    kinds[0] == EXTRASAMPLE_UNSPECIFIED)
		return true;
	s->weighed = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
	s->taken = colors + 1;
	s->layout = colors == 1 ? TQ_GRAYA16 : TQ_RGBA16;
	return true;
}

static bool
read_kind(struct tiff *f, struct samples *s)
{
	uint16_t format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG;
	uint16_t colors;

	*s = (struct samples){ .bits = 1 };
	TIFFGetFieldDefaulted(f->t, TIFFTAG_BITSPERSAMPLE, &s->bits);
	TIFFGetFieldDefaulted(f->t, TIFFTAG_SAMPLESPERPIXEL, &s->stored);
	TIFFGetFieldDefaulted(f->t, TIFFTAG_SAMPLEFORMAT, &format);
	TIFFGetFieldDefaulted(f->t, TIFFTAG_PLANARCONFIG, &planar);
	s->planes = planar == PLANARCONFIG_SEPARATE && s->stored > 1;
	if (!TIFFGetField(f->t, TIFFTAG_PHOTOMETRIC, &s->photometric) ||
	    s->bits < 1 || s->bits > 16 || format != SAMPLEFORMAT_UINT ||
	    (colors = colors_of(f, s->photometric)) == 0)
		return false;
	return set_layout(f, s, colors);
}

bool
tq_tiff_samples(struct tiff *f)
{
	struct samples s;

	return read_kind(f, &s);
}

/* The ${n} samples of a row, the first bit being the highest, as 16 bits. */
static void
unpack(const struct samples *s, const uint8_t *from, size_t n, uint16_t *to,
    size_t step)
{
	uint32_t max = (1u << s->bits) - 1, held = 0, v;
	unsigned have = 0;
	size_t i;

	for (i = 0; i < n; i++, to += step) {
		if (s->bits == 16) {	/* in our own byte order */
			*to = ((const uint16_t *)(const void *)from)[i];
			continue;
		}
		for (; have < s->bits; have += 8)
			held = held << 8 | *from++;
		have -= s->bits;
		v = held >> have & max;
		*to = (uint16_t)((v * 65535 + max / 2) / max);
	}
}

static void
invert(uint16_t *row, size_t n, size_t step)
{
	for (; n > 0; n--, row += step)
		*row = (uint16_t)~*row;
}

/* Colors as they were before alpha: a profile is about those. */
static void
unweigh(uint16_t *row, size_t n, size_t step)
{
	uint32_t a, v;
	size_t i;

	for (; n > 0; n--, row += step) {
		if ((a = row[step - 1]) == 0)
			continue;
		for (i = 0; i + 1 < step; i++) {
			v = (row[i] * 65535u + a / 2) / a;
			row[i] = (uint16_t)(v > 65535 ? 65535 : v);
		}
	}
}

/* A row of the piece at (${x}, ${y}), ${n} pixels of which are the picture's. */
static void
paint_row(struct samples *s, struct tq_canvas *c, uint32_t x, uint32_t y,
    uint32_t down, uint32_t n)
{
	size_t at = down * s->row_bytes, i, k;
	uint16_t *all = s->row, *row = s->row;

	if (s->planes) {
		for (i = 0; i < s->taken; i++)
			unpack(s, s->piece[i] + at, n, row + i, s->taken);
	} else {
		unpack(s, s->piece[0] + at, (size_t)n * s->stored, all, 1);
		/* Close up what is passed over. */
		for (i = 0; s->taken < s->stored && i < n; i++)
			for (k = 0; k < s->taken; k++)
				row[i * s->taken + k] = all[i * s->stored + k];
	}
	if (s->photometric == PHOTOMETRIC_MINISWHITE)
		invert(row, n, s->taken);
	if (s->weighed)
		unweigh(row, n, s->taken);
	c->row(c, y + down, x, 1, row, n);
}

static int
read_piece(struct tiff *f, struct samples *s, uint32_t x, uint32_t y)
{
	uint16_t i, n = s->planes ? s->taken : 1;
	tmsize_t got;

	for (i = 0; i < n; i++) {
		got = s->tiled ? TIFFReadEncodedTile(f->t,
		    TIFFComputeTile(f->t, x, y, 0, i), s->piece[i],
		    (tmsize_t)s->bytes) : TIFFReadEncodedStrip(f->t,
		    TIFFComputeStrip(f->t, y, i), s->piece[i],
		    (tmsize_t)s->bytes);
		/* The last strip may be shorter by the rows it lacks. */
		if (got < 0 || f->bad || (size_t)got < (s->height - y <
		    s->down ? s->height - y : s->down) * s->row_bytes)
			return tq_tiff_refuse(f, "its data ends early");
	}
	return 0;
}

static int
paint_piece(struct tiff *f, struct samples *s, struct tq_canvas *c,
    uint32_t x, uint32_t y)
{
	uint32_t n = s->width - x < s->across ? s->width - x : s->across;
	uint32_t rows = s->height - y < s->down ? s->height - y : s->down, i;

	if (read_piece(f, s, x, y) == -1)
		return -1;
	for (i = 0; i < rows; i++)
		paint_row(s, c, x, y, i, n);
	return 0;
}

/* The size of a piece, as libtiff counts it, and memory for one. */
static int
make_pieces(struct tiff *f, struct samples *s)
{
	uint16_t i, n = s->planes ? s->taken : 1;

	s->across = s->width;
	s->down = s->height;
	s->tiled = TIFFIsTiled(f->t) != 0;
	if (s->tiled) {
		TIFFGetField(f->t, TIFFTAG_TILEWIDTH, &s->across);
		TIFFGetField(f->t, TIFFTAG_TILELENGTH, &s->down);
	} else {
		TIFFGetFieldDefaulted(f->t, TIFFTAG_ROWSPERSTRIP, &s->down);
		if (s->down > s->height)
			s->down = s->height;
	}
	s->bytes = (size_t)(s->tiled ? TIFFTileSize(f->t) :
	    TIFFVStripSize(f->t, s->down));
	s->row_bytes = (size_t)(s->tiled ? TIFFTileRowSize(f->t) :
	    TIFFScanlineSize(f->t));
	if (s->across == 0 || s->down == 0 || s->row_bytes == 0 ||
	    s->bytes / s->row_bytes < s->down || s->row_bytes <
	    ((uint64_t)s->across * (s->planes ? 1 : s->stored) * s->bits +
	    7) / 8)
		return tq_tiff_refuse(f, "strips or tiles of no size");
	for (i = 0; i < n; i++)
		if ((s->piece[i] = malloc(s->bytes)) == NULL)
			return TQ_NO_MEMORY(f->err, TQ_AT_DECODE);
	if ((s->row = malloc((size_t)s->across * s->stored *
	    sizeof(*s->row))) == NULL)
		return TQ_NO_MEMORY(f->err, TQ_AT_DECODE);
	return 0;
}

static int
paint_pieces(struct tiff *f, struct samples *s, struct tq_canvas *c)
{
	struct tq_profile p = tq_tiff_profile(f);
	uint32_t x, y;
	int rc = 0;

	if (s->width != c->g->width || s->height != c->g->height)
		return tq_tiff_refuse(f, "two sizes");
	if (make_pieces(f, s) == -1 ||
	    c->begin(c, s->layout, &p, f->err) == -1)
		return -1;
	f->painting = true;
	for (y = 0; rc == 0; y += s->down) {
		for (x = 0; rc == 0; x += s->across) {
			rc = paint_piece(f, s, c, x, y);
			if (s->width - x <= s->across)
				break;
		}
		if (s->height - y <= s->down)
			break;
	}
	return rc;
}

int
tq_tiff_paint_samples(struct tiff *f, struct tq_canvas *c)
{
	struct samples s;
	int rc, i;

	if (!read_kind(f, &s))
		return tq_tiff_refuse(f, "another kind than before");
	TIFFGetField(f->t, TIFFTAG_IMAGEWIDTH, &s.width);
	TIFFGetField(f->t, TIFFTAG_IMAGELENGTH, &s.height);
	rc = paint_pieces(f, &s, c);
	for (i = 0; i < TAKEN_MAX; i++)
		free(s.piece[i]);
	free(s.row);
	return rc;
}
