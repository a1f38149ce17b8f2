/* lib/work/handler/room.c -- see room.h. */
#include "work/handler/room.h"

void
tq_room_init(struct tq_room *r, uint64_t total, int slots)
{
	*r = (struct tq_room){ .total = total,
	    .share = total / (uint64_t)slots };
}

bool
tq_room_fits(const struct tq_room *r, uint64_t bytes)
{
	return bytes <= r->total;
}

bool
tq_room_take(struct tq_room *r, uint64_t bytes)
{
	if (bytes > r->total - r->used)
		return false;
	r->used += bytes;
	return true;
}

void
tq_room_give(struct tq_room *r, uint64_t bytes)
{
	r->used -= bytes;
}
