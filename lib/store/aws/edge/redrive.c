/* lib/store/aws/edge/redrive.c -- dead and cancelled tasks wait again. */
#include "store/aws/edge/edge.h"

struct redriving {
	const struct tq_ref	*refs;
	struct tq_answer	*out;
	struct tq_arena		*a;
};

static enum aq_do
decide_redrive(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct redriving *c = arg;
	struct aq_rec *r = &ups[i].rec;
	int64_t now = aq_now(s);
	struct tq_turned turned;
	bool expired;

	if (!aq_ref_ok(&ups[i], c->refs[i].rev, &c->out[i]))
		return AQ_NOTHING;
	if (r->unblock_owed)
		return aq_pay_word(s, ups[i].id, NULL) >= 0 ? AQ_AGAIN :
		    AQ_NOTHING;
	expired = tq_turn_expire(&r->t, now, c->a);
	r->t.waits = r->open.n > 0;
	turned = tq_turn_redrive(&r->t, now);
	if (turned.write && r->t.status == TQ_BLOCKED)
		r->look_owed = AQ_LOOK_AGAIN;
	c->out[i] = (struct tq_answer){ turned.code, r->t.status };
	return aq_turned(s, r, expired, turned, now);
}

int
aq_redrive_all(struct aq *s, const struct tq_ref *refs, size_t n,
    struct aq_update *ups, struct tq_answer *out, struct tq_arena *a,
    struct tq_err *err)
{
	struct aq_update **wrote = tq_arena_alloc(a, (n + 1) * sizeof(*wrote));
	const char **looks = tq_arena_alloc(a, (n + 1) * sizeof(*looks));
	size_t i, m = 0, nlooks = 0;
	struct redriving c = { refs, out, a };
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = refs[i].id;
	rc = aq_update(s, ups, n, decide_redrive, &c, a, err);
	for (i = 0; i < n; i++) {
		if (!ups[i].wrote || out[i].code != TQ_OK)
			continue;
		if (out[i].status == TQ_BLOCKED)
			looks[nlooks++] = ups[i].id;
		else
			wrote[m++] = &ups[i];
	}
	aq_doorbells_send(s, wrote, m, a, NULL);
	aq_pay_looks(s, looks, nlooks, NULL);	/* or the sweep does */
	return rc;
}

int
aq_redrive_back(struct aq *s, const struct tq_ref *ref)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update up = { .done = false };
	struct tq_answer out = { .code = TQ_OK };
	int rc = aq_redrive_all(s, ref, 1, &up, &out, &a, NULL);

	tq_arena_free(&a);
	return rc;
}
