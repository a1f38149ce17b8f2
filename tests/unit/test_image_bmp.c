/*
 * BMP: every header and coding, and what does not add up is refused.
 */
#include "t_image.h"

static void
test_bmp_in(void)
{
	compare_file("rgb24.bmp", t_rgb, 0.51);
	compare_file("os2.bmp", t_rgb, 0.51);
	compare_file("rgb32-top-down.bmp", t_rgb, 0.51);
	compare_file("half.bmp", t_half, 0.51);
	compare_file("palette8.bmp", t_palette8, 0.51);
	compare_file("palette4.bmp", t_palette4, 0.51);
	compare_file("palette1.bmp", t_palette1, 0.51);
	compare_file("rgb565.bmp", t_rgb, 6);	/* made by cutting bits off */
}

#define FIRST	54	/* of the bytes behind a header of 40 */

static void
put_le(struct tq_buf *b, size_t at, uint32_t v, size_t bytes)
{
	for (; bytes-- > 0; at++, v >>= 8)
		b->data[at] = (char)v;
}

/* The header of a picture of ours, and a palette of make.py's colors. */
static void
add_head(struct tq_buf *b, uint32_t header, int bits, uint32_t compression,
    uint32_t colors)
{
	size_t i, entry = header == 12 ? 3 : 4;
	char zero[200] = { 0 };

	tq_buf_add(b, zero, 14 + header);
	memcpy(b->data, "BM", 2);
	put_le(b, 10, (uint32_t)(14 + header + colors * entry), 4);
	put_le(b, 14, header, 4);
	put_le(b, 18, W, header == 12 ? 2 : 4);
	put_le(b, header == 12 ? 20 : 22, H, header == 12 ? 2 : 4);
	put_le(b, header == 12 ? 24 : 28, (uint32_t)bits, 2);
	if (header >= 40) {
		put_le(b, 30, compression, 4);
		put_le(b, 46, colors, 4);
	}
	for (i = 0; i < colors; i++) {
		tq_buf_chr(b, (char)(i * 3));
		tq_buf_chr(b, (char)(255 - i));
		tq_buf_chr(b, (char)i);
		if (entry == 4)
			tq_buf_chr(b, '\0');
	}
}

/* An index as palette8.bmp and palette4.bmp have it. */
static int
index_at(int x, int y, int bits)
{
	return (x + 2 * y) % (bits == 8 ? 200 : 16);
}

/* Rows in pieces of a literal of 5, a run of 1, a literal of 4. */
static void
add_runs(struct tq_buf *b, int bits)
{
	int x, y, i, k, n;

	for (y = H - 1; y >= 0; y--) {
		for (x = 0, k = 0; x < W; x += n, k++) {
			n = k % 3 == 1 || W - x < 5 ? 1 : 5 - (k % 3) / 2;
			tq_buf_chr(b, n == 1 ? '\1' : '\0');
			if (n > 1)
				tq_buf_chr(b, (char)n);
			for (i = 0; i < n; i += bits == 8 ? 1 : 2)
				tq_buf_chr(b, (char)(bits == 8 ?
				    index_at(x + i, y, 8) :
				    index_at(x + i, y, 4) << 4 |
				    (i + 1 < n ? index_at(x + i + 1, y, 4) :
				    0)));
			if (n == 5)
				tq_buf_chr(b, '\0');	/* to an even number */
		}
		tq_buf_add(b, "\0", 2);
	}
	tq_buf_add(b, "\0\1", 2);
}

static void
test_runs(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

	add_head(&b, 40, 8, 1, 200);
	add_runs(&b, 8);
	compare("RLE8", &b, t_palette8, 0.51);
	tq_buf_clear(&b);
	add_head(&b, 64, 8, 1, 200);
	add_runs(&b, 8);
	compare("RLE8 of OS/2", &b, t_palette8, 0.51);
	tq_buf_clear(&b);
	add_head(&b, 40, 4, 2, 16);
	add_runs(&b, 4);
	compare("RLE4", &b, t_palette4, 0.51);
	b.len -= 6;
	refused(b.data, b.len, TQ_E_DATA, "truncated BMP");
	tq_buf_free(&b);
}

static double
t_skipped(int x, int y)
{
	return color(y == H - 3 && x >= 40 && x < 43 ? 7 : 0);
}

static void
test_skips(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

	/* 40 to the right, 2 up, three of color 7, the end. */
	add_head(&b, 40, 8, 1, 200);
	tq_buf_add(&b, "\0\2\50\2\3\7\0\1", 8);
	compare("a delta", &b, t_skipped, 0.51);
	tq_buf_free(&b);
}

static void
test_bad_runs(void)
{
	static const struct {
		const char	*what, *bytes;
		size_t		 n;
	} c[] = {
		{ "a run over the row's end", "\61\1\0\1", 4 },
		{ "a delta over the row's end", "\0\2\61\0\0\1", 6 },
		{ "a delta over the top", "\0\2\0\40\0\1", 6 },
		{ "a color beyond the palette", "\1\xc8\0\1", 4 },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

		add_head(&b, 40, 8, 1, 200);
		tq_buf_add(&b, c[i].bytes, c[i].n);
		refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: a ");
		tq_buf_free(&b);
	}
}

/* Rows of 8-bit indexes as they are. */
static void
add_indexes(struct tq_buf *b)
{
	int x, y;

	for (y = H - 1; y >= 0; y--)
		for (x = 0; x < (W + 3) / 4 * 4; x++)
			tq_buf_chr(b, x < W ? (char)index_at(x, y, 8) : '\0');
}

static void
test_headers(void)
{
	static const struct {
		uint32_t header, colors;
	} c[] = { { 12, 256 }, { 12, 200 }, { 16, 256 }, { 40, 200 },
	    { 52, 200 }, { 56, 256 }, { 64, 200 }, { 108, 200 },
	    { 124, 200 } };
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

		add_head(&b, c[i].header, 8, 0, c[i].colors);
		add_indexes(&b);
		compare("a header", &b, t_palette8, 0.51);
		tq_buf_free(&b);
	}
}

/*
 * The pixels' offset at the header's end reads the palette as pixels, and
 * one inside the palette cuts it.
 */
static void
test_covered_palette(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

	add_head(&b, 40, 8, 0, 256);
	add_indexes(&b);
	put_le(&b, 10, FIRST, 4);
	refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: its pixels start "
	    "inside its palette of 256 colors");
	put_le(&b, 10, FIRST + 4 * 199, 4);
	refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: its pixels start");
	put_le(&b, 46, 0, 4);
	refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: its pixels start");
	tq_buf_clear(&b);

	add_head(&b, 12, 8, 0, 256);
	add_indexes(&b);
	put_le(&b, 10, 26, 4);
	refused(b.data, b.len, TQ_E_DATA,
	    "corrupt BMP: a pixel has color 32 of a palette of 0");
	tq_buf_free(&b);
}

static void
test_index_beyond(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);

	add_head(&b, 40, 8, 0, 100);
	add_indexes(&b);
	refused(b.data, b.len, TQ_E_DATA,
	    "corrupt BMP: a pixel has color 100 of a palette of 100");
	tq_buf_free(&b);
}

static void
test_masks(void)
{
	struct tq_buf in = slurp("half.bmp");

	T_MUST(in.len > 70);
	put_le(&in, 10, 60, 4);
	refused(in.data, in.len, TQ_E_DATA, "corrupt BMP");
	tq_buf_free(&in);
	in = slurp("rgb565.bmp");
	T_MUST(in.len > 70);
	put_le(&in, 58, 0x7e1, 4);
	refused(in.data, in.len, TQ_E_DATA,
	    "corrupt BMP: its color masks overlap");
	tq_buf_free(&in);
}

static void
test_other_codings(void)
{
	static const struct {
		uint32_t	 compression;
		const char	*words;
	} c[] = {
		{ 1, "mixed RLE BMP is not supported" },
		{ 3, "mixed bit-field BMP is not supported" },
		{ 4, "JPEG in BMP is not supported" },
		{ 5, "PNG in BMP is not supported" },
		{ 9, "unknown kind of BMP is not supported" },
	};
	struct tq_buf in = slurp("palette4.bmp");
	size_t i;

	T_MUST(in.len > 30);
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		put_le(&in, 30, c[i].compression, 4);
		refused(in.data, in.len, TQ_E_DATA, c[i].words);
	}
	put_le(&in, 30, 0, 4);
	put_le(&in, 28, 3, 2);
	refused(in.data, in.len, TQ_E_DATA, "3-bit BMP is not supported");
	tq_buf_free(&in);
}

/* The file's size by the header, against the bytes that there are. */
static void
test_sizes(void)
{
	struct tq_buf b = slurp("rgb24.bmp"), core = TQ_BUF_INIT(OUT_MAX);
	uint32_t n = (uint32_t)b.len, y;

	put_le(&b, 2, 0, 4);
	compare("not said", &b, t_rgb, 0.51);
	put_le(&b, 2, n + 1, 4);
	refused(b.data, b.len, TQ_E_DATA, "truncated BMP: of ");
	put_le(&b, 2, n - 1, 4);
	refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: of ");
	put_le(&b, 2, 26, 4);
	refused(b.data, b.len, TQ_E_DATA, "corrupt BMP: of 26 bytes by its "
	    "header its pixels alone end at ");
	put_le(&b, 2, n, 4);
	tq_buf_str(&b, "left over");
	compare("bytes behind it", &b, t_rgb, 0.51);
	/* The size of OS/2's headers, as its documents have it. */
	add_head(&core, 12, 24, 0, 0);
	put_le(&core, 2, 26, 4);
	for (y = 0; y < H; y++)
		tq_buf_add(&core, b.data + n - (H - y) * 136, 136);
	compare("OS/2", &core, t_rgb, 0.51);
	tq_buf_free(&b);
	tq_buf_free(&core);
}

T_MAIN(
	{ "BMP from OS/2's to the alpha kind decodes", test_bmp_in },
	{ "every header decodes", test_headers },
	{ "run lengths of 4 and 8 bits decode", test_runs },
	{ "what run lengths skip has color 0", test_skips },
	{ "run lengths that leave the picture are refused", test_bad_runs },
	{ "pixels that start inside the palette are refused",
	    test_covered_palette },
	{ "a color beyond the palette is refused", test_index_beyond },
	{ "color masks that can't be are refused", test_masks },
	{ "a header that contradicts the file's size is refused", test_sizes },
	{ "other codings are named", test_other_codings })
