/* lib/image/png_text.c -- see png_text.h; the user of zlib here. */
#include "image/png_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image/exif.h"

#define TEXT_MAX	(256u * 1024)
#define LOOKS_MAX	64	/* more is an attack on our time */
#define XMP_KEY		"XML:com.adobe.xmp"
#define RAW_KEY		"Raw profile type "
#define XMP_SPACE	"http://ns.adobe.com/xap/1.0/"

/* A part of a chunk. */
struct part {
	const uint8_t	*p;
	size_t		 n;
};

/* Take off what stands before the next NUL, and that; false: there is none. */
static bool
cut_word(struct part *from, struct part *word)
{
	const uint8_t *end = memchr(from->p, '\0', from->n);

	if (end == NULL)
		return false;
	*word = (struct part){ from->p, (size_t)(end - from->p) };
	from->p = end + 1;
	from->n -= word->n + 1;
	return true;
}

static bool
is_word(const struct part *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->p, text, w->n) == 0;
}

static bool
starts(const struct part *w, const char *text)
{
	return w->n > strlen(text) && memcmp(w->p, text, strlen(text)) == 0;
}

/* A compressed text, or the beginning of it, in memory for the caller. */
static bool
inflate_part(struct part *text, uint8_t **made)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)text->p,
	    .avail_in = (unsigned)text->n, .avail_out = TEXT_MAX };
	int rc = Z_MEM_ERROR;

	if ((*made = malloc(TEXT_MAX)) == NULL || inflateInit(&z) != Z_OK)
		return false;
	z.next_out = *made;
	rc = inflate(&z, Z_FINISH);
	*text = (struct part){ *made, z.total_out };
	inflateEnd(&z);
	return rc == Z_STREAM_END || rc == Z_OK || rc == Z_BUF_ERROR;
}

/* From "\nexif\n      134\n4578..." to the bytes, in its own place. */
static void
read_hex(struct part *text, uint8_t *to)
{
	size_t i = 0, n = 0;
	int line, v, half = -1;

	for (line = 0; line < 3 && i < text->n; i++)
		line += text->p[i] == '\n';
	for (; i < text->n; i++) {
		v = text->p[i];
		v = v >= '0' && v <= '9' ? v - '0' : v >= 'a' && v <= 'f' ?
		    v - 'a' + 10 : -1;
		if (v == -1)
			continue;
		if (half != -1)
			to[n++] = (uint8_t)(half << 4 | v);
		half = half == -1 ? v : -1;
	}
	*text = (struct part){ to, n };
}

static void
note_profile(const struct part *b, struct png_said *said)
{
	if (starts(b, "Exif") && b->n > 6 && said->exif == 0)
		said->exif = tq_exif_orientation(b->p + 6, b->n - 6);
	else if (starts(b, XMP_SPACE) && said->xmp == 0)
		said->xmp = tq_xmp_orientation(b->p, b->n);
}

/* iTXt: is it compressed, by what; a language, the key in it. */
static bool
cut_international(struct part *text, bool *packed)
{
	struct part word;

	if (text->n < 2)
		return false;
	*packed = text->p[0] == 1;
	text->p += 2;
	text->n -= 2;
	/* Each moves on.  NOLINTNEXTLINE(misc-redundant-expression) */
	return cut_word(text, &word) && cut_word(text, &word);
}

static void
read_text(const struct part *key, struct part text, bool packed,
    struct png_said *said)
{
	uint8_t *made = NULL, *hex;

	if (packed && !inflate_part(&text, &made)) {
		free(made);
		return;
	}
	if (is_word(key, XMP_KEY) && said->xmp == 0) {
		said->xmp = tq_xmp_orientation(text.p, text.n);
	} else if (starts(key, RAW_KEY) &&
	    (hex = malloc(text.n / 2 + 1)) != NULL) {
		read_hex(&text, hex);
		note_profile(&text, said);
		free(hex);
	}
	free(made);
}

void
tq_png_text(const uint8_t *type, const uint8_t *p, size_t n,
    struct png_said *said)
{
	struct part text = { p, n }, key;
	bool packed = false;

	if (memcmp(type + 1, "TXt", 3) != 0 &&
	    memcmp(type, "tEXt", 4) != 0)
		return;
	if (!cut_word(&text, &key) || said->looked >= LOOKS_MAX ||
	    (!is_word(&key, XMP_KEY) && !starts(&key, RAW_KEY)))
		return;
	said->looked++;
	if (type[0] == 'z') {
		if (text.n < 1)
			return;
		packed = true;
		text.p++;
		text.n--;
	} else if (type[0] == 'i' && !cut_international(&text, &packed)) {
		return;
	}
	read_text(&key, text, packed, said);
}
