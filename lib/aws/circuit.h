/*
 * lib/aws/circuit.h -- a service that does not answer costs its time-out once:
 * while it is known to be silent, calls fail at once (a circuit breaker).
 * Pure: time comes in, milliseconds of a clock that never jumps.
 *
 * Silence is more than a call that timed out: two tries of one call did, or a
 * long poll, which takes as long, and
 * nobody else of the process was answered since that call began.  From then on
 * the circuit is open; now and then one call is let through, and the first
 * answer, whatever it says, closes it.
 */
#ifndef TQ_AWS_CIRCUIT_H
#define TQ_AWS_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#define TQ_CIRCUIT_TRIES	2	/* unanswered, of one call */
#define TQ_CIRCUIT_PAUSE_MS	1000	/* to the first probe; then doubled */
#define TQ_CIRCUIT_PAUSE_MAX_MS	4000
#define TQ_CIRCUIT_PROBE_MS	10000	/* a probe that is never heard of again */

/* Zeroed: closed. */
struct tq_circuit {
	int64_t	answered_ms;	/* the last answer; 0: none yet */
	int64_t	since_ms;	/* when the silence began; 0: closed */
	int64_t	opened_ms;	/* when that was known */
	int64_t	next_ms;	/* open: when a call is let through */
	int64_t	pause_ms;
};

/*
 * tq_circuit_admits(c, now): may a call be sent?  When the circuit is open, the
 * caller that is told yes is the probe, and has to tell how it ended.
 */
bool tq_circuit_admits(struct tq_circuit *c, int64_t now);

/* tq_circuit_answered(c, now): an answer came; also an error is one. */
void tq_circuit_answered(struct tq_circuit *c, int64_t now);

/*
 * tq_circuit_silent(c, begun_ms, tries, now):
 * A call that began at ${begun_ms} had no answer to its ${tries} so far.  Returns
 * whether the circuit is open, so that it is of no use to try again.
 */
bool tq_circuit_silent(struct tq_circuit *c, int64_t begun_ms, int tries,
    int64_t now);

#endif
