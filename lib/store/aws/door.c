/* lib/store/aws/door.c -- where claims come from: messages and the index. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim.h"
#include "task/doorbell.h"
#include "util/json.h"

#define LOOK	25	/* index entries looked at when no message came */

/* Our JSON: {v, taskId, type}. */
static struct tq_message
parse(const struct aq_msg *in, struct tq_arena *a)
{
	struct tq_message m = { .v = 1, .message_id = in->id,
	    .received_at = in->received_at, .receives = (int)in->receives };
	struct tq_span text = tq_span_of(in->body), v, id, type;
	int64_t n;

	if (!in->intact || tq_json_check(text, NULL) == -1 ||
	    tq_json_kind(text) != TQ_JSON_OBJECT ||
	    !tq_json_get(text, "taskId", &v) || !tq_json_str(v, a, &id) ||
	    !tq_json_get(text, "type", &v) || !tq_json_str(v, a, &type) ||
	    !tq_name_ok(id.p))
		return m;
	m.readable = true;
	m.task_id = id.p;
	if (tq_json_get(text, "v", &v) && tq_json_int(v, &n))
		m.v = (int)n;
	if (tq_json_get(text, "dead", &v) && tq_json_int(v, &n))
		m.dead = (uint64_t)n;
	return m;
}

/* Do what the verdict says; true when the record may be claimed. */
static bool
obey(struct claiming *c, const struct tq_ring *ring, struct cand *k)
{
	const char *queue = c->req->queue;
	struct tq_ref ref = { .id = k->job.id };
	struct tq_answer answer;

	switch (ring->what) {
	case TQ_RING_CLAIM:
		return true;
	case TQ_RING_TAKE_OVER:
		k->over = true;
		return aq_wants(c->req, k->job.rec.t.type);
	case TQ_RING_HIDE:
	case TQ_RING_KEEP:
		aq_hide(c->s, queue, false, k->msg->receipt, ring->hide_ms);
		return false;
	case TQ_RING_DELETE:
		aq_unsend(c->s, queue, false, k->msg->receipt);
		return false;
	case TQ_RING_FINISH_MOVE:
		aq_bury(c->s, &k->job.rec.t, k->msg->receipt);
		return false;
	case TQ_RING_REDRIVE:
		ref.rev = k->job.rec.t.rev;
		if (aq_redrive(&c->s->base, &ref, 1, &answer, NULL) == 0)
			aq_unsend(c->s, queue, false, k->msg->receipt);
		return false;
	case TQ_RING_FOREIGN:
		aq_bury_foreign(c->s, queue, k->msg, ring->reason);
	}
	return false;
}

/* The message of ${k}: what does it mean? */
static bool
answer_door(struct claiming *c, const struct tq_message *m, struct cand *k)
{
	const struct tq_task *t = k->job.found ? &k->job.rec.t : NULL;
	struct tq_at_door door = { .put_off = m->receives - 1 };
	struct tq_ring ring;

	if (t != NULL && k->job.rec.v > TQ_TASK_VERSION) {
		aq_hide(c->s, c->req->queue, false, k->msg->receipt, 30000);
		return false;
	}
	door.no_handler = t != NULL && !aq_wants(c->req, t->type);
	/* A lease of another host's clock gets its margin. */
	ring = tq_doorbell(m, t, &door, t != NULL && t->status == TQ_RUNNING ?
	    c->now - AQ_MARGIN_MS : c->now);
	if (ring.what == TQ_RING_HIDE && t != NULL &&
	    (TQ_BIT(t->status) & TQ_WAITING) != 0)
		aq_next(c->got, aq_due(t) > c->now ? aq_due(t) : c->now +
		    ring.hide_ms);
	return obey(c, &ring, k);
}

/* Messages that this claim has no use for wait for the next. */
static void
put_back(struct aq *s, struct aq_msg *m)
{
	pthread_mutex_lock(&s->lock);
	m->kept = true;
	m->next = s->stash;
	s->stash = m;
	pthread_mutex_unlock(&s->lock);
}

/* Read the records behind ${msgs}; ${cands} gets those that may be claimed. */
static int
sort_out(struct claiming *c, struct aq_msg **msgs, size_t n,
    struct cand *cands, size_t *ncands, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct tq_message *m = tq_arena_alloc(a, (n + 1) * sizeof(*m));
	struct aq_job *jobs = tq_arena_alloc(a, (n + 1) * sizeof(*jobs));
	size_t i, k;

	for (i = 0; i < n; i++) {
		m[i] = parse(msgs[i], a);
		jobs[i] = (struct aq_job){ .id = m[i].readable ?
		    m[i].task_id : "-", .done = !m[i].readable };
	}
	if (aq_fetch(c->s, jobs, n, a, err) == -1)
		return -1;
	*ncands = 0;
	for (i = 0; i < n; i++) {
		struct cand *one = &cands[*ncands];

		*one = (struct cand){ .job = jobs[i], .msg = msgs[i] };
		one->job.done = false;
		for (k = 0; k < *ncands; k++)
			if (strcmp(cands[k].job.id, one->job.id) == 0)
				break;
		if (k < *ncands)	/* rung twice */
			aq_unsend(c->s, c->req->queue, false,
			    msgs[i]->receipt);
		else if (answer_door(c, &m[i], one))
			++*ncands;
	}
	return 0;
}

/* Take over the first that can be; those the rule ends are ended. */
static int
take_over(struct claiming *c, struct cand *cands, size_t n,
    struct tq_err *err)
{
	size_t i;

	for (i = 0; i < n && c->got->n == 0; i++) {
		cands[i].chosen = true;
		if (cands[i].over && aq_claim_cands(c, &cands[i], 1, 1, err) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
claim_or_take_over(struct claiming *c, struct cand *cands, size_t n,
    struct tq_err *err)
{
	size_t i, live = 0;

	for (i = 0; i < n; i++)
		if (cands[i].over && c->got->n == 0 &&
		    take_over(c, &cands[i], 1, err) == -1)
			return -1;
	if (c->got->n == 0) {
		struct cand *rest = tq_arena_alloc(c->got->arena,
		    (n + 1) * sizeof(*rest));

		for (i = 0; i < n; i++)
			if (!cands[i].over)
				rest[live++] = cands[i];
		aq_sort_cands(rest, live);
		if (aq_claim_cands(c, rest, live, c->req->n, err) == -1)
			return -1;
		for (i = 0; i < live; i++)
			if (!rest[i].chosen && c->got->limited)
				aq_hide(c->s, c->req->queue, false,
				    rest[i].msg->receipt, 30000);
		return 0;
	}
	for (i = 0; i < n; i++)
		if (!cands[i].chosen && cands[i].msg != NULL) {
			put_back(c->s, cands[i].msg);
			cands[i].msg = NULL;
		}
	return 0;
}

int
aq_claim_messages(struct claiming *c, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	size_t max = c->req->n, n = 0, ncands = 0, i;
	struct aq_msg **msgs = tq_arena_alloc(a, (max + 1) * sizeof(*msgs));
	struct cand *cands = tq_arena_alloc(a, (max + 1) * sizeof(*cands));
	int rc;

	rc = aq_receive(c->s, c->req->queue, max, c->req->lease_ms, msgs, &n,
	    err);
	if (rc == 0)
		rc = sort_out(c, msgs, n, cands, &ncands, err);
	if (rc == 0)
		rc = claim_or_take_over(c, cands, ncands, err);
	for (i = 0; i < n; i++)
		if (!msgs[i]->kept)
			aq_msg_free(msgs[i]);
	return rc;
}

/* Read up to LOOK entries of a status as jobs; the caller filters. */
static int
look(struct claiming *c, enum tq_status status, struct aq_entry **e,
    size_t *n, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_query q = { .gsi = aq_gsi(c->req->queue, status, a),
	    .limit = c->req->n > LOOK ? (int64_t)c->req->n : LOOK };
	bool more;

	return aq_query(c->s, &q, a, e, n, &more, err);
}

int
aq_claim_due(struct claiming *c, struct tq_err *err)
{
	static const enum tq_status statuses[] = { TQ_PENDING, TQ_RETRYING };
	struct tq_arena *a = c->got->arena;
	struct aq_entry *e[2];
	struct aq_job *jobs;
	struct cand *cands;
	size_t n[2], i, k, m = 0, live = 0;

	for (i = 0; i < 2; i++)
		if (look(c, statuses[i], &e[i], &n[i], err) == -1)
			return -1;
	jobs = tq_arena_alloc(a, (n[0] + n[1] + 1) * sizeof(*jobs));
	for (i = 0; i < 2; i++)
		for (k = 0; k < n[i]; k++) {
			if (e[i][k].id == NULL || !aq_wants(c->req,
			    e[i][k].type))
				continue;
			if (e[i][k].due > c->now)
				aq_next(c->got, e[i][k].due);
			else
				jobs[m++] = (struct aq_job){
				    .id = e[i][k].id };
		}
	if (aq_fetch(c->s, jobs, m, a, err) == -1)
		return -1;
	cands = tq_arena_alloc(a, (m + 1) * sizeof(*cands));
	for (i = 0; i < m; i++)
		if (jobs[i].found && jobs[i].rec.v <= TQ_TASK_VERSION &&
		    (TQ_BIT(jobs[i].rec.t.status) & TQ_WAITING) != 0)
			cands[live++] = (struct cand){ .job = jobs[i] };
	aq_sort_cands(cands, live);
	return aq_claim_cands(c, cands, live, c->req->n, err);
}

/* The longest expired first; of several the one that was claimed for first. */
static int
by_lease(const void *va, const void *vb)
{
	const struct tq_task *a = &((const struct cand *)va)->job.rec.t;
	const struct tq_task *b = &((const struct cand *)vb)->job.rec.t;

	if (a->lease_until != b->lease_until)
		return a->lease_until < b->lease_until ? -1 : 1;
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return strcmp(a->id, b->id);
}

int
aq_claim_expired(struct claiming *c, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_entry *e;
	struct aq_job *jobs;
	struct cand *cands;
	const struct tq_task *t;
	size_t n, i, m = 0, live = 0;

	if (look(c, TQ_RUNNING, &e, &n, err) == -1)
		return -1;
	jobs = tq_arena_alloc(a, (n + 1) * sizeof(*jobs));
	for (i = 0; i < n; i++)
		if (e[i].id != NULL && aq_wants(c->req, e[i].type))
			jobs[m++] = (struct aq_job){ .id = e[i].id };
	if (aq_fetch(c->s, jobs, m, a, err) == -1)
		return -1;
	cands = tq_arena_alloc(a, (m + 1) * sizeof(*cands));
	for (i = 0; i < m; i++) {
		t = &jobs[i].rec.t;
		if (!jobs[i].found || t->status != TQ_RUNNING ||
		    jobs[i].rec.v > TQ_TASK_VERSION)
			continue;
		if (t->lease_until + AQ_MARGIN_MS > c->now)
			aq_next(c->got, t->lease_until + AQ_MARGIN_MS);
		else
			cands[live++] = (struct cand){ .job = jobs[i],
			    .over = true };
	}
	if (live > 1)
		qsort(cands, live, sizeof(*cands), by_lease);
	if (take_over(c, cands, live, err) == -1)
		return -1;
	if (c->got->n > 0 && live > 1)	/* there may be more */
		aq_queue(c->s, c->req->queue)->looked_ms = INT64_MIN / 2;
	return 0;
}
