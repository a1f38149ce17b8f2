/*
 * tests/fuzz/fuzz_time.c -- any string through the parsers of durations and
 * times.
 *
 * Beyond "no crash": what is taken is within its range, what is refused
 * leaves the result alone, and what is shown is read back.
 */
#include "fuzz.h"

#include "util/time.h"

#define NOW	INT64_C(1769824800123)
#define UNSET	INT64_C(-77)

static void
check_duration(const char *s)
{
	int64_t ms = UNSET, again = UNSET;
	char text[TQ_TIME_TEXT];

	if (tq_duration_parse(s, &ms) == -1) {
		MUST(ms == UNSET);
		return;
	}
	MUST(ms >= 0 && ms <= 36525 * TQ_DAY_MS);
	MUST(tq_duration_parse(tq_duration_text(ms, text), &again) == 0);
	MUST(again <= ms && again >= ms - TQ_HOUR_MS);
}

static void
check_time(const char *s)
{
	int64_t ms = UNSET, again = UNSET;
	char text[TQ_TIME_TEXT];

	if (tq_time_parse(s, NOW, &ms) == -1) {
		MUST(ms == UNSET);
		return;
	}
	MUST(ms >= 0);
	if (ms == 0)
		return;
	MUST(tq_time_parse(tq_time_text(ms, text), NOW, &again) == 0);
	MUST(again == ms);
	if (strlen(s) == 5 && s[2] == ':')
		MUST(ms > NOW && ms <= NOW + 26 * TQ_HOUR_MS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = fuzz_string(data, n);

	check_duration(s);
	check_time(s);
	free(s);
	return 0;
}
