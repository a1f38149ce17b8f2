/*
 * JPEG: what is taken is right to the last row, what is damaged is refused.
 */
#include "t_image.h"

#include <setjmp.h>

#include <jpeglib.h>
#include <jerror.h>

static void
test_jpeg_in(void)
{
	static const char *const names[] = { "444.jpg", "420.jpg", "422.jpg",
	    "411.jpg", "odd.jpg", "progressive.jpg", "gray.jpg", "rgb.jpg",
	    "restart.jpg" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		compare_file(names[i], t_rgb, 4);
	compare_file("arithmetic.jpg", t_rgb, 4);
}

/* ---- files made here ---- */

/* A JPEG of our colors: 4 components are inks, as Adobe stores them or not. */
static struct tq_buf
make_jpeg(int components, J_COLOR_SPACE stored, bool adobe, bool progressive)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr mgr;
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	uint8_t row[W * 4], *at = row;
	unsigned char *file = NULL;
	unsigned long n = 0;
	double v[3];
	int x, i;

	c.err = jpeg_std_error(&mgr);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &file, &n);
	c.image_width = W;
	c.image_height = H;
	c.input_components = components;
	c.in_color_space = components == 4 ? JCS_CMYK : JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_colorspace(&c, stored);
	jpeg_set_quality(&c, 98, TRUE);
	c.write_Adobe_marker = adobe;
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < H) {
		for (x = 0, at = row; x < W; x++) {
			rgb(x, (int)c.next_scanline, v);
			for (i = 0; i < 3; i++)
				*at++ = (uint8_t)(components == 3 || adobe ?
				    v[i] : 255 - v[i]);
			if (components == 4)
				*at++ = adobe ? 255 : 0;
		}
		at = row;
		jpeg_write_scanlines(&c, &at, 1);
	}
	jpeg_finish_compress(&c);
	tq_buf_add(&b, file, n);
	jpeg_destroy_compress(&c);
	free(file);
	return b;
}

/* The same gray in a file of 3 components whose last one has no scan. */
static struct tq_buf
make_scanless(void)
{
	static const jpeg_scan_info scans[] = {
		{ 1, { 0 }, 0, 63, 0, 0 }, { 1, { 1 }, 0, 63, 0, 0 },
		{ 1, { 2 }, 0, 63, 0, 0 },
	};
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr mgr;
	unsigned char *file = NULL;
	unsigned long n = 0, i, last = 0;
	uint8_t row[W * 3], *at = row;

	memset(row, 99, sizeof(row));
	c.err = jpeg_std_error(&mgr);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &file, &n);
	c.image_width = W;
	c.image_height = H;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	c.scan_info = scans;
	c.num_scans = 3;
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < H)
		jpeg_write_scanlines(&c, &at, 1);
	jpeg_finish_compress(&c);
	for (i = 0; i + 1 < n; i++)
		if (file[i] == 0xff && file[i + 1] == 0xda)
			last = i;
	tq_buf_add(&b, file, last);
	tq_buf_add(&b, "\xff\xd9", 2);
	jpeg_destroy_compress(&c);
	free(file);
	return b;
}

/* ---- what libjpeg itself makes of a file ---- */

struct judge {
	struct jpeg_error_mgr mgr;	/* first */
	jmp_buf	back;
	int	warnings;
};

static void
give_up(j_common_ptr c)
{
	longjmp(((struct judge *)c->err)->back, 1);
}

static void
count_warnings(j_common_ptr c, int level)
{
	struct judge *j = (struct judge *)c->err;

	j->warnings += level < 0 && j->mgr.msg_code != JWRN_JPEG_EOF;
}

/* Decode to ${px}; the number of warnings, or -1 for an error. */
static int
by_libjpeg(const struct tq_buf *in, uint8_t *px, size_t room)
{
	struct jpeg_decompress_struct c;
	struct judge j = { .warnings = 0 };
	uint8_t *row;

	c.err = jpeg_std_error(&j.mgr);
	j.mgr.error_exit = give_up;
	j.mgr.emit_message = count_warnings;
	if (setjmp(j.back) != 0) {
		jpeg_destroy_decompress(&c);
		return -1;
	}
	jpeg_create_decompress(&c);
	jpeg_mem_src(&c, (const uint8_t *)in->data, in->len);
	jpeg_read_header(&c, TRUE);
	c.out_color_space = JCS_RGB;
	jpeg_start_decompress(&c);
	while (c.output_scanline < c.output_height &&
	    (size_t)(c.output_scanline + 1) * c.output_width * 3 <= room) {
		row = px + (size_t)c.output_scanline * c.output_width * 3;
		jpeg_read_scanlines(&c, &row, 1);
	}
	jpeg_finish_decompress(&c);
	jpeg_destroy_decompress(&c);
	return j.warnings;
}

/* ---- the cases ---- */

static void
test_ink(void)
{
	static const struct {
		J_COLOR_SPACE	stored;
		bool		adobe, progressive;
	} c[] = {
		{ JCS_CMYK, true, false }, { JCS_CMYK, false, false },
		{ JCS_YCCK, true, false }, { JCS_YCCK, true, true },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf b = make_jpeg(4, c[i].stored, c[i].adobe,
		    c[i].progressive);

		compare("inks", &b, t_rgb, 4);
		tq_buf_free(&b);
	}
	/* ImageMagick's: black is in K. */
	compare_file("cmyk.jpg", t_rgb, 9);
}

static void
test_other_jpegs(void)
{
	static const struct {
		char		 marker;
		const char	*words;
	} c[] = {
		{ '\xc3', "lossless JPEG is not supported" },
		{ '\xcb', "lossless JPEG is not supported" },
		{ '\xc5', "hierarchical JPEG is not supported" },
	};
	struct tq_buf in = slurp("444.jpg");
	size_t i, at = frame_at(&in);

	T_MUST(at != 0);
	in.data[at] = 12;
	refused(in.data, in.len, TQ_E_DATA, "12-bit JPEG is not supported");
	in.data[at] = 8;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		in.data[at - 3] = c[i].marker;
		refused(in.data, in.len, TQ_E_DATA, c[i].words);
	}
	in.data[at - 3] = '\xc0';
	memset(in.data + at + 1, 0, 2);
	refused(in.data, in.len, TQ_E_DATA, "corrupt JPEG: 45x0 pixels");
	tq_buf_free(&in);
}

static void
test_harmless_warning(void)
{
	struct tq_buf in = slurp("gray.jpg"), b = TQ_BUF_INIT(OUT_MAX);

	T_MUST(in.len > 20);
	tq_buf_add(&b, in.data, 20);		/* SOI, APP0 */
	tq_buf_str(&b, "stray");
	tq_buf_add(&b, in.data + 20, in.len - 20);
	compare("stray bytes between segments", &b, t_rgb, 4);
	tq_buf_free(&in);
	tq_buf_free(&b);
}

/* Those bytes before the end marker are what a scan has left over. */
static void
test_stray_behind_scan(void)
{
	struct tq_buf in = slurp("gray.jpg"), b = TQ_BUF_INIT(OUT_MAX);

	T_MUST(in.len > 20);
	tq_buf_add(&b, in.data, in.len - 2);
	/* libjpeg holds up to eight, of which it does not tell. */
	tq_buf_str(&b, "stray bytes");
	tq_buf_add(&b, in.data + in.len - 2, 2);
	refused(b.data, b.len, TQ_E_DATA,
	    "corrupt JPEG: ");
	tq_buf_free(&in);
	tq_buf_free(&b);
}

static void
test_no_end_marker(void)
{
	static const char *const names[] = { "420.jpg", "progressive.jpg",
	    "restart.jpg", "arithmetic.jpg" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tq_buf in = slurp(names[i]), cut = slurp(names[i]);
		struct tq_buf whole = TQ_BUF_INIT(OUT_MAX);
		struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
		uint32_t w, h;

		T_MUST(in.len > 2 && pixels(&in, &whole, &w, &h) != NULL);
		for (n = 1; n <= 2; n++) {
			cut.len = in.len - n;
			T_MUST(pixels(&cut, &out, &w, &h) != NULL);
			T_INT(out.len, whole.len);
			T_OK(memcmp(out.data, whole.data, out.len) == 0);
		}
		tq_buf_free(&in);
		tq_buf_free(&cut);
		tq_buf_free(&whole);
		tq_buf_free(&out);
	}
}

/* Every shorter prefix is refused: 3 bytes are the end marker and more. */
static void
test_truncated(void)
{
	refused_prefixes("420.jpg", 3, "truncated JPEG");
	refused_prefixes("progressive.jpg", 3, "truncated JPEG");
}

/* A progressive file that ends between two of its scans. */
static void
test_missing_scans(void)
{
	struct tq_buf in = slurp("progressive.jpg"), b = make_scanless();
	size_t i, at = 0;

	for (i = 0; i + 1 < in.len; i++)
		if (memcmp(in.data + i, "\xff\xda", 2) == 0)
			at = i;
	T_MUST(at != 0);
	refused(in.data, at, TQ_E_DATA,
	    "truncated JPEG: its last scans are missing");
	refused(b.data, b.len, TQ_E_DATA,
	    "corrupt JPEG: a component has no scan");
	tq_buf_free(&in);
	tq_buf_free(&b);
}

/* Cut inside, with the end marker put back: only the decoder can tell. */
static void
test_cut_inside(void)
{
	struct tq_buf in = slurp("444.jpg");

	T_MUST(in.len > 400);
	memcpy(in.data + in.len - 302, "\xff\xd9", 2);
	refused(in.data, in.len - 300, TQ_E_DATA,
	    "truncated JPEG: its data ends early");
	tq_buf_free(&in);
}

static void
test_wrong_restart(void)
{
	struct tq_buf in = slurp("restart.jpg");
	size_t i;

	for (i = 0; i + 1 < in.len; i++)
		if (memcmp(in.data + i, "\xff\xd0", 2) == 0)
			in.data[i + 1] = '\xd4';
	refused(in.data, in.len, TQ_E_DATA, "corrupt JPEG");
	tq_buf_free(&in);
}

/* ---- damages ---- */

static uint32_t
toss(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

/*
 * The ${k}th damage: bytes swapped, doubled, dropped, zeroed or made up
 * anywhere behind the start marker, or the file cut short.
 */
static void
damage(struct tq_buf *b, const struct tq_buf *in, int k, uint64_t *seed)
{
	size_t n = 1 + toss(seed, k % 2 ? 400 : 4);
	size_t i, at = 2 + toss(seed, in->len - n - 2);

	tq_buf_clear(b);
	tq_buf_add(b, in->data, in->len);
	switch (k % 6) {
	case 0:
		for (i = 0; i < n / 2; i++) {
			b->data[at + i] = in->data[at + n - 1 - i];
			b->data[at + n - 1 - i] = in->data[at + i];
		}
		break;
	case 1:
		tq_buf_add(b, in->data, n);
		memcpy(b->data + at + n, in->data + at, in->len - at);
		break;
	case 2:
		memcpy(b->data + at, in->data + at + n, in->len - at - n);
		b->len -= n;
		break;
	case 3:
		memset(b->data + at, 0, n);
		break;
	case 4:
		for (i = 0; i < n; i++)
			b->data[at + i] = (char)toss(seed, 256);
		break;
	default:
		b->len = at;
	}
}

#define JFIF	20	/* the start marker and APP0, before the first table */

struct tally {
	int	refused, taken;
};

/* Refused, or what libjpeg decodes without one warning. */
static void
check_damaged(const char *name, int k, const struct tq_buf *in,
    const struct tq_buf *reference, struct tally *t)
{
	static uint8_t rgb8[720 * 480 * 3];
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_opts o = { TQ_IMAGE_PNM, 0, sizeof(rgb8) / 3 };
	struct tq_image_info info;
	const uint8_t *px;
	struct tq_err err;
	size_t i, pixels;
	int warnings, wrong = 0;

	if (tq_image_gray(NULL, in->data, in->len, &o, &out, &info, &err) == -1) {
		t->refused++;
		tq_buf_free(&out);
		return;
	}
	t->taken++;
	pixels = (size_t)info.width * info.height;
	px = (const uint8_t *)out.data + out.len - pixels;
	warnings = by_libjpeg(reference, rgb8, sizeof(rgb8));
	for (i = 0; i < pixels; i++)
		wrong += abs(px[i] - (int)lround(0.299 * rgb8[3 * i] +
		    0.587 * rgb8[3 * i + 1] + 0.114 * rgb8[3 * i + 2])) > 1;
	if (warnings != 0 || wrong != 0)
		T_FAIL("%s, damage %d: taken with %d warnings, %d pixels "
		    "wrong", name, k, warnings, wrong);
	tq_buf_free(&out);
}

/*
 * 200 damages of a photo.  Then the same with a stray byte before the first
 * table, of which libjpeg warns first; it must not hide what comes behind.
 */
static void
test_damaged(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX), stray = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf in = slurp("../photo.jpg");
	struct tally plain = { 0, 0 }, behind = { 0, 0 };
	uint64_t seed = 20261130;
	int k;

	for (k = 0; k < 200; k++) {
		damage(&b, &in, k, &seed);
		check_damaged("photo", k, &b, &b, &plain);
		tq_buf_clear(&stray);
		tq_buf_add(&stray, b.data, b.len < JFIF ? b.len : JFIF);
		tq_buf_chr(&stray, '\0');
		if (b.len > JFIF)
			tq_buf_add(&stray, b.data + JFIF, b.len - JFIF);
		check_damaged("stray", k, &stray, &b, &behind);
	}
	T_OK(plain.refused > 100);
	T_OK(plain.taken > 0);
	T_OK(behind.refused >= plain.refused);
	tq_buf_free(&b);
	tq_buf_free(&stray);
	tq_buf_free(&in);
}

/* The reproduction: 400 bytes twice, half of the rows wrong. */
static void
test_doubled(void)
{
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX), in = slurp("../photo.jpg");
	size_t half = in.len / 2;

	T_MUST(half > 400);
	tq_buf_add(&b, in.data, half);
	tq_buf_add(&b, in.data + half - 400, in.len - half + 400);
	refused(b.data, b.len, TQ_E_DATA, "corrupt JPEG");
	tq_buf_free(&b);
	tq_buf_free(&in);
}

T_MAIN(
	{ "JPEG of every sampling decodes to its Y", test_jpeg_in },
	{ "CMYK and YCCK decode, as Adobe stores them or not", test_ink },
	{ "12-bit, lossless and empty JPEG are named", test_other_jpegs },
	{ "a harmless libjpeg warning is no refusal", test_harmless_warning },
	{ "bytes left over behind a scan are one", test_stray_behind_scan },
	{ "a missing end marker takes nothing away", test_no_end_marker },
	{ "no truncated JPEG passes for a picture", test_truncated },
	{ "a scan that is missing is missed", test_missing_scans },
	{ "data missing before the end marker is seen", test_cut_inside },
	{ "a wrong restart marker is seen", test_wrong_restart },
	{ "bytes doubled inside the scan are seen", test_doubled },
	{ "200 damages, with a stray byte or without: refused, or right",
	    test_damaged })
