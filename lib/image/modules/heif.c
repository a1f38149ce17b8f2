/* lib/image/modules/heif.c -- tq-image-heif.so: AVIF and HEIC, by libheif. */
#include "image/reader.h"

#include <stdlib.h>

#include <libheif/heif.h>

struct heif {
	struct heif_context	*ctx;
	struct heif_image_handle *h;	/* the primary picture */
	struct tq_err		*err;
};

static int
refuse(const struct heif *f, struct heif_error said)
{
	if (said.code == heif_error_Memory_allocation_error)
		return TQ_NO_MEMORY(f->err, TQ_AT_DECODE);
	if (said.subcode == heif_suberror_End_of_data)
		return TQ_BAD_IMAGE(f->err,
		    "truncated HEIF: its data ends early");
	if (said.code == heif_error_Unsupported_filetype ||
	    said.code == heif_error_Unsupported_feature ||
	    said.code == heif_error_Plugin_loading_error ||
	    said.subcode == heif_suberror_Unsupported_codec)
		return TQ_BAD_IMAGE(f->err, "HEIF is not supported: %.200s",
		    said.message);
	return TQ_BAD_IMAGE(f->err, "corrupt HEIF: %.200s", said.message);
}

static int
open_heif(struct heif *f, const uint8_t *data, size_t n, struct tq_err *err)
{
	struct heif_error rc;

	*f = (struct heif){ .err = err };
	if ((f->ctx = heif_context_alloc()) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	heif_context_set_max_decoding_threads(f->ctx, 0);
	rc = heif_context_read_from_memory_without_copy(f->ctx, data, n,
	    NULL);
	if (rc.code == heif_error_Ok)
		rc = heif_context_get_primary_image_handle(f->ctx, &f->h);
	return rc.code == heif_error_Ok ? 0 : refuse(f, rc);
}

static void
close_heif(struct heif *f)
{
	if (f->h != NULL)
		heif_image_handle_release(f->h);
	if (f->ctx != NULL)
		heif_context_free(f->ctx);
}

/* libheif turns it upright by its own boxes, which count before EXIF. */
static int
probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct heif f;
	int rc = open_heif(&f, data, n, err), w, h;

	if (rc == 0) {
		w = heif_image_handle_get_width(f.h);
		h = heif_image_handle_get_height(f.h);
		if (w <= 0 || h <= 0)
			rc = TQ_BAD_IMAGE(err, "corrupt HEIF: %dx%d pixels",
			    w, h);
		else
			*info = (struct tq_image_info){ .width = (uint32_t)w,
			    .height = (uint32_t)h, .format = TQ_IMAGE_HEIF,
			    .orientation = 1, .memory = 64 * 1024 * 1024 +
			    24 * (uint64_t)w * (uint64_t)h };
	}
	close_heif(&f);
	return rc;
}

/* An ICC profile, in malloc()ed memory; or the primaries of Display P3. */
static int
read_profile(const struct heif *f, struct tq_profile *p, void **icc)
{
	size_t n = heif_image_handle_get_raw_color_profile_size(f->h);
	struct heif_color_profile_nclx *nclx;

	if (n > 0) {
		if ((*icc = malloc(n)) == NULL)
			return TQ_NO_MEMORY(f->err, TQ_AT_DECODE);
		heif_image_handle_get_raw_color_profile(f->h, *icc);
		p->icc = *icc;
		p->n = n;
		return 0;
	}
	if (heif_image_handle_get_nclx_color_profile(f->h, &nclx).code !=
	    heif_error_Ok)
		return 0;
	if (nclx->color_primaries == heif_color_primaries_SMPTE_EG_432_1 &&
	    nclx->transfer_characteristics ==
	    heif_transfer_characteristic_IEC_61966_2_1) {
		static const double p3[8] = { 0.3127, 0.3290, 0.680, 0.320,
		    0.265, 0.690, 0.150, 0.060 };
		size_t i;

		for (i = 0; i < 8; i++)
			p->xy[i] = p3[i];
	}
	heif_nclx_color_profile_free(nclx);
	return 0;
}

static int
paint(const struct heif *f, const struct heif_image *img, struct tq_canvas *c)
{
	struct tq_profile p = { .icc = NULL };
	void *icc = NULL;
	const uint8_t *px;
	int stride = 0, rc;
	uint32_t y;

	px = heif_image_get_plane_readonly(img, heif_channel_interleaved,
	    &stride);
	if (px == NULL || heif_image_get_width(img,
	    heif_channel_interleaved) != (int)c->g->width ||
	    heif_image_get_height(img, heif_channel_interleaved) !=
	    (int)c->g->height)
		return TQ_BAD_IMAGE(f->err, "corrupt HEIF: two sizes");
	rc = read_profile(f, &p, &icc);
	if (rc == 0)
		rc = c->begin(c, TQ_RGBA8, &p, f->err);
	for (y = 0; rc == 0 && y < c->g->height; y++)
		c->row(c, y, 0, 1, px + (size_t)y * (size_t)stride,
		    c->g->width);
	free(icc);
	return rc;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	struct heif_decoding_options *o = NULL;
	struct heif_image *img = NULL;
	struct heif_error said;
	struct heif f;
	int rc = open_heif(&f, data, n, err);

	if (rc == 0 && (o = heif_decoding_options_alloc()) == NULL)
		rc = TQ_NO_MEMORY(err, TQ_AT_DECODE);
	if (rc == 0) {
		o->convert_hdr_to_8bit = 1;
		said = heif_decode_image(f.h, &img, heif_colorspace_RGB,
		    heif_chroma_interleaved_RGBA, o);
		rc = said.code == heif_error_Ok ? paint(&f, img, c) :
		    refuse(&f, said);
	}
	if (img != NULL)
		heif_image_release(img);
	if (o != NULL)
		heif_decoding_options_free(o);
	close_heif(&f);
	return rc;
}

/*
 * Decoders may be plugins (Debian 13), found in folders that can't be read once
 * the sandbox has closed.  Modules are loaded before that.
 */
__attribute__((constructor)) static void
find_plugins(void)
{
	heif_init(NULL);
}

TQ_READER(.probe = probe, .decode = decode, .threads = true);
