/*
 * lib/store/aws/message/poll.c -- the long poll: sleeping until a message
 * comes.
 */
#include <stdlib.h>

#include "store/aws/message/message.h"

#define PAUSED_SLEEP_MS	250
#define PAUSED_POLL_MS	2000	/* between looks at a paused queue's control */
#define FULL_SLEEP_MS	100
#define REST_MIN_MS	1000
#define REST_MAX_MS	16000	/* then until no stranger is due */

/* The long poll of one thread. */
struct aq_poller {
	struct aq_poller *next;
	struct tq_aws	*a;
	atomic_bool	 busy;
};

void
aq_poll_claimed(struct aq_queue *q, int64_t lease_ms, bool paused)
{
	q->poll.lease_ms = lease_ms;
	q->poll.paused = paused;
}

void
aq_poll_full(struct aq_queue *q, bool full)
{
	q->poll.full = full;
}

void
aq_poll_strangers(struct aq_queue *q, int64_t boot)
{
	bool long_enough = q->poll.rest_ms >= REST_MAX_MS;

	q->poll.rest_ms = q->poll.rest_ms == 0 ? REST_MIN_MS :
	    2 * q->poll.rest_ms;
	if (q->poll.rest_ms > REST_MAX_MS)
		q->poll.rest_ms = REST_MAX_MS;
	q->poll.rest_until = long_enough ? INT64_MAX : boot + q->poll.rest_ms;
}

void
aq_poll_no_strangers(struct aq_queue *q)
{
	q->poll.rest_ms = 0;
	q->poll.rest_until = 0;
}

bool
aq_poll_resting(const struct aq_queue *q, int64_t boot)
{
	return boot < q->poll.rest_until;
}

/* The visibility timeout that the next claim will want. */
static int64_t
lease_ms(const struct aq_queue *q)
{
	int64_t ms = q->poll.lease_ms;

	return ms != 0 ? ms : TQ_LEASE_MS;
}

/* A long poll that no other thread uses; NULL with ${err}. */
static struct aq_poller *
poller(struct aq *s, struct tq_err *err)
{
	struct aq_poller *p;
	bool idle;

	for (p = atomic_load(&s->pollers); p != NULL; p = p->next) {
		idle = false;
		if (atomic_compare_exchange_strong(&p->busy, &idle, true))
			return p;
	}
	p = tq_must(calloc(1, sizeof(*p)));
	atomic_init(&p->busy, true);
	if (tq_aws_sibling(s->a, &p->a, err) == -1) {
		free(p);
		return NULL;
	}
	/* They are only ever added: tq_store_wake() walks without a lock. */
	p->next = atomic_load(&s->pollers);
	while (!atomic_compare_exchange_weak(&s->pollers, &p->next, p))
		;
	return p;
}

/*
 * A paused queue is not received from.  Nobody rings when it is resumed: so
 * its control record is to be looked at now and then.
 */
static int
wait_paused(struct aq *s, uint64_t bell, int64_t end)
{
	int64_t now = tq_boot_ms(s->base.env), look = now + PAUSED_POLL_MS;

	for (; now < end; now = tq_boot_ms(s->base.env)) {
		if (now >= look ||
		    atomic_load(&s->wakes) != (unsigned)bell)
			return 1;
		aq_sleep(
		    end - now < PAUSED_SLEEP_MS ? end - now : PAUSED_SLEEP_MS);
	}
	return 0;
}

int
aq_wait_ready(struct tq_store *st, const char *queue, uint64_t bell,
    int64_t timeout_ms, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms, left;
	struct tq_err why = TQ_ERR_INIT;
	struct aq_poller *p;
	int rc = 0;

	if (timeout_ms <= 0)
		return atomic_load(&s->wakes) != (unsigned)bell;
	if (aq_queue(s, queue)->poll.paused || aq_pushed(s))
		return wait_paused(s, bell, end);
	if ((p = poller(s, err)) == NULL)
		return -1;
	while (rc == 0 && (left = end - tq_boot_ms(st->env)) > 0) {
		if (atomic_load(&s->wakes) != (unsigned)bell) {
			rc = 1;
			break;
		}
		if (aq_poll_resting(aq_queue(s, queue),
		    tq_boot_ms(st->env))) {
			rc = aq_sleep(left < FULL_SLEEP_MS ? left :
			    FULL_SLEEP_MS) == -1;
			if (!aq_poll_resting(aq_queue(s, queue),
			    tq_boot_ms(st->env)))
				rc = 1;		/* the index, first of all */
			continue;
		}
		if (aq_queue(s, queue)->poll.full) {
			/* Nothing that comes could be claimed; those who
			   claim look by themselves. */
			rc = aq_sleep(left < FULL_SLEEP_MS ? left :
			    FULL_SLEEP_MS) == -1;
			continue;
		}
		rc = aq_receive_one(s, p->a, queue, left,
		    lease_ms(aq_queue(s, queue)), &why);
		if (rc == -1 && why.code == TQ_E_INTR)
			rc = 1;
	}
	atomic_store(&p->busy, false);
	if (rc == -1 && err != NULL)
		*err = why;
	return rc > 0 ? 1 : rc;
}

void
aq_wake(struct tq_store *st)
{
	struct aq *s = aq_of(st);
	struct aq_poller *p;

	atomic_fetch_add(&s->wakes, 1);
	for (p = atomic_load(&s->pollers); p != NULL; p = p->next)
		if (atomic_load(&p->busy))
			tq_aws_wake(p->a);
}

void
aq_pollers_free(struct aq *s)
{
	struct aq_poller *p;

	while ((p = atomic_load(&s->pollers)) != NULL) {
		atomic_store(&s->pollers, p->next);
		tq_aws_free(p->a);
		free(p);
	}
}
