/* lib/image/jpeg_lib.c -- see jpeg_lib.h. */
#include "image/jpeg_lib.h"

#include <string.h>

#include <jerror.h>

#include "image/codec.h"

/* libjpeg's text for damaged data starts with what ours starts with too. */
static void
fail(j_common_ptr cinfo)
{
	static const char corrupt[] = "Corrupt JPEG data: ";
	struct tq_jpeg_guard *g = (struct tq_jpeg_guard *)cinfo->err;
	char said[JMSG_LENGTH_MAX], *words = said;

	g->mgr.format_message(cinfo, said);
	if (strncmp(said, corrupt, sizeof(corrupt) - 1) == 0)
		words += sizeof(corrupt) - 1;
	if (g->mgr.msg_code == JERR_OUT_OF_MEMORY)
		TQ_NO_MEMORY(g->err, g->stage);
	else if (g->cut || g->mgr.msg_code == JWRN_HIT_MARKER)
		tq_err_set(g->err, g->stage, TQ_E_DATA,
		    "truncated JPEG: its data ends early");
	else
		tq_err_set(g->err, g->stage, TQ_E_DATA, "corrupt JPEG: %s",
		    words);
	longjmp(g->back, 1);
}

static void
judge(j_common_ptr cinfo, int level)
{
	struct tq_jpeg_guard *g = (struct tq_jpeg_guard *)cinfo->err;

	g->cut |= g->mgr.msg_code == JWRN_JPEG_EOF && level < 0;
	/* From 0 on it is a trace of what is read. */
	if (level < 0 && (g->harmless == NULL || !g->harmless(cinfo)))
		fail(cinfo);
}

static void
say_nothing(j_common_ptr cinfo)
{
	(void)cinfo;
}

struct jpeg_error_mgr *
tq_jpeg_guard(struct tq_jpeg_guard *g, enum tq_stage stage, struct tq_err *err)
{
	jpeg_std_error(&g->mgr);
	g->mgr.error_exit = fail;
	g->mgr.emit_message = judge;
	g->mgr.output_message = say_nothing;
	g->stage = stage;
	g->err = err;
	g->harmless = NULL;
	g->cut = false;
	return &g->mgr;
}
