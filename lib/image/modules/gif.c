/* lib/image/modules/gif.c -- tq-image-gif.so: a GIF's first frame, by giflib. */
#include "image/reader.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

/* The bytes, and how far giflib is. */
struct source {
	const uint8_t	*p;
	size_t		 n, at;
};

struct gif {
	GifFileType	*f;
	struct source	 src;
	const ColorMapObject *colors;
	int		 transparent;	/* its index; -1: none */
	uint32_t	 width, height;	/* of screen and frame */
	struct tq_err	*err;
};

static int
take_bytes(GifFileType *f, GifByteType *to, int want)
{
	struct source *s = f->UserData;
	size_t n = s->n - s->at;

	if (want >= 0 && (size_t)want < n)
		n = (size_t)want;
	memcpy(to, s->p + s->at, n);
	s->at += n;
	return (int)n;
}

static int
refuse(const struct gif *g)
{
	int code = g->f->Error;

	if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
		return TQ_NO_MEMORY(g->err, TQ_AT_DECODE);
	if (code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON ||
	    g->src.at == g->src.n)
		return TQ_BAD_IMAGE(g->err,
		    "truncated GIF: its data ends early");
	return TQ_BAD_IMAGE(g->err, "corrupt GIF: %s",
	    code != 0 ? GifErrorString(code) : "no picture in it");
}

/* A block before the frame; that about its transparent color is kept. */
static int
take_extension(struct gif *g)
{
	GraphicsControlBlock gcb;
	GifByteType *block;
	int code;

	if (DGifGetExtension(g->f, &code, &block) == GIF_ERROR)
		return -1;
	for (; block != NULL;) {
		if (code == GRAPHICS_EXT_FUNC_CODE && block[0] == 4 &&
		    DGifExtensionToGCB(block[0], block + 1, &gcb) == GIF_OK)
			g->transparent = gcb.TransparentColor;
		if (DGifGetExtensionNext(g->f, &block) == GIF_ERROR)
			return -1;
	}
	return 0;
}

/* Up to the first frame, whose description giflib has then. */
static int
find_frame(struct gif *g)
{
	const GifImageDesc *d = &g->f->Image;
	GifRecordType type;

	for (;;) {
		if (DGifGetRecordType(g->f, &type) == GIF_ERROR)
			return refuse(g);
		if (type == IMAGE_DESC_RECORD_TYPE)
			break;
		if (type != EXTENSION_RECORD_TYPE || take_extension(g) == -1)
			return refuse(g);
	}
	if (DGifGetImageDesc(g->f) == GIF_ERROR)
		return refuse(g);
	g->colors = d->ColorMap != NULL ? d->ColorMap : g->f->SColorMap;
	if (g->colors == NULL)
		return TQ_BAD_IMAGE(g->err, "corrupt GIF: no palette");
	if (d->Width <= 0 || d->Height <= 0 || d->Left < 0 || d->Top < 0)
		return TQ_BAD_IMAGE(g->err, "corrupt GIF: %dx%d pixels",
		    d->Width, d->Height);
	/* A screen that is too small for its frame is not cut at. */
	g->width = (uint32_t)(d->Left + d->Width > g->f->SWidth ?
	    d->Left + d->Width : g->f->SWidth);
	g->height = (uint32_t)(d->Top + d->Height > g->f->SHeight ?
	    d->Top + d->Height : g->f->SHeight);
	return 0;
}

static int
open_gif(struct gif *g, const uint8_t *data, size_t n, struct tq_err *err)
{
	int code = 0;

	*g = (struct gif){ .src = { data, n, 0 }, .transparent = -1,
	    .err = err };
	if ((g->f = DGifOpen(&g->src, take_bytes, &code)) != NULL)
		return find_frame(g);
	if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	return TQ_BAD_IMAGE(err, "truncated GIF: ends in its header");
}

static void
close_gif(struct gif *g)
{
	if (g->f != NULL)
		DGifCloseFile(g->f, NULL);
}

static int
probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct gif g;
	int rc = open_gif(&g, data, n, err);

	if (rc == 0)
		*info = (struct tq_image_info){ .width = g.width,
		    .height = g.height, .format = TQ_IMAGE_GIF,
		    .orientation = 1 };
	close_gif(&g);
	return rc;
}

static int
color_row(const struct gif *g, const GifByteType *index, uint8_t *rgba)
{
	const GifColorType *c;
	int x;

	for (x = 0; x < g->f->Image.Width; x++, rgba += 4) {
		if (index[x] >= g->colors->ColorCount)
			return TQ_BAD_IMAGE(g->err, "corrupt GIF: a pixel has "
			    "color %d of a palette of %d", index[x],
			    g->colors->ColorCount);
		c = &g->colors->Colors[index[x]];
		rgba[0] = c->Red;
		rgba[1] = c->Green;
		rgba[2] = c->Blue;
		rgba[3] = index[x] == g->transparent ? 0 : 255;
	}
	return 0;
}

/* One row of the frame, as it comes: ${y} is its place there. */
static int
paint_row(struct gif *g, int y, GifByteType *index, uint8_t *rgba,
    struct tq_canvas *c)
{
	const GifImageDesc *d = &g->f->Image;

	if (DGifGetLine(g->f, index, d->Width) == GIF_ERROR)
		return refuse(g);
	if (color_row(g, index, rgba) == -1)
		return -1;
	c->row(c, (uint32_t)(d->Top + y), (uint32_t)d->Left, 1, rgba,
	    (size_t)d->Width);
	return 0;
}

static int
paint_frame(struct gif *g, GifByteType *index, uint8_t *rgba,
    struct tq_canvas *c)
{
	static const int from[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
	int y, pass;

	if (!g->f->Image.Interlace) {
		for (y = 0; y < g->f->Image.Height; y++)
			if (paint_row(g, y, index, rgba, c) == -1)
				return -1;
		return 0;
	}
	for (pass = 0; pass < 4; pass++)
		for (y = from[pass]; y < g->f->Image.Height; y += step[pass])
			if (paint_row(g, y, index, rgba, c) == -1)
				return -1;
	return 0;
}

static int
paint(struct gif *g, struct tq_canvas *c)
{
	GifByteType *index = malloc(g->width);
	uint8_t *rgba = calloc(g->width, 4);
	uint32_t y;
	int rc;

	if (index == NULL || rgba == NULL)
		rc = TQ_NO_MEMORY(g->err, TQ_AT_DECODE);
	else
		rc = c->begin(c, TQ_RGBA8, NULL, g->err);
	/* Where the frame does not reach the picture is transparent. */
	for (y = 0; rc == 0 && y < g->height; y++)
		c->row(c, y, 0, 1, rgba, g->width);
	if (rc == 0)
		rc = paint_frame(g, index, rgba, c);
	free(index);
	free(rgba);
	return rc;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	struct gif g;
	int rc = open_gif(&g, data, n, err);

	if (rc == 0 && (g.width != c->g->width || g.height != c->g->height))
		rc = TQ_BAD_IMAGE(err, "corrupt GIF: two sizes");
	if (rc == 0)
		rc = paint(&g, c);
	close_gif(&g);
	return rc;
}

TQ_READER(.probe = probe, .decode = decode);
