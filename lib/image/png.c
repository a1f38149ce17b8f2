/* lib/image/png.c -- PNG by libspng; the only spng user. */
#include "image/codec.h"

#include <stdlib.h>
#include <string.h>
#include <spng.h>

/* A text or profile chunk larger than this is an attack, not a remark. */
#define ASIDE_MAX	(16u * 1024 * 1024)

/* Adam7: where each pass starts in a row, and its step. */
static const struct pass {
	uint8_t	x0, dx;
} passes[7] = {
	{ 0, 8 }, { 4, 8 }, { 0, 4 }, { 2, 4 }, { 0, 2 }, { 1, 2 }, { 0, 1 },
};
static const struct pass whole_row = { 0, 1 };

static int
refuse(int rc, struct tq_err *err)
{
	if (rc == SPNG_EMEM)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	if (rc == SPNG_IO_EOF || rc == SPNG_EIDAT_TOO_SHORT)
		return TQ_BAD_IMAGE(err, "truncated PNG: its data ends early");
	return TQ_BAD_IMAGE(err, "corrupt PNG: %s", spng_strerror(rc));
}

/*
 * The cheapest of spng's formats that loses nothing.  16-bit samples are not
 * left to its 8-bit formats, which cut instead of rounding.
 */
static enum spng_format
pick_format(const struct spng_ihdr *ih, bool opaque)
{
	if (ih->bit_depth == 16)
		return SPNG_FMT_RGBA16;
	if (!opaque || ih->color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
	    ih->color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA)
		return SPNG_FMT_RGBA8;
	if (ih->color_type == SPNG_COLOR_TYPE_GRAYSCALE)
		return SPNG_FMT_G8;
	return SPNG_FMT_RGB8;
}

static enum tq_layout
layout_of(enum spng_format format)
{
	switch (format) {
	case SPNG_FMT_G8:
		return TQ_GRAY8;
	case SPNG_FMT_RGB8:
		return TQ_RGB8;
	case SPNG_FMT_RGBA8:
		return TQ_RGBA8;
	default:
		return TQ_RGBA16;
	}
}

/*
 * Row by row, so that the colors of one row are all that is held of them.
 * spng hands out an interlaced picture's rows pass by pass, each with the
 * pixels of its pass only.
 */
static int
decode_rows(spng_ctx *ctx, const struct spng_ihdr *ih, uint8_t *row,
    size_t row_bytes, struct tq_canvas *c)
{
	const struct pass *pass;
	struct spng_row_info ri;
	int rc;

	do {
		if ((rc = spng_get_row_info(ctx, &ri)) != 0)
			return rc;
		rc = spng_decode_scanline(ctx, row, row_bytes);
		if (rc != 0 && rc != SPNG_EOI)
			return rc;
		pass = ih->interlace_method ? &passes[ri.pass] : &whole_row;
		c->row(c, ri.row_num, pass->x0, pass->dx, row,
		    (c->g->width - pass->x0 + pass->dx - 1) / pass->dx);
	} while (rc != SPNG_EOI);
	return 0;
}

/* An ICC profile counts before an sRGB chunk, that before numbers. */
static struct tq_profile
profile_of(spng_ctx *ctx)
{
	struct tq_profile p = { .icc = NULL };
	struct spng_iccp icc;
	struct spng_chrm xy;
	uint8_t intent;

	if (spng_get_iccp(ctx, &icc) == 0) {
		p.icc = icc.profile;
		p.n = icc.profile_len;
	} else if (spng_get_srgb(ctx, &intent) != 0 &&
	    spng_get_gama(ctx, &p.gamma) == 0 &&
	    spng_get_chrm(ctx, &xy) == 0) {
		double all[8] = { xy.white_point_x, xy.white_point_y,
		    xy.red_x, xy.red_y, xy.green_x, xy.green_y, xy.blue_x,
		    xy.blue_y };

		memcpy(p.xy, all, sizeof(all));
	}
	return p;
}

static int
decode(spng_ctx *ctx, const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	const struct tq_gray *g = c->g;
	struct tq_profile profile;
	enum spng_format format;
	struct spng_trns trns;
	struct spng_ihdr ih;
	size_t row_bytes;
	uint8_t *row;
	int rc;

	if ((rc = spng_set_image_limits(ctx, g->width, g->height)) != 0 ||
	    (rc = spng_set_chunk_limits(ctx, ASIDE_MAX, ASIDE_MAX)) != 0 ||
	    (rc = spng_set_png_buffer(ctx, data, n)) != 0 ||
	    (rc = spng_get_ihdr(ctx, &ih)) != 0)
		return refuse(rc, err);
	if (ih.width != g->width || ih.height != g->height)
		return TQ_BAD_IMAGE(err, "corrupt PNG: two headers");
	rc = spng_get_trns(ctx, &trns);
	if (rc != 0 && rc != SPNG_ECHUNKAVAIL)
		return refuse(rc, err);
	format = pick_format(&ih, rc == SPNG_ECHUNKAVAIL);
	profile = profile_of(ctx);
	if (c->begin(c, layout_of(format), &profile, err) == -1)
		return -1;
	if ((rc = spng_decode_image(ctx, NULL, 0, format,
	    SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE)) != 0)
		return refuse(rc, err);
	row_bytes = (size_t)g->width * 8;	/* RGBA16, the widest */
	if ((row = malloc(row_bytes)) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = decode_rows(ctx, &ih, row, row_bytes, c);
	free(row);
	return rc == 0 ? 0 : refuse(rc, err);
}

int
tq_png_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	spng_ctx *ctx;
	int rc;

	if (!tq_png_whole(data, n))
		return TQ_BAD_IMAGE(err, "truncated PNG: no end chunk");
	if ((ctx = spng_ctx_new(0)) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = decode(ctx, data, n, c, err);
	spng_ctx_free(ctx);
	return rc;
}

/*
 * How to press a picture; measured against ImageMagick's adaptive filters and
 * level 7.  Photos come out smaller by Paeth and run lengths, ten times as
 * fast: zlib's search finds nothing in noise and takes its time.  Soft
 * gradients want the filter chosen row by row.  Drawings and screen shots
 * repeat exactly: no filter and the search make half the size.  (Strategies
 * 0 and 3 are zlib's Z_DEFAULT_STRATEGY and Z_RLE.)
 */
static const struct recipe {
	int	filter, strategy;
} recipes[] = {
	{ SPNG_FILTER_CHOICE_PAETH, 3 },
	{ SPNG_FILTER_CHOICE_ALL, 3 },
	{ SPNG_DISABLE_FILTERING, 0 },
};

#define RECIPES	(sizeof(recipes) / sizeof(recipes[0]))

struct sink {
	struct tq_buf	*out;		/* NULL: only count */
	struct tq_err	*err;
	size_t		 bytes;
	int		 rc;
};

static int
sink_write(spng_ctx *ctx, void *arg, void *data, size_t n)
{
	struct sink *s = arg;

	(void)ctx;
	s->bytes += n;
	if (s->out == NULL)
		return 0;
	s->rc = tq_out_add(s->out, data, n, s->err);
	return s->rc == 0 ? 0 : SPNG_IO_ERROR;
}

/* Mem level 9 means longer deflate blocks: 0.2 % less for a photo. */
static int
set_recipe(spng_ctx *ctx, const struct recipe *how)
{
	int rc;

	if ((rc = spng_set_option(ctx, SPNG_IMG_COMPRESSION_LEVEL, 6)) != 0 ||
	    (rc = spng_set_option(ctx, SPNG_IMG_MEM_LEVEL, 9)) != 0 ||
	    (rc = spng_set_option(ctx, SPNG_FILTER_CHOICE, how->filter)) != 0)
		return rc;
	return spng_set_option(ctx, SPNG_IMG_COMPRESSION_STRATEGY,
	    how->strategy);
}

/* Write ${g} as PNG into ${s}; 0 or spng's error. */
static int
press(const struct tq_gray *g, const struct recipe *how, struct sink *s)
{
	struct spng_ihdr ih = { g->width, g->height, 8,
	    SPNG_COLOR_TYPE_GRAYSCALE, 0, 0, SPNG_INTERLACE_NONE };
	spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
	int rc;

	if (ctx == NULL)
		return SPNG_EMEM;
	if ((rc = spng_set_png_stream(ctx, sink_write, s)) == 0 &&
	    (rc = spng_set_ihdr(ctx, &ih)) == 0 &&
	    (rc = set_recipe(ctx, how)) == 0)
		rc = spng_encode_image(ctx, g->px,
		    (size_t)g->width * g->height, SPNG_FMT_PNG,
		    SPNG_ENCODE_FINALIZE);
	spng_ctx_free(ctx);
	return rc;
}

#define SAMPLE_BANDS	8u
#define SAMPLE_PIXELS	(256u * 1024)

/*
 * Eight bands of whole rows, a quarter of a million pixels together, so that
 * trying every recipe costs a few ms even where one is slow.
 */
static int
take_sample(const struct tq_gray *g, struct tq_gray *sample)
{
	uint32_t i, rows = SAMPLE_PIXELS / SAMPLE_BANDS / g->width + 1;

	if (rows > g->height / SAMPLE_BANDS)
		rows = g->height / SAMPLE_BANDS;
	if (rows == 0 || tq_gray_alloc(sample, g->width, rows * SAMPLE_BANDS,
	    NULL) == -1)
		return -1;
	for (i = 0; i < SAMPLE_BANDS; i++)
		memcpy(sample->px + (size_t)i * rows * g->width,
		    g->px + (size_t)i * (g->height / SAMPLE_BANDS) * g->width,
		    (size_t)rows * g->width);
	return 0;
}

/*
 * Press a sample by every recipe.  A later, slower one must save 2 %.  What
 * can't be sampled (fewer than eight rows) is pressed like a photo.
 */
static const struct recipe *
pick_recipe(const struct tq_gray *g)
{
	const struct recipe *best = &recipes[0];
	struct tq_gray sample;
	size_t i, least = SIZE_MAX;

	if (take_sample(g, &sample) == -1)
		return best;
	for (i = 0; i < RECIPES; i++) {
		struct sink s = { NULL, NULL, 0, 0 };

		if (press(&sample, &recipes[i], &s) != 0 ||
		    s.bytes >= least - least / 50)
			continue;
		best = &recipes[i];
		least = s.bytes;
	}
	tq_gray_free(&sample);
	return best;
}

int
tq_png_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	struct sink s = { out, err, 0, 0 };
	int rc;

	(void)quality;
	rc = press(g, pick_recipe(g), &s);
	if (rc == 0 || s.rc == -1)
		return s.rc;
	if (rc == SPNG_EMEM)
		return TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	return tq_err_set(err, TQ_AT_PROCESS, TQ_E_BUG, "PNG encoder: %s",
	    spng_strerror(rc));
}
