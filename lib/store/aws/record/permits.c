/*
 * lib/store/aws/record/permits.c -- the permits of a limit.
 *
 * A limit of N is N items; a claim takes one before it leases a task.  A permit
 * is free when there is no such item or its lease has run out, so no crash can
 * leak one.  (On the wire a permit is a "slot".)
 */
#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"

/* Write a permit, if it is as free as it was seen to be. */
int
aq_permit_write(struct aq *s, const char *pk, const struct tq_task *t,
    int64_t until, int64_t old_until, struct tq_err *err)
{
	static const char *const names[] = { "#u", "until", NULL };
	static const char *const fresh[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_text(&b, "taskId", t->id);
	tq_item_int(&b, "token", (int64_t)t->token + 1);
	tq_item_int(&b, "until", until);
	tq_item_int(&b, "expiresAt", until / 1000 + 86400);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":u", old_until);
	tq_item_close(&v, NULL);
	rc = old_until == 0 ? aq_put(s, tq_buf_span(&b),
	    "attribute_not_exists(#p)", fresh, TQ_SPAN_NONE, err) :
	    aq_put(s, tq_buf_span(&b), "#u = :u", names, tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

void
aq_permit_extend(struct aq *s, const char *permit, const struct tq_task *t,
    int64_t until)
{
	static const char *const names[] = { "#t", "taskId", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(1024);

	if (permit == NULL)
		return;
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", permit);
	tq_item_text(&b, "taskId", t->id);
	tq_item_int(&b, "token", (int64_t)t->token);
	tq_item_int(&b, "until", until);
	tq_item_int(&b, "expiresAt", until / 1000 + 86400);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_text(&v, ":t", t->id);
	tq_item_close(&v, NULL);
	aq_put(s, tq_buf_span(&b), "#t = :t", names, tq_buf_span(&v), NULL);
	tq_buf_free(&b);
	tq_buf_free(&v);
}

void
aq_permit_free(struct aq *s, const char *permit, const char *id)
{
	static const char *const names[] = { "#t", "taskId", NULL };
	struct tq_buf k = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(1024);
	struct tq_ddb_write w = { .table = s->url.table,
	    .condition = "#t = :t" };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DeleteItem" };

	if (permit == NULL)
		return;
	tq_item_open(&k, NULL);
	tq_item_text(&k, "pk", permit);
	tq_item_close(&k, NULL);
	tq_item_open(&v, NULL);
	tq_item_text(&v, ":t", id);
	tq_item_close(&v, NULL);
	w.item = tq_buf_span(&k);
	w.bind = (struct tq_ddb_bind){ names, tq_buf_span(&v) };
	/* One that ran out may be another task's by now. */
	if (tq_ddb_delete(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w,
	    NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
	tq_buf_free(&k);
	tq_buf_free(&v);
}
