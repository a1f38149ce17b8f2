/*
 * lib/image/jpeg_stb.c -- JPEG by stb_image, for builds without TurboJPEG;
 * the only stb user.
 *
 * Second choice twice over: 3.5 times slower, and its authors handle security
 * bugs in the open and without hurry.  So nothing but its JPEG decoder is
 * compiled in, and nothing at all where TurboJPEG is.  (Its BMP reader takes
 * colors from uninitialised stack when an index is past the palette, its PNM
 * reader ignores maxval and swaps 16-bit samples, both return a truncated
 * file as a picture: bmp.c and pnm.c are ours.)
 */
#include "image/codec.h"
#include "image/luma.h"

#ifndef TQ_HAVE_TURBOJPEG

#include <stdlib.h>
#include <string.h>

/*
 * Debian 12's stb_image 2.27 reads heap it never wrote when a JPEG leaves out
 * a table or a component (upstream zeroes the decoder since 2.28): what it
 * reads could be a credential of an earlier task.  Zeroed memory makes that
 * read harmless and the result the same every time.
 */
static void *
zeroed(size_t n)
{
	return calloc(1, n);
}

#define STBI_MALLOC(n)			zeroed(n)
#define STBI_REALLOC_SIZED(p, was, n)	NULL	/* JPEG asks for none */
#define STBI_FREE(p)			free(p)
#define STBI_MAX_DIMENSIONS		TQ_IMAGE_SIDE_MAX
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STB_IMAGE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_IMPLEMENTATION

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

/* stb's pixels into ${g}: the Y plane as it is, colors weighed. */
static void
take_pixels(struct tq_gray *g, const stbi_uc *px, int components)
{
	size_t i, pixels = (size_t)g->width * g->height;

	if (components == 1)
		memcpy(g->px, px, pixels);
	else
		for (i = 0; i < pixels; i++, px += 3)
			g->px[i] = luma_rgb8(px[0], px[1], px[2]);
}

/*
 * One component is the Y plane, like TJPF_GRAY.  stb fills up with zeros when
 * the data ends early, so the end marker is looked for before; a cut inside a
 * file that has one goes unseen here.
 */
int
tq_jpeg_decode(const uint8_t *data, size_t n, struct tq_gray *g,
    struct tq_err *err)
{
	int w, h, stored, want = g->exact ? 3 : 1;
	stbi_uc *px;

	if (!tq_jpeg_whole(data, n))
		return TQ_BAD_IMAGE(err, "truncated JPEG: no end marker");
	px = stbi_load_from_memory(data, (int)n, &w, &h, &stored, want);
	if (px == NULL && strcmp(stbi_failure_reason(), "outofmem") == 0)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	if (px == NULL)
		return TQ_BAD_IMAGE(err, "corrupt JPEG: %s",
		    stbi_failure_reason());
	if ((uint32_t)w != g->width || (uint32_t)h != g->height) {
		stbi_image_free(px);
		return TQ_BAD_IMAGE(err, "corrupt JPEG: two frame headers");
	}
	take_pixels(g, px, want);
	stbi_image_free(px);
	return 0;
}

struct sink {
	struct tq_buf	*out;
	struct tq_err	*err;
	int		 rc;
};

/* stb writes a few bytes at a time and can't be stopped. */
static void
sink_write(void *arg, void *data, int n)
{
	struct sink *s = arg;

	if (s->rc == 0)
		s->rc = tq_out_add(s->out, data, (size_t)n, s->err);
}

int
tq_jpeg_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	struct sink s = { out, err, 0 };

	if (stbi_write_jpg_to_func(sink_write, &s, (int)g->width,
	    (int)g->height, 1, g->px, quality) == 0 && s.rc == 0)
		return TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	return s.rc;
}

#endif
