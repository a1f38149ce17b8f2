/*
 * tests/fuzz/fuzz_aws_record.c -- any JSON as a message of a queue and as a
 * record of the table, which others may write by hand (docs/wire-format.md).
 *
 * Beyond "no crash": a record that is taken has its names and a state, is shown
 * as one line of JSON, and is read as the same again once it was written.
 */
#include "fuzz.h"

#include "aws/item.h"
#include "store/aws/edge/edge.h"
#include "store/aws/message/message.h"
#include "task/control.h"
#include "task/history.h"
#include "util/json.h"

#define NOW	INT64_C(1769824800000)

static void
judge(struct tq_span text, const struct tq_task *t, struct tq_arena *a)
{
	struct tq_receiver to = { .put_off = 3 };
	struct tq_message m = { .receives = 2, .received_at = NOW };
	struct tq_msg_verdict v;

	m.readable = aq_message_read(text, a, &m);
	if (m.readable)
		MUST(m.task_id != NULL || m.v > TQ_MESSAGE_VERSION);
	v = tq_msg_judge(&m, t, &to, NOW);
	MUST(v.action != TQ_MSG_FOREIGN || v.reason != NULL);
	if (v.action == TQ_MSG_HIDE)
		MUST(v.hide_ms >= 0 && v.hide_ms <= TQ_SQS_HIDE_MAX_MS);
}

static void
show(const struct tq_task *t, struct tq_arena *a)
{
	struct tq_attempt past[TQ_HISTORY_MAX];
	struct tq_buf b = TQ_BUF_INIT(1 << 24);

	tq_task_write(t, &b);
	MUST(!b.failed && tq_json_check(tq_buf_span(&b), NULL) == 0);
	MUST(strpbrk(b.data, "\r\n") == NULL);
	MUST(tq_history_read(t, a, past) <= TQ_HISTORY_MAX);
	tq_task_label(t, "a", "b");
	tq_buf_free(&b);
}

static void
again(const struct aq_rec *r, struct tq_arena *a)
{
	struct tq_buf one = TQ_BUF_INIT(1 << 24), two = TQ_BUF_INIT(1 << 24);
	struct aq_rec same;

	aq_rec_write(r, &one);
	MUST(!one.failed && tq_json_check(tq_buf_span(&one), NULL) == 0);
	MUST(aq_rec_read(tq_buf_span(&one), a, &same));
	MUST(strcmp(same.t.id, r->t.id) == 0);
	MUST(same.t.status == r->t.status && same.t.token == r->t.token);
	MUST(same.t.rev == r->t.rev && same.t.attempts == r->t.attempts);
	MUST(same.shard == r->shard);
	aq_rec_write(&same, &two);
	/* By hand: a kind, and no bytes that are of it. */
	MUST((r->t.payload.p == NULL && r->t.payload_kind != TQ_KIND_NONE) ||
	    (r->t.result.p == NULL && r->t.result_kind != TQ_KIND_NONE) ||
	    (one.len == two.len && memcmp(one.data, two.data, one.len) == 0));
	tq_buf_free(&one);
	tq_buf_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_span text = { (const char *)data, n };
	struct tq_control c = { .queue = "q" };
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_rec r;

	/* As tq_aws_body() has done with each answer; a message's body is text. */
	if (tq_json_check(text, NULL) == -1 ||
	    tq_json_kind(text) != TQ_JSON_OBJECT) {
		judge(text, NULL, &a);
	} else if (aq_rec_read(text, &a, &r)) {
		MUST(r.t.id != NULL && r.t.queue != NULL && r.t.type != NULL);
		MUST((unsigned)r.t.status < TQ_STATUS_MAX);
		judge(text, &r.t, &a);
		show(&r.t, &a);
		again(&r, &a);
		aq_overdue(&r.t, NOW);
		aq_due(&r.t);
	} else {
		judge(text, NULL, &a);
		tq_limits_read(&c, text, &a);
		MUST(c.nlimits <= TQ_LIMITS_PER_QUEUE);
	}
	tq_arena_free(&a);
	return 0;
}
