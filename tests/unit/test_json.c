/* tests/unit/test_json.c -- the strict check, and JSON read by position. */
#include "t.h"

#include <sys/mman.h>
#include <unistd.h>

#include "util/err.h"
#include "util/json.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

/* Bytes with their number, so that a NUL may be among them. */
#define B(s)	{ s, sizeof(s) - 1 }

static void
test_accept(void)
{
	static const struct tq_span rows[] = {
		B("null"), B("true"), B("false"), B("0"), B("-0"), B("-0.0"),
		B("1e5"), B("1E+5"), B("1e-5"), B("0e1"), B("0.5e00"),
		B("123456789012345678901234567890"), B("1.10"),
		B("-1.5e-300"), B("1e400"), B("\"\""), B("[]"), B("{}"),
		B(" \t\r\n[ ] \t\r\n"), B("{ }"), B("[1 , 2]"),
		B("{ \"a\" : 1 , \"b\" : [ ] }"),
		B("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""),
		B("\"\\u0000\""), B("\"\\uD834\\uDD1E\""),
		B("\"\\ud834\\udd1e\""), B("\"\x7f\""),
		B("\"gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x98\x80\""),
		B("{\"\":0}"), B("{\"a\":1,\"A\":2}"),
		B("{\"a\":{\"a\":{\"a\":1}}}"), B("[{\"a\":1},{\"a\":1}]"),
		B("{\"\\u0000\":1}"), B("{\"\\u0000\":1,\"\\u0001\":2}"),
		/* An escaped backslash before u0000 is not a NUL. */
		B("{\"\\\\u0000\":1,\"\\u0000\":2}"),
		B("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
		    "\"h\":1,\"i\":1,\"j\":{\"a\":1}}"),
	};
	struct tq_err err;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (tq_json_check(rows[i], &err) != 0)
			T_FAIL("row %zu %s: %s", i, rows[i].p, err.msg);
		T_INT(err.code, TQ_OK);
	}
}

static void
test_reject(void)
{
	static const struct {
		struct tq_span	 text;
		const char	*msg;
	} rows[] = {
		{ B(""), "byte 0: ends too early" },
		{ B("  "), "byte 2: ends too early" },
		{ B("1 2"), "byte 2: bytes behind the value" },
		{ B("{}x"), "byte 2: bytes behind the value" },
		{ B("[]]"), "byte 2: bytes behind the value" },
		{ B("1,"), "byte 1: bytes behind the value" },
		{ B("{}\0"), "byte 2: bytes behind the value" },
		{ B("\0"), "byte 0: not a JSON value" },
		{ B("[1,\0]"), "byte 3: not a JSON value" },
		{ B("\xef\xbb\xbf{}"), "byte 0: a byte order mark (BOM), which "
		    "JSON has none of" },
		{ B("\xef\xbb"), "byte 0: not a JSON value" },
		{ B("01"), "byte 1: bytes behind the value" },
		{ B("-01"), "byte 2: bytes behind the value" },
		{ B("[01]"), "byte 2: expected ',' or a closing bracket" },
		{ B("1."), "byte 2: bad number" },
		{ B("1.e5"), "byte 2: bad number" },
		{ B(".5"), "byte 0: not a JSON value" },
		{ B("+1"), "byte 0: not a JSON value" },
		{ B("-"), "byte 1: bad number" },
		{ B("--1"), "byte 1: bad number" },
		{ B("-.5"), "byte 1: bad number" },
		{ B("1E+"), "byte 3: bad number" },
		{ B("1e"), "byte 2: bad number" },
		{ B("1eE2"), "byte 2: bad number" },
		{ B("0x10"), "byte 1: bytes behind the value" },
		{ B("1_000"), "byte 1: bytes behind the value" },
		{ B("NaN"), "byte 0: not a JSON value" },
		{ B("-Infinity"), "byte 1: bad number" },
		{ B("True"), "byte 0: not a JSON value" },
		{ B("nul"), "byte 0: not a JSON value" },
		{ B("nulll"), "byte 4: bytes behind the value" },
		{ B("'a'"), "byte 0: not a JSON value" },
		{ B("[1 2]"), "byte 3: expected ',' or a closing bracket" },
		{ B("[1,]"), "byte 3: not a JSON value" },
		{ B("[,1]"), "byte 1: not a JSON value" },
		{ B("[1,,2]"), "byte 3: not a JSON value" },
		{ B("["), "byte 1: ends too early" },
		{ B("[1"), "byte 2: ends too early" },
		{ B("[1}"), "byte 2: expected ',' or a closing bracket" },
		{ B("[/**/]"), "byte 1: not a JSON value" },
		{ B("{\"a\"}"), "byte 4: expected ':'" },
		{ B("{\"a\":}"), "byte 5: not a JSON value" },
		{ B("{\"a\":1,}"), "byte 7: expected a key in quotes" },
		{ B("{a:1}"), "byte 1: expected a key in quotes" },
		{ B("{1:1}"), "byte 1: expected a key in quotes" },
		{ B("{\"a\":1"), "byte 6: ends too early" },
		{ B("{\"a\":1]"),
		    "byte 6: expected ',' or a closing bracket" },
		{ B("{\"a\",1}"), "byte 4: expected ':'" },
		{ B("\"a"), "byte 2: unterminated string" },
		{ B("\""), "byte 1: unterminated string" },
		{ B("\"a\\"), "byte 3: unterminated string" },
		{ B("\"\\x41\""), "byte 2: bad escape" },
		{ B("\"\\\0\""), "byte 2: bad escape" },
		{ B("\"\\u12\""), "byte 2: bad \\u escape" },
		{ B("\"\\u12g4\""), "byte 2: bad \\u escape" },
		{ B("\"\\u"), "byte 2: bad \\u escape" },
		{ B("\"a\nb\""), "byte 2: control character in a string" },
		{ B("\"a\tb\""), "byte 2: control character in a string" },
		{ B("\"a\0b\""), "byte 2: control character in a string" },
		{ B("\"\x1f\""), "byte 1: control character in a string" },
		{ B("\"\\ud800\""), "byte 7: unpaired surrogate" },
		{ B("\"\\ud800x\""), "byte 7: unpaired surrogate" },
		{ B("\"\\ud800\\n\""), "byte 7: unpaired surrogate" },
		{ B("\"\\ud800\\ud800\""), "byte 7: unpaired surrogate" },
		{ B("\"\\udc00\""), "byte 2: unpaired surrogate" },
		{ B("\"\\udd1e\\ud834\""), "byte 2: unpaired surrogate" },
		{ B("\"\xff\""), "byte 1: not UTF-8" },
		{ B("\"a\xc3\""), "byte 2: not UTF-8" },
		{ B("\"\xc0\xaf\""), "byte 1: not UTF-8" },
		{ B("\"\xed\xa0\x80\""), "byte 1: not UTF-8" },
		{ B("\"\xf4\x90\x80\x80\""), "byte 1: not UTF-8" },
		{ B("[\xff]"), "byte 1: not a JSON value" },
		{ B("\xc2\xa0" "1"), "byte 0: not a JSON value" },
	};
	struct tq_err err;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (tq_json_check(rows[i].text, &err) != -1)
			T_FAIL("row %zu %s is taken", i, rows[i].text.p);
		T_STR(err.msg, rows[i].msg);
		T_INT(err.code, TQ_E_DATA);
		T_INT(err.stage, TQ_AT_PARSE);
	}
}

static void
test_same_key(void)
{
	static const struct tq_span rows[] = {
		B("{\"a\":1,\"a\":2}"), B("{\"\":1,\"\":2}"),
		B("{\"a\":1,\"b\":{},\"a\":2}"),
		B("{\"a\":1,\"\\u0061\":2}"), B("{\"\\u0061\":1,\"a\":2}"),
		B("{\"\\u00FC\":1,\"\xc3\xbc\":2}"),
		B("{\"\\u20aC\":1,\"\xe2\x82\xac\":2}"),
		B("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
		B("{\"\\/\":1,\"/\":2}"), B("{\"\\n\":1,\"\\u000a\":2}"),
		B("{\"\\b\\f\\r\\t\":1,\"\\u0008\\u000c\\u000d\\u0009\":2}"),
		B("{\"\\\\\":1,\"\\u005c\":2}"),
		B("{\"a\\u0000\":1,\"\\u0061\\u0000\":2}"),
		B("[[{\"x\":{\"k\":1,\"k\":2}}]]"),
		/* More than eight keys are sorted first. */
		B("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
		    "\"h\":1,\"i\":1,\"a\":1}"),
		B("{\"i\":1,\"bb\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
		    "\"h\":1,\"\":1,\"\\u0062b\":1}"),
	};
	struct tq_err err;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (tq_json_check(rows[i], &err) != -1)
			T_FAIL("row %zu %s is taken", i, rows[i].p);
		else if (strstr(err.msg, "the same key twice") == NULL)
			T_FAIL("row %zu: %s", i, err.msg);
	}
}

static void
nest(struct tq_buf *b, const char *open, const char *mid, const char *close,
    int n)
{
	int i;

	tq_buf_clear(b);
	for (i = 0; i < n; i++)
		tq_buf_str(b, open);
	tq_buf_str(b, mid);
	for (i = 0; i < n; i++)
		tq_buf_str(b, close);
}

static void
test_depth(void)
{
	struct tq_buf b = TQ_BUF_INIT(4 << 20);
	struct tq_err err = TQ_ERR_INIT;

	nest(&b, "[", "1", "]", 64);
	T_INT(tq_json_check(tq_buf_span(&b), &err), 0);
	nest(&b, "[", "", "]", 65);
	T_INT(tq_json_check(tq_buf_span(&b), &err), -1);
	T_STR(err.msg, "byte 64: nested too deeply");
	nest(&b, "{\"a\":", "{}", "}", 63);
	T_INT(tq_json_check(tq_buf_span(&b), &err), 0);
	nest(&b, "{\"a\":", "{}", "}", 64);
	T_INT(tq_json_check(tq_buf_span(&b), &err), -1);
	nest(&b, "[", "", "", 1000000);
	T_INT(tq_json_check(tq_buf_span(&b), &err), -1);
	T_STR(err.msg, "byte 64: nested too deeply");
	tq_buf_free(&b);
}

static void
test_kind(void)
{
	T_INT(tq_json_kind(tq_span_of("{}")), TQ_JSON_OBJECT);
	T_INT(tq_json_kind(tq_span_of(" \n[]")), TQ_JSON_ARRAY);
	T_INT(tq_json_kind(tq_span_of("\"\"")), TQ_JSON_STRING);
	T_INT(tq_json_kind(tq_span_of("true")), TQ_JSON_BOOL);
	T_INT(tq_json_kind(tq_span_of("false")), TQ_JSON_BOOL);
	T_INT(tq_json_kind(tq_span_of("null")), TQ_JSON_NULL);
	T_INT(tq_json_kind(tq_span_of("-1")), TQ_JSON_NUMBER);
	T_INT(tq_json_kind(tq_span_of("  ")), TQ_JSON_NONE);
	T_INT(tq_json_kind(TQ_SPAN_NONE), TQ_JSON_NONE);
}

static bool
is(struct tq_span s, const char *want)
{
	if (tq_span_eq(s, want))
		return true;
	T_FAIL("\"%.*s\", not \"%s\"", (int)s.n, s.p, want);
	return false;
}

static void
test_walk_object(void)
{
	static const char text[] = "\r\n{\t\"a\"\n: 12345678901234567890 ,"
	    "\"b\":[1,{\"x\":\"]}\"}, [ ] ]\n,\"c\\\"}\" : \"q\\\"}\\\\\" ,"
	    "\"d\":{ \"e\" : null },\"\":true\n}  ";
	static const char *const want[][2] = {
		{ "a", "12345678901234567890" },
		{ "b", "[1,{\"x\":\"]}\"}, [ ] ]" },
		{ "c\\\"}", "\"q\\\"}\\\\\"" },
		{ "d", "{ \"e\" : null }" }, { "", "true" },
	};
	struct tq_err err = TQ_ERR_INIT;
	struct tq_json_iter it = tq_json_iter(tq_span_of(text));
	struct tq_span k, v;
	size_t i;

	T_INT(tq_json_check(tq_span_of(text), &err), 0);
	T_OK(it.object);
	for (i = 0; i < ROWS(want); i++) {
		T_MUST(tq_json_next(&it, &k, &v));
		T_OK(is(k, want[i][0]));
		T_OK(is(v, want[i][1]));
	}
	T_OK(!tq_json_next(&it, &k, &v));
	T_OK(!tq_json_next(&it, &k, &v));
}

static void
test_walk_array(void)
{
	static const char *const want[] = {
		"1", "\"a,b\"", "[2,[3]]", "{\"k\":[]}", "-1.5e3", "false",
	};
	struct tq_json_iter it = tq_json_iter(tq_span_of(
	    "[1,\"a,b\" ,\n[2,[3]],{\"k\":[]}, -1.5e3\t,false]"));
	struct tq_span k, v;
	size_t i;

	T_OK(!it.object);
	for (i = 0; i < ROWS(want); i++) {
		T_MUST(tq_json_next(&it, &k, &v));
		T_OK(k.p == NULL && k.n == 0);
		T_OK(is(v, want[i]));
	}
	T_OK(!tq_json_next(&it, &k, &v));
}

static void
test_walk_nothing(void)
{
	static const char *const rows[] = { "", "{}", "[ ]", "1", "\"{}\"" };
	struct tq_json_iter it;
	struct tq_span k, v;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		it = tq_json_iter(tq_span_of(rows[i]));
		T_OK(!tq_json_next(&it, &k, &v));
	}
}

static void
test_get(void)
{
	struct tq_span obj = tq_span_of("{\"ab\":1,\"a\":{\"b\":2},"
	    "\"gr\\u00fcn\":3,\"s\\/\":4,\"z\\u0000\":5}"), v, inner;

	T_MUST(tq_json_get(obj, "a", &inner));
	T_OK(is(inner, "{\"b\":2}"));
	T_MUST(tq_json_get(inner, "b", &v));
	T_OK(is(v, "2"));
	T_MUST(tq_json_get(obj, "gr\xc3\xbcn", &v));
	T_OK(is(v, "3"));
	T_MUST(tq_json_get(obj, "s/", &v));
	T_OK(is(v, "4"));
	T_OK(!tq_json_get(obj, "b", &v));
	T_OK(!tq_json_get(obj, "z", &v));
	T_OK(!tq_json_get(obj, "gr\\u00fcn", &v));
	T_OK(!tq_json_get(tq_span_of("[\"a\",1]"), "a", &v));
	T_OK(!tq_json_get(tq_span_of("{}"), "a", &v));
	T_OK(is(v, "4"));
}

static void
test_str(void)
{
	static const char *const rows[][2] = {
		{ "\"\"", "" }, { "\"abc\"", "abc" },
		{ "\"gr\xc3\xbcn\"", "gr\xc3\xbcn" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u00fc\\u20AC\"", "\xc3\xbc\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\\\u0000\"", "\\u0000" },
		{ "\"\\\\\\\\\"", "\\\\" }, { "\"\\u0001\"", "\x01" },
	};
	static const char *const bad[] = {
		"\"\\u0000\"", "\"a\\u0000b\"", "\"\\\\\\u0000\"", "1", "null",
		"[\"a\"]", "{}", "", "\"",
	};
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span s;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		T_MUST(tq_json_str(tq_span_of(rows[i][0]), &a, &s));
		T_OK(is(s, rows[i][1]));
		T_INT(s.p[s.n], 0);
	}
	T_MUST(tq_json_text(tq_span_of("\"a\\u0000\\u0000\\ud83d\\ude00"
	    "\\\\u0000b\\u0000\""), &a, &s));
	T_INT(s.n, 15);
	T_OK(memcmp(s.p, "a\0\0\xf0\x9f\x98\x80\\u0000b\0", 15) == 0);
	for (i = 0; i < ROWS(rows); i++) {
		T_MUST(tq_json_text(tq_span_of(rows[i][0]), &a, &s));
		T_OK(is(s, rows[i][1]));
	}
	for (i = 0; i < ROWS(bad); i++)
		if (tq_json_str(tq_span_of(bad[i]), &a, &s))
			T_FAIL("%s is taken", bad[i]);
	tq_arena_free(&a);
}

static void
test_int(void)
{
	static const struct {
		const char	*s;
		int64_t		 v;
	} rows[] = {
		{ "0", 0 }, { "-0", 0 }, { "42", 42 }, { "-7", -7 },
		{ "1e3", 1000 }, { "1.50e2", 150 }, { "2.0", 2 },
		{ "9007199254740991", INT64_C(9007199254740991) },
		{ "-9007199254740991", -INT64_C(9007199254740991) },
	};
	static const char *const bad[] = {
		"9007199254740992", "9007199254740993", "-9007199254740992",
		"18446744073709551615", "1e300", "1e400", "-1e400", "1.5",
		"1e-1", "\"1\"", "true", "null", "", "[1]",
		/* 70 digits are more than cJSON reads of a number. */
		("0.000000000000000000000000000000000000000000000000000000000"
		"00000000000015"),
	};
	int64_t v;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		v = 77;
		T_OK(tq_json_int(tq_span_of(rows[i].s), &v));
		T_INT(v, rows[i].v);
	}
	for (i = 0; i < ROWS(bad); i++) {
		v = 77;
		if (tq_json_int(tq_span_of(bad[i]), &v) || v != 77)
			T_FAIL("%s is taken", bad[i]);
	}
}

static void
test_num_bool(void)
{
	double d = 7;
	bool b = false;

	T_OK(tq_json_num(tq_span_of("-1.5e2"), &d) && d == -150);
	T_OK(tq_json_num(tq_span_of("1e308"), &d) && d == 1e308);
	T_OK(!tq_json_num(tq_span_of("1e309"), &d) && d == 1e308);
	T_OK(!tq_json_num(tq_span_of("\"1\""), &d));
	T_OK(tq_json_bool(tq_span_of("true"), &b) && b);
	T_OK(tq_json_bool(tq_span_of("false"), &b) && !b);
	T_OK(tq_json_bool(tq_span_of(" true"), &b) && b);
	T_OK(!tq_json_bool(tq_span_of("1"), &b) && b);
	T_OK(!tq_json_bool(tq_span_of("\"true\""), &b));
}

static void
test_put_str(void)
{
	static const struct {
		struct tq_span	 s;
		const char	*want;
	} rows[] = {
		{ B(""), "\"\"" }, { B("abc"), "\"abc\"" },
		{ B("a\"b\\c/"), "\"a\\\"b\\\\c/\"" },
		{ B("\n\r\t"), "\"\\n\\r\\t\"" },
		{ B("\0\x1b\x7f"), "\"\\u0000\\u001b\\u007f\"" },
		{ B("gr\xc3\xbcn \xf0\x9f\x98\x80"),
		    "\"gr\xc3\xbcn \xf0\x9f\x98\x80\"" },
		{ B("a\xff" "b\xc3"), "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\"" },
		{ B("\xed\xa0\x80"),
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ { NULL, 0 }, "\"\"" },
	};
	struct tq_buf b = TQ_BUF_INIT(256);
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		tq_buf_clear(&b);
		tq_json_put_str(&b, rows[i].s);
		T_STR(b.data, rows[i].want);
		T_INT(tq_json_check(tq_buf_span(&b), &err), 0);
	}
	tq_buf_free(&b);
}

static void
test_put_flat(void)
{
	struct tq_buf b = TQ_BUF_INIT(64);

	tq_json_put_flat(&b, tq_span_of("{\"b\":1.10,\r\n\t\"a\" :\n1e00}"));
	T_STR(b.data, "{\"b\":1.10,  \t\"a\" : 1e00}");
	tq_json_put_flat(&b, TQ_SPAN_NONE);
	T_STR(b.data, "{\"b\":1.10,  \t\"a\" : 1e00}");
	tq_buf_clear(&b);
	tq_json_put_flat(&b, tq_span_of("[1,\r2]"));
	tq_json_put_flat(&b, tq_span_of("[3,\n4]"));
	tq_json_put_flat(&b, tq_span_of("[5]"));
	T_STR(b.data, "[1, 2][3, 4][5]");
	tq_json_put_flat(&b, tq_span_of("12345678901234567890123456789012345"
	    "67890123456789012345678901234567890"));
	T_OK(b.failed);
	tq_buf_free(&b);
}

static void
test_members(void)
{
	struct tq_buf b = TQ_BUF_INIT(512);

	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "s", "a\"b");
	tq_json_member_str(&b, "none", NULL);
	tq_json_member_int(&b, "i", INT64_MIN);
	tq_json_member_bool(&b, "yes", true);
	tq_json_member_bool(&b, "no", false);
	tq_json_member_time(&b, "at", INT64_C(1769824800123));
	tq_json_member_time(&b, "never", 0);
	tq_json_member_raw(&b, "raw", tq_span_of("[ 1.0,\n2 ]"));
	tq_json_member_raw(&b, "nothing", TQ_SPAN_NONE);
	tq_json_key(&b, "in");
	tq_buf_chr(&b, '{');
	tq_json_member_int(&b, "x", 1);
	tq_buf_str(&b, "}}");
	T_STR(b.data, "{\"s\":\"a\\\"b\",\"i\":-9223372036854775808,"
	    "\"yes\":true,\"no\":false,\"at\":\"2026-01-31T02:00:00.123Z\","
	    "\"raw\":[ 1.0, 2 ],\"in\":{\"x\":1}}");
	tq_buf_free(&b);
}

/* As a store's file has it that another program wrote: nothing behind it. */
static void
test_no_json(void)
{
	static const struct tq_span rows[] = {
		B("{x"), B("{\""), B("{\"a"), B("{\"a\""), B("{\"a\":"),
		B("{\"a\" x"), B("{\"\\"), B("{\"\\\""), B("{\"a\":\"b"),
		B("{x:1,\"b\":2"), B("[\"a"), B("[[[{"), B("{,"), B("{\"a\":}"),
		B("{\"a\":{\"a\":[\"\\"), B("["), B("{"), B("[,,}"),
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
	struct tq_span text, key, val;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_json_iter it;
	/* A read behind the first page is the end of this program. */
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	T_MUST(p != MAP_FAILED && mprotect(p + page, page, PROT_NONE) == 0);
	for (i = 0; i < ROWS(rows); i++) {
		text = (struct tq_span){ p + page - rows[i].n, rows[i].n };
		memcpy(p + page - rows[i].n, rows[i].p, rows[i].n);
		for (it = tq_json_iter(text); tq_json_next(&it, &key, &val); ) {
			T_OK(key.n < text.n && val.n < text.n);
			T_OK(val.p > text.p && val.p + val.n <= p + page);
			tq_json_str(val, &a, &val);
		}
		tq_json_get(text, "c", &val);
		tq_json_get(text, "", &val);
	}
	T_OK(!tq_json_get(tq_span_of("{x:1,\"b\":2}"), "b", &val));
	munmap(p, 2 * page);
	tq_arena_free(&a);
}

T_MAIN(
    { "check: accepts what RFC 8259 calls JSON", test_accept },
    { "check: refuses the rest and names the byte", test_reject },
    { "check: refuses a key twice, however it is written", test_same_key },
    { "check: 64 levels are fine, 65 are refused", test_depth },
    { "kind: by the first byte", test_kind },
    { "next: keys and exact bytes of an object's values", test_walk_object },
    { "next: exact bytes of an array's values", test_walk_array },
    { "next: nothing in what is empty or no container", test_walk_nothing },
    { "next, get: in what is no JSON they stay within it", test_no_json },
    { "get: finds a member of the object itself, escaped or not", test_get },
    { "str: decodes every escape, refuses \\u0000", test_str },
    { "int: whole numbers below 2^53, no other", test_int },
    { "num, bool: numbers and bools, nothing else", test_num_bool },
    { "put_str: what it writes is JSON, bad UTF-8 becomes U+FFFD",
      test_put_str },
    { "put_flat: line breaks become blanks, other bytes stay",
      test_put_flat },
    { "members: commas between, NULL and nothing left out", test_members },
)
