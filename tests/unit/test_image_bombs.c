/*
 * A small file that claims to be a large picture, for each decoder: refused,
 * within the memory that its header was granted, and nothing dies of it.
 */
#include "t_image.h"

#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define SIDE	8000u
#define SIDE_BE	"\x1f\x40"
#define PROGRAM	(512ull * 1024 * 1024)

/* ---- what each format has to be told ---- */

static size_t
find(const struct tq_buf *b, const char *what, size_t n)
{
	const char *p = memmem(b->data, b->len, what, n);

	if (p == NULL)
		T_FAIL("a fixture has no such bytes");
	return p == NULL ? 0 : (size_t)(p - b->data);
}

static void
jpeg(struct tq_buf *b)
{
	memcpy(b->data + frame_at(b) + 1, SIDE_BE SIDE_BE, 4);
}

static void
progressive(struct tq_buf *b)
{
	memcpy(b->data + find(b, "\xff\xc2\0\x11", 4) + 5, SIDE_BE SIDE_BE, 4);
}

static void
png(struct tq_buf *b)
{
	struct tq_buf head = TQ_BUF_INIT(64);

	memcpy(b->data + 16, "\0\0" SIDE_BE "\0\0" SIDE_BE, 8);
	add_be32(&head, crc(b->data + 12, 17));
	memcpy(b->data + 29, head.data, 4);
	tq_buf_free(&head);
}

static void
bmp(struct tq_buf *b)
{
	memcpy(b->data + 2, "\0\0\0\0", 4);
	memcpy(b->data + 18, "\x40\x1f\0\0\x40\x1f\0\0", 8);
}

static void
pnm(struct tq_buf *b)
{
	tq_buf_clear(b);
	tq_buf_str(b, "P6 8000 8000 65535 x");
}

static void
pnm_text(struct tq_buf *b)
{
	tq_buf_clear(b);
	tq_buf_str(b, "P3 8000 8000 65535 1 2 3");
}

static void
gif(struct tq_buf *b)
{
	memcpy(b->data + 6, "\x40\x1f\x40\x1f", 4);
	memcpy(b->data + find(b, ",\0\0\0\0\x2d\0\x1f\0", 9) + 5,
	    "\x40\x1f\x40\x1f", 4);
}

/* Lossless: two numbers of 14 bits behind a byte, each one less. */
static void
webp(struct tq_buf *b)
{
	uint32_t v = (SIDE - 1) | (SIDE - 1) << 14;
	size_t at = find(b, "VP8L", 4) + 9, i;

	b->data[at + 3] &= (char)0xf0;
	for (i = 0; i < 4; i++)
		b->data[at + i] = (char)((i == 3 ? b->data[at + i] : 0) |
		    (int)(v >> 8 * i & 255));
}

/* Width, height and the rows of a strip, in the first directory. */
static void
tiff(struct tq_buf *b)
{
	bool le = b->data[0] == 'I';
	static const char *const tags[2][3] = {
		{ "\1\0\0\3\0\0\0\1", "\1\1\0\3\0\0\0\1", "\1\x16\0\3\0\0\0\1" },
		{ "\0\1\3\0\1\0\0\0", "\1\1\3\0\1\0\0\0", "\x16\1\3\0\1\0\0\0" },
	};
	int i;

	for (i = 0; i < 3; i++)
		memcpy(b->data + find(b, tags[le][i], 8) + 8, le ? "\x40\x1f" :
		    SIDE_BE, 2);
}

/* Of the picture, and of its alpha or what it is a part of. */
static void
heif(struct tq_buf *b)
{
	size_t i;

	for (i = 0; i + 16 < b->len; i++)
		if (memcmp(b->data + i, "ispe", 4) == 0)
			memcpy(b->data + i + 8, "\0\0" SIDE_BE "\0\0" SIDE_BE,
			    8);
}

static void
psd(struct tq_buf *b)
{
	memcpy(b->data + 14, "\0\0" SIDE_BE "\0\0" SIDE_BE, 8);
}

static const struct bomb {
	const char	*name;
	void		(*load)(struct tq_buf *);
	enum tq_image_format format;
} bombs[] = {
	{ "444.jpg", jpeg, TQ_IMAGE_JPEG },
	{ "progressive.jpg", progressive, TQ_IMAGE_JPEG },
	{ "rgb8.png", png, TQ_IMAGE_PNG },
	{ "rgba16-adam7.png", png, TQ_IMAGE_PNG },
	{ "rgb24.bmp", bmp, TQ_IMAGE_BMP },
	{ "rgb24.bmp", pnm, TQ_IMAGE_PNM },
	{ "rgb24.bmp", pnm_text, TQ_IMAGE_PNM },
	{ "palette8.gif", gif, TQ_IMAGE_GIF },
	{ "rgb8.webp", webp, TQ_IMAGE_WEBP },
	{ "rgb8.tif", tiff, TQ_IMAGE_TIFF },
	{ "gray12.tif", tiff, TQ_IMAGE_TIFF },
	{ "rgb8.heic", heif, TQ_IMAGE_HEIF },
	{ "rgba8.avif", heif, TQ_IMAGE_HEIF },
	{ "rgb8.psd", psd, TQ_IMAGE_PSD },
	{ "rgb16.psd", psd, TQ_IMAGE_PSD },
};

#define BOMBS	(sizeof(bombs) / sizeof(bombs[0]))

/* ---- the cases ---- */

/* In a sandboxed child: 0 for a refusal, as the exit status. */
static int
meet(const struct tq_image_tools *tools, const struct tq_buf *b,
    uint64_t granted)
{
	struct tq_sandbox_limits l = { .threads = tools->threads,
	    .memory_bytes = PROGRAM + granted };
	struct tq_buf out = TQ_BUF_INIT(TQ_IMAGE_OUTPUT_MAX);
	struct tq_err err = TQ_ERR_INIT;

	if (tq_sandbox_enter(&l, &err) == -1)
		return 9;
	if (tq_image_gray(tools, b->data, b->len, NULL, &out, NULL, &err) == 0)
		return 1;
	return err.code == TQ_E_DATA || err.code == TQ_E_NOMEM ? 0 : 2;
}

static void
explode(const struct bomb *x, struct tq_buf *b)
{
	const struct tq_image_tools *tools = tools_for(b->data, b->len);
	struct tq_image_info info;
	struct tq_err err = TQ_ERR_INIT;
	uint64_t need = 0;
	int status = -1;
	pid_t pid;

	if (x->format > TQ_IMAGE_PNM && tools->reader[x->format] == NULL) {
		printf("# %s: its module is not built\n", x->name);
		return;
	}
	if (tq_image_need(tools, b->data, b->len, NULL, &info, &need,
	    &err) == -1)
		T_FAIL("%s: the header alone is refused: %s", x->name,
		    err.msg);
	T_INT(info.width, SIDE);
	T_INT(info.height, SIDE);
	T_OK(need >= SIDE * SIDE);
	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(meet(tools, b, need));
	waitpid(pid, &status, 0);
	if (status != 0)
		T_FAIL("%s: wait status 0x%x", x->name, (unsigned)status);
}

static void
test_bombs(void)
{
	size_t i;

	for (i = 0; i < BOMBS; i++) {
		struct tq_buf b = slurp(bombs[i].name);

		bombs[i].load(&b);
		explode(&bombs[i], &b);
		tq_buf_free(&b);
	}
}

/* And one that is larger than is allowed never gets that far. */
static void
test_limit(void)
{
	struct tq_image_opts o = { .pixels_max = SIDE * SIDE - 1 };
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_err err;
	size_t i;

	for (i = 0; i < BOMBS; i++) {
		struct tq_buf b = slurp(bombs[i].name);
		const struct tq_image_tools *tools;

		bombs[i].load(&b);
		tools = tools_for(b.data, b.len);
		if (bombs[i].format <= TQ_IMAGE_PNM ||
		    tools->reader[bombs[i].format] != NULL) {
			err = (struct tq_err)TQ_ERR_INIT;
			T_INT(tq_image_gray(tools, b.data, b.len, &o, &out,
			    NULL, &err), -1);
			T_INT(err.code, TQ_E_TOOBIG);
			T_STR(err.msg, "8000x8000 pixels is over the limit of "
			    "63999999 (max_pixels)");
		}
		tq_buf_free(&b);
	}
}

T_MAIN(
	{ "a bomb of each format is refused, and takes no more than granted",
	    test_bombs },
	{ "over the limit each is refused by its header", test_limit })
