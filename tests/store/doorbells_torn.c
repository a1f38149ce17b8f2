/*
 * tests/store/doorbells_torn.c -- writes that do not go as they should: of several
 * one fails, or a record is too big; the answer gets lost, and somebody else
 * was there before it is tried again.  And hosts whose clocks differ.
 */
#include "doorbells.h"

#include <sys/mman.h>
#include <unistd.h>

#include "aws/dynamodb.h"
#include "task/id.h"

#define BIG	5000		/* a payload with an item of its own */

static char *
big(char fill)
{
	char *s = tq_arena_alloc(&arena, BIG + 1);

	memset(s, fill, BIG);
	s[0] = s[BIG - 1] = '"';
	return s;
}

/* Is its payload there, and as long as it was? */
static bool
whole(const char *id)
{
	struct tq_task *t = NULL;

	return tq_store_get(w2.st, &id, 1, TQ_WITH_PAYLOAD, &arena, &t,
	    &err) == 0 && t != NULL && t->payload.n == BIG;
}

/* A task with such a payload. */
static struct tq_task
a_big_one(void)
{
	static struct tq_idgen gen;
	struct tq_task t = { .queue = QUEUE, .type = "a",
	    .payload = tq_span_of(big('x')), .payload_kind = TQ_KIND_JSON };
	char id[TQ_UUID_TEXT];

	tq_id_new(&gen, now, tq_random_u64(&env), id);
	t.id = t.submit_id = tq_arena_str(&arena, id);
	return t;
}

static const char *
put_big(void)
{
	struct tq_task t = a_big_one();
	struct tq_submit in = { .task = &t };
	struct tq_submitted out = { .what = TQ_REFUSED };

	T_INT(tq_store_submit(w1.st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	return t.id;
}

static void
no_more(struct host *h)
{
	h->refuse = h->refuse_in = NULL;
}

/* -- one of several fails ------------------------------------------------------ */

static void
others_are_claimed(void)
{
	const char *first = put(), *second = put();
	struct tq_claimed got;

	w2.refuse = "PutItem";
	w2.refuse_in = first;
	got = claim_of(&w2, "a", 2);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, second);
	no_more(&w2);
	T_INT(get(first)->status, TQ_PENDING);
	T_INT(finish(&w2, &got.tasks[0], TQ_COMPLETE, 0).status,
	    TQ_COMPLETED);
}

static void
others_are_rung_for(void)
{
	struct tq_task t[2] = { a_big_one(), a_big_one() };
	struct tq_submit in[2] = { { .task = &t[0] }, { .task = &t[1] } };
	struct tq_submitted out[2];

	w1.refuse = "PutItem";
	w1.refuse_in = tq_arena_fmt(&arena, "t#%s", t[0].id);
	T_INT(tq_store_submit(w1.st, in, 2, out, &err), -1);
	T_INT(get(t[0].id)->status, TQ_STATUS_MAX);
	T_INT(get(t[1].id)->status, TQ_PENDING);
	T_INT(on(MAIN).visible, 1);
	T_OK(whole(t[1].id));
}

/* Ten messages come, the two behind them can't be asked for. */
static void
messages_that_came_are_worked(void)
{
	int i;

	for (i = 0; i < 12; i++)
		put();
	claim(&w2);			/* no look into the index now */
	w2.refuse = "ReceiveMessage";
	w2.refuse_in = "\"MaxNumberOfMessages\":1,";
	T_INT(claim_of(&w2, "a", 11).n, 10);
	T_INT(on(MAIN).visible, 1);
}

/* On the way out, with one request for all. */
static void
messages_are_returned(void)
{
	uint64_t bell = claim_of(&w1, "a", 0).bell;
	int i;

	for (i = 0; i < 3; i++) {
		put();
		T_INT(wait_ready(&w1, bell, MINUTE), 1);
	}
	T_INT(on(MAIN).visible, 0);
	forget(&w1);
	tq_store_close(w1.st);
	w1.st = NULL;
	T_INT(on(MAIN).visible, 3);
	T_INT(sent(&w1, "ChangeMessageVisibility"), 1);
}

static void
payload_out_of_reach(void)
{
	const char *id = put_big(), *small = put();
	struct tq_claimed got;
	const struct tq_task *t;

	w2.refuse = "GetItem";
	w2.refuse_in = "b#";
	got = claim_of(&w2, "a", 2);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, small);
	T_INT(get(id)->status, TQ_PENDING);
	T_INT(get(id)->attempts, 0);
	T_INT(on(MAIN).visible, 1);
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(t->payload.n, BIG);
	T_INT(finish(&w1, t, TQ_COMPLETE, 0).status, TQ_COMPLETED);
}

/* -- clocks differ --------------------------------------------------------------- */

/* One start a second, whoever's clock is how late. */
static void
rate_of_late_clocks(void)
{
	struct tq_control c = { .queue = QUEUE, .rate = 1 };
	size_t i, n = 0;

	for (i = 0; i < 8; i++)
		put();
	T_INT(tq_store_control_get(w1.st, QUEUE, &arena, &c, &err), 0);
	c.rate = 1;
	T_INT(tq_store_control_set(w1.st, &c, &err), 0);
	host_anew(&w2);
	for (i = 0; i < 4; i++) {
		n += claim_of(&w1, "a", 1).n;
		pass(-300);
		n += claim_of(&w2, "a", 1).n;
		pass(400);
	}
	T_INT(n, 1);
	pass(600);
	T_INT(claim_of(&w1, "a", 1).n, 1);
}

/* Its worker was frozen, and comes back when the slot is another task's. */
static void
slot_of_another(void)
{
	struct tq_control c;
	const struct tq_task *slow, *other;

	put();
	T_INT(tq_store_control_get(w1.st, QUEUE, &arena, &c, &err), 0);
	c.limits[c.nlimits++] = (struct tq_limit){ "a", 1 };
	T_INT(tq_store_control_set(w1.st, &c, &err), 0);
	host_anew(&w2);
	T_MUST((slow = claim(&w1)) != NULL);
	put();
	T_OK(claim(&w2) == NULL);
	pass(LONG_OVER);
	put();
	T_MUST((other = claim(&w2)) != NULL);
	T_OK(strcmp(other->id, slow->id) != 0);
	T_INT(finish(&w1, slow, TQ_COMPLETE, 0).status, TQ_COMPLETED);
	put();
	T_OK(claim(&w1) == NULL);
	T_INT(finish(&w2, other, TQ_COMPLETE, 0).status, TQ_COMPLETED);
	T_OK(claim(&w1) != NULL);
}

/* -- part of a sweep fails ---------------------------------------------------- */

/* The tasks that w2 rings for, though its sweep fails on the way. */
static void
rings_all_the_same(uint64_t want)
{
	struct tq_swept out = { 0 };

	T_INT(tq_store_sweep(w2.st, "w2", true, &out, &err), -1);
	T_INT(out.rung, want);
	no_more(&w2);
}

static void
other_chores_are_done(void)
{
	w1.refuse = "SendMessage";
	put_due("a", 0, TQ_OWED);
	w2.refuse = "Query";
	w2.refuse_in = "\"" QUEUE "#RETRYING#0\"";
	rings_all_the_same(1);
	T_INT(on(MAIN).visible, 1);
}

static void
other_queues_are_swept(void)
{
	const char *other = "other";
	struct tq_init opts = { .queues = &other, .nqueues = 1 };
	struct tq_task t = a_big_one();
	struct tq_submit in = { .task = &t };
	struct tq_submitted out = { .what = TQ_REFUSED };

	T_INT(tq_aws_ops.init(tq_store_name(w1.st), &env, &opts, NULL, NULL,
	    &err), 0);
	t.queue = other;
	w1.refuse = "SendMessage";
	T_INT(tq_store_submit(w1.st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_OWED);
	w2.refuse = "s3";		/* no list of the first one's blobs */
	rings_all_the_same(1);
}

/* -- a record was written by hand ------------------------------------------------ */

/* One without a rev has never been written by tq: the first may number it. */
static void
record_without_rev(void)
{
	const char *id = put(), *purged = put();
	struct tq_ref ref = { .id = purged };
	struct tq_answer out;
	const struct tq_task *t;

	take_away(purged, "rev");
	T_INT(tq_store_cancel(w2.st, &purged, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	take_away(purged, "rev");
	T_INT(tq_store_purge(w2.st, &ref, 1, &out, &err), 0);
	T_INT(get(purged)->status, TQ_STATUS_MAX);
	take_away(id, "rev");
	T_MUST((t = claim(&w1)) != NULL);
	T_STR(t->id, id);
	T_INT(number(id, "rev"), 2);
	T_INT(finish(&w1, t, TQ_COMPLETE, 0).status, TQ_COMPLETED);
}

/* -- a record is too big ------------------------------------------------------- */

/* The biggest that submit takes, of a step of 100 bytes. */
static const char *
put_biggest(void)
{
	struct tq_task t = a_big_one();
	struct tq_submit in = { .task = &t };
	struct tq_submitted out = { .what = TQ_REFUSED };
	size_t n = TQ_DDB_ITEM_MAX;
	char *input = tq_arena_alloc(&arena, n + 1);

	memset(input, 'x', n);
	memcpy(input, "data:,", 6);
	t.input = input;
	do
		input[n -= 100] = '\0';
	while ((tq_store_submit(w1.st, &in, 1, &out, &err) == -1 ||
	    out.what == TQ_REFUSED) && n > 1000);
	T_INT(out.what, TQ_STORED);
	return t.id;
}

static void
room_to_grow(void)
{
	const char *id = put_biggest();
	const struct tq_task *t = claim(&w1);
	struct tq_finish in = { .id = id, .queue = QUEUE, .how = TQ_RETRY,
	    .err_stage = TQ_AT_PROCESS, .err_code = "exit-1" };
	struct tq_answer out = { .code = TQ_E_BUG };
	char reason[TQ_REASON_MAX + 1];

	T_MUST(t != NULL);
	memset(reason, 1, TQ_REASON_MAX);	/* six bytes each in JSON */
	reason[TQ_REASON_MAX] = '\0';
	in.token = t->token;
	in.claim = t->claim;
	in.reason = reason;
	T_INT(tq_store_finish(w1.st, &in, 1, &out, NULL, NULL, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(get(id)->status, TQ_RETRYING);
}

/* -- an answer gets lost ------------------------------------------------------- */

static struct tq_claimed theirs;

static void
other_claims(void)
{
	theirs = claim_of(&w2, "a", 1);	/* as its index tells */
}

static void
submit_answered_late(void)
{
	theirs.n = 0;
	w1.after = other_claims;
	w1.after_in = "t#";
	put_big();
	T_MUST(theirs.n == 1);
	T_OK(whole(theirs.tasks[0].id));
	T_INT(finish(&w2, &theirs.tasks[0], TQ_RETRY, now).status,
	    TQ_RETRYING);
	T_OK(claim(&w1) != NULL);
}

static const char *edited;

static void
other_redrives(void)
{
	struct tq_ref ref = { .id = edited };
	struct tq_answer out;

	T_INT(tq_store_redrive(w2.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
}

static void
edit_answered_late(void)
{
	struct tq_task to = { .payload = { big('y'), BIG },
	    .payload_kind = TQ_KIND_JSON };
	struct tq_edit in = { .set = TQ_SET_PAYLOAD, .to = &to };
	struct tq_answer out;

	in.ref.id = edited = put_dead();
	w1.after = other_redrives;
	w1.after_in = tq_arena_fmt(&arena, "t#%s", edited);
	T_INT(tq_store_edit(w1.st, &in, 1, &out, &err), 0);
	T_INT(get(edited)->status, TQ_PENDING);
	T_OK(whole(edited));
	T_OK(claim(&w1) != NULL);
}

static void
adoption_answered_late(void)
{
	const char *type = "a";
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = LEASE_MS, .n = 1, .slots = 1,
	    .adopt = "a" };

	theirs.n = 0;
	ring_by_hand(MAIN, big('z'));
	w1.after = other_claims;
	w1.after_in = "t#";
	T_INT(tq_store_claim(w1.st, &req, &got, &err), 0);
	T_MUST(theirs.n == 1);
	T_OK(whole(theirs.tasks[0].id));
}

/* S3's answer about an upload in parts may come to nothing. */
static void
upload_of_unknown_end(void)
{
	int fd = memfd_create("parts", MFD_CLOEXEC), got;
	int64_t size = 17 * 1024 * 1024;
	const char *name = tq_arena_fmt(&arena, QUEUE "/t/%lld/out",
	    (long long)now);

	T_MUST(fd != -1 && ftruncate(fd, size) == 0);
	w1.vague = true;
	T_INT(tq_store_blob_put(w1.st, name, fd, false, &err), -1);
	T_INT(tq_store_blob_get(w1.st, name, &size, &err), -1);
	w1.vague = false;
	T_INT(tq_store_blob_put(w1.st, name, fd, false, &err), 0);
	got = tq_store_blob_get(w1.st, name, &size, &err);
	T_OK(got != -1);
	T_INT(size, 17 * 1024 * 1024);
	close(got);
	close(fd);
}

CASES(torn,
	{ "of what is claimed together, one that fails keeps nobody from the "
	    "others", others_are_claimed },
	{ "of what is submitted together, the others are rung for",
	    others_are_rung_for },
	{ "messages that came are worked though no more can be had",
	    messages_that_came_are_worked },
	{ "messages that were not looked at are returned at the end",
	    messages_are_returned },
	{ "a task whose payload can't be read is given back at once",
	    payload_out_of_reach },
	{ "a queue's rate holds among clocks that differ",
	    rate_of_late_clocks },
	{ "a limit's slot that ran out is freed by none but its new task",
	    slot_of_another },
	{ "a chore that fails keeps a sweep from no other",
	    other_chores_are_done },
	{ "a queue that can't be swept keeps a sweep from no other",
	    other_queues_are_swept },
	{ "a record written by hand without a rev is a task like any other",
	    record_without_rev },
	{ "what submit takes has room for what becomes of it", room_to_grow },
	{ "a submit answered late does not take the payload from who has it",
	    submit_answered_late },
	{ "an edit answered late does not take it from the redriven task",
	    edit_answered_late },
	{ "a blob is stored only if it is there", upload_of_unknown_end },
	{ "an adoption answered late does not take it from who has it",
	    adoption_answered_late })
