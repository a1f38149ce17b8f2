/* lib/aws/gate.c -- each service's circuit, for all clients; see circuit.h. */
#include "aws/call_inside.h"
#include "util/env.h"

bool
tq_aws_admits(struct tq_aws *a, struct tq_aws_call *c)
{
	struct shared *s = a->s;
	int64_t now = tq_boot_ms(s->env), since, next;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = tq_circuit_admits(&s->circuit[c->service], now);
	since = s->circuit[c->service].since_ms;
	next = s->circuit[c->service].next_ms;
	pthread_mutex_unlock(&s->lock);
	if (yes)
		return true;
	tq_err_set(&c->res.err, TQ_AT_SEND, TQ_E_UNAVAILABLE,
	    "%s: no answer for %lld s; not asked again yet",
	    tq_aws_base(a, c->service), (long long)((now - since) / 1000));
	c->res.err.retryable = true;
	c->err = c->res.err;
	tq_err_prefix(&c->err, "%s", c->what);
	/* A caller that waits for an answer goes on waiting: an error is no
	   reason to ask more often. */
	c->now.due_ms = c->long_poll ? next : 0;
	return false;
}

bool
tq_aws_gives_up(struct tq_aws *a, const struct tq_aws_call *c)
{
	struct shared *s = a->s;
	struct tq_circuit *circuit = &s->circuit[c->service];
	int64_t now = tq_boot_ms(s->env);
	bool open = false;

	pthread_mutex_lock(&s->lock);
	if (c->res.status != 0)
		tq_circuit_answered(circuit, now);
	/* A probe has to say how it ended; refused at once, it cost nothing. */
	else if (c->err.code == TQ_E_TIMEOUT || circuit->since_ms != 0)
		/* A long poll had the time of several tries, and may have begun
		   in the millisecond of the last one's answer. */
		open = tq_circuit_silent(circuit, c->now.begun_ms +
		    c->long_poll, c->long_poll ? TQ_CIRCUIT_TRIES : c->tries, now);
	pthread_mutex_unlock(&s->lock);
	return open;
}

bool
tq_aws_silent(struct tq_aws *a, enum tq_aws_service service)
{
	const struct tq_circuit *c = &a->s->circuit[service];
	int64_t now = tq_boot_ms(a->s->env);
	bool silent;

	pthread_mutex_lock(&a->s->lock);
	silent = c->since_ms != 0 && now < c->next_ms;
	pthread_mutex_unlock(&a->s->lock);
	return silent;
}
