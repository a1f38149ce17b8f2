/*
 * lib/image/jpeg_decode.c -- JPEG by libjpeg, row by row.
 *
 * libjpeg shows what it can of a damaged file and calls that a warning.  Here
 * a picture is right or refused, so each warning is judged by its code.
 */
#include "image/codec.h"

#include <stdlib.h>
#include <string.h>

#include "image/jpeg_lib.h"

#include <jerror.h>

/* A progressive file has a dozen; thousands are an attack on our time. */
#define SCANS_MAX	500

struct decoder {
	struct jpeg_decompress_struct c;
	struct tq_jpeg_guard guard;
	struct tq_canvas *canvas;
	uint8_t		*row;
	JOCTET		*icc;		/* its color profile, or NULL */
	unsigned	 icc_bytes;
	bool		 seen[MAX_COMPONENTS];	/* a scan had that component */
};

/*
 * JPEG_EOF: the end marker is missing, which matters only where data is
 * missing too: see scans_suffice(), and HIT_MARKER, which is an error.  Bytes that belong to
 * nothing are a mishap of some editors before the first scan; behind it they
 * are what is left of a scan that lost its step.
 */
static bool
is_harmless(j_common_ptr cinfo)
{
	switch (cinfo->err->msg_code) {
	case JWRN_ADOBE_XFORM:		/* taken for the usual one */
	case JWRN_JFIF_MAJOR:
	case JWRN_NOT_SEQUENTIAL:	/* parameters that baseline ignores */
	case JWRN_BOGUS_ICC:
	case JWRN_JPEG_EOF:
		return true;
	case JWRN_EXTRANEOUS_DATA:
		return ((j_decompress_ptr)cinfo)->input_scan_number == 0;
	default:
		return false;
	}
}

static int
corrupt(struct decoder *d, const char *why)
{
	return TQ_BAD_IMAGE(d->guard.err, "corrupt JPEG: %s", why);
}

static void
note_scan(struct decoder *d)
{
	int i;

	for (i = 0; i < d->c.comps_in_scan; i++)
		d->seen[d->c.cur_comp_info[i]->component_index] = true;
}

/* Has every coefficient of a progressive file come, to its last bit? */
static bool
is_refined(const struct decoder *d)
{
	int i, k;

	for (i = 0; i < d->c.num_components; i++)
		for (k = 0; k < DCTSIZE2; k++)
			if (d->c.coef_bits[i][k] != 0)
				return false;
	return true;
}

/*
 * Every component must have had its scan.  A progressive file may leave
 * coefficients coarse, but one without an end marker was cut off.
 */
static int
scans_suffice(struct decoder *d)
{
	int i;

	for (i = 0; i < d->c.num_components; i++)
		if (!d->seen[i] || (d->c.progressive_mode &&
		    d->c.coef_bits[i][0] < 0))
			return corrupt(d, "a component has no scan");
	if (d->c.progressive_mode && d->guard.cut && !is_refined(d))
		return TQ_BAD_IMAGE(d->guard.err,
		    "truncated JPEG: its last scans are missing");
	return 0;
}

/* All scans of a file whose pixels are not in one; libjpeg holds them. */
static int
read_scans(struct decoder *d)
{
	int said;

	while ((said = jpeg_consume_input(&d->c)) != JPEG_REACHED_EOI) {
		if (said != JPEG_REACHED_SOS)
			continue;
		note_scan(d);
		if (d->c.input_scan_number > SCANS_MAX)
			return corrupt(d, "it has more than 500 scans");
	}
	return scans_suffice(d);
}

/* Adobe's programs store what is left of the light, not the ink. */
static void
invert(uint8_t *row, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		row[i] = (uint8_t)~row[i];
}

static int
read_rows(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;
	JSAMPROW row;

	d->row = malloc((size_t)c->output_width *
	    (size_t)c->output_components);
	if ((row = d->row) == NULL)
		return TQ_NO_MEMORY(d->guard.err, TQ_AT_DECODE);
	while (c->output_scanline < c->output_height) {
		uint32_t y = c->output_scanline;

		jpeg_read_scanlines(c, &row, 1);
		if (c->num_components == 4 && c->saw_Adobe_marker)
			invert(row, (size_t)c->output_width * 4);
		d->canvas->row(d->canvas, y, 0, 1, row, c->output_width);
	}
	return 0;
}

static int
begin(struct decoder *d, J_COLOR_SPACE out, enum tq_layout layout)
{
	struct tq_profile p = { .icc = d->icc, .n = d->icc_bytes };

	d->c.out_color_space = out;
	return d->canvas->begin(d->canvas, layout, &p, d->guard.err);
}

/*
 * The Y plane as it is, where that will do: no chroma is upsampled then, and
 * no color converted.
 */
static int
pick_colors(struct decoder *d)
{
	jpeg_read_icc_profile(&d->c, &d->icc, &d->icc_bytes);
	if (d->c.num_components == 4)
		return begin(d, JCS_CMYK, TQ_CMYK8);
	if (d->c.num_components == 1)
		return begin(d, JCS_GRAYSCALE, TQ_GRAY8);
	if (begin(d, JCS_RGB, TQ_RGB8) == -1)
		return -1;
	if (d->canvas->exact || d->canvas->converts)
		return 0;
	d->c.out_color_space = JCS_GRAYSCALE;
	return d->canvas->begin(d->canvas, TQ_GRAY8, NULL, d->guard.err);
}

static int
decode(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;

	jpeg_save_markers(c, JPEG_APP0 + 2, 0xffff);
	jpeg_read_header(c, TRUE);
	/* No limit can be talked around by a second frame header. */
	if (c->image_width != d->canvas->g->width ||
	    c->image_height != d->canvas->g->height)
		return corrupt(d, "two frame headers");
	note_scan(d);
	if (pick_colors(d) == -1)
		return -1;
	c->buffered_image = jpeg_has_multiple_scans(c);
	jpeg_start_decompress(c);
	if (c->buffered_image) {
		if (read_scans(d) == -1)
			return -1;
		jpeg_start_output(c, c->input_scan_number);
	}
	if (read_rows(d) == -1)
		return -1;
	if (c->buffered_image)
		jpeg_finish_output(c);
	/* Reads on to the end marker: what stands before it is judged too. */
	jpeg_finish_decompress(c);
	return c->buffered_image ? 0 : scans_suffice(d);
}

int
tq_jpeg_decode(const uint8_t *data, size_t n, struct tq_canvas *canvas,
    struct tq_err *err)
{
	struct decoder d = { .canvas = canvas };
	volatile int rc = -1;

	d.c.err = tq_jpeg_guard(&d.guard, TQ_AT_DECODE, err);
	d.guard.harmless = is_harmless;
	if (setjmp(d.guard.back) == 0) {
		jpeg_create_decompress(&d.c);
		jpeg_mem_src(&d.c, data, n);
		rc = decode(&d);
	} else {
		rc = -1;
	}
	free(d.row);
	free(d.icc);
	jpeg_destroy_decompress(&d.c);
	return rc;
}
