/* lib/store/aws/wait.c -- sleeping until something changes. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/message/message.h"

#define REST_MS		100	/* between two looks at records, at least */
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
		aq_nap(end - now < PAUSED_NAP_MS ? end - now : PAUSED_NAP_MS);
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
			rc = aq_nap(left < FULL_NAP_MS ? left :
			    FULL_NAP_MS) == -1;
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

/* FNV-1a over the ids and revs; *${fresh}: one was not seen yet. */
static uint64_t
question(const struct tq_ref *refs, size_t n, bool *fresh)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const char *p;
	size_t i;

	*fresh = false;
	for (i = 0; i < n; i++) {
		for (p = refs[i].id; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
		h = (h ^ refs[i].rev) * UINT64_C(1099511628211);
		*fresh |= refs[i].rev == 0;
	}
	return h;
}

int
aq_wait_ids(struct tq_store *st, const struct tq_ref *refs, size_t n,
    int64_t timeout_ms, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct aq_rhythm *r = &s->waits;
	int64_t end = tq_boot_ms(st->env) + timeout_ms;
	struct tq_arena mem = TQ_ARENA_INIT;
	bool fresh;
	uint64_t asked = question(refs, n, &fresh);
	int rc = 0;

	r->min_ms = REST_MS;
	if (asked != s->waits_for)
		aq_look_sooner(r);
	s->waits_for = asked;
	if (n > 0)
		memset(out, 0, n * sizeof(struct tq_task *));
	do {
		if (!fresh && timeout_ms > 0 && !aq_rest(s, r, end))
			break;
		/* Only what changed is worth the caller's memory. */
		rc = look(s, refs, n, &mem, out, err);
		if (rc > 0)
			rc = look(s, refs, n, a, out, err);
		tq_arena_free(&mem);
		aq_looked(s, r, rc == 0);
		fresh = false;
	} while (rc == 0 && tq_boot_ms(st->env) < end);
	return rc;
}
