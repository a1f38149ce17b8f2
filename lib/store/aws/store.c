/* lib/store/aws/store.c -- open, close, and the table of verbs. */
#include <stdlib.h>

#include "store/aws/aws.h"
#include "store/aws/blob/blob.h"
#include "store/aws/claim/claim.h"
#include "store/aws/edge/edge.h"
#include "store/aws/record/control.h"
#include "store/aws/setup/setup.h"
#include "store/aws/sweep/sweep.h"
#include "util/module.h"
#include "util/str.h"

/* The states that the verbs' files keep of each queue. */
static void
free_parts(struct aq *s)
{
	struct aq_queue *q;

	for (q = s->queues; q != NULL; q = q->next) {
		aq_chores_free(q);
		aq_orphans_free(q);
		aq_deferred_free(q);
		aq_looks_free(q);
		aq_control_forget(q);
	}
}

void
aq_close(struct tq_store *st)
{
	struct aq *s = aq_of(st);

	aq_payer_end(s);
	aq_buffer_return(s);
	aq_pollers_free(s);
	aq_deletes_flush(s);
	free(s->deletes.v);
	aq_leases_free(s);
	aq_seen_free(s->follow.seen);
	free_parts(s);
	aq_free(s);
}

TQ_EXPORT extern const struct tq_store_ops tq_aws_ops;
const struct tq_store_ops tq_aws_ops = {
	.scheme = "aws:", .asked = true, .open = aq_open, .close = aq_close,
	.submit = aq_submit, .queue = aq_has_queue, .no_queue = aq_no_queue,
	.extend = aq_extend, .finish = aq_finish,
	.get = aq_get, .list = aq_list, .count = aq_count,
	.rates = aq_rates,
	.push = aq_push,
	.wait_ready = aq_wait_ready, .wake = aq_wake,
	.wait_ids = aq_wait_ids, .wait_changes = aq_wait_changes,
	.cancel = aq_cancel, .redrive = aq_redrive, .purge = aq_purge,
	.edit = aq_edit, .parents = aq_parents, .children = aq_children,
	 .foreign = aq_foreign, .control_get = aq_control_get,
	.control_list = aq_control_list, .control_set = aq_control_set,
	.present = aq_present, .workers = aq_workers, .sweep = aq_sweep,
	.blob_tmp = aq_blob_tmp, .blob_put = aq_blob_put,
	.blob_get = aq_blob_get, .blob_del = aq_blob_del,
	.blob_url = aq_blob_url, .offer = aq_offer,
	.offered = aq_offered, .init = aq_init, .doctor = aq_doctor,
	.policy = aq_policy,
	.template = aq_template,
};

int
aq_open(const char *url, const struct tq_env *env, enum tq_open how,
    struct tq_store **out, struct tq_err *err)
{
	struct aq *s;

	/* Nothing is made but by init, and what is missing the verbs say. */
	(void)how;
	if (aq_new(url, env, 0, aq_explain, &s, err) == -1)
		return -1;
	if (aq_table_ours(s, NULL, err) == -1) {
		aq_free(s);
		return -1;
	}
	s->base.ops = &tq_aws_ops;
	*out = &s->base;
	return 0;
}
