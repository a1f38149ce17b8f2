/*
 * Color profiles: the gray is the luma of the picture in sRGB.  The truth is
 * computed here from what each profile says.
 */
#include "t_image.h"

#include <zlib.h>

/* ---- profiles ---- */

static void
add_be16(struct tq_buf *b, uint32_t v)
{
	tq_buf_chr(b, (char)(v >> 8));
	tq_buf_chr(b, (char)v);
}

/* A number as ICC's s15Fixed16. */
static void
add_fixed(struct tq_buf *b, double v)
{
	add_be32(b, (uint32_t)(int32_t)lround(v * 65536));
}

static void
add_xyz(struct tq_buf *b, const double v[3])
{
	tq_buf_add(b, "XYZ \0\0\0", 8);
	add_fixed(b, v[0]);
	add_fixed(b, v[1]);
	add_fixed(b, v[2]);
}

static void
add_tag(struct tq_buf *b, const char *name, uint32_t at, uint32_t n)
{
	tq_buf_str(b, name);
	add_be32(b, at);
	add_be32(b, n);
}

#define WHITE	{ 0.9642, 1, 0.8249 }

/* sRGB's primaries as a D50 profile has them. */
static const double colorants[3][3] = { { 0.4360, 0.2225, 0.0139 },
	{ 0.3851, 0.7169, 0.0971 }, { 0.1431, 0.0606, 0.7141 } };

/*
 * An ICC profile whose samples are light to 1/${gamma}: of RGB with sRGB's
 * primaries (${swap}: red's and blue's changed), or of gray.
 */
static struct tq_buf
make_profile(const char *space, double gamma, bool swap)
{
	static const double white[3] = WHITE;
	bool rgb3 = strcmp(space, "RGB ") == 0;
	uint32_t tags = rgb3 ? 7 : 2, at = 132 + 12 * tags, size = at + 16 +
	    20 * (rgb3 ? 4 : 1);
	struct tq_buf b = TQ_BUF_INIT(4096);
	char zero[44] = { 0 };
	int i;

	add_be32(&b, size);
	tq_buf_add(&b, "lcms\2\20\0\0mntr", 12);
	tq_buf_str(&b, space);
	tq_buf_str(&b, "XYZ ");
	tq_buf_add(&b, "\7\352\0\1\0\1\0\0\0\0\0\0acsp", 16);
	tq_buf_add(&b, zero, 28);
	for (i = 0; i < 3; i++)
		add_fixed(&b, white[i]);
	tq_buf_add(&b, zero, 44);
	tq_buf_add(&b, zero, 4);
	b.len = 128;
	add_be32(&b, tags);
	add_tag(&b, "wtpt", at + 16, 20);
	add_tag(&b, rgb3 ? "rTRC" : "kTRC", at, 14);
	if (rgb3) {
		add_tag(&b, "gTRC", at, 14);
		add_tag(&b, "bTRC", at, 14);
		add_tag(&b, "rXYZ", at + (swap ? 76 : 36), 20);
		add_tag(&b, "gXYZ", at + 56, 20);
		add_tag(&b, "bXYZ", at + (swap ? 36 : 76), 20);
	}
	tq_buf_add(&b, "curv\0\0\0\0\0\0\0\1", 12);
	add_be16(&b, (uint32_t)lround(gamma * 256));
	add_be16(&b, 0);
	add_xyz(&b, white);
	for (i = 0; rgb3 && i < 3; i++)
		add_xyz(&b, colorants[i]);
	return b;
}

/*
 * A profile by a table (ICC's lut8Type) of two points a channel: of four inks,
 * each of which takes a quarter of the lightness, or of three that give a third
 * of it.  None has a color.
 */
static struct tq_buf
make_table(const char *space)
{
	static const double white[3] = WHITE;
	int n = strcmp(space, "CMYK") == 0 ? 4 : 3;
	uint32_t lut = (uint32_t)(48 + n * 256 + (1 << n) * 3 + 3 * 256);
	struct tq_buf b = TQ_BUF_INIT(8192);
	char zero[44] = { 0 };
	int i, k;

	add_be32(&b, 128 + 4 + 24 + 20 + lut);
	tq_buf_add(&b, n == 4 ? "lcms\2\20\0\0prtr" : "lcms\2\20\0\0mntr", 12);
	tq_buf_str(&b, space);
	tq_buf_str(&b, "Lab ");
	tq_buf_add(&b, "\7\352\0\1\0\1\0\0\0\0\0\0acsp", 16);
	tq_buf_add(&b, zero, 28);
	for (i = 0; i < 3; i++)
		add_fixed(&b, white[i]);
	tq_buf_add(&b, zero, 44);
	add_be32(&b, 0);
	add_be32(&b, 2);
	add_tag(&b, "wtpt", 156, 20);
	add_tag(&b, "A2B0", 176, lut);
	add_xyz(&b, white);
	tq_buf_add(&b, "mft1\0\0\0\0", 8);
	tq_buf_chr(&b, (char)n);
	tq_buf_add(&b, "\3\2\0", 3);
	for (i = 0; i < 9; i++)
		add_fixed(&b, i % 4 == 0);
	for (i = 0; i < n * 256; i++)
		tq_buf_chr(&b, (char)i);
	for (i = 0; i < 1 << n; i++) {
		k = __builtin_popcount((unsigned)i);
		tq_buf_chr(&b, (char)lround(255.0 * (n == 4 ? 4 - k : k) / n));
		tq_buf_add(&b, "\200\200", 2);
	}
	for (i = 0; i < 3 * 256; i++)
		tq_buf_chr(&b, (char)i);
	return b;
}

/* ---- the truth ---- */

static double power;	/* of the profile in question */

/* A sample of that power, in sRGB. */
static double
srgb(double v)
{
	double light = pow(v / 255, power);

	return 255 * (light <= 0.0031308 ? 12.92 * light :
	    1.055 * pow(light, 1 / 2.4) - 0.055);
}

static double
t_power(int x, int y)
{
	double c[3];
	int i;

	rgb(x, y, c);
	for (i = 0; i < 3; i++)
		c[i] = srgb(c[i]);
	return luma(c);
}

static double
t_power16(int x, int y)
{
	double c[3];
	int i;

	rgb(x, y, c);
	for (i = 0; i < 3; i++)
		c[i] = srgb(deep(c[i], x, y));
	return luma(c);
}

static double
t_power_alpha(int x, int y)
{
	return over_white(t_power(x, y), alpha(x, y));
}

static double
t_swapped(int x, int y)
{
	double c[3], red;
	int i;

	rgb(x, y, c);
	for (i = 0; i < 3; i++)
		c[i] = srgb(c[i]);
	red = c[0];
	c[0] = c[2];
	c[2] = red;
	return luma(c);
}

/* Display P3's primaries with sRGB's curve: what sRGB can't show is cut. */
static double
t_p3(int x, int y)
{
	static const double to[3][3] = { { 1.22494, -0.22494, 0 },
		{ -0.04206, 1.04206, 0 }, { -0.01964, -0.07864, 1.09827 } };
	double c[3], light[3], v;
	int i, k;

	rgb(x, y, c);
	for (i = 0; i < 3; i++)
		light[i] = c[i] <= 10.31475 ? c[i] / 255 / 12.92 :
		    pow((c[i] / 255 + 0.055) / 1.055, 2.4);
	power = 1;
	for (i = 0; i < 3; i++) {
		for (v = 0, k = 0; k < 3; k++)
			v += to[i][k] * light[k];
		c[i] = srgb(255 * fmin(1, fmax(0, v)));
	}
	return luma(c);
}

static double
t_p3_alpha(int x, int y)
{
	return over_white(t_p3(x, y), alpha(x, y));
}

static double
t_power_blue(int x, int y)
{
	return srgb(t_blue(x, y));
}

static double
t_power_blue16(int x, int y)
{
	return srgb(t_blue16(x, y));
}

static double
t_power_bluea(int x, int y)
{
	return over_white(t_power_blue(x, y), alpha(x, y));
}

/* The ink of sample ${i}, of 255. */
static int
ink(int x, int y, int i)
{
	return (x * 5 + y * 7) * (i + 1) % 256;
}

/* CIE's lightness as sRGB has it. */
static double
lightness(double l)
{
	double light = l > 8 ? pow((l + 16) / 116, 3) : l / 903.3;

	return 255 * (light <= 0.0031308 ? 12.92 * light :
	    1.055 * pow(light, 1 / 2.4) - 0.055);
}

static double
t_inks(int x, int y)
{
	double sum = ink(x, y, 0) + ink(x, y, 1) + ink(x, y, 2) +
	    ink(x, y, 3);

	return lightness(100 * (1 - sum / 4 / 255));
}

/* Of three channels that have it a third each. */
static double
t_thirds(int x, int y)
{
	double c[3];

	rgb(x, y, c);
	return lightness(100 * (c[0] + c[1] + c[2]) / 3 / 255);
}

/* ---- pictures with a profile ---- */

static void
add_entry(struct tq_buf *b, uint32_t tag, uint32_t type, uint32_t n,
    uint32_t v)
{
	add_be16(b, tag);
	add_be16(b, type);
	add_be32(b, n);
	/* A short stands in the upper half. */
	add_be32(b, type == 3 && n == 1 ? v << 16 : v);
}

/* Colors of 8 bits that were multiplied by their alpha, in one strip. */
static struct tq_buf
tiff_weighed(const struct tq_buf *icc)
{
	uint32_t lists = 8 + 2 + 11 * 12 + 4, at = lists + 8 +
	    (uint32_t)icc->len;
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	double v[3];
	int i, x, y;

	tq_buf_add(&b, "MM\0*\0\0\0\10", 8);
	add_be16(&b, 11);
	add_entry(&b, 256, 3, 1, W);
	add_entry(&b, 257, 3, 1, H);
	add_entry(&b, 258, 3, 4, lists);
	add_entry(&b, 259, 3, 1, 1);		/* not compressed */
	add_entry(&b, 262, 3, 1, 2);		/* RGB */
	add_entry(&b, 273, 4, 1, at);
	add_entry(&b, 277, 3, 1, 4);
	add_entry(&b, 278, 3, 1, H);
	add_entry(&b, 279, 4, 1, 4 * W * H);
	add_entry(&b, 338, 3, 1, 1);		/* associated alpha */
	add_entry(&b, 34675, 7, (uint32_t)icc->len, lists + 8);
	add_be32(&b, 0);
	for (i = 0; i < 4; i++)
		add_be16(&b, 8);
	tq_buf_add(&b, icc->data, icc->len);
	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++) {
			rgb(x, y, v);
			for (i = 0; i < 3; i++)
				tq_buf_chr(&b, (char)lround(v[i] *
				    alpha(x, y) / 255));
			tq_buf_chr(&b, (char)alpha(x, y));
		}
	return b;
}

/* Inks of 8 or 16 bits, in one strip or a plane each. */
static struct tq_buf
tiff_of_inks(uint32_t bits, bool planes, const struct tq_buf *icc)
{
	uint32_t strip = W * H * bits / 8, strips = planes ? 4 : 1;
	uint32_t lists = 8 + 2 + 11 * 12 + 4, at = lists + 8 + 32 +
	    (uint32_t)icc->len;
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	int i, x, y, k;

	tq_buf_add(&b, "MM\0*\0\0\0\10", 8);
	add_be16(&b, 11);
	add_entry(&b, 256, 3, 1, W);
	add_entry(&b, 257, 3, 1, H);
	add_entry(&b, 258, 3, 4, lists);
	add_entry(&b, 259, 3, 1, 1);		/* not compressed */
	add_entry(&b, 262, 3, 1, 5);		/* separated */
	add_entry(&b, 273, 4, strips, planes ? lists + 8 : at);
	add_entry(&b, 277, 3, 1, 4);
	add_entry(&b, 278, 3, 1, H);
	add_entry(&b, 279, 4, strips, planes ? lists + 24 : 4 * strip);
	add_entry(&b, 284, 3, 1, planes ? 2 : 1);
	add_entry(&b, 34675, 7, (uint32_t)icc->len, lists + 40);
	add_be32(&b, 0);
	for (i = 0; i < 4; i++)
		add_be16(&b, bits);
	for (i = 0; i < 4; i++)
		add_be32(&b, at + (uint32_t)i * strip);
	for (i = 0; i < 4; i++)
		add_be32(&b, strip);
	tq_buf_add(&b, icc->data, icc->len);
	for (k = 0; k < (planes ? 4 : 1); k++)
		for (y = 0; y < H; y++)
			for (x = 0; x < W; x++)
				for (i = planes ? k : 0; i <= (planes ? k : 3); i++) {
					tq_buf_chr(&b, (char)ink(x, y, i));
					if (bits == 16)
						tq_buf_chr(&b, (char)ink(x, y, i));
				}
	return b;
}

static struct tq_buf
png_with(const char *name, const char *type, const void *chunk, size_t n)
{
	struct tq_buf in = slurp(name), b = TQ_BUF_INIT(OUT_MAX);

	tq_buf_add(&b, in.data, 33);
	add_chunk(&b, type, chunk, n);
	tq_buf_add(&b, in.data + 33, in.len - 33);
	tq_buf_free(&in);
	return b;
}

static struct tq_buf
png_profiled(const char *name, const struct tq_buf *icc)
{
	struct tq_buf chunk = TQ_BUF_INIT(8192), b;
	unsigned char packed[8192];
	unsigned long n = sizeof(packed);

	T_INT(compress(packed, &n, (const unsigned char *)icc->data,
	    icc->len), Z_OK);
	tq_buf_add(&chunk, "x\0\0", 3);
	tq_buf_add(&chunk, packed, n);
	b = png_with(name, "iCCP", chunk.data, chunk.len);
	tq_buf_free(&chunk);
	return b;
}

static struct tq_buf
jpeg_profiled(const char *name, const struct tq_buf *icc)
{
	struct tq_buf in = slurp(name), b = TQ_BUF_INIT(OUT_MAX);

	tq_buf_add(&b, in.data, 2);
	tq_buf_add(&b, "\xff\xe2", 2);
	add_be16(&b, (uint32_t)icc->len + 16);
	tq_buf_add(&b, "ICC_PROFILE\0\1\1", 14);
	tq_buf_add(&b, icc->data, icc->len);
	tq_buf_add(&b, in.data + 2, in.len - 2);
	tq_buf_free(&in);
	return b;
}

static void
add_le32(struct tq_buf *b, uint32_t v)
{
	add_be32(b, __builtin_bswap32(v));
}

/* Before the picture, in the file that VP8X begins. */
static struct tq_buf
webp_profiled(const char *name, const struct tq_buf *icc)
{
	struct tq_buf in = slurp(name), b = TQ_BUF_INIT(OUT_MAX);
	uint32_t even = (uint32_t)icc->len + icc->len % 2;

	tq_buf_str(&b, "RIFF");
	add_le32(&b, 4 + 18 + 8 + even + (uint32_t)in.len - 12);
	tq_buf_str(&b, "WEBPVP8X");
	add_le32(&b, 10);
	tq_buf_add(&b, "\x20\0\0\0\x2c\0\0\x1e\0\0", 10);
	tq_buf_str(&b, "ICCP");
	add_le32(&b, (uint32_t)icc->len);
	tq_buf_add(&b, icc->data, icc->len);
	tq_buf_add(&b, "", even - icc->len);
	tq_buf_add(&b, in.data + 12, in.len - 12);
	tq_buf_free(&in);
	return b;
}

/* ---- the cases ---- */

static bool
no_module(void)
{
	return tools_for("P5", 2)->color == NULL;
}

static void
test_icc(void)
{
	static const struct {
		const char	*name, *space;
		double		 gamma;
		bool		 swap;
		double		(*truth)(int, int);
	} c[] = {
		{ "rgb8.png", "RGB ", 1.8, false, t_power },
		{ "rgb8.png", "RGB ", 1, true, t_swapped },
		{ "rgb16.png", "RGB ", 1.8, false, t_power16 },
		{ "rgba8.png", "RGB ", 1.8, false, t_power_alpha },
		{ "rgb8-adam7.png", "RGB ", 1.8, false, t_power },
		{ "gray8.png", "GRAY", 1.8, false, t_power_blue },
		{ "gray16.png", "GRAY", 1.8, false, t_power_blue16 },
		{ "graya8.png", "GRAY", 1.8, false, t_power_bluea },
	};
	size_t i;

	if (no_module())
		return;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf icc = make_profile(c[i].space, c[i].gamma,
		    c[i].swap);
		struct tq_buf b = png_profiled(c[i].name, &icc);

		power = c[i].gamma;
		compare(c[i].name, &b, c[i].truth, 1.1);
		tq_buf_free(&icc);
		tq_buf_free(&b);
	}
}

static void
test_icc_jpeg(void)
{
	static const char *const names[] = { "444.jpg", "rgb.jpg",
	    "progressive.jpg" };
	size_t i;

	if (no_module())
		return;
	power = 1.8;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tq_buf icc = make_profile("RGB ", 1.8, false);
		struct tq_buf b = jpeg_profiled(names[i], &icc);

		compare(names[i], &b, t_power, 6);
		tq_buf_free(&icc);
		tq_buf_free(&b);
	}
}

/* As a JPEG's whose channels are none of a monitor's (XYB). */
static void
test_icc_table(void)
{
	struct tq_buf icc = make_table("RGB "), b;

	if (!no_module()) {
		b = png_profiled("rgb8.png", &icc);
		compare("a table", &b, t_thirds, 1.5);
		tq_buf_free(&b);
		b = jpeg_profiled("rgb.jpg", &icc);
		compare("a table in a JPEG", &b, t_thirds, 8);
		tq_buf_free(&b);
	}
	tq_buf_free(&icc);
}

static void
put_le32(char *p, uint32_t v)
{
	int i;

	for (i = 0; i < 4; i++, v >>= 8)
		p[i] = (char)v;
}

/* BMP's fourth header has numbers, its fifth a profile. */
static void
test_bmp(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false), b;
	struct tq_buf in = slurp("rgb24.bmp");
	char head[14 + 124];
	int i, k;

	if (no_module())
		return;
	/* From a header of 40 bytes to those of 108 and 124. */
	for (k = 108; k <= 124; k += 16) {
		memset(head, 0, sizeof(head));
		memcpy(head, in.data, 54);
		put_le32(head + 2, 0);
		put_le32(head + 10, 14 + (uint32_t)k);
		put_le32(head + 14, (uint32_t)k);
		put_le32(head + 126, (uint32_t)(k + (int)in.len - 54));
		put_le32(head + 130, (uint32_t)icc.len);
		if (k == 124)
			memcpy(head + 70, "DEBM", 4);
		for (i = 0; k == 108 && i < 9; i++)
			put_le32(head + 74 + 4 * i, (uint32_t)
			    lround(colorants[i / 3][i % 3] * 1073741824));
		for (i = 0; k == 108 && i < 3; i++)
			put_le32(head + 110 + 4 * i, (uint32_t)
			    lround(1.8 * 65536));
		b = (struct tq_buf)TQ_BUF_INIT(OUT_MAX);
		tq_buf_add(&b, head, 14 + (size_t)k);
		tq_buf_add(&b, in.data + 54, in.len - 54);
		tq_buf_add(&b, icc.data, icc.len);
		power = 1.8;
		compare(k == 108 ? "numbers" : "a profile", &b, t_power, 1.1);
		/* One that is not all there is none. */
		b.len--;
		if (k == 124)
			compare("a cut profile", &b, t_rgb, 0.51);
		tq_buf_free(&b);
	}
	tq_buf_free(&icc);
	tq_buf_free(&in);
}

static void
test_icc_inks(void)
{
	struct tq_buf icc = make_table("CMYK"), b;
	uint32_t bits, planes;

	for (bits = 8; bits <= 16; bits += 8)
		for (planes = 0; planes < 2; planes++) {
			b = tiff_of_inks(bits, planes != 0, &icc);
			if (!no_module() && tools_for(b.data, b.len)->
			    reader[TQ_IMAGE_TIFF] != NULL)
				compare("inks", &b, t_inks, 1.5);
			tq_buf_free(&b);
		}
	tq_buf_free(&icc);
}

/* Photoshop's is an image resource; one of another number stands before it. */
static void
test_icc_psd(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false), in;
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

	in = slurp("rgb16.psd");
	if (!no_module() && tools_for(in.data, in.len)->reader[TQ_IMAGE_PSD]) {
		uint32_t old;

		memcpy(&old, in.data + 30, 4);
		T_MUST(in.len > 40);
		tq_buf_add(&b, in.data, 30);
		add_be32(&b, 18 + 12 + (uint32_t)icc.len);
		tq_buf_add(&b, "8BIM\3\351\3abc\0\0\0\3xyz\0", 18);
		tq_buf_add(&b, "8BIM\4\17\0\0", 8);
		add_be32(&b, (uint32_t)icc.len);
		tq_buf_add(&b, icc.data, icc.len);
		tq_buf_add(&b, in.data + 34 + __builtin_bswap32(old), in.len -
		    34 - __builtin_bswap32(old));
		power = 1.8;
		compare("PSD", &b, t_power16, 1.1);
	}
	tq_buf_free(&icc);
	tq_buf_free(&in);
	tq_buf_free(&b);
}

static void
test_icc_webp(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false);
	struct tq_buf b = webp_profiled("rgb8.webp", &icc);

	power = 1.8;
	if (!no_module() && tools_for(b.data, b.len)->reader[TQ_IMAGE_WEBP])
		compare("WebP", &b, t_power, 1.1);
	tq_buf_free(&icc);
	tq_buf_free(&b);
}

/* A profile is about colors as they were before they were multiplied. */
static void
test_icc_weighed(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false);
	struct tq_buf b = tiff_weighed(&icc);

	power = 1.8;
	if (!no_module() && tools_for(b.data, b.len)->reader[TQ_IMAGE_TIFF])
		compare("TIFF", &b, t_power_alpha, 1.6);
	tq_buf_free(&icc);
	tq_buf_free(&b);
}

/* To JPEG too, where the Y plane would have done. */
static void
test_icc_to_jpeg(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false);
	struct tq_buf b = jpeg_profiled("444.jpg", &icc);
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_opts o = { TQ_IMAGE_JPEG, 98, 0 };

	power = 1.8;
	if (!no_module()) {
		T_INT(tq_image_gray(tools_for(b.data, b.len), b.data, b.len,
		    &o, &out, NULL, NULL), 0);
		compare("gray JPEG", &out, t_power, 6);
	}
	tq_buf_free(&icc);
	tq_buf_free(&b);
	tq_buf_free(&out);
}

/* As a color manager's sRGB: within 1 of it nothing is touched. */
static void
test_srgb_profile(void)
{
	struct tq_buf icc = make_profile("RGB ", 2.2, false);
	struct tq_buf b = png_with("rgb8.png", "gAMA", "\0\0\xb1\x8f", 4);

	compare("gAMA 45455", &b, t_rgb, 0.51);
	tq_buf_free(&b);
	b = png_with("rgb8.png", "sRGB", "\0", 1);
	compare("sRGB", &b, t_rgb, 0.51);
	tq_buf_free(&b);
	tq_buf_free(&icc);
}

static void
test_gama(void)
{
	static const struct {
		const char	*name, *chunk;
		double		 power;
		double		(*truth)(int, int);
	} c[] = {
		{ "rgb8.png", "\0\1\x86\xa0", 1, t_power },
		{ "gray8.png", "\0\1\x86\xa0", 1, t_power_blue },
		{ "rgb16.png", "\0\1\x86\xa0", 1, t_power16 },
		{ "rgba8.png", "\0\0\xd9\x03", 1.8, t_power_alpha },
	};
	size_t i;

	if (no_module())
		return;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf b = png_with(c[i].name, "gAMA", c[i].chunk, 4);

		power = c[i].power;
		compare(c[i].name, &b, c[i].truth, 1.1);
		tq_buf_free(&b);
	}
}

/* Primaries as PNG tells them, and as a HEIF's nclx box does by number. */
static void
test_primaries(void)
{
	static const uint32_t p3[8] = { 31270, 32900, 68000, 32000, 26500,
	    69000, 15000, 6000 };
	struct tq_buf in = slurp("rgb8.png"), b = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf xy = TQ_BUF_INIT(32);
	size_t i;
	char *nclx;

	for (i = 0; i < 8; i++)
		add_be32(&xy, p3[i]);
	tq_buf_add(&b, in.data, 33);
	add_chunk(&b, "gAMA", "\0\0\xb1\x8f", 4);
	add_chunk(&b, "cHRM", xy.data, xy.len);
	tq_buf_add(&b, in.data + 33, in.len - 33);
	if (!no_module())
		compare("cHRM", &b, t_p3, 1.6);
	tq_buf_free(&in);
	tq_buf_free(&b);
	tq_buf_free(&xy);
	in = slurp("rgba8.avif");
	nclx = memmem(in.data, in.len, "nclx\0\2\0\2", 8);
	T_MUST(nclx != NULL);
	memcpy(nclx + 4, "\0\14\0\15", 4);
	if (!no_module() &&
	    tools_for(in.data, in.len)->reader[TQ_IMAGE_HEIF] != NULL)
		compare("nclx", &in, t_p3_alpha, 8);
	tq_buf_free(&in);
}

/* A broken profile, or one of another kind, is as none. */
static void
test_useless(void)
{
	struct tq_buf icc = make_profile("RGB ", 1.8, false);
	struct tq_buf b = png_profiled("gray8.png", &icc);

	compare("RGB profile of gray", &b, t_blue, 0.51);
	tq_buf_free(&b);
	icc.len = 150;
	b = png_profiled("rgb8.png", &icc);
	compare("cut profile", &b, t_rgb, 0.51);
	tq_buf_free(&b);
	b = jpeg_profiled("444.jpg", &icc);
	b.data[17] = 9;		/* the ninth of one */
	compare("impossible marker", &b, t_rgb, 4);
	tq_buf_free(&b);
	tq_buf_free(&icc);
}

T_MAIN(
	{ "an ICC profile of a PNG is applied, at each depth", test_icc },
	{ "and that of a JPEG", test_icc_jpeg },
	{ "and one by a table", test_icc_table },
	{ "and that of inks in a TIFF", test_icc_inks },
	{ "and that of a BMP, or its numbers", test_bmp },
	{ "and that of a PSD", test_icc_psd },
	{ "and that of a WebP", test_icc_webp },
	{ "and that of a TIFF whose colors are weighed by alpha", test_icc_weighed },
	{ "and from JPEG to JPEG", test_icc_to_jpeg },
	{ "what says sRGB changes nothing", test_srgb_profile },
	{ "the power that a PNG tells is applied", test_gama },
	{ "primaries by numbers count, in a PNG and a HEIF", test_primaries },
	{ "a profile that can't be used is ignored", test_useless })
