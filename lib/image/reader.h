/*
 * lib/image/reader.h -- what image.c, the decoders and the modules share.
 *
 * A decoder has two verbs.  probe reads the header and nothing behind it;
 * image.c checks the size it found and makes a picture of it; decode paints
 * that picture, and refuses a file in which it sees another size than probe
 * did, so that no limit can be talked around.
 *
 * JPEG and PNG are in the tool.  A reader with more or larger libraries is a
 * module, tq-image-NAME.so: libheif alone takes 5 ms to load and a worker
 * that meets no such picture never has it.
 */
#ifndef TQ_IMAGE_READER_H
#define TQ_IMAGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "util/err.h"

/* How the samples of a decoded row lie; those of 16 bits in host order. */
enum tq_layout { TQ_GRAY8, TQ_GRAYA8, TQ_RGB8, TQ_RGBA8, TQ_CMYK8,
	TQ_GRAY16, TQ_GRAYA16, TQ_RGB16, TQ_RGBA16, TQ_CMYK16 };

/* The colors as the file has them; all zero: it says nothing, sRGB. */
struct tq_profile {
	const void	*icc;		/* an ICC profile of ${n} bytes, or NULL */
	size_t		 n;
	double		 gamma;		/* PNG's: samples are light to this
					   power; 0: not said */
	double		 xy[8];		/* white, red, green, blue; 0: sRGB's */
};

/* A gray picture: width * height samples, row after row, no padding. */
struct tq_gray {
	uint32_t	 width, height;
	uint8_t		*px;
};

/* The canvas that a decoder paints on. */
struct tq_canvas {
	struct tq_gray	*g;
	bool		 exact;	/* a JPEG's pixels are to be the luma of its
				   colors, not its Y plane, from which they
				   differ where colors were clipped */
	bool		 converts;	/* as begin() found: the profile
					   changes colors */
	/*
	 * begin(c, layout, profile, err):
	 * How the rows to come lie, and what their colors mean (NULL: sRGB).
	 * A profile that is broken, or of another kind than the layout, is
	 * ignored.  May be called anew.  Fails with TQ_E_NOMEM.
	 */
	int		(*begin)(struct tq_canvas *c, enum tq_layout layout,
			    const struct tq_profile *profile,
			    struct tq_err *err);
	/*
	 * row(c, y, x0, dx, px, n):
	 * The ${n} pixels at ${px} are those of row ${y} at ${x0}, ${x0} +
	 * ${dx}, ...  Alpha is composed over white; CMYK is ink, 0 being
	 * none.  The caller keeps within the picture.
	 */
	void		(*row)(struct tq_canvas *c, uint32_t y, uint32_t x0,
			    uint32_t dx, const void *px, size_t n);

	/* canvas.c's own */
	const struct tq_color_module *color;	/* NULL: profiles don't count */
	enum tq_layout	 layout;
	void		*transform;
	enum tq_layout	 converted;	/* the layout behind it */
	void		*scratch;	/* a row of that */
};

/* Fill ${err}: these bytes are not a picture we can take.  Is -1. */
#define TQ_BAD_IMAGE(err, ...)						\
	tq_err_set((err), TQ_AT_DECODE, TQ_E_DATA, __VA_ARGS__)

/* Fill ${err}: no memory for this picture.  Is -1. */
#define TQ_NO_MEMORY(err, stage)					\
	tq_err_set((err), (stage), TQ_E_NOMEM, "out of memory")

/*
 * probe(data, n, info, err):
 * Read the header of the ${n} bytes, which start with the format's magic,
 * into ${info}: size as stored, orientation, memory.  Says why not with
 * TQ_E_DATA.
 */
typedef int tq_probe_fn(const uint8_t *data, size_t n,
    struct tq_image_info *info, struct tq_err *err);

/*
 * decode(data, n, c, err):
 * Paint a file that probe accepted on ${c}, which has the size probe found.
 * Fails with stage decode: TQ_E_DATA for a damaged file, TQ_E_NOMEM; the
 * canvas is then part painted.
 */
typedef int tq_decode_fn(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err);

/* +1 with each change of the structs here. */
#define TQ_IMAGE_MODULE_VERSION	1u

/* What tq-image-FORMAT.so exports. */
struct tq_reader_module {
	uint32_t	 version;
	tq_probe_fn	*probe;
	tq_decode_fn	*decode;
	bool		 threads;	/* its library starts some */
};
#define TQ_READER_SYMBOL	"tq_reader_module"
#define TQ_READER(...)							\
	extern __attribute__((visibility("default")))			\
	    const struct tq_reader_module tq_reader_module;		\
	const struct tq_reader_module tq_reader_module = {		\
	    .version = TQ_IMAGE_MODULE_VERSION, __VA_ARGS__ }

/* What tq-image-color.so exports. */
struct tq_color_module {
	uint32_t	 version;
	/*
	 * open(profile, layout, to):
	 * Make what turns rows of ${layout} into rows of sRGB, whose layout
	 * goes to ${to}.  NULL when that would change nothing, or the profile
	 * can't be used.
	 */
	void		*(*open)(const struct tq_profile *profile,
			    enum tq_layout layout, enum tq_layout *to);
	/* convert(t, from, to, n): ${n} pixels. */
	void		(*convert)(void *t, const void *from, void *to,
			    size_t n);
	void		(*close)(void *t);
};
#define TQ_COLOR_SYMBOL		"tq_color_module"

#endif
