/* lib/work/handler/simulate.c -- see simulate.h. */
#include "work/handler/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/json.h"

int
tq_simulate_parse(struct tq_simulate *s, struct tq_span payload, double rate,
    struct tq_err *err)
{
	struct tq_span v;
	double seconds;

	s->ms = 1000;
	s->seconds = tq_span_of("1");
	s->failure_rate = rate;
	if (payload.n == 0 || tq_json_kind(payload) != TQ_JSON_OBJECT)
		return 0;
	if (tq_json_get(payload, "seconds", &v)) {
		if (!tq_json_num(v, &seconds) ||
		    !(seconds >= 0 && seconds <= 1e8))
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "\"seconds\" must be a number from 0");
		s->ms = (int64_t)(seconds * 1000 + 0.5);
		s->seconds = v;
	}
	if (tq_json_get(payload, "failure_rate", &v)) {
		if (!tq_json_num(v, &s->failure_rate) ||
		    !(s->failure_rate >= 0 && s->failure_rate <= 1))
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "\"failure_rate\" must be 0 to 1");
	}
	return 0;
}

bool
tq_simulate_rate(const char *s, double *rate)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !(v >= 0 && v <= 1))
		return false;
	*rate = v;
	return true;
}

bool
tq_simulate_fails(double rate, uint64_t rnd)
{
	/* 53 bits: what a double holds exactly; [0, 1). */
	return (double)(rnd >> 11) * 0x1p-53 < rate;
}

struct tq_span
tq_simulate_result(const struct tq_simulate *s, struct tq_arena *a)
{
	static const char head[] = "{\"seconds\":";
	size_t n = sizeof(head) - 1;
	char *p = tq_arena_alloc(a, n + s->seconds.n + 2);

	memcpy(p, head, n);
	memcpy(p + n, s->seconds.p, s->seconds.n);
	p[n + s->seconds.n] = '}';
	return (struct tq_span){ p, n + s->seconds.n + 1 };
}
