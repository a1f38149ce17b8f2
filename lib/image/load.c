/* lib/image/load.c -- the modules that a picture needs. */
#include "image/codec.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "util/module.h"

/*
 * The table that tq-image-${name}.so exports: 0 and NULL when there is no such
 * module, -1 when there is one that does not fit.  Each begins with its
 * version.
 */
static int
load(const char *name, const char *symbol, const void **table,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	char file[64];

	snprintf(file, sizeof(file), "tq-image-%s.so", name);
	if ((*table = tq_module_symbol(file, symbol, &why)) == NULL) {
		if (why.sys_errno == ENOENT)
			return 0;
		return tq_err_set(err, why.stage, why.code, "%s", why.msg);
	}
	if (*(const uint32_t *)*table != TQ_IMAGE_MODULE_VERSION)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s is of another version than this tool", file);
	return 0;
}

/*
 * lcms2 takes a quarter of a millisecond to load.  It dates the profiles that
 * it makes; libc opens its time zone's file then, unless it has done so.
 */
static int
load_color(const void **table, struct tq_err *err)
{
	tzset();
	return load("color", TQ_COLOR_SYMBOL, table, err);
}

void
tq_image_preload(void)
{
	const void *table;

	load_color(&table, NULL);
}

int
tq_image_load(struct tq_image_tools *t, const void *data, size_t n,
    struct tq_err *err)
{
	enum tq_image_format format;
	const void *table = NULL;

	*t = (struct tq_image_tools){ .color = NULL };
	if (tq_magic_format(data, n, &format, NULL) == -1)
		return 0;
	if (format > TQ_IMAGE_PNM && load(tq_image_format_name(format),
	    TQ_READER_SYMBOL, &table, err) == -1)
		return -1;
	t->reader[format] = table;
	t->threads = table != NULL && t->reader[format]->threads;
	if (load_color(&table, err) == -1)
		return -1;
	t->color = table;
	return 0;
}
