/* tests/unit/test_time.c -- durations and points in time. */
#include "t.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/env.h"
#include "util/time.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static void
test_duration(void)
{
	static const struct {
		const char	*s;
		int64_t		 ms;
	} rows[] = {
		{ "0", 0 }, { "0s", 0 }, { "90s", 90000 }, { "15m", 900000 },
		{ "1h30m", 5400000 }, { "30m1h", 5400000 },
		{ "1.5s", 1500 }, { "250ms", 250 }, { "3d", 259200000 },
		{ "2w", 1209600000 }, { "1m1ms", 60001 }, { "1ms1m", 60001 },
		{ "0.25h", 900000 }, { "1s1s", 2000 }, { "007s", 7000 },
		{ "1.5ms", 2 }, { "36525d", 36525 * TQ_DAY_MS },
		{ "1w2d3h4m5s6ms", 788645006 },
	};
	static const char *const bad[] = {
		"", "5", "1.5", "-1s", "+1s", "1x", "1..5s", "1.2.3s", "1e3s",
		"1 s", " 1s", "1s ", "s", "ms", ".5s", "1.s", "1S", "1M",
		"1min", "1hm", "1h30", "00", "1s,2m", "36526d", "101000w",
		"99999999999999999999999s", "1y", "1\xc2\xb5s", "1h-30m",
		"0x1s", "1s\n", "inf", "nans",
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		ms = -77;
		T_INT(tq_duration_parse(rows[i].s, &ms), 0);
		if (ms != rows[i].ms)
			T_FAIL("\"%s\" is %" PRId64, rows[i].s, ms);
	}
	for (i = 0; i < ROWS(bad); i++) {
		ms = -77;
		if (tq_duration_parse(bad[i], &ms) != -1 || ms != -77)
			T_FAIL("\"%s\" is taken", bad[i]);
	}
}

static void
test_duration_text(void)
{
	static const struct {
		int64_t		 ms;
		const char	*want;
	} rows[] = {
		{ 0, "0ms" }, { -5, "0ms" }, { 1, "1ms" }, { 999, "999ms" },
		{ 1000, "1s" }, { 1999, "1s" }, { 12000, "12s" },
		{ 59999, "59s" }, { 60000, "1m" }, { 61000, "1m1s" },
		{ 5400000, "1h30m" }, { 3601000, "1h" }, { 90061000, "1d1h" },
		{ 86400000, "1d" }, { 36525 * TQ_DAY_MS, "36525d" },
	};
	char out[TQ_TIME_TEXT];
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		T_STR(tq_duration_text(rows[i].ms, out), rows[i].want);
}

static void
test_text(void)
{
	char out[TQ_TIME_TEXT];

	T_STR(tq_time_text(INT64_C(1769824800123), out),
	    "2026-01-31T02:00:00.123Z");
	T_STR(tq_time_text(INT64_C(1709164800000), out),
	    "2024-02-29T00:00:00.000Z");
	T_STR(tq_time_text(1, out), "1970-01-01T00:00:00.001Z");
	T_STR(tq_time_text(INT64_C(253402300799999), out),
	    "9999-12-31T23:59:59.999Z");
	T_STR(tq_time_text(INT64_C(253402300800000), out), "");
	T_STR(tq_time_text(INT64_MAX, out), "");
	T_STR(tq_time_text(0, out), "");
	T_STR(tq_time_text(-1, out), "");
}

/* The first and the last second of each day, until the calendar repeats. */
static void
test_every_day(void)
{
	char want[TQ_TIME_TEXT], out[TQ_TIME_TEXT];
	struct tm tm;
	time_t t;

	for (t = 1; t < INT64_C(13569465600); t += t % 86400 == 86399 ? 1 :
	    86399 - t % 86400) {
		T_MUST(gmtime_r(&t, &tm) != NULL);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.042Z", &tm);
		if (strcmp(tq_time_text(t * 1000 + 42, out), want) != 0) {
			T_FAIL("%s is shown as %s", want, out);
			return;
		}
	}
}

static void
test_rfc3339(void)
{
	static const struct {
		const char	*s;
		int64_t		 ms;
	} rows[] = {
		{ "2026-01-31T02:00:00Z", 1769824800000 },
		{ "2026-01-31t02:00:00z", 1769824800000 },
		{ "2026-01-31 02:00:00Z", 1769824800000 },
		{ "2026-01-31T03:00:00+01:00", 1769824800000 },
		{ "2026-01-31T03:00:00+0100", 1769824800000 },
		{ "2026-01-31T01:30:00-0030", 1769824800000 },
		{ "2026-01-30T16:30:00-09:30", 1769824800000 },
		{ "2026-01-31T02:00:00-00:00", 1769824800000 },
		{ "2026-02-01T01:59:00+23:59", 1769824800000 },
		{ "2026-01-31T02:00:00.1Z", 1769824800100 },
		{ "2026-01-31T02:00:00.123Z", 1769824800123 },
		{ "2026-01-31T02:00:00.1239999999999Z", 1769824800123 },
		{ "2026-01-31T03:00:00.05+01:00", 1769824800050 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2000-02-29T12:34:56Z", 951827696000 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "9999-12-31T23:59:59Z", 253402300799000 },
		/* Leap seconds, where they happen. */
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "2017-01-01T00:59:60+01:00", 1483228800000 },
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		ms = -77;
		if (tq_time_parse(rows[i].s, 0, &ms) != 0 ||
		    ms != rows[i].ms)
			T_FAIL("\"%s\" is %" PRId64, rows[i].s, ms);
	}
}

static void
test_refused(void)
{
	static const char *const bad[] = {
		"", "now", "tomorrow", "2026-01-31", "2026-01-31T02:00:00",
		"2026-01-31T02:00Z", "2026-01-31T02:00:00 Z",
		"2026-01-31T02:00:00.Z", "2026-01-31T02:00:00+1",
		"2026-01-31T02:00:00+010", "2026-01-31T02:00:00+24:00",
		"2026-01-31T02:00:00+01:60", "2026-01-31T02:00:00Zx",
		"2026-01-31T02:00:00Z ", " 2026-01-31T02:00:00Z",
		"2026-1-31T02:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-01-31T24:00:00Z", "2026-01-31T02:60:00Z",
		"2026-01-31T02:00:61Z", "2026-01-31T02:00:00,5Z",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
		"10000-01-01T00:00:00Z", "-2026-01-31T02:00:00Z",
		"@", "@x", "@-1", "@+1", "@ 1", "@1 ", "@1e3", "@1..5",
		"@1.2.3", "@.5", "@0x10", "@253402300800", "@99999999999999999",
		"24:00", "12:60", "1:30", "12-30", "12:3x", "+1:30", " 1:30",
		"12:30Z", "12:30:00",
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < ROWS(bad); i++) {
		ms = -77;
		if (tq_time_parse(bad[i], 0, &ms) != -1 || ms != -77)
			T_FAIL("\"%s\" is taken as %" PRId64, bad[i], ms);
	}
}

static void
test_epoch(void)
{
	int64_t ms;

	T_INT(tq_time_parse("@0", 5, &ms), 0);
	T_INT(ms, 0);
	T_INT(tq_time_parse("@1769824800", 0, &ms), 0);
	T_INT(ms, INT64_C(1769824800000));
	T_INT(tq_time_parse("@1769824800.123", 0, &ms), 0);
	T_INT(ms, INT64_C(1769824800123));
	T_INT(tq_time_parse("@1769824800.5", 0, &ms), 0);
	T_INT(ms, INT64_C(1769824800500));
	T_INT(tq_time_parse("@253402300799", 0, &ms), 0);
	T_INT(ms, INT64_C(253402300799000));
}

static void
test_round_trip(void)
{
	static const int64_t rows[] = {
		1, 999, 1000, 951827696000, 1709164800000, 1769824800123,
		4102444799999, 253402300799999,
	};
	char text[TQ_TIME_TEXT];
	int64_t ms;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		ms = -1;
		T_INT(tq_time_parse(tq_time_text(rows[i], text), 0, &ms), 0);
		T_INT(ms, rows[i]);
	}
}

/*
 * In Berlin (its rules, so that no zone files are needed); the seconds were
 * computed with Python's zoneinfo.
 */
static void
test_clock(void)
{
	static const struct {
		int64_t		 now;
		const char	*s;
		int64_t		 then;
	} rows[] = {
		/* 2026-01-31 22:30: later today, now, and past midnight */
		{ 1769895000, "23:00", 1769896800 },
		{ 1769895000, "06:00", 1769922000 },
		{ 1769895000, "22:30", 1769981400 },
		/* Summer time: the day has 23 hours, there is no 02:30. */
		{ 1774735200, "06:00", 1774756800 },
		{ 1774735200, "03:30", 1774747800 },
		{ 1774735200, "02:30", 1774747800 },
		/* Winter time: the day has 25 hours and 02:30 twice. */
		{ 1792875600, "06:00", 1792904400 },
		{ 1792875600, "02:30", 1792888200 },
		{ 1792888200, "02:30", 1792891800 },
		{ 1792891800, "02:30", 1792978200 },
	};
	int64_t ms;
	size_t i;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (i = 0; i < ROWS(rows); i++) {
		ms = -77;
		if (tq_time_parse(rows[i].s, rows[i].now * 1000, &ms) != 0 ||
		    ms != rows[i].then * 1000)
			T_FAIL("%s after %" PRId64 " is %" PRId64 ", not %"
			    PRId64, rows[i].s, rows[i].now, ms / 1000,
			    rows[i].then);
	}
	/* Within the minute it is over, to the millisecond. */
	T_INT(tq_time_parse("23:00", INT64_C(1769896799999), &ms), 0);
	T_INT(ms, INT64_C(1769896800000));
	T_INT(tq_time_parse("23:00", INT64_C(1769896800001), &ms), 0);
	T_INT(ms, INT64_C(1769983200000));
	setenv("TZ", "UTC", 1);
	tzset();
	T_INT(tq_time_parse("00:00", INT64_C(1769824800123), &ms), 0);
	T_INT(ms, INT64_C(1769904000000));
}

/* For filters. */
static void
test_past(void)
{
	static const struct {
		int64_t		 now;
		const char	*s;
		int64_t		 then;
	} rows[] = {
		{ 1769895000, "23:00", 1769810400 },
		{ 1769895000, "06:00", 1769835600 },
		{ 1769895000, "22:30", 1769895000 },
		/* After days of 23 and 25 hours. */
		{ 1774758600, "06:00", 1774756800 },
		{ 1792904399, "06:00", 1792814400 },
		{ 1769895000, "2h", 1769887800 },
		{ 1769895000, "@1769982000", 1769982000 },
		{ 1769895000, "2026-01-31T02:00:00Z", 1769824800 },
	};
	int64_t ms;
	size_t i;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (i = 0; i < ROWS(rows); i++) {
		ms = -77;
		if (tq_time_parse_past(rows[i].s, rows[i].now * 1000, &ms) !=
		    0 || ms != rows[i].then * 1000)
			T_FAIL("%s before %" PRId64 " is %" PRId64 ", not %"
			    PRId64, rows[i].s, rows[i].now, ms / 1000,
			    rows[i].then);
	}
	T_INT(tq_time_parse_past("yesterday", 0, &ms), -1);
	setenv("TZ", "UTC", 1);
	tzset();
}

/* In a child: it is read once. */
static void
test_boot_id(void)
{
	const struct rlimit none = { 0, 0 };
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		setrlimit(RLIMIT_NOFILE, &none);
		_exit(strcmp(tq_env_system.boot_id(NULL), "no-boot-id") != 0);
	}
	T_INT(waitpid(pid, &status, 0), pid);
	T_INT(status, 0);
	T_INT(strlen(tq_env_system.boot_id(NULL)), 36);
}

T_MAIN(
    { "duration: pairs of number and unit, or refused", test_duration },
    { "duration: shown with at most two units", test_duration_text },
    { "time: shown as RFC 3339 in UTC with milliseconds", test_text },
	{ "time: every day from 1970 to 2399 is the C library's", test_every_day },
    { "time: RFC 3339 with zones, fractions and leap days", test_rfc3339 },
    { "time: what is no point in time is refused", test_refused },
    { "time: @EPOCH, also with a fraction", test_epoch },
    { "time: what is shown is read back", test_round_trip },
    { "time: HH:MM is the next such moment, over midnight and DST",
      test_clock },
    { "time: in the past it is the last one, and a duration is so long ago",
      test_past },
    { "boot: its name is the kernel's, or one that says there is none",
      test_boot_id },
)
