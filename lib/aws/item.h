/*
 * lib/aws/item.h -- DynamoDB items: {"pk": {"S": "a"}, "n": {"N": "1"}}.
 * Written member by member, read in place.  Pure.
 */
#ifndef TQ_AWS_ITEM_H
#define TQ_AWS_ITEM_H

#include <stdint.h>

#include "util/buf.h"

/*
 * Writers.  Each appends a member to the object under construction in ${b};
 * names need no escaping.  tq_item_open(b, NULL) begins an item, with a name
 * it begins a map in one; tq_item_close() ends either.
 */
void tq_item_open(struct tq_buf *b, const char *name);
void tq_item_close(struct tq_buf *b, const char *name);
void tq_item_str(struct tq_buf *b, const char *name, struct tq_span s);
void tq_item_text(struct tq_buf *b, const char *name, const char *s);
void tq_item_int(struct tq_buf *b, const char *name, int64_t n);
void tq_item_num(struct tq_buf *b, const char *name, const char *decimal);
void tq_item_bin(struct tq_buf *b, const char *name, struct tq_span bytes);
/* As text where that can hold it (UTF-8 without NUL), else as binary. */
void tq_item_bytes(struct tq_buf *b, const char *name, struct tq_span s);
void tq_item_bool(struct tq_buf *b, const char *name, bool v);
void tq_item_null(struct tq_buf *b, const char *name);

/* A list of strings; NULL ends it. */
void tq_item_list(struct tq_buf *b, const char *name,
    const char *const *strings);

/* A typed value as it came ({"S": "a"}). */
void tq_item_raw(struct tq_buf *b, const char *name, struct tq_span typed);

/*
 * Readers.  ${item} is the object's text, checked JSON.  They return false
 * (or NULL), with the out-parameter unchanged, when there is no such
 * attribute or it is of another type.
 */
bool tq_item_get(struct tq_span item, const char *name,
    struct tq_span *typed);
bool tq_item_get_str(struct tq_span item, const char *name,
    struct tq_arena *mem, struct tq_span *out);
const char *tq_item_get_text(struct tq_span item, const char *name,
    struct tq_arena *mem);
/* Whole numbers of 64 bits; "12.0" and "1E3" are whole. */
bool tq_item_get_int(struct tq_span item, const char *name, int64_t *out);
/* The decimal text, 38 digits perhaps. */
const char *tq_item_get_num(struct tq_span item, const char *name,
    struct tq_arena *mem);
bool tq_item_get_bin(struct tq_span item, const char *name,
    struct tq_arena *mem, struct tq_span *out);
bool tq_item_get_bool(struct tq_span item, const char *name, bool *out);
bool tq_item_is_null(struct tq_span item, const char *name);
/* A map, to be read as an item. */
bool tq_item_get_map(struct tq_span item, const char *name,
    struct tq_span *out);
/* A list of strings: NULL-terminated, in ${mem}; other members are left out. */
const char **tq_item_get_list(struct tq_span item, const char *name,
    struct tq_arena *mem);

/*
 * tq_item_size(item): the bytes that DynamoDB counts, of which every 1,024 that
 * are begun cost a unit of each write: names and texts in UTF-8, a number a byte
 * for two digits and one more (DynamoDB Developer Guide, "Item sizes and
 * formats").
 */
size_t tq_item_size(struct tq_span item);

/*
 * The same of a typed value ({"S": "a"}), as tq_item_get() and a walk through
 * an item give it; TQ_SPAN_NONE is of no type.
 */
bool tq_item_as_str(struct tq_span typed, struct tq_arena *mem,
    struct tq_span *out);
bool tq_item_as_int(struct tq_span typed, int64_t *out);
bool tq_item_as_bin(struct tq_span typed, struct tq_arena *mem,
    struct tq_span *out);
bool tq_item_as_bool(struct tq_span typed, bool *out);
bool tq_item_as_map(struct tq_span typed, struct tq_span *out);

#endif
