/* lib/task/id.h -- task ids: UUIDv7 of our own, UUIDv8 from what is given. */
#ifndef TQ_ID_H
#define TQ_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TQ_UUID_TEXT	37	/* 36 characters and NUL */

/*
 * Makes UUIDv7 (RFC 9562 section 5.7) that grow within one process even when
 * the clock stands still or steps back: the 12 bits of rand_a count, and
 * carry into the time.  Zeroed is ready.
 */
struct tq_idgen {
	uint64_t	last_ms;
	unsigned	count;
};

/*
 * tq_id_new(g, now_ms, rnd, out): the next id; ${rnd} is 64 fresh random
 * bits.
 */
void tq_id_new(struct tq_idgen *g, int64_t now_ms, uint64_t rnd,
    char out[TQ_UUID_TEXT]);

/*
 * tq_id_of_key(queue, key, n, out):
 * The id of an idempotent submit: UUIDv8 (RFC 9562 section 5.8) of the first
 * 16 bytes of SHA-256("tq1" || len32(queue) || queue || key), len32 big
 * endian; version and variant bits set over them.
 */
void tq_id_of_key(const char *queue, const char *key, size_t n,
    char out[TQ_UUID_TEXT]);

/*
 * tq_id_of_message(queue, message_id, out):
 * The id of the task that a message of others becomes (tq-work --adopt), the
 * same each time it is delivered: as above, of SHA-256("tq1-adopt" ||
 * len32(queue) || queue || message_id).  No key has the same: there a length
 * below 2^24 follows "tq1", and so a NUL.
 */
void tq_id_of_message(const char *queue, const char *message_id,
    char out[TQ_UUID_TEXT]);

/*
 * tq_id_of_hook(queue, id, out):
 * The id of the task that tells of the end of task ${id} (task/hook.h): as
 * above, of SHA-256("tq1-hook" || len32(queue) || queue || id).
 */
void tq_id_of_hook(const char *queue, const char *id,
    char out[TQ_UUID_TEXT]);

/* Canonical lower-case text <-> 16 bytes; parse is false for other text. */
void tq_uuid_text(const uint8_t raw[16], char out[TQ_UUID_TEXT]);
bool tq_uuid_parse(const char *s, uint8_t raw[16]);

#endif
