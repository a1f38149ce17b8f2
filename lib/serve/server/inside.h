/*
 * lib/serve/server/inside.h -- the insides of the server; only its .c files
 * include it.
 *
 *	listen keys sessions	sockets; who may; cookies
 *	judge probe		libmicrohttpd's strictness and its limits
 *	quota			how much somebody has, and how fast
 *	route metrics		the table of the API; counters
 *	req			small things that all ask of a request
 *	client			where a request comes from
 *	conn			connections and their deadlines
 *	heads			heads that libmicrohttpd refuses by itself
 *	answer			answers and errors
 *	reader			a store handle for each event loop
 *	body			what is uploaded, as it comes in
 *	who			whose request it is: keys and sessions
 *	admit			who may ask what: Host, Origin, scopes, bounds
 *	exec			threads and the operations that wait for them
 *	pool			reads that may take long
 *	writer			group commit
 *	operator		what operators ask for, which may take long
 *	watch			waiting for tasks
 *	request			libmicrohttpd's callbacks: a request's way
 *	serve			start and stop
 */
#ifndef TQ_SERVE_SERVER_INSIDE_H
#define TQ_SERVE_SERVER_INSIDE_H

#include <microhttpd.h>
#include <pthread.h>
#include <sys/socket.h>

#include "serve/server/metrics.h"
#include "serve/http/mime.h"
#include "serve/http/multipart.h"
#include "serve/http/problem.h"
#include "serve/http/forwarded.h"
#include "serve/server/judge.h"
#include "serve/server/quota.h"
#include "serve/server/route.h"
#include "serve/server/serve.h"
#include "serve/server/sessions.h"
#include "task/id.h"
#include "util/hash.h"

#define SV_JSON_MAX		(1024 * 1024)
#define SV_NDJSON_MAX		(16 * 1024 * 1024)
#define SV_UPLOAD_MAX		(64 * 1024 * 1024)
#define SV_BATCH_MAX		10000		/* lines */
#define SV_BUFFERED_MAX		(512 * 1024 * 1024)	/* bodies, in all */
#define SV_CONNS_MAX		4096
#define SV_CONNS_PER_IP		32	/* loopback and unix: no limit */
#define SV_UPLOAD_MS		300000
#define SV_ANSWER_MS		30000	/* to take an answer ... */
#define SV_ANSWER_RATE		16	/* ... and bytes a ms beyond that */
#define SV_WAIT_MAX_MS		60000
#define SV_KEEPALIVE_MS		15000	/* comments of an event stream */
#define SV_STREAM_MS		1800000	/* then the client resumes it */
#define SV_LISTENERS_MAX	8

/* A connection; in a list by how long it is idle, oldest first. */
struct sv_conn {
	struct sv_conn	*next, *prev;
	struct sockaddr_storage addr;
	char		 peer[TQ_IP_TEXT];	/* ${addr}, or "unix" */
	int		 fd;
	int64_t		 deadline;	/* atomic; boot ms; 0: none now */
	int64_t		 since;		/* boot ms: came, or idle */
	bool		 busy;		/* atomic: has a request */
	bool		 loopback;	/* came to a loopback address */
	bool		 shut;
};

/*
 * Reads for ${r} with ${st}, in any thread: ${r} is suspended meanwhile, its
 * arena and data are the reading's.  0, or -1 with ${err} filled.
 */
typedef int sv_reading(struct sv_req *r, struct tq_store *st,
    struct tq_err *err);

/* The kinds of work of an executor; it does one at a time. */
enum sv_op_kind { SV_OP_SUBMIT, SV_OP_CANCEL, SV_OP_REDRIVE, SV_OP_READ };

struct sv_op {
	struct sv_op	*next;
	struct sv_req	*req;
	enum sv_op_kind	 kind;
	struct tq_submit *in;		/* SUBMIT */
	struct tq_submitted *out;
	size_t		 n;
	int		 blob_fd;	/* to be stored first; -1: none */
	const char	*blob_name;
	struct tq_ref	 ref;		/* CANCEL, REDRIVE */
	struct tq_answer answer;
	sv_reading	*read;		/* READ */
	int		 rc;		/* 0, or -1 with err */
	struct tq_err	 err;
};

/*
 * A request that waits for its task to change.  It is entered in the
 * watcher's table first and looks at the record afterwards, so that a change
 * is either seen by the look or noticed by the watcher.
 */
enum sv_wait_state { SV_OUT, SV_ENTERED, SV_WAITING };

struct sv_waiter {
	struct sv_waiter *next;		/* of the same bucket */
	struct sv_req	*req;
	enum sv_wait_state state;	/* WAITING: the request is suspended */
	bool		 changed;	/* since it was entered, or looked */
	uint64_t	 rev;		/* wakes at another rev ... */
	bool		 finished;	/* ... or only at the end */
	int64_t		 created_at;	/* of the run; wakes for another */
	int64_t		 until;		/* boot ms */
};

/* An upload on its way to a blob, and the form fields around it. */
struct sv_upload {
	int		 fd;		/* -1: no file yet */
	uint64_t	 size;
	bool		 in_file, has_file;
	const char	*filename;	/* as the form has it; or NULL */
	struct tq_sha256 hash;
	char		 start[16];	/* its first bytes */
	size_t		 start_n;
	struct tq_multipart form;
	bool		 is_form;
	struct tq_buf	 field;		/* of the part that is being read */
	const char	*name;
	struct tq_param	 fields[TQ_URI_PARAMS];
	size_t		 nfields;
};

/* A request, from its first line until its answer is sent. */
struct sv_req {
	struct sv_req	*head_next, *head_prev;	/* see heads.c */
	bool		 in_heads;
	struct tq_serve	*s;
	struct MHD_Connection *mc;
	struct sv_conn	*conn;
	struct tq_arena	 arena;
	char		 id[65];	/* X-Request-Id */
	int64_t		 begun;		/* boot ms */

	/* the head */
	const char	*uri_at;	/* where it stood in the read buffer */
	const char	*raw_uri;	/* a copy; NULL: there was none */
	const char	*method;
	bool		 seen;		/* the head has been judged */
	bool		 has_body;
	struct tq_uri	 uri;
	const struct sv_route *route;
	const char	*task_id;	/* of the path */
	const char	*origin;	/* a foreign one that may read it */
	const char	*prefer;	/* Preference-Applied */
	const char	*content_range;	/* of 416 */
	struct tq_who	 who;
	struct tq_keys	*keys;		/* those of who.key, held */
	uint64_t	 keys_seen;	/* the generation it was admitted by */
	const char	*client;	/* its address, for people */
	struct tq_forwarded via;	/* what a trusted proxy said */
	bool		 waits;		/* counts as one that waits */
	bool		 close;		/* the connection ends with it */

	/* the body */
	struct tq_buf	 body;
	uint64_t	 body_max, body_seen;
	struct sv_upload	*up;
	bool		 body_done;

	/* an error found before the body was read */
	bool		 early;
	enum tq_problem_id early_id;
	const char	*early_detail;
	const char	*early_extra;	/* Allow, for 405 */

	/* what is done next, when the body is there or it was resumed */
	sv_handler		*next;
	struct sv_op	 op;
	struct sv_waiter	 wait;
	struct tq_task	*tasks;		/* submitted */
	enum sv_op_kind	 change;	/* what is to be done to it */
	void		*parents;	/* of the submitted: api/send.c */
	void		*hooks;		/* of the submitted: api/hooks.c */
	struct tq_task	*task;		/* of sv_read_task(); or NULL */
	unsigned	 with;		/* ... TQ_WITH_ bits */
	const char	*output_url;	/* ... the store's own, if it has one */
	bool		 keyed;
	int64_t		 wait_ms;	/* -1: not asked */
	void		*data;		/* of a handler's own; in the arena */
	struct tq_buf	 out;		/* of a stream */
	size_t		 out_at;
	struct tq_arena	 scratch;	/* sv_reread_task(): for one record */

	/* the answer */
	int		 status;	/* 0: none yet */
	int64_t		 bytes;
};

/* An executor: operations that wait, and the threads that carry them out. */
#define SV_EXEC_THREADS	4
struct sv_exec {
	struct tq_serve	*s;
	pthread_t	 thread[SV_EXEC_THREADS];
	unsigned	 nthreads;	/* 0: not started */
	pthread_mutex_t	 lock;
	pthread_cond_t	 come;
	struct sv_op	*head, **tail;
	size_t		 n;		/* that wait */
	bool		 stop;
	struct tq_store	*store;		/* of an executor that writes */
	uint64_t	 generation;	/* of the handle */
};

#define WATCH_BUCKETS	1024

struct tq_serve {
	const struct tq_serve_opts *o;
	const struct tq_env *env;
	struct MHD_Daemon *daemons[SV_LISTENERS_MAX];
	size_t		 ndaemons;
	bool		 stopping;	/* atomic */
	bool		 strict;	/* see sv_probe(); does not change */
	unsigned	 inflight;	/* atomic: requests */
	uint64_t	 buffered;	/* atomic: bytes of bodies */
	uint64_t	 generation;	/* atomic: handles older are reopened */
	bool		 store_down;	/* atomic */
	char		*store_url;	/* of the store that was opened first */
	bool		 failed;	/* atomic: the store is gone, as */
	struct tq_err	 failure;	/* says, which does not change then */
	int64_t		 store_seen;	/* atomic, boot ms: it answered then */
	struct tq_metrics metrics;

	pthread_mutex_t	 conn_lock;
	struct sv_conn	*conn_first, *conn_last;
	size_t		 nconns;	/* atomic */
	size_t		 conns_max;
	char		 keep_alive[32];	/* "timeout=75" */
	size_t		 nwaits;	/* long polls and streams */
	struct tq_quota	 waits;		/* ... by "key:ID", "from:ADDRESS" */

	pthread_mutex_t	 key_lock;
	struct tq_keys	*keys;
	uint64_t keys_generation; /* atomic: grows with each load */
	struct tq_sessions sessions;
	struct tq_throttle tries;	/* of keys that are not known */

	struct sv_exec	 writer, stager, pool, operator;
	bool		 local;		/* to read one record takes no time */
	bool		 offers;	/* tq_store_offers() */

	pthread_t	 watcher, reaper;
	bool		 watching, reaping;
	pthread_mutex_t	 watch_lock;
	pthread_cond_t	 watch_come;	/* somebody begins to wait */
	struct sv_waiter	*waiting[WATCH_BUCKETS];
	bool		 watch_stop;	/* atomic */
	bool		 watch_soon;	/* atomic: somebody new waits */
	int64_t		 watch_rest;	/* atomic, ms: from look to look while
					   nobody waits */

	pthread_key_t	 reader_key, spare_key;
	bool		 has_reader_key, has_spare_key;
	int		 web_fd;	/* -1: no page */
};

static inline bool
sv_stopping(struct tq_serve *s)
{
	return __atomic_load_n(&s->stopping, __ATOMIC_RELAXED);
}

/* req.c */
void sv_note(struct tq_serve *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* sv_name_request(r): r->id, the client's X-Request-Id if it is a good one. */
void sv_name_request(struct sv_req *r);
/* Random bits from a store of them: one system call for many. */
uint64_t sv_random(struct tq_serve *s);
const char *sv_header(const struct sv_req *r, const char *name);
/* sv_suspend(r, next): wait; ${next} is called once it is resumed. */
void sv_suspend(struct sv_req *r, sv_handler *next);
void sv_resume(struct sv_req *r);
/* sv_early(r, id, detail): what to answer once the body is read; false. */
bool sv_early(struct sv_req *r, enum tq_problem_id id, const char *detail);

/* client.c */
/* Is that the address of a proxy whose word is taken? */
bool sv_client_trusted(const struct tq_serve *s, const struct sockaddr *sa);
/* sv_client_find(r): who asks, by the connection or a proxy's word. */
void sv_client_find(struct sv_req *r);
/* The client is on this machine, as far as can be told. */
bool sv_client_local(const struct sv_req *r);

/* conn.c */
void sv_conn_notify(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_ConnectionNotificationCode code);
enum MHD_Result sv_conn_policy(void *cls, const struct sockaddr *addr,
    socklen_t len);
/* sv_conn_deadline(r, ms): it has a request, until in ${ms}; 0: no deadline. */
void sv_conn_deadline(struct sv_req *r, int64_t ms);
void sv_conn_end(struct sv_req *r);			/* it is answered */
void *sv_conn_reaper(void *s);
/*
 * sv_conn_raw(r, id, detail): write an error past libmicrohttpd, which can't
 * be given one yet.  The connection takes no further answer.  The rest of the body is read, as
 * closing would reset the connection under the answer, but not for long.
 */
void sv_conn_raw(struct sv_req *r, enum tq_problem_id id, const char *detail);

/* heads.c */
/* The head of ${r} comes in; it is done with, or the request is over. */
void sv_heads_enter(struct sv_req *r);
void sv_heads_leave(struct sv_req *r);
/* libmicrohttpd is about to refuse a head, in this thread (its logger). */
void sv_heads_trouble(void *cls, const char *fmt, va_list ap);

/* request.c */
void *sv_http_uri(void *cls, const char *uri, struct MHD_Connection *mc);
enum MHD_Result sv_http_request(void *cls, struct MHD_Connection *mc,
    const char *url, const char *method, const char *version,
    const char *data, size_t *n, void **ctx);
void sv_http_completed(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_RequestTerminationCode code);

/* who.c */
/* sv_who_find(r): r->who by its key or its session; false: nobody known. */
bool sv_who_find(struct sv_req *r);
/* The same by a key; for a body that holds one. */
bool sv_who_by_key(struct sv_req *r, const char *key);
void sv_who_drop(struct sv_req *r);
/* An unknown key came: false when too many did from this address. */
bool sv_who_try(struct sv_req *r);
bool sv_keys_on(struct tq_serve *s);
/*
 * sv_who_still(r): may it still see what it waits for?  False when its key was
 * taken away since it was admitted.
 */
bool sv_who_still(struct sv_req *r);
/* sv_may(r, queue, type): within the key's bounds?  NULL: not asked. */
bool sv_may(const struct sv_req *r, const char *queue, const char *type);
/* sv_may_whole(r, queue): all of the queue, or of the store? */
bool sv_may_whole(const struct sv_req *r, const char *queue);

/* admit.c: false when refused: then r->early is set. */
bool sv_admit(struct sv_req *r, const struct tq_guard *g);
bool sv_admit_who(struct tq_serve *s, struct sv_req *r, struct tq_who *who,
    bool *keys_on);

/* answer.c */
enum MHD_Result sv_answer(
    struct sv_req *r, int status, struct MHD_Response *resp, int64_t bytes);
/* The response of ${b}'s bytes, which it takes; NULL: out of memory. */
struct MHD_Response *sv_answer_of(struct tq_buf *b, const char *type);
enum MHD_Result sv_answer_buf(struct sv_req *r, int status, const char *type,
    struct tq_buf *b);
enum MHD_Result sv_answer_json(struct sv_req *r, int status, struct tq_buf *b);
enum MHD_Result sv_answer_empty(struct sv_req *r, int status);
/* 304: what the client has, ${tag} (in its quotes), is what there is. */
enum MHD_Result sv_answer_same(struct sv_req *r, const char *tag);
enum MHD_Result sv_answer_problem(struct sv_req *r, enum tq_problem_id id,
    const char *detail, const char *extra);
enum MHD_Result sv_answer_err(struct sv_req *r, const struct tq_err *err);
/* Too many wait already: 503, and the connection makes room for others. */
enum MHD_Result sv_answer_crowded(struct sv_req *r);
/* 416: of ${size} bytes, those that were asked for are not there. */
enum MHD_Result sv_answer_no_range(struct sv_req *r, int64_t size);
/* The store refused the only task of ${r}. */
enum MHD_Result sv_answer_refused(struct sv_req *r);
void sv_answer_header(struct MHD_Response *resp, const char *name,
    const char *value);

/* body.c */
bool sv_body_begin(struct sv_req *r, const struct tq_guard *g);
/* Nobody reads a body of ${r}: 400; false. */
bool sv_body_unread(struct sv_req *r);
/* A body over the limit is answered at once; then r->status is set. */
void sv_body_data(struct sv_req *r, struct tq_span data);
/* At its end: true, or false and the error is set in r->early. */
bool sv_body_end(struct sv_req *r);
void sv_body_free(struct sv_req *r);

/* reader.c */
/*
 * A store handle for each thread that reads, opened when it is first needed
 * and again when the store was away.
 */
struct tq_store *sv_reader_get(struct tq_serve *s, struct tq_err *err);
/*
 * sv_reader_failed(s, err): a verb failed with ${err}.  True when that is
 * about the store, not about a task: then all handles will be opened anew.
 */
bool sv_reader_failed(struct tq_serve *s, const struct tq_err *err);
void sv_reader_close(void *reader);
/* sv_ask(st, err): does the store answer?  0, or -1. */
int sv_ask(struct tq_store *st, struct tq_err *err);
/* r->task: the record of r->task_id with r->with; NULL: there is none. */
sv_reading sv_read_task;
/*
 * The same, for who looks again and again: the record is in r->scratch, and
 * gone with the next look.
 */
sv_reading sv_reread_task;
/* An address of the blob ${name} that others can use: S3's, presigned; NULL:
   the store has none. */
const char *sv_blob_url(struct sv_req *r, struct tq_store *st,
    const char *name);

/* exec.c */
/* Start ${n} threads that run ${run}(x). */
int sv_exec_start(struct sv_exec *x, struct tq_serve *s, unsigned n,
    void *(*run)(void *x));
/* Requests that still wait are carried out first. */
void sv_exec_stop(struct sv_exec *x);
void sv_exec_put(struct sv_exec *x, struct sv_op *op);
/* All that wait, in order, or the first alone; sleeps.  NULL: the end. */
struct sv_op *sv_exec_take(struct sv_exec *x);
struct sv_op *sv_exec_take_one(struct sv_exec *x);
/* The executor's handle, opened if need be; NULL: the store is away. */
struct tq_store *sv_exec_store(struct sv_exec *x, struct tq_err *err);
/*
 * A verb failed with ${err}.  True when that is about the store: its handle
 * is then not trusted any more.
 */
bool sv_exec_failed(struct sv_exec *x, const struct tq_err *err);
void sv_op_done(struct sv_op *op);

/* pool.c */
/*
 * sv_read(r, fn, cost, next):
 * Have ${fn} read, then call ${next}, which finds its outcome in r->op.rc and
 * r->op.err.  An event loop reads itself only what is QUICK, and only from a
 * store on this machine; the rest is for the pool.  Answers 503 when too many
 * reads wait for it.
 */
enum sv_cost { SV_QUICK, SV_SLOW };
enum MHD_Result sv_read(struct sv_req *r, sv_reading *fn, enum sv_cost cost,
    sv_handler *next);
/*
 * sv_operate(r, fn, next): the same in the operators' thread, with a handle
 * that may write.
 */
enum MHD_Result sv_operate(struct sv_req *r, sv_reading *fn,
    sv_handler *next);
/*
 * In a stream's reader, for a quick one: true when it was done in place, false
 * when the stream is suspended until it is.
 */
bool sv_read_stream(struct sv_req *r, sv_reading *fn);
void *sv_pool_run(void *exec);
void *sv_operator_run(void *exec);

/* writer.c */
void *sv_writer_run(void *exec);
void *sv_stager_run(void *exec);

/* watch.c */
void *sv_watch_run(void *s);
/*
 * sv_watch_enter(r): from now on changes of r->task_id are noticed.  False
 * when too many wait, in all, with this key or from this address.
 */
bool sv_watch_enter(struct sv_req *r);
/*
 * sv_watch_wait(r, rev, finished, until):
 * Suspend ${r} until its task has another rev (or has ended), at most until
 * that boot time.  False, and not suspended, when something has changed since
 * it was entered or woken: then look at the record once more.
 */
bool sv_watch_wait(struct sv_req *r, uint64_t rev, bool finished,
    int64_t until);
/* sv_watch_leave(r): the end of it; no harm if it was never entered. */
void sv_watch_leave(struct sv_req *r);
void sv_watch_wake_all(struct tq_serve *s);

#endif
