/*
 * tests/unit/t_image.h -- what the tests of lib/image share: the colors that
 * tests/fixtures/image/make.py painted, their luma, and ways to compare.
 */
#ifndef T_IMAGE_H
#define T_IMAGE_H

#include "image/image.h"

#include <math.h>

#include "t.h"
#include "util/buf.h"
#include "util/err.h"

#define T_SOME __attribute__((unused))	/* not every test calls it */
#define W	45
#define H	31
#define OUT_MAX	(8u * 1024 * 1024)
#define DIR	"tests/fixtures/image/"

/* ---- what make.py painted, and its luma ---- */

T_SOME static void
rgb(int x, int y, double c[3])
{
	c[0] = x * 255 / 44;
	c[1] = y * 255 / 30;
	c[2] = (x + y) * 255 / 74;
}

/* A sample with 16-bit detail, in units of 8-bit ones. */
T_SOME static double
deep(double v, int x, int y)
{
	return fmin(65535, fmax(0, v * 257 + (x * 37 + y * 91) % 256 - 128)) /
	    257;
}

T_SOME static double
luma(const double c[3])
{
	return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
}

T_SOME static double
over_white(double y, double a)
{
	return (y * a + 255 * (255 - a)) / 255;
}

T_SOME static double
alpha(int x, int y)
{
	return (x * 7 + y * 3) % 256;
}

T_SOME static double
t_rgb(int x, int y)
{
	double c[3];

	rgb(x, y, c);
	return luma(c);
}

T_SOME static double
t_rgb16(int x, int y)
{
	double c[3];
	int i;

	rgb(x, y, c);
	for (i = 0; i < 3; i++)
		c[i] = deep(c[i], x, y);
	return luma(c);
}

T_SOME static double
t_rgba(int x, int y)
{
	return over_white(t_rgb(x, y), alpha(x, y));
}

T_SOME static double
t_rgba16(int x, int y)
{
	return over_white(t_rgb16(x, y), alpha(x, y));
}

T_SOME static double
t_blue(int x, int y)
{
	return (x + y) * 255 / 74;
}

T_SOME static double
t_blue16(int x, int y)
{
	return deep(t_blue(x, y), x, y);
}

T_SOME static double
t_bluea(int x, int y)
{
	return over_white(t_blue(x, y), alpha(x, y));
}

T_SOME static double
t_bluea16(int x, int y)
{
	return over_white(t_blue16(x, y), alpha(x, y));
}

T_SOME static double
t_bit(int x, int y)
{
	return (x + y) % 2 * 255;
}

T_SOME static double
t_nibble(int x, int y)
{
	return (x + 2 * y) % 16 * 17;
}

T_SOME static double
color(int i)
{
	double c[3] = { i, 255 - i, i * 3 % 256 };

	return luma(c);
}

T_SOME static double
t_palette8(int x, int y)
{
	return color((x + 2 * y) % 200);
}

T_SOME static double
t_palette4(int x, int y)
{
	return color((x + 2 * y) % 16);
}

T_SOME static double
t_palette1(int x, int y)
{
	return color((x + y) % 2);
}

T_SOME static double
clear_color(int i, int colors)
{
	return over_white(color(i), i < colors / 2 ? i * 5 % 256 : 255);
}

T_SOME static double
t_palette8_trns(int x, int y)
{
	return clear_color((x + 2 * y) % 200, 200);
}

T_SOME static double
t_palette4_trns(int x, int y)
{
	return clear_color((x + 2 * y) % 16, 16);
}

T_SOME static double
t_rgb_trns(int x, int y)
{
	double c[3], key[3];

	rgb(x, y, c);
	rgb(10, 7, key);
	return memcmp(c, key, sizeof(c)) == 0 ? 255 : luma(c);
}

T_SOME static double
t_nibble_trns(int x, int y)
{
	return (x + 2 * y) % 16 == 4 ? 255 : t_nibble(x, y);
}

T_SOME static double
t_half(int x, int y)
{
	return over_white(t_rgb(x, y), 128);
}

/* ---- tools ---- */

T_SOME static struct tq_buf
slurp(const char *name)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	char path[256], part[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), DIR "%s", name);
	if ((f = fopen(path, "rb")) == NULL)
		T_FAIL("%s: not there (run from the top directory)", path);
	else {
		while ((n = fread(part, 1, sizeof(part), f)) > 0)
			tq_buf_add(&b, part, n);
		fclose(f);
	}
	return b;
}

/* The modules that ${in} needs. */
T_SOME static const struct tq_image_tools *
tools_for(const void *data, size_t n)
{
	static struct tq_image_tools tools;
	struct tq_err err = TQ_ERR_INIT;

	if (tq_image_load(&tools, data, n, &err) == -1)
		T_FAIL("%s", err.msg);
	return &tools;
}

/* Decode ${in} to bare samples; NULL (and a failure) when it is refused. */
T_SOME static uint8_t *
pixels(const struct tq_buf *in, struct tq_buf *out, uint32_t *w, uint32_t *h)
{
	struct tq_image_opts o = { TQ_IMAGE_PNM, 0, 0 };
	struct tq_image_info info;
	struct tq_err err = TQ_ERR_INIT;

	if (tq_image_gray(tools_for(in->data, in->len), in->data, in->len, &o, out, &info, &err) == -1) {
		T_FAIL("refused: %s", err.msg);
		return NULL;
	}
	*w = info.width;
	*h = info.height;
	T_INT(info.format, TQ_IMAGE_PNM);
	return (uint8_t *)out->data + out->len - (size_t)*w * *h;
}

T_SOME static void
compare(const char *name, const struct tq_buf *in,
    double (*truth)(int, int), double tolerance)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	uint32_t w = 0, h = 0;
	double worst = 0, off;
	uint8_t *px = pixels(in, &out, &w, &h);
	int x, y;

	if (px == NULL || w != W || h != H)
		T_FAIL("%s: %ux%u", name, w, h);
	else {
		for (y = 0; y < H; y++)
			for (x = 0; x < W; x++) {
				off = fabs(px[y * W + x] - truth(x, y));
				worst = fmax(worst, off);
			}
		if (worst > tolerance)
			T_FAIL("%s: off by %.2f", name, worst);
	}
	tq_buf_free(&out);
}

T_SOME static void
compare_file(const char *name, double (*truth)(int, int), double tolerance)
{
	struct tq_buf in = slurp(name);

	compare(name, &in, truth, tolerance);
	tq_buf_free(&in);
}

/* ${data} must be refused with ${code} and words that start so. */
T_SOME static void
refused(const void *data, size_t n, enum tq_code code, const char *words)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_err err = TQ_ERR_INIT;

	tq_buf_str(&out, "left over");
	T_INT(tq_image_gray(tools_for(data, n), data, n, NULL, &out, NULL, &err), -1);
	T_INT(err.code, code);
	T_INT(err.stage, TQ_AT_DECODE);
	T_INT(out.len, 0);
	if (strncmp(err.msg, words, strlen(words)) != 0)
		T_FAIL("\"%s\" does not start with \"%s\"", err.msg, words);
	tq_buf_free(&out);
}

T_SOME static void
refused_file(const char *name, enum tq_code code, const char *words)
{
	struct tq_buf in = slurp(name);

	refused(in.data, in.len, code, words);
	tq_buf_free(&in);
}

/*
 * Every prefix that lacks ${least} bytes or more must be refused as damaged:
 * none may pass for a picture.
 */
T_SOME static void
refused_prefixes(const char *name, size_t least, const char *words)
{
	struct tq_buf in = slurp(name), out = TQ_BUF_INIT(OUT_MAX);
	struct tq_err err;
	size_t n;
	int wrong = 0, said = 0;

	for (n = 0; n + least <= in.len; n++) {
		/* Memory of exactly its size, for the sanitizer to watch. */
		char *cut = malloc(n + 1);

		memcpy(cut, in.data, n);
		wrong += tq_image_gray(tools_for(cut, n), cut, n, NULL, &out, NULL, &err) == 0;
		wrong += err.code != TQ_E_DATA;
		said += strstr(err.msg, words) != NULL;
		free(cut);
	}
	if (wrong != 0 || said < (int)in.len * 3 / 4)
		T_FAIL("%s: of %zu prefixes %d taken, %d called truncated",
		    name, in.len, wrong, said);
	tq_buf_free(&in);
	tq_buf_free(&out);
}

T_SOME static void
add_be32(struct tq_buf *b, uint32_t v)
{
	tq_buf_chr(b, (char)(v >> 24));
	tq_buf_chr(b, (char)(v >> 16));
	tq_buf_chr(b, (char)(v >> 8));
	tq_buf_chr(b, (char)v);
}

/* PNG's checksum, bit by bit. */
T_SOME static uint32_t
crc(const char *p, size_t n)
{
	uint32_t c = 0xffffffff;
	int k;

	while (n-- > 0)
		for (c ^= (uint8_t)*p++, k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
	return ~c;
}

T_SOME static void
add_chunk(struct tq_buf *b, const char *type, const void *data, size_t n)
{
	size_t from;

	add_be32(b, (uint32_t)n);
	from = b->len;
	tq_buf_str(b, type);
	tq_buf_add(b, data, n);
	add_be32(b, crc(b->data + from, b->len - from));
}

/* A TIFF directory of one entry, big-endian: the orientation. */
T_SOME static void
add_exif(struct tq_buf *b, int orientation)
{
	static const char head[] = "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0";

	tq_buf_add(b, head, sizeof(head) - 1);
	tq_buf_chr(b, (char)orientation);
	tq_buf_add(b, "\0\0\0\0\0\0", 6);
}

/* Where a JPEG's frame header has its precision; 0 when there is none. */
T_SOME static size_t
frame_at(const struct tq_buf *b)
{
	size_t i;

	for (i = 0; i + 4 < b->len; i++)
		if (memcmp(b->data + i, "\xff\xc0\0\x11", 4) == 0)
			return i + 4;
	return 0;
}

/* Where the sample that EXIF shows upright at (x, y) is stored, in w * h. */
T_SOME static int
stored_at(int orientation, int x, int y, int w, int h)
{
	switch (orientation) {
	case 1: return y * w + x;			/* as it is */
	case 2: return y * w + w - 1 - x;		/* mirrored */
	case 3: return (h - 1 - y) * w + w - 1 - x;	/* upside down */
	case 4: return (h - 1 - y) * w + x;
	case 5: return x * w + y;			/* transposed */
	case 6: return (h - 1 - x) * w + y;		/* wants 90 right */
	case 7: return (h - 1 - x) * w + w - 1 - y;
	default: return x * w + w - 1 - y;		/* wants 90 left */
	}
}

T_SOME static void
check_upright(const struct tq_buf *in, const uint8_t *stored, int o,
    int tolerance)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_info info = { .orientation = 0 };
	uint32_t w, h;
	uint8_t *px = pixels(in, &out, &w, &h);
	int x, y, wrong = 0;

	T_INT(tq_image_probe(tools_for(in->data, in->len), in->data,
	    in->len, &info, NULL), 0);
	T_INT(info.orientation, o);
	T_INT(info.width, W);
	T_INT(info.height, H);
	T_MUST(px != NULL);
	T_INT(w, o < 5 ? W : H);
	T_INT(h, o < 5 ? H : W);
	for (y = 0; y < (int)h; y++)
		for (x = 0; x < (int)w; x++)
			wrong += abs(px[y * (int)w + x] -
			    stored[stored_at(o, x, y, W, H)]) > tolerance;
	if (wrong != 0)
		T_FAIL("orientation %d: %d samples elsewhere", o, wrong);
	tq_buf_free(&out);
}

#endif
