/*
 * tests/store/doorbells_bodies.c -- payloads outside their records, which are
 * items of the table or objects in the bucket, damaged behind the store's back.
 */
#include <unistd.h>

#include "doorbells.h"
#include "store/aws/record/record.h"

#define AN_ITEM		5000	/* more than a record holds itself */
#define AN_OBJECT	20000	/* more than an item does */

/* Submit ${id} with a payload of ${n} bytes; where that is. */
static const char *
put_payload(const char *id, size_t n)
{
	char *text = tq_arena_alloc(&arena, n);
	struct tq_task t = { .queue = QUEUE, .type = "a", .id = id,
	    .payload = { text, n }, .payload_kind = TQ_KIND_TEXT };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;
	struct aq_update up = { .id = id };

	memset(text, 'p', n);
	T_INT(tq_store_submit(w1.st, &in, 1, &out, &err), 0);
	T_INT(aq_fetch(aq_of(w1.st), &up, 1, &arena, &err), 0);
	return up.rec.payload_at;
}

/* ${bytes} are at ${at} from now on; TQ_SPAN_NONE: nothing is. */
static void
put_there(const char *at, struct tq_span bytes)
{
	const char *name = strncmp(at, "blob:", 5) == 0 ? at + 5 : NULL;
	int fd;

	if (name == NULL) {
		set_body(at, bytes);
	} else if (bytes.n == 0) {
		T_INT(tq_store_blob_del(w1.st, name, &err), 0);
	} else {
		T_MUST((fd = tq_store_blob_tmp(w1.st, &err)) != -1);
		T_INT(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
		T_INT(tq_store_blob_put(w1.st, name, fd, true, &err), 0);
		close(fd);
	}
}

static void
died_at_once(const char *id)
{
	const struct tq_task *t = get(id);

	T_INT(t->status, TQ_FAILED);
	T_INT(t->attempts, 1);
	T_INT(t->err_stage, TQ_AT_FETCH);
	T_STR(t->err_code, "payload-damaged");
}

static void
waits_for_another_try(const char *id)
{
	const struct tq_task *t = get(id);

	T_INT(t->status, TQ_RETRYING);
	T_INT(t->attempts, 1);
	T_OK(t->not_before > now);
	T_INT(t->err_stage, TQ_AT_FETCH);
	T_STR(t->err_code, "payload-missing");
}

/* Of payloads that are kept where one of ${n} bytes is. */
static void
each_damage(size_t n, const char *where)
{
	char *other = tq_arena_alloc(&arena, n);
	struct tq_list list = { .filter.queue = QUEUE, .limit = 10,
	    .with = TQ_WITH_PAYLOAD };
	struct tq_claimed got;
	struct tq_page page;
	const char *at = put_payload("missing", n);

	T_MUST(at != NULL && strncmp(at, where, strlen(where)) == 0);
	put_there(at, TQ_SPAN_NONE);
	memset(other, 'q', n);
	put_there(put_payload("swapped", n), (struct tq_span){ other, n });
	memset(other, 'p', n);
	put_there(put_payload("cut", n), (struct tq_span){ other, n - 1 });
	put_payload("whole", n);
	got = claim_of(&w1, "a", 4);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, "whole");
	T_INT(got.tasks[0].payload.n, n);
	waits_for_another_try("missing");
	died_at_once("cut");
	died_at_once("swapped");
	T_INT(tq_store_list(w1.st, &list, &arena, &page, &err), 0);
	T_INT(page.n, 4);
}

static void
items_that_are_damaged(void)
{
	each_damage(AN_ITEM, "b#");
}

static void
objects_that_are_damaged(void)
{
	each_damage(AN_OBJECT, "blob:");
}

static void
a_bucket_that_is_not_there(void)
{
	static const char *const type = "a";
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = "w2", .lease_ms = LEASE_MS, .n = 2, .slots = 2 };
	struct tq_claimed got = { .arena = &arena };
	const char *prefix = aq_of(w1.st)->url.prefix;

	put_payload("large", AN_OBJECT);
	host_close(&w2);
	T_MUST(host_open(&w2, tq_arena_fmt(&arena, "aws:%s?bucket=%s-none",
	    prefix, prefix)) == 0);
	T_INT(tq_store_claim(w2.st, &req, &got, &err), -1);
	T_OK(err.code != TQ_E_NOTFOUND);
	T_INT(get("large")->status, TQ_PENDING);
	T_INT(get("large")->attempts, 0);
	got = claim_of(&w1, "a", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].payload.n, AN_OBJECT);
}

CASES(body,
	{ "a payload's item that is missing, cut or swapped fails its own task "
	  "and no other", items_that_are_damaged },
	{ "a payload's object that is missing, cut or swapped fails its own "
	  "task and no other", objects_that_are_damaged },
	{ "without the bucket the claim fails, and no task does",
	    a_bucket_that_is_not_there })
