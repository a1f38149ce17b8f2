/*
 * lib/image: every format in and out, against luma computed here from the
 * colors that tests/fixtures/image/make.py painted.
 */
#include <zlib.h>

#include "image/exif.h"
#include "t_image.h"

/* ---- the cases ---- */

static void
test_png_in(void)
{
	static const struct {
		const char	*name;
		double		(*truth)(int, int);
	} c[] = {
		{ "rgb8.png", t_rgb }, { "rgb16.png", t_rgb16 },
		{ "rgba8.png", t_rgba }, { "gray8.png", t_blue },
		{ "gray16.png", t_blue16 }, { "gray1.png", t_bit },
		{ "gray4.png", t_nibble }, { "graya8.png", t_bluea },
		{ "graya16.png", t_bluea16 }, { "palette8.png", t_palette8 },
		{ "palette8-trns.png", t_palette8_trns },
		{ "palette4-trns.png", t_palette4_trns },
		{ "rgb8-trns.png", t_rgb_trns },
		{ "gray4-trns.png", t_nibble_trns },
		{ "rgb8-adam7.png", t_rgb },
		{ "rgba16-adam7.png", t_rgba16 },
		{ "palette4-adam7.png", t_palette4_trns },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		compare_file(c[i].name, c[i].truth, 0.51);
}

static const struct pnm_kind {
	const char	*head;		/* behind it the maximum */
	int		 first, last;	/* of red, green, blue */
	bool		 alpha, ascii, pam;
} pnm_kinds[] = {
	{ "P2", 2, 2, false, true, false }, { "P5", 2, 2, false, false, false },
	{ "P3", 0, 2, false, true, false }, { "P6", 0, 2, false, false, false },
	{ "P7\nDEPTH 1\nTUPLTYPE GRAYSCALE", 2, 2, false, false, true },
	{ "P7\nDEPTH 2\nTUPLTYPE GRAYSCALE_ALPHA", 2, 2, true, false, true },
	{ "P7\n# it has no type\nDEPTH 3", 0, 2, false, false, true },
	{ "P7\nDEPTH 4\nTUPLTYPE RGB_ALPHA", 0, 2, true, false, true },
};

static void
add_sample(struct tq_buf *b, const struct pnm_kind *k, double c, int maxval)
{
	int v = (int)lround(c * maxval / 255);

	if (k->ascii)
		tq_buf_fmt(b, " %d%s", v, v % 7 == 0 ? " # so\n" : "");
	else {
		if (maxval > 255)
			tq_buf_chr(b, (char)(v >> 8));
		tq_buf_chr(b, (char)v);
	}
}

/* Samples of 0..${maxval}: our colors at that depth, or their blue. */
static void
compare_pnm(const struct pnm_kind *k, int maxval)
{
	struct tq_buf in = TQ_BUF_INIT(OUT_MAX);
	double (*truth)(int, int) = k->alpha ?
	    (k->first == 2 ? t_bluea : t_rgba) :
	    (k->first == 2 ? t_blue : t_rgb);
	double c[3];
	int x, y, i;

	tq_buf_fmt(&in, k->pam ? "%s\nWIDTH %d\nHEIGHT %d\nMAXVAL %d\n"
	    "ENDHDR\n" : "%s # a comment\n%d\t%d\n# another\n%d\n", k->head,
	    W, H, maxval);
	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++) {
			rgb(x, y, c);
			for (i = k->first; i <= k->last; i++)
				add_sample(&in, k, c[i], maxval);
			if (k->alpha)
				add_sample(&in, k, alpha(x, y), maxval);
		}
	/* Half a step of the input, seen in steps of the output. */
	compare(k->head, &in, truth, 0.51 + (k->alpha ? 255.0 : 127.5) /
	    maxval);
	tq_buf_free(&in);
}

static void
test_pnm_in(void)
{
	static const int maxima[] = { 255, 65535, 1023, 100, 31 };
	size_t i, k;

	for (k = 0; k < sizeof(pnm_kinds) / sizeof(pnm_kinds[0]); k++)
		for (i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++)
			compare_pnm(&pnm_kinds[k], maxima[i]);
}

static double
t_black(int x, int y)
{
	return 255 - t_bit(x, y);
}

static void
test_pbm_in(void)
{
	struct tq_buf text = TQ_BUF_INIT(OUT_MAX), in = TQ_BUF_INIT(OUT_MAX);
	unsigned v = 0;
	int x, y;

	tq_buf_fmt(&text, "P1\n%d %d\n", W, H);
	tq_buf_fmt(&in, "P4\n%d %d\n", W, H);
	for (y = 0; y < H; y++)
		for (x = 0; x < (W + 7) / 8 * 8; x++) {
			v = v << 1 | (x < W && t_bit(x, y) > 0);
			if (x < W)
				tq_buf_chr(&text, t_bit(x, y) > 0 ? '1' : '0');
			if (x % 8 == 7)
				tq_buf_chr(&in, (char)v);
		}
	compare("P1", &text, t_black, 0);
	compare("P4", &in, t_black, 0);
	tq_buf_free(&text);
	tq_buf_free(&in);
}

static void
test_lossless_out(void)
{
	static const enum tq_image_format formats[] = { TQ_IMAGE_PNG,
	    TQ_IMAGE_BMP, TQ_IMAGE_PNM };
	struct tq_buf in = slurp("rgba8.png"), out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_opts o = { TQ_IMAGE_UNKNOWN, 0, 0 };
	struct tq_image_info info;
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		o.format = formats[i];
		T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, &info, &err), 0);
		T_INT(info.format, formats[i]);
		T_INT(tq_image_probe(NULL, out.data, out.len, &info, &err), 0);
		T_INT(info.format, formats[i]);
		compare(tq_image_format_name(formats[i]), &out, t_rgba, 0.51);
	}
	tq_buf_free(&in);
	tq_buf_free(&out);
}

static void
test_jpeg_out(void)
{
	struct tq_buf in = slurp("rgb8.png"), out = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf bare = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_opts o = { TQ_IMAGE_JPEG, 0, 0 };
	double square = 0, off;
	size_t at90, x, y;
	uint32_t w, h;
	uint8_t *px;

	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, NULL), 0);
	at90 = out.len;
	if ((px = pixels(&out, &bare, &w, &h)) != NULL) {
		for (y = 0; y < H; y++)
			for (x = 0; x < W; x++) {
				off = px[y * W + x] - t_rgb((int)x, (int)y);
				square += off * off;
			}
		T_OK(10 * log10(255.0 * 255 * W * H / square) > 40);
	}
	o.quality = 90;
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, NULL), 0);
	T_INT(out.len, at90);
	o.quality = 30;
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, NULL), 0);
	T_OK(out.len < at90);
	tq_buf_free(&in);
	tq_buf_free(&out);
	tq_buf_free(&bare);
}

static void
test_default_format(void)
{
	static const struct {
		const char		*name;
		enum tq_image_format	 format;
	} c[] = {
		{ "420.jpg", TQ_IMAGE_JPEG }, { "rgb8.png", TQ_IMAGE_PNG },
		{ "rgb24.bmp", TQ_IMAGE_BMP },
	};
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_info info;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf in = slurp(c[i].name);

		T_INT(tq_image_gray(NULL, in.data, in.len, NULL, &out, &info, NULL),
		    0);
		T_INT(info.format, c[i].format);
		T_INT(info.width, W);
		T_INT(info.height, H);
		T_INT(info.orientation, 1);
		tq_buf_free(&in);
	}
	T_INT(tq_image_gray(NULL, "P6 1 1 255 abc", 14, NULL, &out, &info, NULL), 0);
	T_INT(info.format, TQ_IMAGE_PNM);
	T_OK(out.len > 2 && memcmp(out.data, "P5", 2) == 0);
	tq_buf_free(&out);
}

static void
test_upright_jpeg(void)
{
	struct tq_buf in = slurp("gray.jpg"), bare = TQ_BUF_INIT(OUT_MAX);
	uint32_t w, h;
	uint8_t *stored = pixels(&in, &bare, &w, &h);
	int o;

	for (o = 1; o <= 8 && stored != NULL; o++) {
		struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

		/* An XMP block first: that APP1 is not the one. */
		tq_buf_add(&b, in.data, 2);
		tq_buf_add(&b, "\xff\xe1\0\x08http:\0", 10);
		tq_buf_add(&b, "\xff\xe1\0\x22" "Exif\0\0", 10);
		add_exif(&b, o);
		tq_buf_add(&b, in.data + 2, in.len - 2);
		check_upright(&b, stored, o, 0);
		tq_buf_free(&b);
	}
	tq_buf_free(&in);
	tq_buf_free(&bare);
}

#define IHDR_END	33	/* magic, then a chunk of 13 bytes */

static void
test_upright_png(void)
{
	struct tq_buf in = slurp("rgb8.png"), bare = TQ_BUF_INIT(OUT_MAX);
	uint32_t w, h;
	uint8_t *stored = pixels(&in, &bare, &w, &h);
	int o;

	for (o = 1; o <= 8 && stored != NULL; o++) {
		struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
		struct tq_buf exif = TQ_BUF_INIT(64);

		add_exif(&exif, o);
		tq_buf_add(&b, in.data, IHDR_END);
		add_chunk(&b, "eXIf", exif.data, exif.len);
		tq_buf_add(&b, in.data + IHDR_END, in.len - IHDR_END);
		check_upright(&b, stored, o, 0);
		tq_buf_free(&b);
		tq_buf_free(&exif);
	}
	tq_buf_free(&in);
	tq_buf_free(&bare);
}

/* XMP counts where EXIF says nothing, in JPEG and PNG. */
static void
test_xmp(void)
{
	static const char space[] = "http://ns.adobe.com/xap/1.0/";
	static const char xmp[] = "<x tiff:Orientation=\"6\"/>";
	static const char element[] = "<tiff:Orientation> 8 </tiff:Orientation>";
	struct tq_buf in = slurp("gray.jpg"), b = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf png = slurp("rgb8.png"), text = TQ_BUF_INIT(256);
	struct tq_image_info info = { .orientation = 0 };

	tq_buf_add(&b, in.data, 2);
	tq_buf_add(&b, "\xff\xe1\0", 3);
	tq_buf_chr(&b, (char)(2 + sizeof(space) + sizeof(xmp) - 1));
	tq_buf_add(&b, space, sizeof(space));
	tq_buf_add(&b, xmp, sizeof(xmp) - 1);
	tq_buf_add(&b, in.data + 2, in.len - 2);
	T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
	T_INT(info.orientation, 6);
	/* EXIF that does not say. */
	tq_buf_clear(&b);
	tq_buf_add(&b, in.data, 2);
	tq_buf_add(&b, "\xff\xe1\0\x12" "Exif\0\0MM\0*\0\0\0\10\0\0", 20);
	tq_buf_add(&b, "\xff\xe1\0", 3);
	tq_buf_chr(&b, (char)(2 + sizeof(space) + sizeof(xmp) - 1));
	tq_buf_add(&b, space, sizeof(space));
	tq_buf_add(&b, xmp, sizeof(xmp) - 1);
	tq_buf_add(&b, in.data + 2, in.len - 2);
	T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
	T_INT(info.orientation, 6);
	tq_buf_clear(&b);
	tq_buf_add(&text, "XML:com.adobe.xmp\0\0\0\0\0", 22);
	tq_buf_str(&text, element);
	tq_buf_add(&b, png.data, IHDR_END);
	add_chunk(&b, "iTXt", text.data, text.len);
	tq_buf_add(&b, png.data + IHDR_END, png.len - IHDR_END);
	T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
	T_INT(info.orientation, 8);
	T_INT(tq_xmp_orientation((const uint8_t *)"tiff:Orientation=\"9\"", 20),
	    0);
	T_INT(tq_xmp_orientation((const uint8_t *)"tiff:Orientation=\"", 18), 0);
	tq_buf_free(&in);
	tq_buf_free(&b);
	tq_buf_free(&png);
	tq_buf_free(&text);
}

/* A PNG with that chunk: the orientation it is probed to have. */
static int
png_orientation(const char *type, const struct tq_buf *chunk)
{
	struct tq_buf png = slurp("rgb8.png"), b = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_info info = { .orientation = 0 };

	tq_buf_add(&b, png.data, IHDR_END);
	add_chunk(&b, type, chunk->data, chunk->len);
	tq_buf_add(&b, png.data + IHDR_END, png.len - IHDR_END);
	T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
	tq_buf_free(&png);
	tq_buf_free(&b);
	return info.orientation;
}

/* ${text} behind ${head}, packed as zTXt and iTXt have it. */
static void
pack(struct tq_buf *chunk, const char *head, size_t n,
    const struct tq_buf *text)
{
	unsigned char packed[4096];
	unsigned long size = sizeof(packed);

	T_INT(compress(packed, &size, (const unsigned char *)text->data,
	    text->len), Z_OK);
	tq_buf_clear(chunk);
	tq_buf_add(chunk, head, n);
	tq_buf_add(chunk, packed, size);
}

/* As ImageMagick and exiftool keep EXIF, and XMP, in PNG's texts. */
static void
test_raw_profile(void)
{
	static const char key[] = "Raw profile type exif";
	static const char app1[] = "Raw profile type APP1";
	/* Packed, by the only way; no language, no translation. */
	static const char xmp[] = "XML:com.adobe.xmp\0\1\0\0";
	struct tq_buf exif = TQ_BUF_INIT(64), text = TQ_BUF_INIT(256);
	struct tq_buf chunk = TQ_BUF_INIT(4096);
	size_t i;

	tq_buf_add(&exif, "Exif\0\0", 6);
	add_exif(&exif, 6);
	tq_buf_add(&chunk, key, sizeof(key));
	tq_buf_str(&text, "\nexif\n      32\n");
	for (i = 0; i < exif.len; i++)
		tq_buf_fmt(&text, "%s%02x", i == 20 ? "\n" : "",
		    (uint8_t)exif.data[i]);
	tq_buf_add(&chunk, text.data, text.len);
	T_INT(png_orientation("tEXt", &chunk), 6);
	pack(&chunk, "Raw profile type exif\0", sizeof(key) + 1, &text);
	T_INT(png_orientation("zTXt", &chunk), 6);
	pack(&chunk, "Raw profile type APP1\0", sizeof(app1) + 1, &text);
	T_INT(png_orientation("zTXt", &chunk), 6);
	pack(&chunk, "Some other text key!!\0", sizeof(app1) + 1, &text);
	T_INT(png_orientation("zTXt", &chunk), 1);
	tq_buf_clear(&text);
	tq_buf_str(&text, "<x tiff:Orientation='3'/>");
	pack(&chunk, xmp, sizeof(xmp), &text);
	T_INT(png_orientation("iTXt", &chunk), 3);
	/* Cut, or no packed data at all. */
	chunk.len = 22;
	T_INT(png_orientation("iTXt", &chunk), 1);
	chunk.len = 3;
	T_INT(png_orientation("zTXt", &chunk), 1);
	tq_buf_free(&exif);
	tq_buf_free(&text);
	tq_buf_free(&chunk);
}

static void
test_bad_exif(void)
{
	static const struct {
		const char	*what, *tiff;
		size_t		 n;
	} c[] = {
		{ "no directory", "MM\0*\0\0\0\10", 8 },
		{ "directory far away", "MM\0*\xff\xff\xff\xff\0\1", 10 },
		{ "65535 entries", "MM\0*\0\0\0\10\xff\xff\1\0", 12 },
		{ "orientation 9", "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1"
		    "\0\x09\0\0", 22 },
		{ "orientation 0", "II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0"
		    "\0\0\0\0", 22 },
		{ "not a short", "MM\0*\0\0\0\10\0\1\1\x12\0\5\0\0\0\1"
		    "\0\6\0\0", 22 },
		{ "cut in the entry", "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1"
		    "\0\6", 20 },
		{ "no byte order", "XX\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1"
		    "\0\6\0\0", 22 },
	};
	struct tq_buf in = slurp("rgb8.png");
	struct tq_image_info info;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

		tq_buf_add(&b, in.data, IHDR_END);
		add_chunk(&b, "eXIf", c[i].tiff, c[i].n);
		tq_buf_add(&b, in.data + IHDR_END, in.len - IHDR_END);
		info.orientation = 0;
		T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
		if (info.orientation != 1)
			T_FAIL("%s: %d", c[i].what, info.orientation);
		compare(c[i].what, &b, t_rgb, 0.51);
		tq_buf_free(&b);
	}
	tq_buf_free(&in);
}

static void
test_little_endian_exif(void)
{
	static const char tiff[] = "II*\0\10\0\0\0\2\0"
	    "\x0f\1\2\0\1\0\0\0x\0\0\0" "\x12\1\3\0\1\0\0\0\6\0\0\0";
	struct tq_buf in = slurp("rgb8.png"), b = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_info info = { .orientation = 0 };

	tq_buf_add(&b, in.data, IHDR_END);
	add_chunk(&b, "eXIf", tiff, sizeof(tiff) - 1);
	tq_buf_add(&b, in.data + IHDR_END, in.len - IHDR_END);
	T_INT(tq_image_probe(NULL, b.data, b.len, &info, NULL), 0);
	T_INT(info.orientation, 6);
	tq_buf_free(&in);
	tq_buf_free(&b);
}

static void
test_not_ours(void)
{
	static const struct {
		const char	*bytes;
		size_t		 n;
		const char	*words;
	} c[] = {
		{ "", 0, "not an image: it is empty" },
		{ "hello world, this is text", 25,
		    "not an image: starts with \"hello world, thi...\"" },
		{ "\0\1\2", 3,
		    "not an image: starts with \"\\x00\\x01\\x02\"" },
		{ "BMW is a car and no bitmap at all, is it?", 40,
		    "not an image: no BMP header" },
		{ "\x89PNG\r\n\x1a\n\0\0\0\4CgBI", 16, "PNG for Apple's own" },
		{ "<?xml version=\"1.0\"?>\n<svg>", 28, "SVG is not supported" },
		{ "<?xml version=\"1.0\"?>\n<html>", 29, "not an image" },
		{ "\0\0\1\0\1\0", 6, "ICO is not supported" },
		{ "\xff\x0a\0", 3, "JPEG XL is not supported" },
		{ "%PDF-1.7", 8, "PDF is not supported" },
		{ "\0\0\2\2 TRUEVISION-XFILE.\0", 23,
		    "TGA is not supported" },
		{ "\0\0\0\x1c" "ftypisom", 12, "a film (ISO media) is not" },
		{ "P5 0 1 255 a", 12, "corrupt PNM" },
		{ "P5 1 1 65536 aa", 15, "corrupt PNM" },
		{ "P5 1", 4, "truncated PNM: ends in its header" },
		{ "P5 2 2 255 abc", 14, "truncated PNM: its data ends early" },
		{ "P2 2 1 255 7", 12, "truncated PNM: its data ends early" },
		{ "P2 1 1 255 256", 14, "corrupt PNM: a sample of 256" },
		{ "P2 1 1 255 x", 12, "corrupt PNM: a sample that is no" },
		{ "P1 2 1 2", 8, "corrupt PNM: a bit that is neither" },
		{ "P5 1 1 96 a", 11, "corrupt PNM: a sample of 97" },
		{ "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 1\nENDHDR\n", 46,
		    "PAM of depth 5 is not supported" },
		{ "P7\nWIDTH 1\nHEIGHT 2", 19, "truncated PNM" },
		{ "P7\nWIDTH 1\nSIZE 2\n", 18, "corrupt PNM" },
		{ "P6 1 1 256 abcde", 16,
		    "truncated PNM: its data ends early" },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		refused(c[i].bytes, c[i].n, TQ_E_DATA, c[i].words);
}

static void
test_truncated(void)
{
	refused_prefixes("rgb8.png", 1, "truncated PNG");
	refused_prefixes("palette4-adam7.png", 1, "truncated PNG");
	refused_prefixes("rgb24.bmp", 1, "truncated BMP");
	refused_prefixes("palette1.bmp", 1, "truncated BMP");
}

/* Cut inside, with the end marker put back: only the decoder can tell. */
static void
test_cut_inside(void)
{
	struct tq_buf png = slurp("rgb8.png"), b = TQ_BUF_INIT(OUT_MAX);

	T_MUST(png.len > 2000);
	tq_buf_add(&b, png.data, IHDR_END);
	add_chunk(&b, "IDAT", png.data + IHDR_END + 8, 1000);
	add_chunk(&b, "IEND", "", 0);
	refused(b.data, b.len, TQ_E_DATA, "truncated PNG");
	tq_buf_free(&png);
	tq_buf_free(&b);
}

static void
test_corrupt(void)
{
	struct tq_buf png = slurp("rgb8.png");

	T_MUST(png.len > 2000);
	png.data[1000] ^= 1;
	refused(png.data, png.len, TQ_E_DATA, "corrupt PNG");
	png.data[1000] ^= 1;
	png.data[19] ^= 1;	/* width 44; the checksum tells */
	refused(png.data, png.len, TQ_E_DATA, "corrupt PNG");
	tq_buf_free(&png);
}

static void
test_trailing_garbage(void)
{
	static const char *const names[] = { "gray.jpg", "gray8.png",
	    "rgb24.bmp" };
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tq_buf in = slurp(names[i]);

		tq_buf_str(&in, "\xff\xd8 and then some \xff");
		T_INT(tq_image_gray(NULL, in.data, in.len, NULL, &out, NULL, NULL),
		    0);
		tq_buf_free(&in);
	}
	tq_buf_free(&out);
}

static void
test_bombs(void)
{
	static const char huge[] = "\0\0\x75\x30\0\0\x75\x30\10\2\0\0\0";
	static const char over[] = "30000x30000 pixels is over the limit of "
	    "268435456 (max_pixels)";
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX), jpg = slurp("444.jpg");
	size_t at = frame_at(&jpg);

	tq_buf_str(&b, "\x89PNG\r\n\x1a\n");
	add_chunk(&b, "IHDR", huge, 13);
	add_chunk(&b, "IDAT", "x\x9c", 2);
	add_chunk(&b, "IEND", "", 0);
	refused(b.data, b.len, TQ_E_TOOBIG, over);
	T_MUST(at != 0);
	memcpy(jpg.data + at + 1, "\x75\x30\x75\x30", 4);
	refused(jpg.data, jpg.len, TQ_E_TOOBIG, over);
	refused("P5 30000 30000 255 x", 20, TQ_E_TOOBIG, over);
	refused("P5 1 1 255 x", TQ_IMAGE_INPUT_MAX + 1, TQ_E_TOOBIG,
	    "536870913 bytes is over the limit of 536870912");
	refused("P5 90001 1 255 x", 16, TQ_E_DATA, "truncated PNM");
	refused("P5 99999999 99999999 255 x", 26, TQ_E_TOOBIG, "99999999x");
	tq_buf_free(&b);
	tq_buf_free(&jpg);
}

static void
test_limits(void)
{
	struct tq_image_opts o = { TQ_IMAGE_UNKNOWN, 0, W * H };
	struct tq_buf in = slurp("rgb8.png"), out = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf small = TQ_BUF_INIT(100);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_image_info info;
	enum tq_image_format f;
	int i;

	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, &err), 0);
	o.pixels_max--;
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_STR(err.msg, "45x31 pixels is over the limit of 1394 (max_pixels)");
	o.pixels_max = 0;
	for (f = TQ_IMAGE_JPEG; f <= TQ_IMAGE_PNM; f++) {
		o.format = f;
		T_INT(tq_image_gray(NULL, in.data, in.len, &o, &small, NULL, &err),
		    -1);
		T_INT(err.code, TQ_E_TOOBIG);
		T_INT(err.stage, TQ_AT_PROCESS);
		T_INT(small.len, 0);
	}
	T_STR(err.msg, "the gray picture is over the limit of 100 bytes");
	o.quality = 101;
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, &err), -1);
	T_STR(err.msg, "quality 101 is not within 1..100");
	/* No side has a limit of its own, but a JPEG's. */
	tq_buf_clear(&in);
	tq_buf_str(&in, "P4 400000 1\n");
	for (i = 0; i < 50000; i++)
		tq_buf_chr(&in, (char)i);
	o = (struct tq_image_opts){ TQ_IMAGE_PNG, 0, 0 };
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, &info, &err), 0);
	T_INT(info.width, 400000);
	o.format = TQ_IMAGE_JPEG;
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, &err), -1);
	T_STR(err.msg, "400000x1 pixels: no side of a JPEG is over 65500; "
	    "ask for \"format\": \"png\"");
	tq_buf_free(&in);
	tq_buf_free(&out);
	tq_buf_free(&small);
}

/* A progressive file's coefficients, a turned picture's second plane. */
static void
test_memory(void)
{
	static const struct {
		const char	*name;
		uint64_t	 least, most;	/* for a pixel */
	} c[] = {
		{ "420.jpg", 2, 3 }, { "progressive.jpg", 5, 30 },
		{ "rgb8.png", 2, 3 },
	};
	struct tq_image_info info;
	uint64_t need;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf in = slurp(c[i].name);

		T_INT(tq_image_probe(NULL, in.data, in.len, &info, NULL), 0);
		need = tq_image_memory(&info, 0, TQ_IMAGE_JPEG);
		if (need < c[i].least * W * H || need > c[i].most * W * H)
			T_FAIL("%s: %llu bytes", c[i].name,
			    (unsigned long long)need);
		info.orientation = 6;
		T_INT(tq_image_memory(&info, 7, TQ_IMAGE_JPEG),
		    need + 7 + W * H);
		tq_buf_free(&in);
	}
}

static void
test_probe_prefix(void)
{
	static const char *const names[] = { "420.jpg", "rgb8.png",
	    "rgb24.bmp" };
	struct tq_image_info info;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tq_buf in = slurp(names[i]);

		T_INT(tq_image_probe(NULL, in.data, 300, &info, NULL), 0);
		T_INT(info.width, W);
		T_INT(info.height, H);
		T_INT(info.orientation, 1);
		tq_buf_free(&in);
	}
}

/*
 * 512 * 512 of noise, or of one 64 * 64 noise tile again and again, or of a
 * soft ramp with noise on it as a camera has.
 */
static size_t
png_bytes(int repeat, int soft)
{
	struct tq_image_opts o = { TQ_IMAGE_PNG, 0, 0 };
	struct tq_buf in = TQ_BUF_INIT(OUT_MAX), out = TQ_BUF_INIT(OUT_MAX);
	uint32_t x, y, v;
	size_t n;

	tq_buf_str(&in, "P5 512 512 255\n");
	for (y = 0; y < 512; y++)
		for (x = 0; x < 512; x++) {
			v = (y % (uint32_t)repeat * 512 + x % (uint32_t)repeat +
			    1) * 2654435761u;
			v = (v ^ v >> 15) * 2246822519u >> 24;
			tq_buf_chr(&in, (char)(soft ? v % 4 + (x + y) / 8 :
			    v));
		}
	T_INT(tq_image_gray(NULL, in.data, in.len, &o, &out, NULL, NULL), 0);
	n = out.len;
	tq_buf_free(&in);
	tq_buf_free(&out);
	return n;
}

static void
test_png_recipes(void)
{
	T_OK(png_bytes(64, 0) < 512 * 512 / 20);	/* found again */
	T_OK(png_bytes(512, 1) < 512 * 512 * 45 / 100);	/* 2 bits of noise */
	T_OK(png_bytes(512, 0) < 512 * 512 + 4096);	/* no worse than raw */
}

static void
test_names(void)
{
	static const char *const names[] = { "jpeg", "png", "bmp", "pnm" };
	size_t i;

	for (i = 0; i < 4; i++)
		T_STR(tq_image_format_name(tq_image_format_parse(names[i])),
		    names[i]);
	T_INT(tq_image_format_parse("jpg"), TQ_IMAGE_JPEG);
	T_INT(tq_image_format_parse("pgm"), TQ_IMAGE_PNM);
	T_INT(tq_image_format_parse("ppm"), TQ_IMAGE_PNM);
	T_INT(tq_image_format_parse("gif"), TQ_IMAGE_UNKNOWN);
	T_INT(tq_image_format_parse("unknown"), TQ_IMAGE_UNKNOWN);
}

T_MAIN(
	{ "PNG of every kind decodes to its luma, rounded", test_png_in },
	{ "PNM of any kind and maximum decodes", test_pnm_in },
	{ "PBM decodes", test_pbm_in },
	{ "PNG, BMP and PNM written come back the same", test_lossless_out },
	{ "JPEG is written at 90, over 40 dB", test_jpeg_out },
	{ "the output has the input's format", test_default_format },
	{ "a JPEG of each orientation comes out upright", test_upright_jpeg },
	{ "a PNG of each orientation comes out upright", test_upright_png },
	{ "little-endian EXIF is read", test_little_endian_exif },
	{ "XMP tells the orientation where EXIF does not", test_xmp },
	{ "EXIF and XMP in a PNG's texts are read", test_raw_profile },
	{ "hostile EXIF means orientation 1", test_bad_exif },
	{ "what we don't take is named", test_not_ours },
	{ "no truncated file passes for a picture", test_truncated },
	{ "data missing before the end marker is seen", test_cut_inside },
	{ "corrupt data is refused", test_corrupt },
	{ "bytes behind the picture don't matter", test_trailing_garbage },
	{ "bombs are refused by their header", test_bombs },
	{ "the caller's limits hold", test_limits },
	{ "what a picture takes is known from its header", test_memory },
	{ "probing needs the header only", test_probe_prefix },
	{ "PNG is pressed as photo or drawing", test_png_recipes },
	{ "formats have names", test_names })
