/* lib/store/move_mark.c -- the label of tasks on their way; see move_parts.h. */
#include "store/move_parts.h"

#include <stdio.h>
#include <string.h>

#include "util/hash.h"
#include "util/json.h"

#define LABELS_MAX	(64 * 1024)

void
tq_move_mark(struct tq_move *m)
{
	uint8_t sum[TQ_SHA256_LEN];

	tq_sha256_text(tq_store_name(m->to), sum);
	tq_hex(sum, 8, m->mark);
}

int
tq_move_marked(const struct tq_move *m, const struct tq_task *t, bool *held,
    struct tq_arena *a)
{
	struct tq_span v, text;

	if (t->labels.n == 0 || !tq_json_get(t->labels, TQ_MOVE_LABEL, &v) ||
	    !tq_json_str(v, a, &text))
		return 0;
	*held = tq_span_eq(text, tq_arena_fmt(a, "held-%s", m->mark));
	return *held || tq_span_eq(text, tq_arena_fmt(a, "waits-%s",
	    m->mark)) ? 1 : -1;
}

struct tq_span
tq_move_labels(const struct tq_move *m, const struct tq_task *t, bool mark,
    struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(LABELS_MAX);
	struct tq_span key, v, out = TQ_SPAN_NONE;
	struct tq_json_iter it;

	tq_buf_chr(&b, '{');
	if (t->labels.n > 0)
		for (it = tq_json_iter(t->labels); tq_json_next(&it, &key,
		    &v); )
			if (!tq_json_key_is(key, TQ_MOVE_LABEL))
				tq_buf_fmt(&b, "%s\"%.*s\":%.*s",
				    b.len > 1 ? "," : "", (int)key.n, key.p,
				    (int)v.n, v.p);
	if (mark)
		tq_json_member_str(&b, TQ_MOVE_LABEL, tq_arena_fmt(a, "%s-%s",
		    t->held ? "held" : "waits", m->mark));
	tq_buf_chr(&b, '}');
	if (b.len > 2)
		out = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return out;
}
