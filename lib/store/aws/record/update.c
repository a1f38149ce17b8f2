/*
 * lib/store/aws/record/update.c -- records read, decided about, written
 * conditionally.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"

#define ROUNDS	20	/* of changes that somebody else overtook */
#define ROOM	(64 * 1024)	/* in a new record, for what becomes of it:
				   progress, result, reason, as JSON */

#define SURE	(64 * 1024)	/* what fits beside anything */

int
aq_fetch(struct aq *s, struct aq_update *ups, size_t n, struct tq_arena *a,
    struct tq_err *err)
{
	const char **pks = tq_arena_alloc(a, (n + 1) * sizeof(*pks));
	struct tq_span *items = tq_arena_alloc(a, (n + 1) * sizeof(*items));
	struct aq_update *j;
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (!ups[i].known && !ups[i].done)
			pks[m++] = tq_arena_fmt(a, "t#%s", ups[i].id);
	if (aq_items(s, pks, m, a, items, err) == -1)
		return -1;
	for (i = m = 0; i < n; i++) {
		j = &ups[i];
		if (j->known || j->done)
			continue;
		j->there = items[m].n > 0 && aq_rec_read(items[m], a, &j->rec);
		j->known = true;
		j->old_rev = j->there ? j->rec.t.rev : 0;
		j->unnumbered = j->there && j->rec.unnumbered;
		j->found = j->there && !j->rec.purging &&
		    !tq_turn_gone(&j->rec.t, aq_now(s));
		m++;
	}
	return 0;
}

bool
aq_rec_fits(const struct aq_rec *r)
{
	size_t n = r->t.argv.n + r->t.env.n + r->t.after.n +
	    (r->t.input != NULL ? strlen(r->t.input) : 0);
	struct tq_buf b = TQ_BUF_INIT(TQ_DDB_ITEM_MAX - ROOM);
	bool fits;

	if (n < SURE)
		return true;
	aq_rec_write(r, &b);
	fits = !b.failed || b.no_memory;	/* the write will say that */
	tq_buf_free(&b);
	return fits;
}

/* The write of an update, on the condition that nobody was there since. */
static int
build(struct aq *s, struct aq_update *j, enum aq_do what, struct tq_arena *a,
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
		if ((TQ_BIT(t->status) & TQ_FINISHED) != 0)
			t->rings = aq_rec_owns(&j->rec) ? 0 : AQ_RINGS_TTL;
		t->rev = j->old_rev + 1;
		aq_rec_write(&j->rec, &b);
		w.item = j->item = tq_arena_span(a, tq_buf_span(&b));
		rc = b.failed ? tq_buf_why(&b, err, TQ_AT_STORE,
		    "task %s: its record is over %zu KiB", j->id, max / 1024) :
		    tq_ddb_put(&c->req, base, &w, err);
	} else {
		w.item = aq_key_of(tq_arena_fmt(a, "t#%s", j->id), a);
		rc = tq_ddb_delete(&c->req, base, &w, err);
	}
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* Is the record as a try of ours left it, whose answer got lost? */
static bool
written_before(const struct aq_update *j)
{
	if (!j->there)
		return j->deleting;
	return j->write_id[0] != '\0' && j->rec.write_id != NULL &&
	    strcmp(j->write_id, j->rec.write_id) == 0;
}

static int
take_answer(struct aq_update *j, const struct tq_aws_call *c,
    struct tq_err *err)
{
	if (c->err.code == TQ_OK)
		j->done = j->wrote = true;
	else if (tq_aws_fault_is(&c->fault,
	    "ConditionalCheckFailedException"))
		j->known = false;
	else
		{
		if (err != NULL)
			*err = c->err;
		return -1;
	}
	return 0;
}

/*
 * Decide about and write up to AQ_CALLS ups from ${from}; where it ended.
 * A failure with one of them does not keep the others from being done.
 */
static int
change_some(struct aq *s, struct aq_update *ups, size_t n, size_t *from,
    aq_decide_fn *fn, void *arg, struct tq_arena *a, struct tq_err *err)
{
	size_t max = n - *from < AQ_CALLS ? n - *from : AQ_CALLS, m = 0, i, k;
	struct tq_aws_call *calls = tq_arena_alloc(a, max * sizeof(*calls));
	struct aq_update *sent[AQ_CALLS], *j;
	enum aq_do what;
	int rc = 0;

	for (; *from < n && m < max; ++*from) {
		j = &ups[*from];
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
		what = fn(s, ups, *from, arg);
		if (what == AQ_AGAIN) {
			j->known = false;
			continue;
		}
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

/* The parents that were written and owe their children word. */
static void
note_owed(struct aq *s, const struct aq_update *ups, size_t n)
{
	struct aq_owed *o = &s->owed;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!ups[i].wrote || ups[i].deleting ||
		    !ups[i].rec.unblock_owed)
			continue;
		if (o->n == o->cap) {
			o->cap = o->cap == 0 ? 16 : 2 * o->cap;
			o->ids = tq_must(realloc(o->ids, o->cap *
			    sizeof(*o->ids)));
		}
		o->ids[o->n++] = tq_must(strdup(ups[i].id));
	}
}

char *
aq_owed_next(struct aq *s)
{
	return s->owed.n == 0 ? NULL : s->owed.ids[--s->owed.n];
}

static int
update_all(struct aq *s, struct aq_update *ups, size_t n, aq_decide_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err)
{
	size_t from, i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (aq_fetch(s, ups, n, a, err) == -1)
			return -1;
		for (from = 0; from < n; )
			if (change_some(s, ups, n, &from, fn, arg, a, err) ==
			    -1)
				return -1;
		for (i = 0; i < n && ups[i].done; i++)
			;
		if (i == n)
			return 0;
	}
	return tq_err_set(err, TQ_AT_STORE, TQ_E_THROTTLED,
	    "%s: task %s is being changed by others all the time",
	    s->base.name, ups[i].id);
}

int
aq_update(struct aq *s, struct aq_update *ups, size_t n, aq_decide_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err)
{
	int rc = update_all(s, ups, n, fn, arg, a, err);

	note_owed(s, ups, n);
	return rc;
}

struct aq_update
aq_update_again(const struct aq_update *j)
{
	return (struct aq_update){ .id = j->id, .rec = j->rec, .there = true,
	    .found = true, .known = true, .old_rev = j->rec.t.rev };
}

/* The condition of all: is it there, and as it was read? */
bool
aq_ref_ok(const struct aq_update *up, uint64_t rev, struct tq_answer *out)
{
	*out = (struct tq_answer){ TQ_OK, TQ_PENDING };
	if (!up->found)
		out->code = TQ_E_NOTFOUND;
	else if (rev != 0 && rev != up->rec.t.rev)
		out->code = TQ_E_LOST;
	if (up->found)
		out->status = up->rec.t.status;
	return out->code == TQ_OK;
}
