/* lib/store/aws/wait.c -- sleeping until one of some records changes. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/message/message.h"

#define REST_MS		100	/* between two looks at records, at least */

static int
look(struct aq *s, const struct tq_ref *refs, size_t n, struct tq_arena *a,
    struct tq_task **out, struct tq_err *err)
{
	static struct tq_task gone;	/* id NULL: tq_is_gone() */
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	int changed = 0;
	size_t i;

	for (i = 0; i < n; i++)
		ups[i].id = refs[i].id;
	if (aq_fetch(s, ups, n, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		out[i] = NULL;
		if (ups[i].found)
			tq_turn_expire(&ups[i].rec.t, aq_now(s), a);
		if (ups[i].found && refs[i].rev != 0 &&
		    ups[i].rec.t.rev == refs[i].rev)
			continue;
		out[i] = ups[i].found ? &ups[i].rec.t : &gone;
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
	struct aq_interval *r = &s->wait.interval;
	int64_t end = tq_boot_ms(st->env) + timeout_ms;
	struct tq_arena mem = TQ_ARENA_INIT;
	bool fresh;
	uint64_t asked = question(refs, n, &fresh);
	int rc = 0;

	r->min_ms = REST_MS;
	if (asked != s->wait.refs)
		aq_poll_sooner(r);
	s->wait.refs = asked;
	if (n > 0)
		memset(out, 0, n * sizeof(struct tq_task *));
	do {
		if (!fresh && timeout_ms > 0 && !aq_poll_wait(s, r, end))
			break;
		/* Only what changed is worth the caller's memory. */
		rc = look(s, refs, n, &mem, out, err);
		if (rc > 0)
			rc = look(s, refs, n, a, out, err);
		tq_arena_free(&mem);
		aq_polled(s, r, rc == 0);
		fresh = false;
	} while (rc == 0 && tq_boot_ms(st->env) < end);
	return rc;
}
