/* lib/aws/item.c -- see item.h. */
#include "aws/item.h"

#include <string.h>

#include "util/digest.h"
#include "util/json.h"
#include "util/str.h"

void
tq_item_open(struct tq_buf *b, const char *name)
{
	if (name != NULL) {
		tq_json_key(b, name);
		tq_buf_str(b, "{\"M\":");
	}
	tq_buf_chr(b, '{');
}

void
tq_item_close(struct tq_buf *b, const char *name)
{
	tq_buf_str(b, name != NULL ? "}}" : "}");
}

void
tq_item_str(struct tq_buf *b, const char *name, struct tq_span s)
{
	tq_json_key(b, name);
	tq_buf_str(b, "{\"S\":");
	tq_json_put_str(b, s);
	tq_buf_chr(b, '}');
}

void
tq_item_text(struct tq_buf *b, const char *name, const char *s)
{
	tq_item_str(b, name, tq_span_of(s));
}

void
tq_item_int(struct tq_buf *b, const char *name, int64_t n)
{
	tq_json_key(b, name);
	tq_buf_str(b, "{\"N\":\"");
	tq_buf_int(b, n);
	tq_buf_str(b, "\"}");
}

void
tq_item_num(struct tq_buf *b, const char *name, const char *decimal)
{
	tq_json_key(b, name);
	tq_buf_fmt(b, "{\"N\":\"%s\"}", decimal);
}

void
tq_item_bin(struct tq_buf *b, const char *name, struct tq_span bytes)
{
	tq_json_key(b, name);
	tq_buf_str(b, "{\"B\":\"");
	tq_base64_put(b, bytes.p, bytes.n);
	tq_buf_str(b, "\"}");
}

void
tq_item_bytes(struct tq_buf *b, const char *name, struct tq_span s)
{
	/* A NUL would end the string for many a reader: ours refuses it. */
	if (s.n > 0 && (memchr(s.p, '\0', s.n) != NULL || !tq_utf8_valid(s)))
		tq_item_bin(b, name, s);
	else
		tq_item_str(b, name, s);
}

void
tq_item_bool(struct tq_buf *b, const char *name, bool v)
{
	tq_json_key(b, name);
	tq_buf_str(b, v ? "{\"BOOL\":true}" : "{\"BOOL\":false}");
}

void
tq_item_null(struct tq_buf *b, const char *name)
{
	tq_json_key(b, name);
	tq_buf_str(b, "{\"NULL\":true}");
}

void
tq_item_list(struct tq_buf *b, const char *name, const char *const *strings)
{
	const char *const *s;

	tq_json_key(b, name);
	tq_buf_str(b, "{\"L\":[");
	for (s = strings; *s != NULL; s++) {
		tq_buf_str(b, s > strings ? ",{\"S\":" : "{\"S\":");
		tq_json_put_str(b, tq_span_of(*s));
		tq_buf_chr(b, '}');
	}
	tq_buf_str(b, "]}");
}

void
tq_item_raw(struct tq_buf *b, const char *name, struct tq_span typed)
{
	tq_json_member_raw(b, name, typed);
}

bool
tq_item_get(struct tq_span item, const char *name, struct tq_span *typed)
{
	struct tq_span v;

	if (tq_json_kind(item) != TQ_JSON_OBJECT ||
	    !tq_json_get(item, name, &v) ||
	    tq_json_kind(v) != TQ_JSON_OBJECT)
		return false;
	*typed = v;
	return true;
}

/* The value inside {"TYPE": value}. */
static bool
as(struct tq_span typed, const char *type, struct tq_span *out)
{
	return typed.n > 0 && tq_json_get(typed, type, out);
}

static bool
get(struct tq_span item, const char *name, const char *type,
    struct tq_span *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) && as(typed, type, out);
}

bool
tq_item_as_str(struct tq_span typed, struct tq_arena *mem,
    struct tq_span *out)
{
	struct tq_span v;

	return as(typed, "S", &v) && tq_json_str(v, mem, out);
}

bool
tq_item_as_int(struct tq_span typed, int64_t *out)
{
	struct tq_span v;
	char text[48];

	if (!as(typed, "N", &v) || v.n < 3 || v.n - 2 >= sizeof(text))
		return false;
	memcpy(text, v.p + 1, v.n - 2);
	text[v.n - 2] = '\0';
	if (tq_str_int(text, INT64_MIN, INT64_MAX, out) == 0)
		return true;
	/* "12.0", "1E3": read as JSON reads them, exact below 2^53. */
	return tq_json_int((struct tq_span){ v.p + 1, v.n - 2 }, out);
}

bool
tq_item_as_bin(struct tq_span typed, struct tq_arena *mem,
    struct tq_span *out)
{
	struct tq_span v, s;
	unsigned char *raw;
	long n;

	if (!as(typed, "B", &v) || !tq_json_str(v, mem, &s))
		return false;
	raw = tq_arena_alloc(mem, s.n / 4 * 3 + 4);
	if ((n = tq_base64_decode(s.p, s.n, raw)) == -1)
		return false;
	*out = (struct tq_span){ (char *)raw, (size_t)n };
	return true;
}

bool
tq_item_as_bool(struct tq_span typed, bool *out)
{
	struct tq_span v;

	return as(typed, "BOOL", &v) && tq_json_bool(v, out);
}

bool
tq_item_as_map(struct tq_span typed, struct tq_span *out)
{
	struct tq_span v;

	if (!as(typed, "M", &v) || tq_json_kind(v) != TQ_JSON_OBJECT)
		return false;
	*out = v;
	return true;
}

bool
tq_item_get_str(struct tq_span item, const char *name, struct tq_arena *mem,
    struct tq_span *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) &&
	    tq_item_as_str(typed, mem, out);
}

const char *
tq_item_get_text(struct tq_span item, const char *name, struct tq_arena *mem)
{
	struct tq_span s;

	return tq_item_get_str(item, name, mem, &s) ? s.p : NULL;
}

const char *
tq_item_get_num(struct tq_span item, const char *name, struct tq_arena *mem)
{
	struct tq_span v, s;

	return get(item, name, "N", &v) && tq_json_str(v, mem, &s) ? s.p :
	    NULL;
}

bool
tq_item_get_int(struct tq_span item, const char *name, int64_t *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) && tq_item_as_int(typed, out);
}

bool
tq_item_get_bin(struct tq_span item, const char *name, struct tq_arena *mem,
    struct tq_span *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) &&
	    tq_item_as_bin(typed, mem, out);
}

bool
tq_item_get_bool(struct tq_span item, const char *name, bool *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) && tq_item_as_bool(typed, out);
}

bool
tq_item_is_null(struct tq_span item, const char *name)
{
	struct tq_span v;

	return get(item, name, "NULL", &v);
}

bool
tq_item_get_map(struct tq_span item, const char *name, struct tq_span *out)
{
	struct tq_span typed;

	return tq_item_get(item, name, &typed) && tq_item_as_map(typed, out);
}

const char **
tq_item_get_list(struct tq_span item, const char *name, struct tq_arena *mem)
{
	struct tq_span v, key, member, s;
	struct tq_json_iter it;
	const char **list;
	size_t n = 0;

	if (!get(item, name, "L", &v) || tq_json_kind(v) != TQ_JSON_ARRAY)
		return NULL;
	for (it = tq_json_iter(v); tq_json_next(&it, &key, &member);)
		n++;
	list = tq_arena_alloc(mem, (n + 1) * sizeof(*list));
	n = 0;
	for (it = tq_json_iter(v); tq_json_next(&it, &key, &member);)
		if (tq_json_kind(member) == TQ_JSON_OBJECT &&
		    tq_json_get(member, "S", &s) && tq_json_str(s, mem, &s))
			list[n++] = s.p;
	return list;
}

/* A JSON string's bytes, decoded. */
static size_t
text_size(struct tq_span v, struct tq_arena *mem)
{
	struct tq_span s;

	if (v.n >= 2 && memchr(v.p, '\\', v.n) == NULL)
		return v.n - 2;
	return tq_json_str(v, mem, &s) ? s.n : 0;
}

static size_t
number_size(size_t digits)
{
	size_t n = digits / 2 + digits % 2 + 1;

	return n > 21 ? 21 : n;
}

static size_t
value_size(struct tq_span typed, struct tq_arena *mem)
{
	struct tq_json_iter it = tq_json_iter(typed), in;
	struct tq_span type, v, key, member;
	size_t n = 3;

	if (!tq_json_next(&it, &type, &v))
		return 0;
	if (tq_json_key_is(type, "S"))
		return text_size(v, mem);
	if (tq_json_key_is(type, "B"))
		return (v.n - 2) / 4 * 3;
	if (tq_json_key_is(type, "N"))
		return number_size(v.n - 2);
	if (tq_json_key_is(type, "M"))
		return n + tq_item_size(v);
	if (!tq_json_key_is(type, "L"))
		return 1;
	for (in = tq_json_iter(v); tq_json_next(&in, &key, &member); )
		n += 1 + value_size(member, mem);
	return n;
}

size_t
tq_item_size(struct tq_span item)
{
	struct tq_json_iter it = tq_json_iter(item);
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_span key, typed;
	size_t n = 0;

	while (tq_json_next(&it, &key, &typed))
		if (tq_json_kind(typed) == TQ_JSON_OBJECT)
			n += key.n + value_size(typed, &mem);
	tq_arena_free(&mem);
	return n;
}
