/* lib/image/jpeg_encode.c -- gray JPEG by libjpeg, into a buffer of ours. */
#include "image/codec.h"

#include "image/jpeg_lib.h"

#include <jerror.h>

struct encoder {
	struct jpeg_compress_struct c;
	struct tq_jpeg_guard guard;
	struct jpeg_destination_mgr sink;
	struct tq_buf	*out;
	uint8_t		 part[64 * 1024];	/* on its way to ${out} */
};

static void
start_part(j_compress_ptr c)
{
	struct encoder *e = c->client_data;

	e->sink.next_output_byte = e->part;
	e->sink.free_in_buffer = sizeof(e->part);
}

static void
keep(struct encoder *e, size_t n)
{
	if (tq_out_add(e->out, e->part, n, e->guard.err) == -1)
		longjmp(e->guard.back, 1);
}

/* libjpeg calls this when the part is full, whatever free_in_buffer says. */
static boolean
next_part(j_compress_ptr c)
{
	struct encoder *e = c->client_data;

	keep(e, sizeof(e->part));
	start_part(c);
	return TRUE;
}

static void
last_part(j_compress_ptr c)
{
	struct encoder *e = c->client_data;

	keep(e, sizeof(e->part) - e->sink.free_in_buffer);
}

static void
encode(struct encoder *e, const struct tq_gray *g, int quality)
{
	struct jpeg_compress_struct *c = &e->c;
	JSAMPROW row;

	jpeg_create_compress(c);
	e->sink = (struct jpeg_destination_mgr){ .init_destination =
	    start_part, .empty_output_buffer = next_part,
	    .term_destination = last_part };
	c->dest = &e->sink;
	c->client_data = e;
	c->image_width = g->width;
	c->image_height = g->height;
	c->input_components = 1;
	c->in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		row = g->px + (size_t)c->next_scanline * g->width;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
}

int
tq_jpeg_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	struct encoder e = { .out = out };
	volatile int rc = 0;

	if (g->width > JPEG_MAX_DIMENSION || g->height > JPEG_MAX_DIMENSION)
		return tq_err_set(err, TQ_AT_PROCESS, TQ_E_TOOBIG,
		    "%ux%u pixels: no side of a JPEG is over %ld; ask for "
		    "\"format\": \"png\"", g->width, g->height,
		    (long)JPEG_MAX_DIMENSION);
	e.c.err = tq_jpeg_guard(&e.guard, TQ_AT_PROCESS, err);
	if (setjmp(e.guard.back) == 0)
		encode(&e, g, quality);
	else
		rc = -1;
	jpeg_destroy_compress(&e.c);
	return rc;
}
