/* lib/store/aws/table.c -- DynamoDB: many records at once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/aws.h"
#include "util/str.h"

#define ROUNDS	20	/* of changes that somebody else overtook */
#define ROOM	(64 * 1024)	/* in a new record, for what becomes of it:
				   progress, result, reason, as JSON */

static const char *const fields[] = {
	"taskId", "type", "drained", "notBefore", "createdAt", "expiresAtMs",
	"dlqOwed", "rings", NULL
};

struct tq_ddb_table
aq_table(const struct aq *s)
{
	return (struct tq_ddb_table){ .name = s->url.table,
	    .hash = { "pk", "S" }, .index = AQ_INDEX,
	    .index_hash = { "gsi", "S" }, .index_range = { "ringAt", "N" },
	    .fields = fields };
}

static int
failed(const struct tq_aws_call *c, struct tq_err *err)
{
	if (err != NULL)
		*err = c->err;
	return -1;
}

static struct tq_span
key_of(const char *pk, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	struct tq_span k;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_close(&b, NULL);
	k = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return k;
}

static int
by_key(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* One BatchGetItem; what was not done is put back into ${keys}. */
static int
get_batch(struct aq *s, struct tq_span *keys, size_t *n, struct tq_arena *a,
    struct tq_span *items, size_t *nitems, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb BatchGetItem" };
	size_t now = *n < TQ_DDB_BATCH_GET ? *n : TQ_DDB_BATCH_GET, i;
	struct tq_ddb_page page;
	int rc = -1;

	if (tq_ddb_batch_get(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB),
	    s->url.table, keys, now, true, err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		failed(&c, err);
		goto out;
	}
	if (tq_ddb_batch_got(&c.res, s->url.table, a, &page, err) == -1)
		goto out;
	/* The lists have room for what was asked for. */
	if (page.n + page.nunprocessed > now) {
		tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT,
		    "%s: more came than was asked for", c.what);
		if (err != NULL)
			err->retryable = true;
		goto out;
	}
	for (i = 0; i < page.n; i++)
		items[(*nitems)++] = tq_arena_span(a, page.items[i]);
	memmove(keys, keys + now, (*n - now) * sizeof(*keys));
	*n -= now;
	for (i = 0; i < page.nunprocessed; i++)
		keys[(*n)++] = tq_arena_span(a, page.unprocessed[i]);
	rc = 0;
out:
	tq_aws_call_free(&c);
	return rc;
}

static int
get_one(struct aq *s, const char *pk, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb GetItem" };
	struct tq_span item;
	int rc = -1;

	if (tq_ddb_get(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB),
	    s->url.table, key_of(pk, a), true, err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		failed(&c, err);
		goto out;
	}
	*out = tq_ddb_item(&c.res, &item) ? tq_arena_span(a, item) :
	    TQ_SPAN_NONE;
	rc = 0;
out:
	tq_aws_call_free(&c);
	return rc;
}

/* Where ${pk} stands among the sorted ${items}. */
struct found {
	const char	*pk;
	struct tq_span	 item;
};

int
aq_items(struct aq *s, const char *const *pks, size_t n, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_span *keys, *items;
	const char **sorted;
	struct found *found, *hit;
	size_t i, nkeys = 0, nitems = 0, nfound = 0;

	if (n == 0)
		return 0;
	if (n == 1)
		return get_one(s, pks[0], a, out, err);
	sorted = tq_arena_alloc(a, n * sizeof(*sorted));
	keys = tq_arena_alloc(a, n * sizeof(*keys));
	items = tq_arena_alloc(a, n * sizeof(*items));
	memcpy(sorted, pks, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0)
			keys[nkeys++] = key_of(sorted[i], a);
	while (nkeys > 0)
		if (get_batch(s, keys, &nkeys, a, items, &nitems, err) == -1)
			return -1;
	found = tq_arena_alloc(a, (nitems + 1) * sizeof(*found));
	for (i = 0; i < nitems; i++) {
		found[nfound] = (struct found){ tq_item_get_text(items[i],
		    "pk", a), items[i] };
		nfound += found[nfound].pk != NULL;
	}
	qsort(found, nfound, sizeof(*found), by_key);
	for (i = 0; i < n; i++) {
		hit = bsearch(&pks[i], found, nfound, sizeof(*found), by_key);
		out[i] = hit == NULL ? TQ_SPAN_NONE : hit->item;
	}
	return 0;
}

int
aq_fetch(struct aq *s, struct aq_job *jobs, size_t n, struct tq_arena *a,
    struct tq_err *err)
{
	const char **pks = tq_arena_alloc(a, (n + 1) * sizeof(*pks));
	struct tq_span *items = tq_arena_alloc(a, (n + 1) * sizeof(*items));
	struct aq_job *j;
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (!jobs[i].known && !jobs[i].done)
			pks[m++] = tq_arena_fmt(a, "t#%s", jobs[i].id);
	if (aq_items(s, pks, m, a, items, err) == -1)
		return -1;
	for (i = m = 0; i < n; i++) {
		j = &jobs[i];
		if (j->known || j->done)
			continue;
		j->there = items[m].n > 0 && aq_rec_read(items[m], a, &j->rec);
		j->known = true;
		j->old_rev = j->there ? j->rec.t.rev : 0;
		j->unnumbered = j->there && j->rec.unnumbered;
		j->found = j->there && !aq_expired(&j->rec.t, aq_now(s));
		m++;
	}
	return 0;
}

/* The write of a job, on the condition that nobody was there since. */
static int
build(struct aq *s, struct aq_job *j, enum aq_do what, struct tq_arena *a,
    struct tq_aws_call *c, struct tq_err *err)
{
	static const char *const rev[] = { "#r", "rev", NULL };
	static const char *const pk[] = { "#p", "pk", NULL };
	static const char *const both[] = { "#p", "pk", "#r", "rev", NULL };
	const char *base = tq_aws_base(s->a, TQ_AWS_DYNAMODB);
	struct tq_ddb_write w = { .table = s->url.table };
	size_t max = j->there ? TQ_DDB_ITEM_MAX : TQ_DDB_ITEM_MAX - ROOM;
	struct tq_buf b = TQ_BUF_INIT(max), v = TQ_BUF_INIT(256);
	struct tq_task *t = &j->rec.t;
	int rc;

	*c = (struct tq_aws_call){ .service = TQ_AWS_DYNAMODB,
	    .what = what == AQ_WRITE ? "dynamodb PutItem" :
	    "dynamodb DeleteItem" };
	if (j->unnumbered) {
		w.condition = "attribute_exists(#p) AND "
		    "attribute_not_exists(#r)";
		w.bind.names = both;
	} else if (j->there) {
		w.condition = "#r = :r";
		w.bind.names = rev;
		tq_item_open(&v, NULL);
		tq_item_int(&v, ":r", (int64_t)j->old_rev);
		tq_item_close(&v, NULL);
		w.bind.values = tq_buf_span(&v);
	} else {
		w.condition = "attribute_not_exists(#p)";
		w.bind.names = pk;
	}
	j->deleting = what == AQ_DELETE;
	if (what == AQ_WRITE) {
		snprintf(j->write_id, sizeof(j->write_id), "%016" PRIx64,
		    tq_random_u64(s->base.env));
		j->rec.write_id = j->write_id;
		t->rev = j->old_rev + 1;
		aq_rec_write(&j->rec, &b);
		w.item = j->item = tq_arena_span(a, tq_buf_span(&b));
		rc = b.failed ? tq_err_set(err, TQ_AT_STORE, TQ_E_TOOBIG,
		    "task %s: its record is over %zu KiB", j->id, max / 1024) :
		    tq_ddb_put(&c->req, base, &w, err);
	} else {
		w.item = key_of(tq_arena_fmt(a, "t#%s", j->id), a);
		rc = tq_ddb_delete(&c->req, base, &w, err);
	}
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* Is the record as a try of ours left it, whose answer got lost? */
static bool
written_before(const struct aq_job *j)
{
	if (!j->there)
		return j->deleting;
	return j->write_id[0] != '\0' && j->rec.write_id != NULL &&
	    strcmp(j->write_id, j->rec.write_id) == 0;
}

static int
take_answer(struct aq_job *j, const struct tq_aws_call *c,
    struct tq_err *err)
{
	if (c->err.code == TQ_OK)
		j->done = j->wrote = true;
	else if (tq_aws_fault_is(&c->fault,
	    "ConditionalCheckFailedException"))
		j->known = false;
	else
		return failed(c, err);
	return 0;
}

/*
 * Decide about and write up to AQ_CALLS jobs from ${from}; where it ended.
 * What fails with one of them does not keep the others from being done.
 */
static int
change_some(struct aq *s, struct aq_job *jobs, size_t n, size_t *from,
    aq_change_fn *fn, void *arg, struct tq_arena *a, struct tq_err *err)
{
	size_t max = n - *from < AQ_CALLS ? n - *from : AQ_CALLS, m = 0, i, k;
	struct tq_aws_call *calls = tq_arena_alloc(a, max * sizeof(*calls));
	struct aq_job *sent[AQ_CALLS], *j;
	enum aq_do what;
	int rc = 0;

	for (; *from < n && m < max; ++*from) {
		j = &jobs[*from];
		if (j->done)
			continue;
		for (k = 0; k < m && strcmp(sent[k]->id, j->id) != 0; k++)
			;
		if (k < m)
			break;		/* one after the other */
		if (written_before(j)) {
			j->done = j->wrote = true;
			continue;
		}
		if (j->there && j->rec.v > TQ_TASK_VERSION) {
			rc = tq_err_set(rc == 0 ? err : NULL, TQ_AT_STORE,
			    TQ_E_NEWER, "%s: task %s was written by a newer tq "
			    "(version %d): upgrade", s->base.name, j->id,
			    j->rec.v);
			continue;
		}
		what = fn(s, jobs, *from, arg);
		if (what == AQ_NOTHING || what == AQ_WRITTEN) {
			j->done = true;
			j->wrote = what == AQ_WRITTEN;
			continue;
		}
		sent[m] = j;
		if (build(s, j, what, a, &calls[m], rc == 0 ? err : NULL) ==
		    0) {
			m++;
			continue;
		}
		tq_aws_call_free(&calls[m]);
		rc = -1;
	}
	if (m > 0)
		tq_aws_call(s->a, calls, m);
	for (i = 0; i < m; i++) {
		if (take_answer(sent[i], &calls[i], rc == 0 ? err : NULL) ==
		    -1)
			rc = -1;
		tq_aws_call_free(&calls[i]);
	}
	return rc;
}

int
aq_change(struct aq *s, struct aq_job *jobs, size_t n, aq_change_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err)
{
	size_t from, i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (aq_fetch(s, jobs, n, a, err) == -1)
			return -1;
		for (from = 0; from < n; )
			if (change_some(s, jobs, n, &from, fn, arg, a, err) ==
			    -1)
				return -1;
		for (i = 0; i < n && jobs[i].done; i++)
			;
		if (i == n)
			return 0;
	}
	return tq_err_set(err, TQ_AT_STORE, TQ_E_THROTTLED,
	    "%s: task %s is being changed by others all the time",
	    s->base.name, jobs[i].id);
}

int
aq_put(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_err *err)
{
	struct tq_ddb_write w = { .table = s->url.table, .item = item,
	    .condition = condition, .bind = { names, values } };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb PutItem" };
	int rc = -1;

	if (tq_ddb_put(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w, err) ==
	    0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = 1;
		else if (tq_aws_fault_is(&c.fault,
		    "ConditionalCheckFailedException"))
			rc = 0;
		else
			failed(&c, err);
	}
	tq_aws_call_free(&c);
	return rc;
}

int
aq_delete(struct aq *s, const char *pk, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_ddb_write w = { .table = s->url.table,
	    .item = key_of(pk, &a) };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DeleteItem" };
	int rc = -1;

	if (tq_ddb_delete(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w,
	    err) == 0)
		rc = tq_aws_call(s->a, &c, 1) == 0 ? 0 : failed(&c, err);
	tq_aws_call_free(&c);
	tq_arena_free(&a);
	return rc;
}
