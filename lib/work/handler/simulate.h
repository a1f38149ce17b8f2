/* lib/work/handler/simulate.h -- what a simulate task asks for.  Pure. */
#ifndef TQ_SIMULATE_H
#define TQ_SIMULATE_H

#include "util/buf.h"

struct tq_err;

#define TQ_FAILURE_RATE	0.3

struct tq_simulate {
	int64_t		ms;
	struct tq_span	seconds;	/* as the payload says it */
	double		failure_rate;	/* 0..1 */
};

/*
 * tq_simulate_parse(s, payload, rate, err):
 * Read {"seconds": 1, "failure_rate": 0.3}; both may be missing: 1, and
 * ${rate}.  Fails with stage parse, TQ_E_DATA.  s->seconds is borrowed.
 */
int tq_simulate_parse(struct tq_simulate *s, struct tq_span payload,
    double rate, struct tq_err *err);

/* tq_simulate_rate(s, rate): a number from 0 to 1, or false. */
bool tq_simulate_rate(const char *s, double *rate);

/* tq_simulate_fails(rate, rnd): the toss, with 64 random bits. */
bool tq_simulate_fails(double rate, uint64_t rnd);

/* tq_simulate_result(s, a): {"seconds":1}. */
struct tq_span tq_simulate_result(const struct tq_simulate *s,
    struct tq_arena *a);

#endif
