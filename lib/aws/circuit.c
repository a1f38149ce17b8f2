/* lib/aws/circuit.c -- see circuit.h. */
#include "aws/circuit.h"

bool
tq_circuit_admits(struct tq_circuit *c, int64_t now)
{
	if (c->since_ms == 0)
		return true;
	if (now < c->next_ms)
		return false;
	c->next_ms = now + TQ_CIRCUIT_PROBE_MS;
	return true;
}

void
tq_circuit_answered(struct tq_circuit *c, int64_t now)
{
	*c = (struct tq_circuit){ .answered_ms = now };
}

bool
tq_circuit_silent(struct tq_circuit *c, int64_t begun_ms, int tries,
    int64_t now)
{
	bool open = c->since_ms != 0;

	if (c->answered_ms >= begun_ms || (!open && tries < TQ_CIRCUIT_TRIES))
		return false;
	if (!open) {
		c->since_ms = begun_ms;
		c->opened_ms = now;
		c->pause_ms = TQ_CIRCUIT_PAUSE_MS;
	} else if (begun_ms >= c->opened_ms &&
	    c->pause_ms < TQ_CIRCUIT_PAUSE_MAX_MS) {
		c->pause_ms *= 2;	/* it was a probe, not a fellow */
	}
	c->next_ms = now + c->pause_ms;
	return true;
}
