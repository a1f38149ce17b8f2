/*
 * tests/fuzz/fuzz_json.c -- any bytes through tq_json_check(), and what it
 * passes through the readers.
 *
 * Beyond "no crash": a refusal names a byte within the text; what is passed
 * can be walked to its end, each value lies within its container and is JSON
 * itself, each member is found by its own name, a decoded string is written
 * and read back the same.  What is not passed the readers may be given, too,
 * as a store's record was written by anybody: they stay within it.
 */
#include "fuzz.h"

#include "util/err.h"
#include "util/json.h"

static void walk(struct tq_span v, struct tq_arena *a);

static void
check_string(struct tq_span v, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 24);
	struct tq_span s, again;

	if (tq_json_str(v, a, &s)) {
		tq_json_put_str(&b, s);
		MUST(!b.failed);
		MUST(tq_json_check(tq_buf_span(&b), NULL) == 0);
		MUST(tq_json_str(tq_buf_span(&b), a, &again));
		MUST(again.n == s.n && memcmp(again.p, s.p, s.n) == 0);
	}
	tq_buf_free(&b);
}

static void
check_member(struct tq_span obj, struct tq_span key, struct tq_span val,
    struct tq_arena *a)
{
	struct tq_span name, got;

	if (!tq_json_str((struct tq_span){ key.p - 1, key.n + 2 }, a, &name))
		return;
	MUST(tq_json_get(obj, name.p, &got));
	MUST(got.p == val.p && got.n == val.n);
}

static void
check_number(struct tq_span v)
{
	int64_t i;
	double d;

	if (tq_json_int(v, &i))
		MUST(tq_json_num(v, &d) && (double)i == d);
}

static void
walk(struct tq_span v, struct tq_arena *a)
{
	struct tq_json_iter it = tq_json_iter(v);
	enum tq_json_kind kind = tq_json_kind(v);
	struct tq_span key, val;
	bool flag;

	MUST(kind != TQ_JSON_NONE);
	MUST(tq_json_bool(v, &flag) == (kind == TQ_JSON_BOOL));
	if (kind == TQ_JSON_STRING)
		check_string(v, a);
	if (kind == TQ_JSON_NUMBER)
		check_number(v);
	while (tq_json_next(&it, &key, &val)) {
		MUST(val.n > 0 && val.p > v.p && val.p + val.n < v.p + v.n);
		MUST(tq_json_check(val, NULL) == 0);
		if (kind == TQ_JSON_OBJECT)
			check_member(v, key, val, a);
		walk(val, a);
	}
}

static void
wander(struct tq_span v, struct tq_arena *a, int depth)
{
	struct tq_json_iter it = tq_json_iter(v);
	struct tq_span key, val, s;
	int64_t i;
	double d;
	bool flag;

	tq_json_kind(v);
	tq_json_bool(v, &flag);
	tq_json_int(v, &i);
	tq_json_num(v, &d);
	tq_json_str(v, a, &s);
	tq_json_text(v, a, &s);
	tq_json_get(v, "a", &val);
	while (tq_json_next(&it, &key, &val)) {
		MUST(val.p > v.p && val.p + val.n <= v.p + v.n);
		MUST(!it.object || (key.p > v.p &&
		    key.p + key.n + 1 <= v.p + v.n));
		if (depth < 8)
			wander(val, a, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_span text = { (const char *)data, n };
	struct tq_buf flat = TQ_BUF_INIT(1 << 24);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	size_t at;

	if (tq_json_check(text, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.stage == TQ_AT_PARSE);
		MUST(sscanf(err.msg, "byte %zu: ", &at) == 1 && at <= n);
		wander(text, &a, 0);
		tq_arena_free(&a);
		return 0;
	}
	MUST(err.code == TQ_OK);
	walk(text, &a);
	tq_json_put_flat(&flat, text);
	MUST(flat.len == n && strpbrk(flat.data, "\r\n") == NULL);
	MUST(tq_json_check(tq_buf_span(&flat), &err) == 0);
	tq_buf_free(&flat);
	tq_arena_free(&a);
	return 0;
}
