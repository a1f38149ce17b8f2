/* lib/util/time.c -- see time.h. */
#include "util/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define YEARS_100_MS	(36525 * TQ_DAY_MS)
#define LAST_SECOND	INT64_C(253402300799)	/* of the year 9999 */

static const struct unit {
	const char	*name;
	int64_t		 ms;
} units[] = {
	{ "w", 7 * TQ_DAY_MS }, { "d", TQ_DAY_MS }, { "h", TQ_HOUR_MS },
	{ "ms", 1 }, { "m", TQ_MINUTE_MS }, { "s", TQ_SECOND_MS },
};

static const struct unit *
unit_find(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n &&
		    strncmp(units[i].name, s, n) == 0)
			return &units[i];
	return NULL;
}

int
tq_duration_parse(const char *s, int64_t *ms)
{
	const struct unit *u;
	double v, total = 0;
	char num[24];
	size_t n;

	if (strcmp(s, "0") == 0) {
		*ms = 0;
		return 0;
	}
	if (*s == '\0')
		return -1;
	while (*s != '\0') {
		n = strspn(s, "0123456789.");
		if (n == 0 || n >= sizeof(num) || s[0] == '.' ||
		    s[n - 1] == '.' ||
		    memchr(s, '.', n) != memrchr(s, '.', n))
			return -1;
		memcpy(num, s, n);
		num[n] = '\0';
		v = strtod(num, NULL);
		s += n;
		n = strspn(s, "wdhms");
		/* "1h30m": the unit's letters end where the next digit is. */
		if ((u = unit_find(s, n)) == NULL)
			return -1;
		s += n;
		total += v * (double)u->ms;
		if (total > (double)YEARS_100_MS)
			return -1;
	}
	*ms = (int64_t)(total + 0.5);
	return 0;
}

const char *
tq_duration_text(int64_t ms, char out[TQ_TIME_TEXT])
{
	static const struct unit show[] = {
		{ "d", TQ_DAY_MS }, { "h", TQ_HOUR_MS }, { "m", TQ_MINUTE_MS },
		{ "s", TQ_SECOND_MS }, { "ms", 1 },
	};
	size_t i, len;
	int64_t rest;

	if (ms < 0)
		ms = 0;
	for (i = 0; i < 4 && ms < show[i].ms; i++)
		;
	snprintf(out, TQ_TIME_TEXT, "%lld%s", (long long)(ms / show[i].ms),
	    show[i].name);
	rest = i < 3 ? ms % show[i].ms / show[i + 1].ms : 0;
	if (rest > 0) {
		len = strlen(out);
		snprintf(out + len, TQ_TIME_TEXT - len, "%lld%s",
		    (long long)rest, show[i + 1].name);
	}
	return out;
}

/* ${n} digits, and what comes behind them. */
static void
put_digits(char *at, int n, int v, char behind)
{
	at[n] = behind;
	for (; n > 0; v /= 10)
		at[--n] = (char)('0' + v % 10);
}

/*
 * "YYYY-MM-DDT" of the day ${n} after 1970-01-01.  gmtime_r() takes a lock of
 * the whole process, for time zones.  Years begin in March here, so that a leap
 * day is the last of its year, and of its 400 years of 146,097 days.
 */
static void
put_date(int n, char *out)
{
	int since = n + 719468;		/* days since March 1 of the year 0 */
	int day = since % 146097, year, month;

	/* Taken out: the leap days of every 4th year, but 100th, but 400th. */
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;	/* from March on: five months, 153 days */
	day -= (153 * month + 2) / 5;
	year += since / 146097 * 400 + (month >= 10);
	put_digits(out, 4, year, '-');
	put_digits(out + 5, 2, month < 10 ? month + 3 : month - 9, '-');
	put_digits(out + 8, 2, day + 1, 'T');
}

const char *
tq_time_text(int64_t ms, char out[TQ_TIME_TEXT])
{
	int of_day = (int)(ms % TQ_DAY_MS);

	out[0] = '\0';
	if (ms <= 0 || ms / 1000 > LAST_SECOND)
		return out;
	/* Each record has five of them: snprintf() is slow for that. */
	put_date((int)(ms / TQ_DAY_MS), out);
	put_digits(out + 11, 2, of_day / (int)TQ_HOUR_MS, ':');
	put_digits(out + 14, 2, of_day / (int)TQ_MINUTE_MS % 60, ':');
	put_digits(out + 17, 2, of_day / 1000 % 60, '.');
	put_digits(out + 20, 3, of_day % 1000, 'Z');
	out[24] = '\0';
	return out;
}

static int
digits(const char **s, int n, int min, int max, int *out)
{
	int v = 0, i;

	for (i = 0; i < n; i++) {
		if ((*s)[i] < '0' || (*s)[i] > '9')
			return -1;
		v = v * 10 + ((*s)[i] - '0');
	}
	if (v < min || v > max)
		return -1;
	*s += n;
	*out = v;
	return 0;
}

static int
literal(const char **s, char c)
{
	if (**s != c)
		return -1;
	(*s)++;
	return 0;
}

/* ".123456" -> 123; a missing fraction is 0. */
static int
fraction_ms(const char **s, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (**s != '.')
		return 0;
	(*s)++;
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*ms += scale * (**s - '0');
		scale /= 10;
	}
	return 0;
}

/* "Z", "+01:00" or, as ISO 8601 has it too, "+0100" -> minutes east. */
static int
zone(const char **s, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (**s == 'Z' || **s == 'z') {
		(*s)++;
		return 0;
	}
	if (**s != '+' && **s != '-')
		return -1;
	sign = **s == '-' ? -1 : 1;
	(*s)++;
	if (digits(s, 2, 0, 23, &h))
		return -1;
	if (**s == ':')
		(*s)++;
	if (digits(s, 2, 0, 59, &m))
		return -1;
	*minutes = sign * (h * 60 + m);
	return 0;
}

static int
parse_rfc3339(const char *s, int64_t *ms)
{
	struct tm tm = { 0 }, back;
	int year, mon, sec, frac, east;
	int64_t at;

	if (digits(&s, 4, 1970, 9999, &year) || literal(&s, '-') ||
	    digits(&s, 2, 1, 12, &mon) || literal(&s, '-') ||
	    digits(&s, 2, 1, 31, &tm.tm_mday))
		return -1;
	if (*s != 'T' && *s != 't' && *s != ' ')
		return -1;
	s++;
	if (digits(&s, 2, 0, 23, &tm.tm_hour) || literal(&s, ':') ||
	    digits(&s, 2, 0, 59, &tm.tm_min) || literal(&s, ':') ||
	    digits(&s, 2, 0, 60, &sec) || fraction_ms(&s, &frac) ||
	    zone(&s, &east) || *s != '\0')
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = mon - 1;
	back = tm;
	/* Without the seconds: 23:59:60 is the next day's start to timegm. */
	at = (int64_t)timegm(&back) + sec - east * 60;
	if (back.tm_mday != tm.tm_mday)		/* 31 February */
		return -1;
	if (at < 0 || at > LAST_SECOND)
		return -1;
	*ms = at * 1000 + frac;
	return 0;
}

/*
 * The first moment after ${now} at which clocks show h:m on the day of
 * ${day}.  When summer time ends they show it twice (isdst 1, then 0); when
 * it starts perhaps never: then mktime's choice, an hour off, will do.
 */
static time_t
clock_on(const struct tm *day, int h, int m, time_t now)
{
	static const int isdst[] = { 1, 0, -1 };
	struct tm tm;
	time_t t;
	size_t i;

	for (i = 0; i < sizeof(isdst) / sizeof(isdst[0]); i++) {
		tm = *day;
		tm.tm_hour = h;
		tm.tm_min = m;
		tm.tm_sec = 0;
		tm.tm_isdst = isdst[i];
		t = mktime(&tm);
		if (t > now && (isdst[i] == -1 ||
		    (tm.tm_hour == h && tm.tm_min == m)))
			return t;
	}
	return -1;
}

static int
parse_clock(const char *s, int64_t now_ms, int64_t *ms)
{
	time_t now = (time_t)(now_ms / 1000), t;
	struct tm tm;
	int h, m;

	if (digits(&s, 2, 0, 23, &h) || literal(&s, ':') ||
	    digits(&s, 2, 0, 59, &m) || *s != '\0' ||
	    localtime_r(&now, &tm) == NULL)
		return -1;
	if ((t = clock_on(&tm, h, m, now)) == -1) {
		tm.tm_mday++;
		t = clock_on(&tm, h, m, now);
	}
	if (t == -1)
		return -1;
	*ms = (int64_t)t * 1000;
	return 0;
}

int
tq_time_parse(const char *s, int64_t now_ms, int64_t *ms)
{
	double sec;
	char *end;

	if (s[0] == '@') {
		if (s[1] < '0' || s[1] > '9' ||
		    strspn(s + 1, "0123456789.") != strlen(s + 1))
			return -1;
		sec = strtod(s + 1, &end);
		if (*end != '\0' || sec > (double)LAST_SECOND)
			return -1;
		*ms = (int64_t)(sec * 1000 + 0.5);
		return 0;
	}
	if (strlen(s) == 5)
		return parse_clock(s, now_ms, ms);
	return parse_rfc3339(s, ms);
}

int
tq_time_parse_past(const char *s, int64_t now_ms, int64_t *ms)
{
	int64_t ago, next;

	if (tq_duration_parse(s, &ago) == 0) {
		*ms = now_ms - ago;
		return 0;
	}
	/* A day has up to 25 hours, and as few as 23: the last of two. */
	if (tq_time_parse(s, now_ms - 26 * TQ_HOUR_MS, &next) == -1)
		return -1;
	do
		*ms = next;
	while (tq_time_parse(s, *ms, &next) == 0 && next > *ms &&
	    next <= now_ms);
	return 0;
}
