/* cmd/tq-status/watch_rate.h -- how fast tasks end, seen from counts.  Pure. */
#ifndef TQ_WATCH_RATE_H
#define TQ_WATCH_RATE_H

#include "status.h"

/* Of all queues and types; zeroed before the first use. */
struct watch_rates {
	struct watch_pace	*v;	/* malloc'd */
	size_t			 n;
};

/*
 * watch_rates_see(r, rows, n, now):
 * Note the counts of ${rows} at ${now} (boot clock, ms), and set the speed of
 * each: tasks ended a second within the last minute, or since the first look;
 * -1 while that is less than two seconds ago.  What a retention or a purge
 * took away is no task that un-ended.
 */
void watch_rates_see(struct watch_rates *r, struct tq_facts_row *rows, size_t n,
    int64_t now);
void watch_rates_free(struct watch_rates *r);

/* watch_eta_ms(waiting, speed): how long until ${waiting} tasks have ended at
   this speed; -1: unknown, for nothing moves. */
int64_t watch_eta_ms(uint64_t waiting, double speed);

/* watch_speed_text(speed, out): "12/s", "34/m", "5/h"; "" when unknown or 0. */
const char *watch_speed_text(double speed, char out[16]);

/* watch_number_text(n, width, out): "1234567", or "1.2M" where that is wider
   than ${width}, at least 4. */
const char *watch_number_text(uint64_t n, int width, char out[24]);

#endif
