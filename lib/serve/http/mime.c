/* lib/serve/http/mime.c -- see mime.h. */
#include "serve/http/mime.h"

#include <string.h>
#include <strings.h>

#include "util/str.h"

static const struct {
	const char	*magic;
	size_t		 n;
	struct tq_mime	 mime;
} magics[] = {
	{ "\xff\xd8\xff", 3, { "image/jpeg", ".jpg", true } },
	{ "\x89PNG\r\n\x1a\n", 8, { "image/png", ".png", true } },
	{ "BM", 2, { "image/bmp", ".bmp", true } },
	{ "GIF8", 4, { "image/gif", ".gif", true } },
	{ "P5", 2, { "image/x-portable-graymap", ".pgm", false } },
	{ "P6", 2, { "image/x-portable-pixmap", ".ppm", false } },
};

static const struct tq_mime text = { "text/plain; charset=utf-8", ".txt",
	true };
static const struct tq_mime bytes = { "application/octet-stream", ".bin",
	false };

/* The last character may be cut. */
static bool
is_text(const char *p, size_t n)
{
	size_t i = 0, len;

	while (i < n) {
		if ((unsigned char)p[i] < 0x20 && strchr("\t\n\r", p[i]) ==
		    NULL)
			return false;
		if (p[i] == '\0' || p[i] == 0x7f)
			return false;
		if ((len = tq_utf8_len(p + i, n - i)) == 0)
			return n - i < 4 && i > 0;
		i += len;
	}
	return n > 0;
}

const struct tq_mime *
tq_mime_sniff(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (n >= magics[i].n && memcmp(p, magics[i].magic,
		    magics[i].n) == 0)
			return &magics[i].mime;
	return is_text(p, n) ? &text : &bytes;
}

const char *
tq_mime_file(const char *name)
{
	static const char *const rows[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".svg", "image/svg+xml" }, { ".png", "image/png" },
		{ ".jpg", "image/jpeg" }, { ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".txt", "text/plain; charset=utf-8" },
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(dot, rows[i][0]) == 0)
			return rows[i][1];
	return NULL;
}
