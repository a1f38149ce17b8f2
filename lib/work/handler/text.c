/* lib/work/handler/text.c -- see text.h. */
#include "work/handler/text.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "util/json.h"

struct counts {
	int64_t		points, words;
	bool		ascii;
};

/* Unicode's White_Space and the four information separators. */
static bool
is_space(ucs4_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') ||
		    (c >= 0x1c && c <= 0x1f);
	return uc_is_property_white_space(c);
}

static struct counts
count(struct tq_span s)
{
	struct counts n = { 0, 0, true };
	const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
	bool in_word = false, space;
	ucs4_t c;

	while (p < end) {
		if (*p < 0x80) {
			c = *p++;
		} else {
			p += u8_mbtouc(&c, p, (size_t)(end - p));
			n.ascii = false;
		}
		n.points++;
		space = is_space(c);
		n.words += !space && !in_word;
		in_word = !space;
	}
	return n;
}

/* Nothing but a to z changes there; a hundred times faster than asking. */
static void
upper_ascii(struct tq_span s, char *out)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ?
		    (char)(s.p[i] - 0x20) : s.p[i];
}

static char *
upper(struct tq_span s, bool ascii, char *room, size_t *n)
{
	char *p = room;

	if (!ascii)
		return (char *)u8_toupper((const uint8_t *)s.p, s.n, "",
		    NULL, (uint8_t *)room, n);
	if (s.n > *n && (p = malloc(s.n)) == NULL)
		return NULL;
	upper_ascii(s, p);
	*n = s.n;
	return p;
}

int
tq_text_transform(struct tq_span text, struct tq_buf *out)
{
	struct counts c = count(text);
	char room[2048], *up;
	size_t n = sizeof(room);

	if ((up = upper(text, c.ascii, room, &n)) == NULL) {
		out->failed = out->no_memory = true;
		return -1;
	}
	tq_buf_chr(out, '{');
	tq_json_member_int(out, "originalLength", c.points);
	tq_json_key(out, "upper");
	tq_json_put_str(out, (struct tq_span){ up, n });
	tq_json_member_int(out, "wordCount", c.words);
	tq_buf_chr(out, '}');
	if (up != room)
		free(up);
	return out->failed ? -1 : 0;
}
