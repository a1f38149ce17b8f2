/* lib/util/time.h -- durations and points in time, as text and back. */
#ifndef TQ_TIME_H
#define TQ_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TQ_SECOND_MS	INT64_C(1000)
#define TQ_MINUTE_MS	(60 * TQ_SECOND_MS)
#define TQ_HOUR_MS	(60 * TQ_MINUTE_MS)
#define TQ_DAY_MS	(24 * TQ_HOUR_MS)
#define TQ_TIME_TEXT	32	/* room for any formatted time or duration */

/*
 * tq_duration_parse(s, ms):
 * "90s", "15m", "1h30m", "3d", "250ms", "1.5s": one or more number+unit
 * pairs (ms s m h d w), largest first is not required.  A bare number is
 * refused, but "0" is zero.  Up to 100 years.  Returns 0 or -1.
 */
int tq_duration_parse(const char *s, int64_t *ms);

/* tq_duration_text(ms, out): "1h30m", "12s", "250ms": at most two units. */
const char *tq_duration_text(int64_t ms, char out[TQ_TIME_TEXT]);

/* tq_time_text(ms, out): RFC 3339 UTC with milliseconds; "" for 0. */
const char *tq_time_text(int64_t ms, char out[TQ_TIME_TEXT]);

/*
 * tq_time_parse(s, now_ms, ms):
 * RFC 3339 (a zone is required; +0100 will do, too), "@EPOCH" (seconds, may
 * have a fraction), or "HH:MM" in local time: the next such moment after
 * ${now_ms}.  Within the years 1970 to 9999.  Returns 0 or -1.
 */
int tq_time_parse(const char *s, int64_t now_ms, int64_t *ms);

/*
 * tq_time_parse_past(s, now_ms, ms):
 * As it, for what has been, as filters ask: "HH:MM" is the last such moment, and
 * a duration is so long ago.
 */
int tq_time_parse_past(const char *s, int64_t now_ms, int64_t *ms);

#endif
