/*
 * lib/image/modules/psd.c -- tq-image-psd.so: the merged picture of a PSD, by
 * stb_image.
 *
 * stb_image makes up what a file lacks, takes run lengths of 16 bits for those
 * of 8, and a fourth channel for the alpha of colors that it then takes the
 * white out of, which we would put back.  So the sections are looked at here,
 * and it is shown a file of three channels and nothing else.
 */
#include "image/reader.h"

#include <limits.h>
#include <string.h>

#include "image/bytes.h"

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PSD
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#include <stb/stb_image.h>

#define HEAD_BYTES	26
#define MODE_RGB	3
#define RESOURCE_ICC	0x040f
#define CHANNELS_MAX	16	/* stb_image's */
#define COLORS		3u	/* over white; what else there is are masks */

struct psd {
	uint32_t	 width, height;
	unsigned	 channels, depth;
	bool		 runs;		/* compressed, by run lengths */
	const uint8_t	*data;		/* of the merged picture */
	size_t		 n;
	struct tq_profile profile;
};

#define TRUNCATED(err)	TQ_BAD_IMAGE(err, "truncated PSD: its data ends early")

/* What stb_image does not take, or takes for something else. */
static int
check_kind(const uint8_t *p, const struct psd *f, struct tq_err *err)
{
	static const char *const modes[] = { "bitmap", "gray", "indexed",
	    "RGB", "CMYK", "mode 5", "mode 6", "multichannel", "duotone",
	    "Lab" };
	unsigned version = be16(p + 4), mode = be16(p + 24);

	if (version == 2)
		return TQ_BAD_IMAGE(err, "PSB (large PSD) is not supported");
	if (version != 1)
		return TQ_BAD_IMAGE(err, "corrupt PSD: version %u", version);
	if (mode != MODE_RGB)
		return TQ_BAD_IMAGE(err, "%s PSD is not supported", mode <
		    sizeof(modes) / sizeof(modes[0]) ? modes[mode] : "this");
	if (f->depth != 8 && f->depth != 16)
		return TQ_BAD_IMAGE(err, "%u-bit PSD is not supported",
		    f->depth);
	if (f->channels < 3 || f->channels > CHANNELS_MAX)
		return TQ_BAD_IMAGE(err, "PSD of %u channels is not supported",
		    f->channels);
	if (f->width == 0 || f->height == 0)
		return TQ_BAD_IMAGE(err, "corrupt PSD: %ux%u pixels",
		    f->width, f->height);
	return 0;
}

/* Image resources: "8BIM", number, name, size, bytes; all padded to two. */
static void
find_profile(struct psd *f, const uint8_t *p, size_t n)
{
	size_t at = 0, size, name;

	while (n - at >= 12 && memcmp(p + at, "8BIM", 4) == 0) {
		name = at + 6;
		at = name + (p[name] + 2u) / 2 * 2;
		if (at > n || n - at < 4)
			return;
		size = be32(p + at);
		at += 4;
		if (size > n - at)
			return;
		if (be16(p + name - 2) == RESOURCE_ICC) {
			f->profile.icc = p + at;
			f->profile.n = size;
			return;
		}
		at += size + size % 2;
		if (at > n)
			return;
	}
}

/* Colors, resources, layers: a length and so many bytes each. */
static int
read_sections(struct psd *f, const uint8_t *p, size_t n, struct tq_err *err)
{
	size_t at = HEAD_BYTES, size;
	unsigned how;
	int i;

	for (i = 0; i < 3; i++, at += size) {
		if (n - at < 4)
			return TRUNCATED(err);
		size = be32(p + at);
		at += 4;
		if (size > n - at || size > INT_MAX)
			return TRUNCATED(err);
		if (i == 1)
			find_profile(f, p + at, size);
	}
	if (n - at < 2)
		return TRUNCATED(err);
	if ((how = be16(p + at)) > 1)
		return TQ_BAD_IMAGE(err, "ZIP-compressed PSD is not "
		    "supported");
	f->runs = how == 1;
	if (f->runs && f->depth == 16)
		return TQ_BAD_IMAGE(err, "PSD with run lengths of 16 bits is "
		    "not supported");
	f->data = p + at + 2;
	f->n = n - at - 2;
	return 0;
}

static int
read_head(struct psd *f, const uint8_t *p, size_t n, struct tq_err *err)
{
	*f = (struct psd){ .runs = false };
	if (n < HEAD_BYTES)
		return TQ_BAD_IMAGE(err, "truncated PSD: ends in its header");
	f->channels = be16(p + 12);
	f->height = be32(p + 14);
	f->width = be32(p + 18);
	f->depth = be16(p + 22);
	if (check_kind(p, f, err) == -1)
		return -1;
	return read_sections(f, p, n, err);
}

static int
probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct psd f;

	if (read_head(&f, data, n, err) == -1)
		return -1;
	*info = (struct tq_image_info){ .width = f.width, .height = f.height,
	    .format = TQ_IMAGE_PSD, .orientation = 1, .memory =
	    (uint64_t)f.width * f.height * (f.depth == 16 ? 8 : 4) };
	return 0;
}

/* The bytes of the planes that will be read, by what the file says itself. */
static uint64_t
bytes_wanted(const struct psd *f)
{
	uint64_t i, sum, rows = (uint64_t)COLORS * f->height;

	if (!f->runs)
		return rows * f->width * (f->depth / 8);
	sum = 2 * (uint64_t)f->channels * f->height;
	for (i = 0; sum <= f->n && i < rows; i++)
		sum += be16(f->data + 2 * i);
	return sum;
}

/* -- what stb_image calls -------------------------------------------------- */

#define SECTIONS_BYTES	14	/* three empty ones, and how it is coded */

/* The file as stb sees it: a header, the lengths of the runs, the colors. */
struct source {
	uint8_t		 head[HEAD_BYTES + SECTIONS_BYTES];
	struct {
		const uint8_t	*p;
		size_t		 n;
	} part[3];
	int		 at;		/* the part that is being read */
	bool		 over;		/* more was asked for than there is */
};

static void
set_source(struct source *s, const struct psd *f, const uint8_t *file)
{
	size_t table = f->runs ? 2 * (size_t)f->height : 0;

	*s = (struct source){ .part = {
	    { s->head, sizeof(s->head) }, { f->data, COLORS * table },
	    { f->data + f->channels * table, f->n - f->channels * table } } };
	memcpy(s->head, file, HEAD_BYTES);
	s->head[13] = COLORS;
	s->head[sizeof(s->head) - 1] = f->runs;
}

/* Up to ${n} bytes, to ${to} unless it is NULL; how many. */
static size_t
consume(struct source *s, char *to, size_t n)
{
	while (s->at < 2 && s->part[s->at].n == 0)
		s->at++;
	if (n > s->part[s->at].n)
		n = s->part[s->at].n;
	if (to != NULL)
		memcpy(to, s->part[s->at].p, n);
	s->part[s->at].p += n;
	s->part[s->at].n -= n;
	return n;
}

static int
take(void *arg, char *to, int want)
{
	struct source *s = arg;
	size_t n = consume(s, to, want > 0 ? (size_t)want : 0);

	s->over |= n == 0;
	return (int)n;
}

static void
skip(void *arg, int n)
{
	size_t some;

	for (; n > 0; n -= (int)some)
		if ((some = consume(arg, NULL, (size_t)n)) == 0)
			return;
}

static int
at_end(void *arg)
{
	const struct source *s = arg;

	return s->at == 2 && s->part[2].n == 0;
}

/* -- the picture ----------------------------------------------------------- */

static int
refuse(const struct source *s, struct tq_err *err)
{
	const char *why = stbi_failure_reason();

	if (why != NULL && strcmp(why, "outofmem") == 0)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	if (s->over)
		return TRUNCATED(err);
	return TQ_BAD_IMAGE(err, "corrupt PSD: %s", why != NULL ? why :
	    "its data is damaged");
}

static int
paint(const struct psd *f, const uint8_t *px, struct tq_canvas *c,
    struct tq_err *err)
{
	size_t row = (size_t)f->width * (f->depth == 16 ? 8 : 4);
	uint32_t y;

	if (c->begin(c, f->depth == 16 ? TQ_RGBA16 : TQ_RGBA8, &f->profile,
	    err) == -1)
		return -1;
	for (y = 0; y < f->height; y++)
		c->row(c, y, 0, 1, px + y * row, f->width);
	return 0;
}

static int
decode(const uint8_t *data, size_t n, struct tq_canvas *c, struct tq_err *err)
{
	static const stbi_io_callbacks io = { take, skip, at_end };
	struct source s;
	int w = 0, h = 0, kind, rc;
	struct psd f;
	void *px;

	if (read_head(&f, data, n, err) == -1)
		return -1;
	if ((uint64_t)f.width * f.height > INT_MAX / (f.depth == 16 ? 8 : 4))
		return TQ_BAD_IMAGE(err, "PSD of %ux%u pixels is not "
		    "supported", f.width, f.height);
	if (bytes_wanted(&f) > f.n)
		return TRUNCATED(err);
	set_source(&s, &f, data);
	px = f.depth == 16 ?
	    (void *)stbi_load_16_from_callbacks(&io, &s, &w, &h, &kind, 4) :
	    stbi_load_from_callbacks(&io, &s, &w, &h, &kind, 4);
	if (px == NULL || s.over)
		rc = refuse(&s, err);
	else if ((uint32_t)w != c->g->width || (uint32_t)h != c->g->height)
		rc = TQ_BAD_IMAGE(err, "corrupt PSD: two sizes");
	else
		rc = paint(&f, px, c, err);
	stbi_image_free(px);
	return rc;
}

TQ_READER(.probe = probe, .decode = decode);
