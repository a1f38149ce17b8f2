/* lib/image/modules/webp.c -- tq-image-webp.so: WebP by libwebp. */
#include "image/reader.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "image/exif.h"

/* The file taken apart, and its first frame. */
struct webp {
	WebPDemuxer	*parts;
	WebPIterator	 frame;
	uint32_t	 width, height;
};

static void
close_webp(struct webp *w)
{
	WebPDemuxReleaseIterator(&w->frame);
	WebPDemuxDelete(w->parts);
}

static int
open_webp(struct webp *w, const uint8_t *data, size_t n, struct tq_err *err)
{
	WebPData file = { data, n };
	WebPDemuxState state;

	memset(w, 0, sizeof(*w));
	w->parts = WebPDemuxPartial(&file, &state);
	if (w->parts == NULL && state == WEBP_DEMUX_PARSING_HEADER)
		return TQ_BAD_IMAGE(err, "truncated WebP: ends in its header");
	if (w->parts == NULL)
		return TQ_BAD_IMAGE(err, "corrupt WebP: not to be taken apart");
	w->width = WebPDemuxGetI(w->parts, WEBP_FF_CANVAS_WIDTH);
	w->height = WebPDemuxGetI(w->parts, WEBP_FF_CANVAS_HEIGHT);
	if (!WebPDemuxGetFrame(w->parts, 1, &w->frame) || !w->frame.complete)
		return TQ_BAD_IMAGE(err, "truncated WebP: its data ends early");
	if (w->width == 0 || w->height == 0)
		return TQ_BAD_IMAGE(err, "corrupt WebP: %ux%u pixels",
		    w->width, w->height);
	return 0;
}

static int
orientation_of(const struct webp *w)
{
	WebPChunkIterator c, x;
	int o = 0;

	if (WebPDemuxGetChunk(w->parts, "EXIF", 1, &c)) {
		const uint8_t *p = c.chunk.bytes;
		size_t n = c.chunk.size;

		/* Some write JPEG's prefix too. */
		if (n > 6 && memcmp(p, "Exif\0\0", 6) == 0) {
			p += 6;
			n -= 6;
		}
		o = tq_exif_orientation(p, n);
	}
	WebPDemuxReleaseChunkIterator(&c);
	if (o == 0 && WebPDemuxGetChunk(w->parts, "XMP ", 1, &x)) {
		o = tq_xmp_orientation(x.chunk.bytes, x.chunk.size);
		WebPDemuxReleaseChunkIterator(&x);
	}
	return o != 0 ? o : 1;
}

static int
probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct webp w;
	int rc = open_webp(&w, data, n, err);

	/* Colors of all pixels, and the library's own plane of as many. */
	if (rc == 0)
		*info = (struct tq_image_info){ .width = w.width,
		    .height = w.height, .format = TQ_IMAGE_WEBP,
		    .orientation = orientation_of(&w),
		    .memory = 9 * (uint64_t)w.width * w.height };
	close_webp(&w);
	return rc;
}

static int
refuse(VP8StatusCode status, struct tq_err *err)
{
	switch (status) {
	case VP8_STATUS_OUT_OF_MEMORY:
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	case VP8_STATUS_NOT_ENOUGH_DATA:
	case VP8_STATUS_SUSPENDED:
		return TQ_BAD_IMAGE(err, "truncated WebP: its data ends early");
	default:
		return TQ_BAD_IMAGE(err, "corrupt WebP: its data is damaged");
	}
}

/* The frame's colors, 4 bytes a pixel; NULL with err. */
static uint8_t *
decode_frame(const struct webp *w, struct tq_err *err)
{
	size_t stride = (size_t)w->frame.width * 4;
	size_t size = stride * (size_t)w->frame.height;
	uint8_t *rgba = malloc(size);
	WebPDecoderConfig config;
	VP8StatusCode status;

	if (rgba == NULL || !WebPInitDecoderConfig(&config)) {
		free(rgba);
		TQ_NO_MEMORY(err, TQ_AT_DECODE);
		return NULL;
	}
	config.output.colorspace = MODE_RGBA;
	config.output.is_external_memory = 1;
	config.output.u.RGBA = (WebPRGBABuffer){ rgba, (int)stride, size };
	status = WebPDecode(w->frame.fragment.bytes, w->frame.fragment.size,
	    &config);
	if (status == VP8_STATUS_OK)
		return rgba;
	refuse(status, err);
	free(rgba);
	return NULL;
}

static int
paint(const struct webp *w, const uint8_t *rgba, struct tq_canvas *c,
    struct tq_err *err)
{
	uint8_t *clear = calloc(w->width, 4);
	struct tq_profile p = { .icc = NULL };
	WebPChunkIterator icc;
	uint32_t y;
	int rc;

	if (WebPDemuxGetChunk(w->parts, "ICCP", 1, &icc)) {
		p.icc = icc.chunk.bytes;
		p.n = icc.chunk.size;
	}
	rc = clear == NULL ? TQ_NO_MEMORY(err, TQ_AT_DECODE) :
	    c->begin(c, TQ_RGBA8, &p, err);
	/* An animation's first frame may be smaller than the picture. */
	for (y = 0; rc == 0 && y < w->height; y++)
		c->row(c, y, 0, 1, clear, w->width);
	for (y = 0; rc == 0 && y < (uint32_t)w->frame.height; y++)
		c->row(c, y + (uint32_t)w->frame.y_offset,
		    (uint32_t)w->frame.x_offset, 1,
		    rgba + (size_t)y * 4 * (size_t)w->frame.width,
		    (size_t)w->frame.width);
	WebPDemuxReleaseChunkIterator(&icc);
	free(clear);
	return rc;
}

static bool
frame_fits(const struct webp *w)
{
	return w->frame.x_offset >= 0 && w->frame.y_offset >= 0 &&
	    (uint64_t)w->frame.x_offset + (uint64_t)w->frame.width <=
	    w->width && (uint64_t)w->frame.y_offset +
	    (uint64_t)w->frame.height <= w->height;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	uint8_t *rgba = NULL;
	struct webp w;
	int rc = open_webp(&w, data, n, err);

	if (rc == 0 && (w.width != c->g->width || w.height != c->g->height ||
	    !frame_fits(&w)))
		rc = TQ_BAD_IMAGE(err, "corrupt WebP: two sizes");
	if (rc == 0)
		rc = (rgba = decode_frame(&w, err)) != NULL ?
		    paint(&w, rgba, c, err) : -1;
	free(rgba);
	close_webp(&w);
	return rc;
}

TQ_READER(.probe = probe, .decode = decode);
