/*
 * tests/fuzz/fuzz_image.c -- any bytes through tq_image_gray().  Built once
 * for all and once for each decoder, whose format is TQ_FUZZ_FORMAT then.
 *
 * Seeds: tests/fixtures/image.  Beyond "no crash": what is refused leaves
 * nothing behind and says why; what is taken comes out as a file that we
 * would take ourselves, of the size announced.
 */
#include <assert.h>
#include <string.h>

#include "image/codec.h"
#include "util/buf.h"
#include "util/err.h"

#define PIXELS_MAX	(512u * 512)	/* keep a run short */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_output(const struct tq_buf *out, const struct tq_image_info *info)
{
	struct tq_image_info again;
	struct tq_err err = TQ_ERR_INIT;
	int rc = tq_image_probe(NULL, out->data, out->len, &again, &err);

	assert(rc == 0);
	assert(again.format == info->format);
	assert(again.width == info->width && again.height == info->height);
	assert(again.orientation == 1);
	(void)rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_image_opts o = { TQ_IMAGE_UNKNOWN, 0, PIXELS_MAX };
	struct tq_buf out = TQ_BUF_INIT(4u * 1024 * 1024);
	struct tq_image_tools tools;
	struct tq_image_info info;
	struct tq_err err = TQ_ERR_INIT;
	int rc;

#ifdef TQ_FUZZ_FORMAT
	if (tq_magic_format(data, n, &o.format, NULL) == -1 ||
	    o.format != TQ_FUZZ_FORMAT)
		return -1;	/* not for the corpus of this decoder */
#endif
	rc = tq_image_load(&tools, data, n, &err);
	assert(rc == 0);
	/* The length picks the output: the input's format, or each of ours. */
	o.format = (enum tq_image_format)(n % 5);
	if (tq_image_gray(&tools, data, n, &o, &out, &info, &err) == 0)
		check_output(&out, &info);
	else
		assert(out.len == 0 && err.code != TQ_OK &&
		    err.code != TQ_E_BUG && err.msg[0] != '\0');
	tq_buf_free(&out);
	(void)rc;
	return 0;
}
