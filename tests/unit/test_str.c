/* tests/unit/test_str.c -- numbers, UTF-8, and text made safe to show. */
#include "t.h"

#include "util/str.h"

static void
test_int(void)
{
	static const struct {
		const char	*s;
		int64_t		 min, max;
		int		 rc;
		int64_t		 v;
	} rows[] = {
		{ "0", 0, 10, 0, 0 }, { "10", 0, 10, 0, 10 },
		{ "-5", -5, 10, 0, -5 }, { "-0", 0, 0, 0, 0 },
		{ "007", 0, 10, 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX, 0, INT64_MAX },
		{ "-9223372036854775808", INT64_MIN, 0, 0, INT64_MIN },
		{ "11", 0, 10, -1, 0 }, { "-1", 0, 10, -1, 0 },
		{ "", 0, 10, -1, 0 }, { "-", -9, 10, -1, 0 },
		{ "+1", 0, 10, -1, 0 }, { " 1", 0, 10, -1, 0 },
		{ "1 ", 0, 10, -1, 0 }, { "- 1", -9, 10, -1, 0 },
		{ "--1", -9, 10, -1, 0 }, { "1x", 0, 10, -1, 0 },
		{ "0x1", 0, 10, -1, 0 }, { "1.0", 0, 10, -1, 0 },
		{ "1e1", 0, 10, -1, 0 }, { "1\n", 0, 10, -1, 0 },
		{ "9223372036854775808", 0, INT64_MAX, -1, 0 },
		{ "-9223372036854775809", INT64_MIN, 0, -1, 0 },
		{ "99999999999999999999999", 0, INT64_MAX, -1, 0 },
	};
	size_t i;
	int64_t v;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		v = 77;
		if (tq_str_int(rows[i].s, rows[i].min, rows[i].max, &v) !=
		    rows[i].rc || v != (rows[i].rc == 0 ? rows[i].v : 77))
			T_FAIL("\"%s\" gives %" PRId64, rows[i].s, v);
	}
}

static const struct {
	const char	*s;
	size_t		 n;	/* of the first sequence; 0: bad */
} utf8[] = {
	{ "a", 1 }, { "\x7f", 1 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 },
	{ "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 }, { "\xee\x80\x80", 3 },
	{ "\xef\xbf\xbd", 3 }, { "\xef\xbf\xbf", 3 },
	{ "\xf0\x90\x80\x80", 4 }, { "\xf0\x9f\x98\x80", 4 },
	{ "\xf4\x8f\xbf\xbf", 4 },
	/* continuation bytes alone, overlong forms */
	{ "\x80", 0 }, { "\xbf", 0 }, { "\xc0\x80", 0 }, { "\xc0\xaf", 0 },
	{ "\xc1\xbf", 0 }, { "\xe0\x80\xaf", 0 }, { "\xe0\x9f\xbf", 0 },
	{ "\xf0\x80\x80\xaf", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
	/* surrogates, beyond U+10FFFF, bytes that never occur */
	{ "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 },
	{ "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },
	{ "\xf8\x88\x80\x80\x80", 0 }, { "\xfe", 0 }, { "\xff", 0 },
	/* cut short, or a wrong continuation */
	{ "\xc3", 0 }, { "\xe2\x82", 0 }, { "\xf0\x9f\x98", 0 },
	{ "\xc3" "a", 0 }, { "\xe2\x82" "a", 0 }, { "\xf0\x9f\x98" "a", 0 },
	{ "\xe2" "a\xac", 0 }, { "\xc3\xc3", 0 },
};

static void
test_utf8(void)
{
	size_t i, n, got;

	for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++) {
		n = strlen(utf8[i].s);
		got = tq_utf8_len(utf8[i].s, n);
		if (got != utf8[i].n)
			T_FAIL("row %zu gives %zu, not %zu", i, got, utf8[i].n);
		T_INT(tq_utf8_valid((struct tq_span){ utf8[i].s, n }),
		    utf8[i].n != 0);
	}
	T_INT(tq_utf8_len("a", 0), 0);
	T_INT(tq_utf8_len("\0", 1), 1);
	T_OK(tq_utf8_valid(TQ_SPAN_NONE));
	T_OK(tq_utf8_valid((struct tq_span){ "a\0b", 3 }));
	T_OK(!tq_utf8_valid(tq_span_of("gr\xc3\xbcn\xff")));
}

static char shown[512];

static const char *
show(const char *s, size_t n, size_t width)
{
	struct tq_buf b = TQ_BUF_INIT(sizeof(shown) - 1);

	tq_visible(&b, (struct tq_span){ s, n }, width);
	snprintf(shown, sizeof(shown), "%s", b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
	return shown;
}

#define SHOW(s)	show(s, sizeof(s) - 1, 0)

static void
test_visible(void)
{
	T_STR(SHOW(""), "");
	T_STR(SHOW("plain text, 100% ~ok"), "plain text, 100% ~ok");
	T_STR(SHOW("gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x98\x80"),
	    "gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x98\x80");
	T_STR(SHOW("a\nb\tc\rd"), "a\\nb\\tc\\rd");
	T_STR(SHOW("\x1b[31mred"), "\\x1b[31mred");
	T_STR(SHOW("a\0b\x7f"), "a\\x00b\\x7f");
	T_STR(SHOW("back\\slash"), "back\\slash");
	T_STR(SHOW("\\x1b"), "\\x1b");	/* shown twice, changed once */
	T_STR(SHOW("\b\a"), "\\x08\\x07");
}

static void
test_visible_unicode(void)
{
	/* U+009B is CSI to an 8-bit terminal, also when in UTF-8. */
	T_STR(SHOW("\xc2\x9b" "31m"), "\\x9b31m");
	T_STR(SHOW("\xc2\x80\xc2\x9f\xc2\xa0"), "\\x80\\x9f\xc2\xa0");
	T_STR(SHOW("\xe2\x80\xae" "gpj.exe"), "\\u202egpj.exe");
	T_STR(SHOW("\xe2\x81\xa6\xe2\x81\xa9"), "\\u2066\\u2069");
	T_STR(SHOW("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
	    "\\u200e\\u200f\\u061c");
	T_STR(SHOW("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");
	T_STR(SHOW("\xef\xbb\xbf" "bom"), "\\ufeffbom");
	T_STR(SHOW("\xf3\xa0\x81\x81"), "\\ue0041");
	T_STR(SHOW("\x9b\xff" "a\xc3"), "\\x9b\\xffa\\xc3");
	T_STR(SHOW("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

static void
test_visible_cut(void)
{
	T_STR(show("abcdef", 6, 6), "abcdef");
	T_STR(show("abcdef", 6, 5), "abcde...");
	T_STR(show("abcdef", 6, 0), "abcdef");
	/* The euro sign is 3 bytes: a width of 3 or 4 bytes can't hold it. */
	T_STR(show("ab\xe2\x82\xac" "cd", 7, 3), "ab...");
	T_STR(show("ab\xe2\x82\xac" "cd", 7, 4), "ab...");
	T_STR(show("ab\xe2\x82\xac" "cd", 7, 5), "ab\xe2\x82\xac...");
	T_STR(show("\n\n\n", 3, 2), "\\n\\n...");
	T_STR(show("ab", 2, 2), "ab");
}

static void
test_starts(void)
{
	T_OK(tq_str_starts("abc", "ab"));
	T_OK(tq_str_starts("abc", "abc"));
	T_OK(tq_str_starts("abc", ""));
	T_OK(!tq_str_starts("abc", "abcd"));
	T_OK(!tq_str_starts("", "a"));
}

T_MAIN(
    { "str_int: all of the text, within bounds, or refused unchanged",
      test_int },
    { "utf8: shortest forms up to U+10FFFF without surrogates", test_utf8 },
    { "visible: controls are escaped, text and what was escaped are not",
      test_visible },
    { "visible: C1, bidi, BOM, tags and bad bytes are escaped",
      test_visible_unicode },
    { "visible: the width cuts at a character", test_visible_cut },
    { "starts: a prefix, not more", test_starts },
)
