/* lib/store/aws/edge/drop.c -- what is beside a record goes with it. */
#include "aws/dynamodb.h"
#include "store/aws/edge/edge.h"
#include "store/aws/record/table.h"

/* Best effort: what stays is a few bytes that nobody reads. */
static void
drop_items(struct aq *s, const char *const *pks, size_t n, struct tq_arena *a)
{
	struct tq_aws_call calls[AQ_CALLS];
	struct tq_ddb_write w = { .table = s->url.table };
	size_t from, m, i;

	for (from = 0; from < n; from += m) {
		for (m = 0; m < AQ_CALLS && from + m < n; m++) {
			w.item = aq_key_of(pks[from + m], a);
			calls[m] = (struct tq_aws_call){
			    .service = TQ_AWS_DYNAMODB,
			    .what = "dynamodb DeleteItem" };
			tq_ddb_delete(&calls[m].req, tq_aws_base(s->a,
			    TQ_AWS_DYNAMODB), &w, NULL);
		}
		tq_aws_call(s->a, calls, m);
		for (i = 0; i < m; i++)
			tq_aws_call_free(&calls[i]);
	}
}

void
aq_sets_drop(struct aq *s, const struct tq_task *t)
{
	size_t n = aq_sets_of((size_t)t->parents), i;
	struct tq_arena a = TQ_ARENA_INIT;
	const char **pks = tq_arena_alloc(&a, (n + 1) * sizeof(*pks));

	for (i = 0; i < n; i++)
		pks[i] = aq_set_pk(t->id, aq_tag(t), i, &a);
	drop_items(s, pks, n, &a);
	tq_arena_free(&a);
}

void
aq_edges_drop(struct aq *s, const struct aq_rec *r)
{
	size_t n = (size_t)r->t.edges, i;
	struct tq_arena a = TQ_ARENA_INIT;
	const char **pks;

	if (r->t.parents > 0)
		aq_sets_drop(s, &r->t);
	if (n == 0)
		return;
	pks = tq_arena_alloc(&a, n * sizeof(*pks));
	for (i = 0; i < n; i++)
		pks[i] = aq_kids_pk(r->t.id, i, &a);
	drop_items(s, pks, n, &a);
	tq_arena_free(&a);
}
