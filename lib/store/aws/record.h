/* lib/store/aws/record.h -- records and the table they are in; see aws.h. */
#ifndef TQ_STORE_AWS_RECORD_H
#define TQ_STORE_AWS_RECORD_H

#include "store/ops.h"

struct aq;
struct tq_ddb_table;

/* -- record.c ------------------------------------------------------------------ */

/* A record with what struct tq_task does not say. */
struct aq_rec {
	struct tq_task	 t;
	const char	*payload_at;	/* "b#..." or "blob:..."; NULL: inline */
	const char	*result_at;
	const char	*slot;		/* of a limit */
	const char	*write_id;
	bool		 alone, prefetched;
	bool		 missing;	/* aq_recs_load(): its bytes are */
	bool		 unnumbered;	/* by hand: there is no rev in it yet */
	int		 v;
	struct tq_span	 unknown;	/* ,"name":{...} of a newer program */
};

/* aq_rec_read(item, a, r): into ${a}; false when it is no task's item. */
bool aq_rec_read(struct tq_span item, struct tq_arena *a, struct aq_rec *r);

/* aq_rec_write(r, b): append the item, with the unknown attributes. */
void aq_rec_write(const struct aq_rec *r, struct tq_buf *b);

/* aq_due(t): since when, or when, it may run. */
int64_t aq_due(const struct tq_task *t);

/* aq_expired(t, now): past its expiresAt? */
bool aq_expired(const struct tq_task *t, int64_t now);

/* -- table.c -------------------------------------------------------------------- */

/* One record to be changed; see aq_change(). */
struct aq_job {
	const char	*id;
	struct aq_rec	 rec;		/* as read, then as written */
	bool		 found;		/* there, and not expired */
	bool		 known;		/* rec is fresh: don't read first */
	bool		 done;
	bool		 wrote;
	bool		 owed;		/* aq_ring_all(): its send failed */
	/* its own */
	bool		 there;		/* an item is, expired or not */
	bool		 deleting;
	bool		 unnumbered;	/* it had no rev */
	uint64_t	 old_rev;
	struct tq_span	 item;		/* as it was written, in the arena */
	char		 write_id[17];
};

enum aq_do { AQ_NOTHING, AQ_WRITE, AQ_DELETE, AQ_WRITTEN };

/*
 * Decide about jobs[i]: change job->rec (found or not) and return AQ_WRITE,
 * or AQ_DELETE, or AQ_NOTHING, or AQ_WRITTEN when the record is as an earlier
 * call of ours left it.  Called again when somebody else was quicker.
 */
typedef enum aq_do aq_change_fn(struct aq *s, struct aq_job *jobs, size_t i,
    void *arg);

/*
 * aq_change(s, jobs, n, fn, arg, a, err):
 * Read what is not known, ask ${fn}, write conditionally, until all are done.
 * rev and writeId are set here.  -1: at least one could not be asked; those
 * that are done say so.
 */
int aq_change(struct aq *s, struct aq_job *jobs, size_t n, aq_change_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err);

/*
 * aq_ref_ok(job, rev, out): is the record there, and at ${rev} (0: any)?
 * ${out} gets the answer so far.
 */
bool aq_ref_ok(const struct aq_job *job, uint64_t rev, struct tq_answer *out);

/* aq_job_again(j): one for the record as ${j} read or wrote it. */
struct aq_job aq_job_again(const struct aq_job *j);

/* aq_fetch(s, jobs, n, a, err): read those neither known nor done. */
int aq_fetch(struct aq *s, struct aq_job *jobs, size_t n, struct tq_arena *a,
    struct tq_err *err);

/*
 * aq_items(s, pks, n, a, out, err): consistent reads; out[i] is an item or
 * none.  Keys may repeat.
 */
int aq_items(struct aq *s, const char *const *pks, size_t n,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);

/*
 * aq_put(s, item, condition, values, err): a conditional PutItem; names "#r"
 * and "#u" stand for rev and until.  1 written, 0 the condition failed, -1.
 * ${condition} NULL: none.
 */
int aq_put(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_err *err);

/* aq_key_of(pk, a): the key of an item. */
struct tq_span aq_key_of(const char *pk, struct tq_arena *a);

/* aq_delete(s, pk, err): unconditionally. */
int aq_delete(struct aq *s, const char *pk, struct tq_err *err);

/* A position in the index: behind this entry; pk NULL: at the start. */
struct aq_at {
	const char	*pk;
	int64_t		 ring_at;
};

struct aq_query {
	const char	*gsi;
	struct aq_at	 after;
	int64_t		 until;		/* ringAt at most this; 0: any */
	int64_t		 since;		/* ... at least this */
	int64_t		 limit;		/* 0: a page */
	bool		 backward;
};

/* What the index has of an item. */
struct aq_entry {
	const char	*pk, *id;	/* id: of tasks */
	int64_t		 ring_at;
	int		 rings;
	const char	*type;
	bool		 drained, owed;
	int64_t		 due, expires_at;
	struct tq_span	 item;
};

/* aq_query(s, q, a, out, n, more, err): one page, appended to no list. */
int aq_query(struct aq *s, const struct aq_query *q, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err);

/* aq_gsi(queue, status, a): "QUEUE#STATUS#0". */
const char *aq_gsi(const char *queue, enum tq_status status,
    struct tq_arena *a);

/* aq_queues(s, a, names, n, err): all queues of the store, sorted. */
int aq_queues(struct aq *s, struct tq_arena *a, const char ***names,
    size_t *n, struct tq_err *err);

/* The table as init makes it. */
struct tq_ddb_table aq_table(const struct aq *s);

/* -- bodies.c --------------------------------------------------------------------- */

/*
 * aq_body_store(s, queue, id, due, tag, which, bytes, a, at, err): put bytes
 * that are too big for the record where they belong; ${at} says where (NULL:
 * inline).  ${which} is "payload" or "result"; ${due} when the task is, if
 * that is to come.  A body goes with its record (aq_rec_drop()), else by
 * itself: a result a day after the record would, a payload three years after
 * its task was due.
 */
int aq_body_store(struct aq *s, const char *queue, const char *id,
    int64_t due, const char *tag, const char *which, struct tq_span bytes,
    struct tq_arena *a, const char **at, struct tq_err *err);
/* Best effort: what stays is an orphan for the sweep. */
void aq_body_drop(struct aq *s, const char *at);
/*
 * aq_body_undo(s, j, at): ${at} was stored for a write of ${j} that was not to
 * be: it goes, unless the record names it all the same, as it does when our
 * try was done, its answer lost, and the record changed by others since.
 */
void aq_body_undo(struct aq *s, const struct aq_job *j, const char *at);
/*
 * aq_recs_load(s, recs, n, with, a, err): fill t.payload and t.result; a
 * record whose bytes are not where it says is `missing'.  aq_rec_load(): of
 * one record, which fails with TQ_E_CORRUPT then.
 */
int aq_recs_load(struct aq *s, struct aq_rec *const *recs, size_t n,
    unsigned with, struct tq_arena *a, struct tq_err *err);
int aq_rec_load(struct aq *s, struct aq_rec *r, unsigned with,
    struct tq_arena *a, struct tq_err *err);
/* aq_rec_drop(s, r): bodies and blobs of a record that is gone. */
void aq_rec_drop(struct aq *s, const struct aq_rec *r);

#endif
