/*
 * lib/work/handler/room.h -- memory that all slots share.  Pure.
 *
 * Each slot has a share of it, an equal part, for which it need not ask: a
 * task that gets by with it runs at once.  One that needs more has to wait
 * until others have ended.
 */
#ifndef TQ_ROOM_H
#define TQ_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct tq_room {
	uint64_t	total;
	uint64_t	share;		/* of a slot */
	uint64_t	used;
};

/* tq_room_init(r, total, slots): ${total} bytes for ${slots} slots. */
void tq_room_init(struct tq_room *r, uint64_t total, int slots);

/* tq_room_fits(r, bytes): could that be had with nobody else in the room? */
bool tq_room_fits(const struct tq_room *r, uint64_t bytes);

/* tq_room_take(r, bytes): take it, or false, nothing taken: not now. */
bool tq_room_take(struct tq_room *r, uint64_t bytes);

/* tq_room_give(r, bytes): give back what was taken. */
void tq_room_give(struct tq_room *r, uint64_t bytes);

#endif
