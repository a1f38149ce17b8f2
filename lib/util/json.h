/*
 * lib/util/json.h -- JSON that stays the user's bytes.
 *
 * Payloads are handed on as they came, so we work on spans of the original
 * text: a strict check first (RFC 8259, and what tq asks beyond it), then
 * members are found by position and only small values are decoded (by cJSON,
 * whose one user is json.c).  Every function but tq_json_check() wants
 * text that tq_json_check() has passed.
 */
#ifndef TQ_JSON_H
#define TQ_JSON_H

#include "util/buf.h"

struct tq_err;

enum tq_json_kind {
	TQ_JSON_NONE, TQ_JSON_NULL, TQ_JSON_BOOL, TQ_JSON_NUMBER,
	TQ_JSON_STRING, TQ_JSON_ARRAY, TQ_JSON_OBJECT
};

/*
 * tq_json_check(text, err):
 * Is ${text} one JSON value and nothing else, strictly: valid UTF-8, proper
 * numbers, no unpaired surrogate escapes, nesting at most
 * TQ_JSON_DEPTH_MAX, no object with the same key twice?  Returns 0, or -1
 * with stage parse, TQ_E_DATA and a message with the byte position ("byte
 * 17: ..."), to which the caller adds the subject.
 */
int tq_json_check(struct tq_span text, struct tq_err *err);

/* tq_json_kind(v): what the value is, by its first byte. */
enum tq_json_kind tq_json_kind(struct tq_span v);

/*
 * tq_json_next(it, key, val):
 * Walk an object or array.  ${key} is the raw text between the quotes
 * (NONE for arrays); ${val} the value's exact bytes.  False at the end.
 */
struct tq_json_iter {
	const char	*p, *end;
	bool		 object;
};
struct tq_json_iter tq_json_iter(struct tq_span container);
bool tq_json_next(struct tq_json_iter *it, struct tq_span *key,
    struct tq_span *val);

/*
 * tq_json_key_is(raw, key): is ${raw}, a key from tq_json_next(), the string
 * ${key}, however it is escaped ("gr\u00fcn" is "grün")?
 */
bool tq_json_key_is(struct tq_span raw, const char *key);

/* tq_json_get(obj, key, val): find a member; false when ${obj} has none. */
bool tq_json_get(struct tq_span obj, const char *key, struct tq_span *val);

/*
 * tq_json_str(v, a, out): decode a string value into ${a}; NUL-terminated.
 * False when ${v} is no string or holds \u0000.
 */
bool tq_json_str(struct tq_span v, struct tq_arena *a, struct tq_span *out);

/* tq_json_text(v, a, out): the same for text, in which \u0000 is a NUL. */
bool tq_json_text(struct tq_span v, struct tq_arena *a, struct tq_span *out);

/* Decode a whole number below 2^53 (as all beyond are not exact in a double);
   any number of up to 60 bytes; a bool. */
bool tq_json_int(struct tq_span v, int64_t *out);
bool tq_json_num(struct tq_span v, double *out);
bool tq_json_bool(struct tq_span v, bool *out);

/*
 * tq_json_put_str(b, s): append ${s} as a JSON string, quotes included; bad
 * UTF-8 becomes U+FFFD.
 */
void tq_json_put_str(struct tq_buf *b, struct tq_span s);

/*
 * tq_json_put_flat(b, v): append JSON text on one line: line breaks between
 * tokens (strings can't hold raw ones) become blanks, all else is unchanged.
 */
void tq_json_put_flat(struct tq_buf *b, struct tq_span v);

/*
 * Writers of one member of an object under construction: a comma goes
 * before, unless ${b} ends in '{'.  For keys that need no escaping.
 */
void tq_json_key(struct tq_buf *b, const char *key);
void tq_json_member_str(struct tq_buf *b, const char *key, const char *val);
void tq_json_member_int(struct tq_buf *b, const char *key, int64_t val);
void tq_json_member_bool(struct tq_buf *b, const char *key, bool val);
void tq_json_member_time(struct tq_buf *b, const char *key, int64_t ms);
void tq_json_member_raw(struct tq_buf *b, const char *key, struct tq_span v);

#endif
