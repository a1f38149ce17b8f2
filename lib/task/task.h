/*
 * lib/task/task.h -- the record: what a task is, in both stores and in JSON.
 *
 * Pure: no I/O, no clock.  Changing the record: (1) raise TQ_TASK_VERSION if
 * an older tq would do harm with it, (2) add the field here, in json.c
 * and in lib/store/sqlite/schema.c with a migration, (3) say it in tq(7).
 */
#ifndef TQ_TASK_H
#define TQ_TASK_H

#include "util/buf.h"
#include "util/err.h"

#define TQ_TASK_VERSION	2	/* the newest this code reads and writes */
#define TQ_MESSAGE_VERSION 1	/* of messages and control records */

/*
 * Stored as these numbers.  The order matters: waiting statuses are below
 * RUNNING, finished ones above BLOCKED, so that the partial indexes of the
 * sqlite store need one comparison each.
 */
enum tq_status {
	TQ_PENDING,	/* waiting, perhaps until notBefore */
	TQ_RETRYING,	/* an attempt failed, the next is due at notBefore */
	TQ_RUNNING,	/* leased by one worker, attempt N */
	TQ_BLOCKED,	/* waits for other tasks */
	TQ_COMPLETED,	/* done; result and output stored */
	TQ_FAILED,	/* dead: visible in tq-dlq */
	TQ_CANCELLED,
	TQ_STATUS_MAX
};

#define TQ_BIT(status)	(1u << (status))
#define TQ_WAITING	(TQ_BIT(TQ_PENDING) | TQ_BIT(TQ_RETRYING))
#define TQ_FINISHED	(TQ_BIT(TQ_COMPLETED) | TQ_BIT(TQ_FAILED) | \
			    TQ_BIT(TQ_CANCELLED))

/* The kind of bytes in a payload or result. */
enum tq_kind {
	TQ_KIND_NONE,
	TQ_KIND_JSON,	/* shown as they are */
	TQ_KIND_TEXT,	/* UTF-8, shown as a JSON string */
};

/*
 * Defaults, in milliseconds.  A task's own value of 0 means the default (see
 * tq_task_max_attempts() and its like).
 */
#define TQ_MAX_ATTEMPTS		3
#define TQ_LEASE_MS		60000
#define TQ_TIMEOUT_MS		3600000
#define TQ_BACKOFF_MS		1000
#define TQ_BACKOFF_CAP_MS	900000
#define TQ_GRACE_MS		25000
#define TQ_KEEP_MS		(INT64_C(14) * 86400000)
#define TQ_KEEP_DEAD_MS		(INT64_C(30) * 86400000)
#define TQ_GIVE_UP_MS		86400000
#define TQ_KEEP_MIN_MS		60000	/* the least that --keep takes */
#define TQ_HISTORY_MAX		10	/* attempts that a record remembers */

/*
 * A checksum that may be unknown: CRC-32 (that of zlib and PNG, ISO 3309) in
 * the low half, TQ_CRC_KNOWN set; 0 when nobody has computed it.
 */
#define TQ_CRC_KNOWN		(UINT64_C(1) << 32)

/*
 * One task.  Strings and spans are borrowed: whoever fills the struct (a
 * parser, a store) says which arena owns them.  NULL, NONE and 0 mean
 * "not set"; times are wall-clock milliseconds since 1970.
 */
struct tq_task {
	/* The request. */
	const char	*id;
	const char	*queue;
	const char	*type;
	struct tq_span	 payload;
	enum tq_kind	 payload_kind;
	size_t		 payload_size;	/* also when payload is not loaded */
	uint64_t	 payload_crc;	/* of one outside the record */
	const char	*input;		/* blob: http(s): s3: data: */
	const char	*input_name;	/* base name of the file it came from */
	int64_t		 input_size;	/* of a staged input; 0: unknown */
	uint64_t	 input_crc;	/* of a staged input */
	struct tq_span	 labels;	/* a JSON object of strings, or NONE */
	int		 prio;		/* 0..9, 9 first */
	int		 max_attempts;
	int64_t		 timeout_ms;
	int64_t		 backoff_ms;	/* base; -1: retry at once */
	int64_t		 backoff_cap_ms;
	int64_t		 not_before;	/* due then; 0: at once, whatever the
					   clock says */
	int64_t		 delay_ms;	/* BLOCKED: counts from the unblocking */
	int64_t		 expires_at;	/* not started after this */
	int64_t		 keep_ms;	/* retention of COMPLETED, CANCELLED */
	const char	*group;
	const char	*parent;
	struct tq_span	 after, after_ended; /* JSON arrays of ids; of a
					   request alone: edge.h */
	int		 parents;	/* tasks that it was submitted after */
	const char	*notify;	/* URL told of its end; of a request
					   alone: hook.h */
	const char	*traceparent;
	const char	*submit_id;	/* 16 hex digits: our own retried write */
	const char	*fingerprint;	/* 32 hex digits: hash of the request */
	struct tq_span	 argv;		/* a JSON array: tq-submit -- CMD ARGS */
	const char	*cwd;		/* beside argv only: where it runs, */
	bool		 chdir;		/* as --chdir asked: not elsewhere, */
	const char	*umask;		/* its file mode mask, octal, */
	struct tq_span	 env;		/* a JSON object: variables it gets, */
	const char	*uid;		/* and the user who queued it, decimal;
					   sqlite */

	/* The outcome so far. */
	enum tq_status	 status;
	bool		 held;		/* waits, and is not to be claimed */
	int		 edges;		/* not 0: others wait, or waited, for it */
	int		 waits;		/* not 0: BLOCKED until others end */
	int		 attempts;	/* that failed, died, or run now */
	int		 crashes;	/* deaths of workers that held it alone */
	int		 stops;		/* shutdowns that stopped it, in a row */
	bool		 alone;		/* RUNNING: claimed by take-over */
	bool		 prefetched;	/* RUNNING: perhaps not started yet */
	uint64_t	 token;
	uint64_t	 claim;
	uint64_t	 rev;
	int64_t		 lease_until;	/* wall clock, for people */
	int64_t		 created_at, updated_at, started_at, finished_at;
	int64_t		 due_since;	/* since when it could run, attempts
					   that were given back aside; 0:
					   notBefore or createdAt says it */
	int64_t		 keep_until;	/* ended: absent from then on */
	int64_t		 give_up_at;
	bool		 cancel_requested;
	bool		 drained;
	const char	*worker;
	struct tq_span	 progress;	/* a JSON object, or NONE */
	struct tq_span	 result;
	enum tq_kind	 result_kind;
	size_t		 result_size;	/* also when result is not loaded */
	uint64_t	 result_crc;	/* of one outside the record */
	bool		 damaged;	/* get: payload or result is not what
					   was stored, and is left out */
	const char	*output;	/* blob:... */
	int64_t		 output_size;
	uint64_t	 output_crc;
	struct tq_span	 history;	/* a JSON array: history.h */
	const char	*log;		/* blob:... of the last attempt */
	const char	*out_log;	/* blob:... with the stdout of a queued
					   command that runs or failed */
	const char	*reason;	/* failureReason: a sentence */
	enum tq_stage	 err_stage;
	const char	*err_code;

	/* Of the aws store; 0 on sqlite. */
	int64_t		 ring_at;
	int		 rings;
	const char	*bell;
	bool		 dlq_owed;
};

/* tq_status_name(s): "PENDING" ...; tq_status_parse(): -1 if none. */
const char *tq_status_name(enum tq_status s);
int tq_status_parse(const char *name, enum tq_status *out);

/*
 * tq_task_version(t): the record version ${t} needs: 1, or 2 when it uses
 * what version 2 brought, so that an older worker gives it back.
 */
int tq_task_version(const struct tq_task *t);

/*
 * Names.  tq_queue_ok(): [A-Za-z0-9_-]{1,64}; tq_name_ok(), for types and
 * ids: [A-Za-z0-9][A-Za-z0-9._:-]{0,127}.
 */
bool tq_queue_ok(const char *s);
bool tq_name_ok(const char *s);

/* The task's own value or the default. */
int tq_task_max_attempts(const struct tq_task *t);
int64_t tq_task_timeout_ms(const struct tq_task *t);

/*
 * tq_task_check(t, err):
 * May ${t} be stored: names, sizes, ranges, input scheme?  The payload's
 * JSON has been checked by who parsed it.  Returns 0, or -1 with TQ_E_DATA
 * or TQ_E_TOOBIG and a message that names the field.
 */
int tq_task_check(const struct tq_task *t, struct tq_err *err);

/*
 * tq_task_label(t, key, value): does the label ${key} have the ${value}
 * (NULL: any value)?
 */
bool tq_task_label(const struct tq_task *t, const char *key,
    const char *value);

/*
 * tq_task_write(t, b):
 * Append the public record as one JSON object on one line, without a line
 * feed: the keys of tq(7) in fixed order, those not set left
 * out, payload and result as the user's bytes.
 */
void tq_task_write(const struct tq_task *t, struct tq_buf *b);

/*
 * tq_task_put_bytes(b, key, v, kind):
 * Append the member ${key} with a payload or a result: JSON as it is, on one
 * line, text as a string; nothing when there is none.
 */
void tq_task_put_bytes(struct tq_buf *b, const char *key, struct tq_span v,
    enum tq_kind kind);

/*
 * tq_task_parse(text, a, t, err):
 * Read a task from one JSON object, as --batch and REST take it and as
 * tq_task_write() prints it: what was asked for is read, what became of it
 * is passed over, unknown keys are refused by name.  "delay" (duration) is
 * relative to ${now}.  Strings and payload are copied to ${a}, ${text} may
 * go.  ${t} is overwritten; keys not given keep the values of ${def}.
 * Fails with stage parse, TQ_E_DATA; ${t} is then unspecified.
 */
int tq_task_parse(struct tq_span text, const struct tq_task *def, int64_t now,
    struct tq_arena *a, struct tq_task *t, const char **key,
    struct tq_err *err);

#endif
