/* lib/store/move.c -- see move.h. */
#include "store/move_parts.h"

#include <string.h>

#include "store/as_read.h"
#include "store/stuck.h"
#include "util/hash.h"

#define PAGE		100
#define CURSOR_MAX	(64 * 1024)

/* What is done one after the other. */
enum { RESUME, MOVE, LEFT, COPY, END };

/* One page on its way. */
struct page {
	struct tq_move	*m;
	struct tq_task	*tasks;		/* those of the page that may move */
	size_t		 n;
	bool		*held;		/* was held before it was moved */
	struct tq_arena	*a;
};

static void
tell(struct tq_move *m, const struct tq_task *t, enum tq_move_what what)
{
	if (what == TQ_MOVE_DONE)
		m->done++;
	else
		m->left++;
	if (m->tell != NULL)
		m->tell(m->arg, t, what);
}

int
tq_move_begin(struct tq_move *m, int64_t now, struct tq_err *err)
{
	unsigned able = m->copy ? TQ_FINISHED : TQ_WAITING;
	struct tq_filter *f = &m->filter;
	int s;

	if (!m->dry_run && strcmp(tq_store_name(m->from),
	    tq_store_name(m->to)) == 0)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE, "%s: is both "
		    "the one and the other store", tq_store_name(m->to));
	for (s = 0; s < TQ_STATUS_MAX; s++)
		if ((f->statuses & ~able & TQ_BIT(s)) != 0)
			return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE,
			    "tasks that are %s are not %s",
			    tq_status_name((enum tq_status)s), m->copy ?
			    "copied: only ended ones are" : "moved: what waits "
			    "is, and what has ended can be copied");
	if (f->statuses == 0)
		f->statuses = able;
	if (f->until == 0 || f->until > now)
		f->until = now + 1;
	m->step = m->copy ? COPY : m->dry_run ? MOVE : RESUME;
	m->cursor = (struct tq_buf)TQ_BUF_INIT(CURSOR_MAX);
	if (!m->dry_run)
		tq_move_mark(m);
	return 0;
}

void
tq_move_end(struct tq_move *m)
{
	tq_buf_free(&m->cursor);
}

/* -- storing ------------------------------------------------------------------ */

/* One that was made without a submitId gets one, the same each time. */
static const char *
submit_id(const struct tq_task *t, struct tq_arena *a)
{
	uint8_t sum[TQ_SHA256_LEN];
	char hex[17];

	if (t->submit_id != NULL)
		return t->submit_id;
	tq_sha256_text(t->id, sum);
	tq_hex(sum, 8, hex);
	return tq_arena_str(a, hex);
}

/* Leave the ${i}th: as it was, if it is held for us. */
static int
leave(struct page *p, size_t i, enum tq_move_what what, struct tq_err *err)
{
	struct tq_task to = { .held = p->held[i], .labels = tq_move_labels(
	    p->m, &p->tasks[i], false, p->a) };
	struct tq_edit e = { .ref = { p->tasks[i].id, 0 }, .to = &to,
	    .set = TQ_SET_HELD | TQ_SET_LABELS };
	struct tq_answer out;

	tell(p->m, &p->tasks[i], what);
	return p->m->copy ? 0 : tq_store_edit(p->m->from, &e, 1, &out, err);
}

/* What the other store said to the ${i}th: 1 it is there, 0 it was left, -1. */
static int
judge(struct page *p, size_t i, const struct tq_submitted *s,
    struct tq_err *err)
{
	struct tq_err ignored = TQ_ERR_INIT;

	if (s->what != TQ_REFUSED)
		return 1;
	if (s->code != TQ_E_NOQUEUE)
		return leave(p, i, s->code == TQ_E_TAKEN ? TQ_MOVE_TAKEN :
		    TQ_MOVE_NAMES, err);
	tq_store_no_queue(p->m->to, p->tasks[i].queue, err);
	(void)leave(p, i, TQ_MOVE_CHANGED, &ignored);
	return -1;
}

/*
 * With its bytes and blobs, as one of the other store.  1, 0 when it was left,
 * -1.
 */
static int
make_request(struct page *p, size_t i, struct tq_task *full,
    struct tq_submit *in, struct tq_err *err)
{
	int rc;

	if (full == NULL)
		return leave(p, i, TQ_MOVE_CHANGED, err);
	if (full->damaged || full->payload.n != full->payload_size ||
	    full->result.n != full->result_size)
		return leave(p, i, TQ_MOVE_DAMAGED, err);
	if ((rc = tq_move_blobs(p->m, full, p->a, err)) != 0)
		return rc == -1 ? -1 : leave(p, i, TQ_MOVE_DAMAGED, err);
	full->submit_id = submit_id(full, p->a);
	if (!p->m->copy) {
		full->labels = tq_move_labels(p->m, full, false, p->a);
		full->held = p->held[i];
	}
	*in = (struct tq_submit){ .task = full, .moved = true };
	return 1;
}

/* Store the page there; those that are go to its front. */
static int
store_page(struct page *p, struct tq_err *err)
{
	const char **ids = tq_arena_alloc(p->a, p->n * sizeof(*ids));
	struct tq_task **full = tq_arena_alloc(p->a, p->n * sizeof(*full));
	struct tq_submit *in = tq_arena_alloc(p->a, p->n * sizeof(*in));
	struct tq_submitted *out = tq_arena_alloc(p->a, p->n * sizeof(*out));
	size_t i, n = 0, stored = 0;
	int rc;

	for (i = 0; i < p->n; i++)
		ids[i] = p->tasks[i].id;
	if (tq_store_get(p->m->from, ids, p->n, TQ_WITH_PAYLOAD |
	    TQ_WITH_RESULT, p->a, full, err) == -1)
		return -1;
	for (i = 0; i < p->n; i++) {
		if ((rc = make_request(p, i, full[i], &in[n], err)) == -1)
			return -1;
		p->tasks[n] = p->tasks[i];
		p->held[n] = p->held[i];
		n += rc == 1;
	}
	if (n > 0 && tq_store_submit(p->m->to, in, n, out, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if ((rc = judge(p, i, &out[i], err)) == -1)
			return -1;
		p->tasks[stored] = p->tasks[i];
		stored += rc == 1;
	}
	p->n = stored;
	return 0;
}

/* -- removing ------------------------------------------------------------------ */

static int
purge(struct page *p, struct tq_err *err)
{
	struct tq_ref *refs = tq_arena_alloc(p->a, (p->n + 1) * sizeof(*refs));
	struct tq_answer *out = tq_arena_alloc(p->a, (p->n + 1) *
	    sizeof(*out));
	size_t i;

	for (i = 0; i < p->n; i++)
		refs[i] = (struct tq_ref){ p->tasks[i].id, 0 };
	return p->n == 0 ? 0 : tq_store_purge(p->m->from, refs, p->n, out,
	    err);
}

/* It can't have started: it is held. */
static int
remove_page(struct page *p, struct tq_err *err)
{
	const char **ids = tq_arena_alloc(p->a, (p->n + 1) * sizeof(*ids));
	struct tq_answer *out = tq_arena_alloc(p->a, (p->n + 1) *
	    sizeof(*out));
	size_t i;

	for (i = 0; i < p->n; i++)
		ids[i] = p->tasks[i].id;
	if (p->n > 0 && tq_store_cancel(p->m->from, ids, p->n, out, err) ==
	    -1)
		return -1;
	if (purge(p, err) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		tell(p->m, &p->tasks[i], TQ_MOVE_DONE);
	return 0;
}

static int
carry(struct page *p, struct tq_err *err)
{
	return p->n == 0 ? 0 : store_page(p, err) == -1 ? -1 :
	    remove_page(p, err);
}

/* -- what waits ------------------------------------------------------------------ */

/* Does a task that has not ended wait for ${t}?  1, 0, -1. */
static int
awaited(struct tq_move *m, const struct tq_task *t, struct tq_arena *a,
    struct tq_err *err)
{
	const char **ids;
	struct tq_task **children;
	size_t n, i;

	if (t->edges == 0)
		return 0;
	if (tq_store_children(m->from, t->id, a, &ids, &n, err) == -1)
		return -1;
	children = tq_arena_alloc(a, (n + 1) * sizeof(*children));
	if (tq_store_get(m->from, ids, n, 0, a, children, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (children[i] != NULL &&
		    (TQ_BIT(children[i]->status) & TQ_FINISHED) == 0) {
			m->other = ids[i];
			return 1;
		}
	return 0;
}

/* What keeps ${t} where its relations are; TQ_MOVE_DONE: it has none. */
static int
tied(struct tq_move *m, const struct tq_task *t, struct tq_arena *a,
    enum tq_move_what *what, struct tq_err *err)
{
	struct tq_parent *v;
	size_t n;
	int rc = awaited(m, t, a, err);

	*what = rc == 1 ? TQ_MOVE_AWAITED : TQ_MOVE_DONE;
	if (rc != 0 || t->parents == 0)
		return rc == -1 ? -1 : 0;
	*what = TQ_MOVE_TOLD;
	if (tq_store_parents(m->from, t->id, a, &v, &n, err) == -1)
		return -1;
	m->other = n > 0 ? v[0].id : NULL;
	return 0;
}

/*
 * Two names may be one store.  If a task that is held for us in the one has its
 * mark in the other too, they are.
 */
static int
check_two(struct page *p, struct tq_err *err)
{
	struct tq_task *there;
	bool held;

	if (p->m->begun || p->n == 0)
		return 0;
	if (tq_store_get(p->m->to, &p->tasks[0].id, 1, 0, p->a, &there, err) ==
	    -1)
		return -1;
	if (there != NULL && tq_move_marked(p->m, there, &held, p->a) == 1) {
		while (p->n > 0)
			if (leave(p, --p->n, TQ_MOVE_CHANGED, err) == -1)
				return -1;
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE, "%s: is the "
		    "same store as %s", tq_store_name(p->m->to),
		    tq_store_name(p->m->from));
	}
	p->m->begun = true;
	return 0;
}

static int
hold_and_label(void *page, size_t at, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct page *p = page;
	struct tq_edit *in = tq_arena_alloc(p->a, n * sizeof(*in));
	struct tq_task *to;
	size_t i;

	for (i = 0; i < n; i++) {
		to = tq_arena_alloc(p->a, sizeof(*to));
		to->held = true;
		to->labels = tq_move_labels(p->m, &p->tasks[at + i], true,
		    p->a);
		in[i] = (struct tq_edit){ .ref = refs[i], .to = to,
		    .set = TQ_SET_HELD | TQ_SET_LABELS };
	}
	return tq_store_edit(p->m->from, in, n, out, err);
}

/* Those that could be held, at the front of the page. */
static int
hold(struct page *p, struct tq_err *err)
{
	struct tq_answer *out = tq_arena_alloc(p->a, (p->n + 1) *
	    sizeof(*out));
	size_t i, n = 0;

	if (p->n > 0 && tq_do_as_read(p->m->from, hold_and_label, p, p->tasks,
	    p->n, out, err) == -1)
		return -1;
	for (i = 0; i < p->n; i++) {
		if (out[i].code != TQ_OK) {
			tell(p->m, &p->tasks[i], out[i].status == TQ_RUNNING &&
			    out[i].code != TQ_E_NOTFOUND ? TQ_MOVE_RUNS :
			    TQ_MOVE_CHANGED);
			continue;
		}
		p->tasks[n] = p->tasks[i];
		p->held[n++] = p->tasks[i].held;
	}
	p->n = n;
	return check_two(p, err);
}

static int
move_page(struct page *p, struct tq_err *err)
{
	enum tq_move_what what;
	size_t i, n = 0;
	bool held;

	for (i = 0; i < p->n; i++) {
		if (tq_move_marked(p->m, &p->tasks[i], &held, p->a) != 0)
			continue;	/* RESUME has told of it */
		if (tied(p->m, &p->tasks[i], p->a, &what, err) == -1)
			return -1;
		if (what != TQ_MOVE_DONE || p->m->dry_run)
			tell(p->m, &p->tasks[i], what);
		else
			p->tasks[n++] = p->tasks[i];
	}
	p->n = n;
	return n == 0 ? 0 : hold(p, err) == -1 ? -1 : carry(p, err);
}

/* -- what an earlier run has begun ------------------------------------------------- */

/* It was cancelled by us if it is there, and else by others. */
static int
finish_removal(struct page *p, struct tq_task *t, struct tq_err *err)
{
	struct page one = { p->m, t, 1, p->held, p->a };
	struct tq_task *there;

	if (tq_store_get(p->m->to, &t->id, 1, 0, p->a, &there, err) == -1)
		return -1;
	if (there == NULL || purge(&one, err) == -1)
		return there == NULL ? 0 : -1;
	tell(p->m, t, TQ_MOVE_DONE);
	return 0;
}

static int
resume_page(struct page *p, struct tq_err *err)
{
	size_t i, n = 0;
	bool held;
	int rc;

	for (i = 0; i < p->n; i++) {
		rc = tq_move_marked(p->m, &p->tasks[i], &held, p->a);
		if (rc == -1) {
			tell(p->m, &p->tasks[i], TQ_MOVE_ELSEWHERE);
		} else if (rc == 1 && p->tasks[i].status == TQ_CANCELLED) {
			if (finish_removal(p, &p->tasks[i], err) == -1)
				return -1;
		} else if (rc == 1 && p->tasks[i].held) {
			p->tasks[n] = p->tasks[i];
			p->held[n++] = held;
		}
	}
	p->n = n;
	return check_two(p, err) == -1 ? -1 : carry(p, err);
}

/* -- the rest ------------------------------------------------------------------------ */

static int
left_page(struct page *p, struct tq_err *err)
{
	struct tq_parent parent = { .id = NULL };
	uint64_t more;
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (p->tasks[i].status == TQ_RUNNING) {
			tell(p->m, &p->tasks[i], TQ_MOVE_RUNS);
			continue;
		}
		if (tq_blocker(p->m->from, &p->tasks[i], p->a, &parent, &more,
		    err) == -1)
			return -1;
		p->m->other = parent.id;
		tell(p->m, &p->tasks[i], TQ_MOVE_WAITS);
	}
	return 0;
}

static int
copy_page(struct page *p, struct tq_err *err)
{
	size_t i;

	if (!p->m->dry_run && p->n > 0 && store_page(p, err) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		tell(p->m, &p->tasks[i], TQ_MOVE_DONE);
	return 0;
}

static const struct {
	int		(*page)(struct page *p, struct tq_err *err);
	int		 next;
} steps[] = {
	[RESUME] = { resume_page, MOVE },
	[MOVE] = { move_page, LEFT },
	[LEFT] = { left_page, END },
	[COPY] = { copy_page, END },
};

static struct tq_filter
filter_of(const struct tq_move *m)
{
	struct tq_filter f = m->filter;

	if (m->step == RESUME)
		f = (struct tq_filter){ .label_key = TQ_MOVE_LABEL,
		    .statuses = TQ_WAITING | TQ_BIT(TQ_CANCELLED) };
	if (m->step == LEFT) {
		f.statuses = TQ_BIT(TQ_RUNNING) | TQ_BIT(TQ_BLOCKED);
		f.until = 0;	/* a lease is renewed all the time */
	}
	return f;
}

int
tq_move_round(struct tq_move *m, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_list req = { .filter = filter_of(m), .limit = PAGE,
	    .cursor = m->cursor.len > 0 ? m->cursor.data : NULL };
	struct tq_page got;
	struct page p = { .m = m, .a = &a };
	int rc;

	if ((rc = tq_store_list(m->from, &req, &a, &got, err)) == 0) {
		p.tasks = got.tasks;
		p.n = got.n;
		p.held = tq_arena_alloc(&a, (got.n + 1) * sizeof(*p.held));
		rc = steps[m->step].page(&p, err);
	}
	tq_buf_clear(&m->cursor);
	if (rc == 0 && got.cursor != NULL)
		tq_buf_str(&m->cursor, got.cursor);
	else if (rc == 0)
		m->step = steps[m->step].next;
	tq_arena_free(&a);
	return rc == -1 ? -1 : m->step != END;
}
