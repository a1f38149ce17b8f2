/* lib/store/aws/wait.c -- sleeping until something changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/aws/aws.h"

#define NAP_MIN_MS	200
#define NAP_MAX_MS	2000
#define PAUSED_NAP_MS	250
#define PAUSED_LOOK_MS	2000
#define FULL_NAP_MS	100

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

static int
nap(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	return nanosleep(&ts, NULL) == -1 && errno == EINTR ? -1 : 0;
}

/*
 * A paused queue is not received from.  Nobody rings when it is resumed: so
 * its control record is to be looked at now and then.
 */
static int
wait_paused(struct aq *s, uint64_t bell, int64_t end)
{
	int64_t now = tq_boot_ms(s->base.env), look = now + PAUSED_LOOK_MS;

	for (; now < end; now = tq_boot_ms(s->base.env)) {
		if (now >= look ||
		    atomic_load(&s->wakes) != (unsigned)bell)
			return 1;
		nap(end - now < PAUSED_NAP_MS ? end - now : PAUSED_NAP_MS);
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
	if (aq_queue(s, queue)->paused)
		return wait_paused(s, bell, end);
	if ((p = poller(s, err)) == NULL)
		return -1;
	while (rc == 0 && (left = end - tq_boot_ms(st->env)) > 0) {
		if (atomic_load(&s->wakes) != (unsigned)bell) {
			rc = 1;
			break;
		}
		if (aq_queue(s, queue)->full) {
			/* What comes could not be claimed; those who claim
			   look by themselves. */
			rc = nap(left < FULL_NAP_MS ? left : FULL_NAP_MS);
			continue;
		}
		rc = aq_poll(s, p->a, queue, left, &why);
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

static int
look(struct aq *s, const struct tq_ref *refs, size_t n, struct tq_arena *a,
    struct tq_task **out, struct tq_err *err)
{
	static struct tq_task gone;	/* id NULL: tq_is_gone() */
	struct aq_job *jobs = tq_arena_alloc(a, (n + 1) * sizeof(*jobs));
	int changed = 0;
	size_t i;

	for (i = 0; i < n; i++)
		jobs[i].id = refs[i].id;
	if (aq_fetch(s, jobs, n, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		out[i] = NULL;
		if (jobs[i].found && refs[i].rev != 0 &&
		    jobs[i].rec.t.rev == refs[i].rev)
			continue;
		out[i] = jobs[i].found ? &jobs[i].rec.t : &gone;
		changed++;
	}
	return changed;
}

int
aq_wait_ids(struct tq_store *st, const struct tq_ref *refs, size_t n,
    int64_t timeout_ms, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms, left;
	int64_t ms = NAP_MIN_MS;
	struct tq_arena mem = TQ_ARENA_INIT;
	int rc;

	for (;;) {
		/* Only what changed is worth the caller's memory. */
		rc = look(s, refs, n, &mem, out, err);
		if (rc > 0)
			rc = look(s, refs, n, a, out, err);
		tq_arena_free(&mem);
		if (rc != 0)
			return rc;
		if ((left = end - tq_boot_ms(st->env)) <= 0 ||
		    nap(left < ms ? left : ms) == -1)
			return 0;
		ms = 2 * ms < NAP_MAX_MS ? 2 * ms : NAP_MAX_MS;
	}
}
