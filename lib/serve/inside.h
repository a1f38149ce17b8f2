/*
 * lib/serve/inside.h -- the insides of the server; only its .c files
 * include it.
 *
 *	guard uri route problem dialect keys multipart mime: pure
 *	metrics openapi		counters; the route table as a document
 *	listen			sockets
 *	serve			start and stop
 *	conn			connections and their deadlines
 *	http			libmicrohttpd's callbacks: a request's way
 *	admit			who may ask what: Host, Origin, keys, body
 *	answer			answers and errors
 *	body			what is uploaded, as it comes in
 *	reader			a store handle for each event loop
 *	writer			group commit
 *	watch			waiting for tasks
 *	submit form batch tasks list files events session about	handlers
 *	web			the page's files
 */
#ifndef TQ_SERVE_INSIDE_H
#define TQ_SERVE_INSIDE_H

#include <microhttpd.h>
#include <pthread.h>
#include <sys/socket.h>

#include "serve/dialect.h"
#include "serve/guard.h"
#include "serve/metrics.h"
#include "serve/mime.h"
#include "serve/multipart.h"
#include "serve/problem.h"
#include "serve/serve.h"
#include "task/id.h"
#include "util/hash.h"

#define SERVE_JSON_MAX		(1024 * 1024)
#define SERVE_NDJSON_MAX	(16 * 1024 * 1024)
#define SERVE_UPLOAD_MAX	(64 * 1024 * 1024)
#define SERVE_BATCH_MAX		10000		/* lines */
#define SERVE_BUFFERED_MAX	(512 * 1024 * 1024)	/* bodies, in all */
#define SERVE_CONNS_MAX		4096
#define SERVE_CONNS_HIGH	1024	/* above it the idle make room */
#define SERVE_CONNS_PER_IP	32	/* loopback and unix: no limit */
#define SERVE_UPLOAD_MS		300000
#define SERVE_ANSWER_MS		30000	/* to take an answer ... */
#define SERVE_ANSWER_RATE	16	/* ... and bytes a ms beyond that */
#define SERVE_WAIT_MAX_MS	60000
#define SERVE_KEEPALIVE_MS	15000	/* comments of an event stream */
#define SERVE_STREAM_MS		1800000	/* then the client resumes it */
#define SERVE_LISTENERS_MAX	8

struct req;
typedef enum MHD_Result handler(struct req *r);

/* A connection; in a list by how long it is idle, oldest first. */
struct conn {
	struct conn	*next, *prev;
	struct sockaddr_storage addr;
	int		 fd;
	int64_t		 deadline;	/* boot ms; 0: none now */
	bool		 busy;		/* has a request */
	bool		 loopback;	/* came to a loopback address */
	bool		 shut;
};

/* What is to be written; one a request. */
enum job_kind { JOB_SUBMIT, JOB_CANCEL, JOB_REDRIVE, JOB_KINDS };

struct job {
	struct job	*next;
	struct req	*req;
	enum job_kind	 kind;
	struct tq_submit *in;		/* SUBMIT */
	struct tq_submitted *out;
	size_t		 n;
	int		 blob_fd;	/* to be stored first; -1: none */
	const char	*blob_name;
	struct tq_ref	 ref;		/* CANCEL, REDRIVE */
	struct tq_answer answer;
	int		 rc;		/* 0, or -1 with err */
	struct tq_err	 err;
};

/* Who waits for a task; in the watcher's table while it does. */
struct waiter {
	struct waiter	*next;		/* of the same bucket */
	struct req	*req;
	const char	*id;
	uint64_t	 rev;		/* wakes at another rev ... */
	bool		 finished;	/* ... or only at the end */
	int64_t		 until;		/* boot ms */
	bool		 armed;
};

/* An upload on its way to a blob, and the form fields around it. */
struct upload {
	int		 fd;		/* -1: no file yet */
	uint64_t	 size;
	bool		 in_file, has_file;
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
struct req {
	struct tq_serve	*s;
	struct MHD_Connection *mc;
	struct conn	*conn;
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
	const struct tq_route *route;
	const char	*task_id;	/* of the path */
	const char	*origin;	/* a foreign one that may read it */
	const char	*prefer;	/* Preference-Applied */
	struct tq_who	 who;

	/* the body */
	struct tq_buf	 body;
	uint64_t	 body_max, body_seen;
	struct upload	*up;
	bool		 body_done;

	/* an error found before the body was read */
	bool		 early;
	enum tq_problem_id early_id;
	const char	*early_detail;
	const char	*early_extra;	/* Allow, for 405 */

	/* what is done next, when the body is there or it was resumed */
	handler		*next;
	struct job	 job;
	struct waiter	 wait;
	struct tq_task	*tasks;		/* submitted */
	bool		 keyed;
	int64_t		 wait_ms;	/* -1: not asked */
	void		*data;		/* of a handler's own; in the arena */
	struct tq_buf	 out;		/* of a stream */
	size_t		 out_at;

	/* the answer */
	int		 status;	/* 0: none yet */
	int64_t		 bytes;
};

/* A queue of jobs and the thread that does them. */
struct lane {
	struct tq_serve	*s;
	pthread_t	 thread;
	bool		 started;
	pthread_mutex_t	 lock;
	pthread_cond_t	 come;
	struct job	*head, **tail;
	bool		 stop;
	struct tq_store	*store;
	uint64_t	 generation;	/* of the handle */
};

#define WATCH_BUCKETS	1024

struct tq_serve {
	const struct tq_serve_opts *o;
	const struct tq_env *env;
	struct MHD_Daemon *daemons[SERVE_LISTENERS_MAX];
	size_t		 ndaemons;
	bool		 stopping;	/* atomic */
	unsigned	 inflight;	/* atomic: requests */
	uint64_t	 buffered;	/* atomic: bytes of bodies */
	uint64_t	 generation;	/* atomic: handles older are reopened */
	bool		 store_down;	/* atomic */
	struct tq_metrics metrics;

	pthread_mutex_t	 conn_lock;
	struct conn	*conn_first, *conn_last;
	size_t		 nconns;

	pthread_mutex_t	 key_lock;
	struct tq_keys	*keys;
	struct tq_sessions sessions;

	struct lane	 writer, stager;

	pthread_t	 watcher, reaper;
	bool		 watching, reaping;
	pthread_mutex_t	 watch_lock;
	struct waiter	*waiting[WATCH_BUCKETS];
	bool		 watch_stop;	/* atomic */
	bool		 watch_soon;	/* atomic: somebody new waits */

	pthread_key_t	 reader_key;
	bool		 has_reader_key;
	int		 web_fd;	/* -1: no page */
};

static inline bool
serve_stopping(struct tq_serve *s)
{
	return __atomic_load_n(&s->stopping, __ATOMIC_RELAXED);
}

void serve_note(struct tq_serve *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* serve_ask(st, err): does it answer?  0, or -1. */
int serve_ask(struct tq_store *st, struct tq_err *err);

/* Random bits from a store of them: one system call for many. */
uint64_t serve_random(struct tq_serve *s);

/* conn.c */
void conn_notify(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_ConnectionNotificationCode code);
enum MHD_Result conn_policy(void *cls, const struct sockaddr *addr,
    socklen_t len);
void conn_begin(struct req *r, int64_t ms);	/* a request has begun */
void conn_deadline(struct req *r, int64_t ms);	/* 0: none */
void conn_end(struct req *r);			/* it is answered */
void *conn_reaper(void *s);
/* conn_raw(r, id): write an error past libmicrohttpd, before closing. */
void conn_raw(struct req *r, enum tq_problem_id id);

/* http.c */
void *http_uri(void *cls, const char *uri, struct MHD_Connection *mc);
enum MHD_Result http_request(void *cls, struct MHD_Connection *mc,
    const char *url, const char *method, const char *version,
    const char *data, size_t *n, void **ctx);
void http_completed(void *cls, struct MHD_Connection *mc, void **ctx,
    enum MHD_RequestTerminationCode code);
const char *http_header(const struct req *r, const char *name);
/* http_suspend(r, next): wait; ${next} is called once it is resumed. */
void http_suspend(struct req *r, handler *next);
void http_resume(struct req *r);

/* admit.c: false when refused: then r->early is set. */
bool admit(struct req *r, const struct tq_guard *g);
bool admit_who(struct tq_serve *s, struct req *r, struct tq_who *who,
    bool *keys_on);

/* answer.c */
enum MHD_Result answer(struct req *r, int status, struct MHD_Response *resp,
    int64_t bytes);
/* The response of ${b}'s bytes, which it takes; NULL: out of memory. */
struct MHD_Response *answer_of(struct tq_buf *b, const char *type);
enum MHD_Result answer_buf(struct req *r, int status, const char *type,
    struct tq_buf *b);
enum MHD_Result answer_json(struct req *r, int status, struct tq_buf *b);
enum MHD_Result answer_empty(struct req *r, int status);
enum MHD_Result answer_problem(struct req *r, enum tq_problem_id id,
    const char *detail, const char *extra);
enum MHD_Result answer_err(struct req *r, const struct tq_err *err);
/* The store refused the only task of ${r}. */
enum MHD_Result answer_refused(struct req *r);
void answer_header(struct MHD_Response *resp, const char *name,
    const char *value);

/* body.c */
bool body_begin(struct req *r, const struct tq_guard *g);
/* 0; -1: the connection must be closed, as the client has been told. */
int body_data(struct req *r, struct tq_span data);
/* At its end: true, or false and the error is set in r->early. */
bool body_end(struct req *r);
void body_free(struct req *r);

/* reader.c */
struct tq_store *reader_get(struct tq_serve *s, struct tq_err *err);
/*
 * reader_failed(s, err): a verb failed with ${err}.  True when that is about
 * the store, not about a task: then all handles will be opened anew.
 */
bool reader_failed(struct tq_serve *s, const struct tq_err *err);
void reader_close(void *reader);
int reader_task(struct req *r, const char *id, unsigned with,
    struct tq_task **out, struct tq_err *err);

/* writer.c */
int lane_start(struct lane *l, struct tq_serve *s, void *(*run)(void *));
void lane_stop(struct lane *l);
void lane_put(struct lane *l, struct job *j);
void *writer_run(void *lane);
void *stager_run(void *lane);

/* watch.c */
void *watch_run(void *s);
/*
 * watch_for(r, t, ms, finished, next): suspend ${r} until its task t->id has
 * another rev than t->rev (or has ended), at most ${ms}; then call ${next}.
 */
void watch_for(struct req *r, const struct tq_task *t, int64_t ms,
    bool finished, handler *next);
/* In a stream's reader: the same without a handler. */
void watch_stream(struct req *r, const char *id, uint64_t rev, int64_t ms);
void watch_wake_all(struct tq_serve *s);

/* submit.c, form.c */
int submit_new_id(struct req *r, struct tq_task *t, const char *key);
enum MHD_Result submit_send(struct req *r, struct tq_task *t, size_t n,
    handler *next);
int submit_check(struct req *r, const struct tq_task *t, struct tq_err *err);
int form_task(struct req *r, struct tq_task *t, const char **key,
    struct tq_err *err);
/*
 * Append the public record and where its output is: with ${r}, an address of
 * the store's own if it has one that others can use (S3's presigned).
 */
void task_write(struct req *r, const struct tq_task *t, struct tq_buf *b);
bool wait_asked(struct req *r, int64_t *ms, bool *bad);

handler submit_run, batch_run, list_run, get_run, cancel_run, redrive_run,
    output_run, input_run, log_run, events_run, summary_run, workers_run,
    session_get_run, session_put_run, session_end_run, health_run, ready_run,
    metrics_run, openapi_run, dialect_submit_run, dialect_get_run,
    dialect_health_run, web_run, options_run;

#endif
