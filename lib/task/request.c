/* lib/task/request.c -- see request.h. */
#include "task/request.h"

#include <stdio.h>
#include <string.h>

#include "util/hash.h"

void
tq_submit_id(uint64_t n, char out[TQ_SUBMIT_ID])
{
	uint8_t raw[8];
	int i;

	for (i = 0; i < 8; i++)
		raw[i] = (uint8_t)(n >> (56 - 8 * i));
	tq_hex(raw, sizeof(raw), out);
}

/* Each part with its length in front, so that no two requests run together. */
static void
hash_part(struct tq_sha256 *h, struct tq_span s)
{
	uint8_t len[4] = { (uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16),
	    (uint8_t)(s.n >> 8), (uint8_t)s.n };

	tq_sha256_add(h, len, sizeof(len));
	tq_sha256_add(h, s.p, s.n);
}

void
tq_task_fingerprint(const struct tq_task *t, const char *input_sha256,
    char out[33])
{
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_sha256 h;
	char policy[160];

	snprintf(policy, sizeof(policy), "%d %d %lld %lld %lld %d",
	    (int)t->payload_kind, t->max_attempts, (long long)t->timeout_ms,
	    (long long)t->backoff_ms, (long long)t->backoff_cap_ms, t->prio);
	tq_sha256_init(&h);
	hash_part(&h, tq_span_of("tq-request-1"));
	hash_part(&h, tq_span_of(t->queue));
	hash_part(&h, tq_span_of(t->type));
	hash_part(&h, t->payload);
	hash_part(&h, tq_span_of(input_sha256 != NULL ? input_sha256 :
	    t->input));
	hash_part(&h, t->argv);
	hash_part(&h, t->labels);
	hash_part(&h, tq_span_of(t->group));
	hash_part(&h, tq_span_of(policy));
	/* Only where there are some: what is stored keeps its print. */
	if (t->after.n > 0 || t->after_ended.n > 0) {
		hash_part(&h, t->after);
		hash_part(&h, t->after_ended);
	}
	if (t->notify != NULL)
		hash_part(&h, tq_span_of(t->notify));
	/* A directory that was recorded unasked is no part of it. */
	if (t->chdir || t->env.n > 0) {
		hash_part(&h, tq_span_of(t->chdir ? t->cwd : NULL));
		hash_part(&h, t->env);
	}
	tq_sha256_end(&h, sum);
	tq_hex(sum, 16, out);
}

int
tq_identify(struct tq_task *t, const struct tq_identify *w,
    struct tq_idgen *ids, struct tq_arena *a, struct tq_err *err)
{
	const char *key = w->key;
	char *id;

	if (key != NULL && t->id != NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "taskId and key exclude each other");
	if (t->id != NULL)
		return 0;
	id = tq_arena_alloc(a, TQ_UUID_TEXT);
	t->id = id;
	if (key == NULL) {
		tq_id_new(ids, w->now, w->rnd, id);
		return 0;
	}
	if (w->every > 0)
		key = tq_arena_fmt(a, "%s@%lld", key,
		    (long long)(w->now / w->every));
	tq_id_of_key(t->queue, key, strlen(key), id);
	return 0;
}
