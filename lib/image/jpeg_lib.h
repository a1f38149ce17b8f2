/* lib/image/jpeg_lib.h -- libjpeg's errors as ours, for jpeg_*.c. */
#ifndef TQ_IMAGE_JPEG_LIB_H
#define TQ_IMAGE_JPEG_LIB_H

#include <setjmp.h>
#include <stdio.h>		/* jpeglib.h wants it */

#include <jpeglib.h>

#include "util/err.h"

/*
 * An error manager that fills ${err} and jumps ${back}, where the caller has
 * called setjmp().  A warning is an error too, unless ${harmless} (which may
 * be NULL) says that it left every sample as the encoder meant it.
 */
struct tq_jpeg_guard {
	struct jpeg_error_mgr mgr;	/* first: what libjpeg hands back */
	jmp_buf		 back;
	enum tq_stage	 stage;
	struct tq_err	*err;
	bool		(*harmless)(j_common_ptr cinfo);
	bool		 cut;	/* the file has no end marker */
};

/* tq_jpeg_guard(g, stage, err): set ${g} up; returns what cinfo->err is. */
struct jpeg_error_mgr *tq_jpeg_guard(struct tq_jpeg_guard *g,
    enum tq_stage stage, struct tq_err *err);

#endif
