/* cmd/tq-status/watch_key.c -- see watch_key.h. */
#include "watch_key.h"

#include <string.h>

#include "util/str.h"

#define ESC	'\033'

/* Attribute 52 of a DA1 answer: "may write to the clipboard". */
#define CLIPBOARD	52

void
watch_keys_add(struct watch_keys *k, const char *p, size_t n)
{
	if (n > sizeof(k->buf) - k->n)
		n = sizeof(k->buf) - k->n;
	memcpy(k->buf + k->n, p, n);
	k->n += n;
}

static void
take_off(struct watch_keys *k, size_t n)
{
	memmove(k->buf, k->buf + n, k->n - n);
	k->n -= n;
}

/* What ends sequences, behind "ESC [" or "ESC O"; "5~" has its number. */
static const struct {
	char		final;
	int		number;
	enum watch_key	key;
} finals[] = {
	{ 'A', 0, KEY_UP }, { 'B', 0, KEY_DOWN }, { 'H', 0, KEY_HOME },
	{ 'F', 0, KEY_END }, { 'Z', 0, KEY_BACK_TAB }, { '~', 1, KEY_HOME },
	{ '~', 4, KEY_END }, { '~', 5, KEY_PAGE_UP },
	{ '~', 6, KEY_PAGE_DOWN }, { '~', 7, KEY_HOME }, { '~', 8, KEY_END },
};

/* The number that ${p} begins with; 0 without one. */
static int
number_at(const char *p, size_t n)
{
	int v = 0;

	for (; n > 0 && *p >= '0' && *p <= '9' && v < 10000; p++, n--)
		v = 10 * v + (*p - '0');
	return v;
}

/* "?62;22;52c": is 52 among the numbers? */
static bool
may_copy(const char *p, size_t n)
{
	size_t i = 1;

	if (n < 2 || p[0] != '?' || p[n - 1] != 'c')
		return false;
	/* The first number is the terminal's class. */
	while (i < n && p[i] != ';')
		i++;
	for (; i < n; i++)
		if (p[i] == ';' && number_at(p + i + 1, n - i - 1) == CLIPBOARD)
			return true;
	return false;
}

static bool
key_of(const char *p, size_t n, enum watch_key *key)
{
	int number = p[n - 1] == '~' ? number_at(p, n) : 0;
	size_t i;

	if (may_copy(p, n)) {
		*key = KEY_COPIES;
		return true;
	}
	for (i = 0; i < sizeof(finals) / sizeof(finals[0]); i++)
		if (finals[i].final == p[n - 1] && finals[i].number == number) {
			*key = finals[i].key;
			return true;
		}
	return false;
}

/*
 * A sequence at the start of ${k}: its length, 0 when its end is missing.
 * ECMA-48 5.4: parameters and intermediates are 0x20 to 0x3f, the final byte
 * is 0x40 to 0x7e.
 */
static size_t
sequence_len(const struct watch_keys *k)
{
	size_t i = 2;

	if (k->n < 2)
		return 0;
	if (k->buf[1] != '[' && k->buf[1] != 'O')
		return 1;
	while (i < k->n && k->buf[i] >= 0x20 && k->buf[i] < 0x40)
		i++;
	if (i == k->n)
		return i == sizeof(k->buf) ? i : 0;
	return i + 1;
}

static bool
control_key(char c, enum watch_key *key)
{
	static const struct {
		char		c;
		enum watch_key	key;
	} controls[] = {
		{ '\r', KEY_ENTER }, { '\n', KEY_ENTER }, { '\t', KEY_TAB },
		{ 0x7f, KEY_BACKSPACE }, { '\b', KEY_BACKSPACE },
		{ 0x15, KEY_CLEAR }, { 0x04, KEY_EOF }, { 0x0c, KEY_REDRAW },
		{ 0x10, KEY_UP }, { 0x0e, KEY_DOWN }, { 0x02, KEY_PAGE_UP },
		{ 0x06, KEY_PAGE_DOWN },
	};
	size_t i;

	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (controls[i].c == c) {
			*key = controls[i].key;
			return true;
		}
	return false;
}

/* How many bytes the UTF-8 character that starts with ${c} has. */
static size_t
char_len(unsigned char c)
{
	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* A character or a control at the start: false when some of it is missing;
   *what is false for one that means nothing. */
static bool
take_char(struct watch_keys *k, bool over, struct watch_press *out, bool *what)
{
	size_t len = char_len((unsigned char)k->buf[0]);

	if (len > k->n && !over)
		return false;
	*what = false;
	if ((unsigned char)k->buf[0] < 0x20 || k->buf[0] == 0x7f) {
		*what = control_key(k->buf[0], &out->key);
		take_off(k, 1);
		return true;
	}
	len = tq_utf8_len(k->buf, k->n);
	if (len > 0) {
		*out = (struct watch_press){ .key = KEY_TEXT };
		memcpy(out->text, k->buf, len);
		*what = true;
	}
	take_off(k, len > 0 ? len : 1);
	return true;
}

bool
watch_keys_next(struct watch_keys *k, bool over, struct watch_press *out)
{
	bool known = false;
	size_t len;

	while (k->n > 0 && !known) {
		if (k->buf[0] != ESC) {
			if (!take_char(k, over, out, &known))
				return false;
			continue;
		}
		if ((len = sequence_len(k)) == 0 && !over)
			return false;
		if (len == 1 || (len == 0 && k->n == 1)) {
			out->key = KEY_ESC;
			known = true;
			len = 1;
		} else if (len > 0) {
			known = key_of(k->buf + 2, len - 2, &out->key);
		} else {
			len = k->n;
		}
		take_off(k, len);
	}
	return known;
}
