/* lib/image/modules/tiff_file.c -- a TIFF in memory, opened by libtiff. */
#include "tiff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- what libtiff calls ---------------------------------------------------- */

static tmsize_t
take(thandle_t h, void *to, tmsize_t want)
{
	struct tiff *f = h;
	size_t n = f->at < f->n ? f->n - f->at : 0;

	if ((size_t)want < n)
		n = (size_t)want;
	memcpy(to, f->p + f->at, n);
	f->at += n;
	return (tmsize_t)n;
}

static tmsize_t
refuse_write(thandle_t h, void *from, tmsize_t n)
{
	(void)h;
	(void)from;
	(void)n;
	return -1;
}

static toff_t
seek(thandle_t h, toff_t to, int whence)
{
	struct tiff *f = h;

	f->at = (size_t)to + (whence == SEEK_CUR ? f->at :
	    whence == SEEK_END ? f->n : 0);
	return f->at;
}

static int
no_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t
size(thandle_t h)
{
	return ((struct tiff *)h)->n;
}

/* ${fmt} and what belongs to it become the file's first error. */
__attribute__((format(printf, 2, 0)))
static void
note(struct tiff *f, const char *fmt, va_list ap)
{
	if (!f->bad)
		vsnprintf(f->said, sizeof(f->said), fmt, ap);
	f->bad = true;
}

__attribute__((format(printf, 4, 0)))
static int
note_error(TIFF *t, void *arg, const char *module, const char *fmt,
    va_list ap)
{
	(void)t;
	(void)module;
	note(arg, fmt, ap);
	return 1;
}

/*
 * Of tags they are no matter, unless the file ends before the tag's value: a
 * palette is then made up.  Of pixels they mean that some were made up: a bad
 * code of a fax, a warning of libjpeg.
 */
__attribute__((format(printf, 4, 0)))
static int
note_warning(TIFF *t, void *arg, const char *module, const char *fmt,
    va_list ap)
{
	struct tiff *f = arg;

	(void)t;
	(void)module;
	if (f->painting || strncmp(fmt, "IO error", 8) == 0)
		note(f, fmt, ap);
	return 1;
}

/* -- the file -------------------------------------------------------------- */

int
tq_tiff_refuse(struct tiff *f, const char *why)
{
	return TQ_BAD_IMAGE(f->err, "corrupt TIFF: %s",
	    f->said[0] != '\0' ? f->said : why);
}

int
tq_tiff_open(struct tiff *f, const uint8_t *data, size_t n, struct tq_err *err)
{
	TIFFOpenOptions *o = TIFFOpenOptionsAlloc();

	*f = (struct tiff){ .p = data, .n = n, .err = err };
	if (o == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	TIFFOpenOptionsSetErrorHandlerExtR(o, note_error, f);
	TIFFOpenOptionsSetWarningHandlerExtR(o, note_warning, f);
	/* m: nothing is mapped. */
	f->t = TIFFClientOpenExt("TIFF", "rm", f, take, refuse_write, seek,
	    no_close, size, NULL, NULL, o);
	TIFFOpenOptionsFree(o);
	return f->t != NULL && !f->bad ? 0 : tq_tiff_refuse(f, "no directory");
}

void
tq_tiff_close(struct tiff *f)
{
	if (f->t != NULL)
		TIFFClose(f->t);
}

struct tq_profile
tq_tiff_profile(struct tiff *f)
{
	struct tq_profile p = { .icc = NULL };
	void *icc = NULL;
	uint32_t n = 0;

	if (TIFFGetField(f->t, TIFFTAG_ICCPROFILE, &n, &icc)) {
		p.icc = icc;
		p.n = n;
	}
	return p;
}
