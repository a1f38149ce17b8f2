/*
 * The formats of modules: each by its own library, against the same truth as
 * JPEG and PNG.  A module that is not built is said in the sentence's place.
 */
#include "t_image.h"

static double
t_gray1(int x, int y)
{
	return t_bit(x, y);
}

static const struct sample {
	const char	*name;
	enum tq_image_format format;
	double		(*truth)(int, int);
	double		 tolerance;
	enum tq_image_format becomes;
} samples[] = {
	{ "palette8.gif", TQ_IMAGE_GIF, t_palette8, 0.51, TQ_IMAGE_PNG },
	{ "interlaced.gif", TQ_IMAGE_GIF, t_palette8, 0.51, TQ_IMAGE_PNG },
	{ "rgb8.webp", TQ_IMAGE_WEBP, t_rgb, 0.51, TQ_IMAGE_JPEG },
	{ "rgba8.webp", TQ_IMAGE_WEBP, t_rgba, 0.51, TQ_IMAGE_JPEG },
	{ "rgb8.tif", TQ_IMAGE_TIFF, t_rgb, 0.51, TQ_IMAGE_PNG },
	{ "rgb16-tiles.tif", TQ_IMAGE_TIFF, t_rgb16, 1, TQ_IMAGE_PNG },
	{ "rgba8.tif", TQ_IMAGE_TIFF, t_rgba, 1, TQ_IMAGE_PNG },
	{ "gray16.tif", TQ_IMAGE_TIFF, t_blue16, 1, TQ_IMAGE_PNG },
	{ "gray12.tif", TQ_IMAGE_TIFF, t_blue16, 0.7, TQ_IMAGE_PNG },
	{ "rgb12-tiles.tif", TQ_IMAGE_TIFF, t_rgb16, 0.7, TQ_IMAGE_PNG },
	{ "rgb14-planes.tif", TQ_IMAGE_TIFF, t_rgb16, 0.6, TQ_IMAGE_PNG },
	{ "rgba16.tif", TQ_IMAGE_TIFF, t_rgba16, 0.6, TQ_IMAGE_PNG },
	{ "palette8.tif", TQ_IMAGE_TIFF, t_palette8, 0.51, TQ_IMAGE_PNG },
	{ "gray1-g4.tif", TQ_IMAGE_TIFF, t_gray1, 0, TQ_IMAGE_PNG },
	{ "ycc-jpeg.tif", TQ_IMAGE_TIFF, t_rgb, 4, TQ_IMAGE_PNG },
	{ "planes.tif", TQ_IMAGE_TIFF, t_rgb, 0.51, TQ_IMAGE_PNG },
	{ "cmyk.tif", TQ_IMAGE_TIFF, t_rgb, 1.6, TQ_IMAGE_PNG },
	{ "rgb8.psd", TQ_IMAGE_PSD, t_rgb, 0.51, TQ_IMAGE_PNG },
	{ "rgba8.psd", TQ_IMAGE_PSD, t_rgba, 1.1, TQ_IMAGE_PNG },
	{ "rgb16.psd", TQ_IMAGE_PSD, t_rgb16, 0.51, TQ_IMAGE_PNG },
	{ "rgb8.heic", TQ_IMAGE_HEIF, t_rgb, 5, TQ_IMAGE_JPEG },
	{ "rgba8.avif", TQ_IMAGE_HEIF, t_rgba, 6, TQ_IMAGE_JPEG },
};

#define SAMPLES	(sizeof(samples) / sizeof(samples[0]))

static bool
is_built(const struct sample *s, const struct tq_buf *in)
{
	if (tools_for(in->data, in->len)->reader[s->format] != NULL)
		return true;
	printf("# %s: its module is not built\n", s->name);
	return false;
}

static void
test_decode(void)
{
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		struct tq_buf in = slurp(samples[i].name);

		if (is_built(&samples[i], &in))
			compare(samples[i].name, &in, samples[i].truth,
			    samples[i].tolerance);
		tq_buf_free(&in);
	}
}

static void
test_default_format(void)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_image_info info = { .format = TQ_IMAGE_UNKNOWN };
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		struct tq_buf in = slurp(samples[i].name);

		if (is_built(&samples[i], &in)) {
			T_INT(tq_image_gray(tools_for(in.data, in.len),
			    in.data, in.len, NULL, &out, &info, NULL), 0);
			T_INT(info.format, samples[i].becomes);
		}
		tq_buf_free(&in);
	}
	tq_buf_free(&out);
}

/*
 * No prefix passes for a picture, but for those that lack what stands behind
 * the picture only: a GIF's trailer, a TIFF's last tags.
 */
static void
test_truncated(void)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX), whole = TQ_BUF_INIT(OUT_MAX);
	uint32_t w, h;
	size_t i, n;

	for (i = 0; i < SAMPLES; i++) {
		struct tq_buf in = slurp(samples[i].name);
		struct tq_image_opts o = { TQ_IMAGE_PNM, 0, 0 };
		int wrong = 0;

		if (!is_built(&samples[i], &in)) {
			tq_buf_free(&in);
			continue;
		}
		T_MUST(pixels(&in, &whole, &w, &h) != NULL);
		for (n = 0; n < in.len; n += 1 + n / 40) {
			char *cut = malloc(n + 1);

			memcpy(cut, in.data, n);
			wrong += tq_image_gray(tools_for(cut, n), cut, n, &o,
			    &out, NULL, NULL) == 0 && (out.len != whole.len ||
			    memcmp(out.data, whole.data, out.len) != 0);
			free(cut);
		}
		if (wrong != 0)
			T_FAIL("%s: %d prefixes taken for another picture",
			    samples[i].name, wrong);
		tq_buf_free(&in);
	}
	tq_buf_free(&out);
	tq_buf_free(&whole);
}

/* A transparent color is white, and so is where the frame does not reach. */
static double
t_frame(int x, int y)
{
	return x == 1 && y == 1 ? 0 : 255;
}

static void
test_gif_frame(void)
{
	/* A screen of ours, a frame of 2 x 1 at (1, 1): black, transparent. */
	static const char gif[] = "GIF89a" "\55\0\37\0\x80\0\0" "\0\0\0\1\1\1"
	    "!\xf9\4\1\0\0\1\0" ",\1\0\1\0\2\0\1\0\0" "\2\2\x44\x0a\0;";
	struct tq_buf b = TQ_BUF_INIT(OUT_MAX);
	struct sample s = { .name = "GIF", .format = TQ_IMAGE_GIF };

	tq_buf_add(&b, gif, sizeof(gif) - 1);
	if (is_built(&s, &b))
		compare("a frame inside the screen", &b, t_frame, 0);
	tq_buf_free(&b);
}

static void
test_upright_tiff(void)
{
	struct tq_buf in = slurp("gray16.tif"), bare = TQ_BUF_INIT(OUT_MAX);
	struct sample s = { .name = "TIFF", .format = TQ_IMAGE_TIFF };
	size_t i, at = 0;
	uint32_t w, h;
	uint8_t *stored;
	int o;

	if (!is_built(&s, &in))
		return;
	stored = pixels(&in, &bare, &w, &h);
	/* The entry of the orientation, 1 as ImageMagick writes it. */
	for (i = 0; i + 12 <= in.len; i++)
		if (memcmp(in.data + i, "\x12\1\3\0\1\0\0\0\1\0", 10) == 0)
			at = i + 8;
	T_MUST(at != 0 && stored != NULL);
	for (o = 1; o <= 8; o++) {
		in.data[at] = (char)o;
		check_upright(&in, stored, o, 0);
	}
	tq_buf_free(&in);
	tq_buf_free(&bare);
}

/* A chunk of RIFF: its length is little-endian, its end at an even place. */
static void
add_riff(struct tq_buf *b, const char *name, const void *data, size_t n)
{
	int i;

	tq_buf_str(b, name);
	for (i = 0; i < 4; i++)
		tq_buf_chr(b, (char)(n >> 8 * i));
	tq_buf_add(b, data, n);
	if (n % 2 != 0)
		tq_buf_chr(b, '\0');
}

/* The picture of rgb8.webp, and behind it such a chunk. */
static struct tq_buf
webp_with(const char *chunk, const void *data, size_t n)
{
	/* Says that EXIF and XMP may follow, and how large the picture is. */
	static const char kind[] = "\x0c\0\0\0\x2c\0\0\x1e\0";
	struct tq_buf in = slurp("rgb8.webp"), b = TQ_BUF_INIT(OUT_MAX);
	struct tq_buf all = TQ_BUF_INIT(OUT_MAX);

	tq_buf_str(&b, "WEBP");
	add_riff(&b, "VP8X", kind, sizeof(kind));
	tq_buf_add(&b, in.data + 12, in.len - 12);
	add_riff(&b, chunk, data, n);
	add_riff(&all, "RIFF", b.data, b.len);
	tq_buf_free(&in);
	tq_buf_free(&b);
	return all;
}

/* In EXIF, in EXIF with the prefix that JPEG wants before it, or in XMP. */
static void
test_upright_webp(void)
{
	struct tq_buf in = slurp("rgb8.webp"), bare = TQ_BUF_INIT(OUT_MAX), b;
	struct sample s = { .name = "WebP", .format = TQ_IMAGE_WEBP };
	uint32_t w, h;
	uint8_t *stored;
	int o, way;

	if (!is_built(&s, &in))
		return;
	T_MUST((stored = pixels(&in, &bare, &w, &h)) != NULL);
	for (o = 1; o <= 8; o++)
		for (way = 0; way < 3; way++) {
			struct tq_buf says = TQ_BUF_INIT(256);

			if (way == 1)
				tq_buf_add(&says, "Exif\0\0", 6);
			if (way == 2)
				tq_buf_fmt(&says, "<a tiff:Orientation='%d'/>",
				    o);
			else
				add_exif(&says, o);
			b = webp_with(way == 2 ? "XMP " : "EXIF", says.data,
			    says.len);
			check_upright(&b, stored, o, 0);
			tq_buf_free(&says);
			tq_buf_free(&b);
		}
	tq_buf_free(&in);
	tq_buf_free(&bare);
}

/* A format that stb_image would take for another is named. */
static void
test_psd_kinds(void)
{
	static const struct {
		size_t		 at;
		uint8_t		 byte;
		const char	*words;
	} c[] = {
		{ 5, 2, "PSB (large PSD) is not supported" },
		{ 25, 4, "CMYK PSD is not supported" },
		{ 25, 99, "this PSD is not supported" },
		{ 23, 1, "1-bit PSD is not supported" },
		{ 23, 16, "PSD with run lengths of 16 bits is not" },
		{ 13, 2, "PSD of 2 channels is not supported" },
		{ 17, 0, "corrupt PSD: 45x0 pixels" },
	};
	struct tq_buf in = slurp("rgb8.psd");
	struct sample s = { .name = "PSD", .format = TQ_IMAGE_PSD };
	uint8_t was;
	size_t i;

	for (i = 0; is_built(&s, &in) && i < sizeof(c) / sizeof(c[0]); i++) {
		was = (uint8_t)in.data[c[i].at];
		in.data[c[i].at] = (char)c[i].byte;
		refused(in.data, in.len, TQ_E_DATA, c[i].words);
		in.data[c[i].at] = (char)was;
	}
	tq_buf_free(&in);
}

/* Of its runs each is too long for what is left, or nothing comes of any. */
static void
test_psd_runs(void)
{
	struct tq_buf in = slurp("rgb8.psd");
	struct sample s = { .name = "PSD", .format = TQ_IMAGE_PSD };
	size_t at = 26, i;
	uint32_t n;

	if (!is_built(&s, &in))
		return;
	for (i = 0; i < 3; i++) {	/* its sections */
		memcpy(&n, in.data + at, 4);
		at += 4 + __builtin_bswap32(n);
	}
	at += 2 + 2 * 3 * H;		/* the lengths */
	T_MUST(at < in.len);
	memset(in.data + at, 0x81, in.len - at);
	refused(in.data, in.len, TQ_E_DATA, "corrupt PSD: ");
	memset(in.data + at, 0x80, in.len - at);
	refused(in.data, in.len, TQ_E_DATA, "truncated PSD: ");
	tq_buf_free(&in);
}

static void
test_not_built(void)
{
	static const struct {
		const char	*name, *format, *module;
	} c[] = {
		{ "rgb8.tif", "TIFF", "tiff" }, { "rgb8.webp", "WebP", "webp" },
		{ "small.gif", "GIF", "gif" }, { "rgb8.psd", "PSD", "psd" },
		{ "rgb8.heic", "HEIC or AVIF", "heif" },
		{ "rgba8.avif", "HEIC or AVIF", "heif" },
	};
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_err err;
	char want[128];
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct tq_buf in = slurp(c[i].name);

		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(tq_image_gray(NULL, in.data, in.len, NULL, &out, NULL,
		    &err), -1);
		T_INT(err.code, TQ_E_DATA);
		snprintf(want, sizeof(want), "%s is not supported: this "
		    "worker has no tq-image-%s.so", c[i].format, c[i].module);
		T_STR(err.msg, want);
		tq_buf_free(&in);
	}
	tq_buf_free(&out);
}

T_MAIN(
	{ "GIF, WebP, TIFF, PSD, HEIC and AVIF of every kind decode", test_decode },
	{ "where the format can't be written another is", test_default_format },
	{ "no truncated file passes for another picture", test_truncated },
	{ "a GIF is white where it is clear or has no frame", test_gif_frame },
	{ "a TIFF of each orientation comes out upright", test_upright_tiff },
	{ "a WebP of each orientation comes out upright", test_upright_webp },
	{ "a PSD of another kind is named", test_psd_kinds },
	{ "a PSD whose runs are damaged is refused", test_psd_runs },
	{ "a module that is not there is named", test_not_built })
