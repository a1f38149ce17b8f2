/*
 * lib/serve/api/inside.h -- what the handlers share; only their .c files
 * include it.  The lower ones first:
 *
 *	dialect* record		the words of other systems; a task as answered
 *	filter			which tasks a query means
 *	hooks send uploaded submit upload form batch words	submissions
 *	tasks list files events edges rates	what is asked about tasks
 *	edit patch queues bulk upkeep	what operators ask for
 *	about session web	the service, its clients, the page's files
 *	schema openapi table	the routes as a document; the routes
 */
#ifndef TQ_SERVE_API_INSIDE_H
#define TQ_SERVE_API_INSIDE_H

#include "serve/api/dialect.h"
#include "serve/server/inside.h"

#define SV_FILE_LABEL "fileName" /* the label that an upload's name becomes */

/* hooks.c */
/*
 * The hooks that ${n} tasks ask for (task/hook.h): how many; make them behind
 * the tasks in r->op.in, which has room (returns what is to be called before
 * ${next}, which sees the tasks alone); name that of ${t} in the object that
 * ${b} ends with, if it has one.
 */
size_t sv_hooks_count(const struct tq_task *t, size_t n);
sv_handler *sv_hooks_add(struct sv_req *r, size_t n, sv_handler *next);
void sv_hook_member(struct sv_req *r, const struct tq_task *t,
    struct tq_buf *b);

/* send.c */
/* Store ${n} tasks, or refuse those whose parents the key may not see. */
enum MHD_Result sv_submit_send(struct sv_req *r, struct tq_task *t, size_t n,
    sv_handler *next);

/* uploaded.c */
/*
 * sv_upload_named(r, t, key, err): is the input of ${t} an upload of its own?
 * Then it gets the id and the submitId that the upload was made for.  0, or -1
 * (TQ_E_DATA) when the two disagree.
 */
int sv_upload_named(struct sv_req *r, struct tq_task *t, const char *key,
    struct tq_err *err);
/* The upload that r->tasks takes over: is it there?  Notes its size. */
sv_reading sv_upload_look;

/* submit.c, form.c */
/* The name of the input that comes with ${t}, which has all its ids. */
const char *sv_submit_input(struct sv_req *r, const struct tq_task *t);
int sv_submit_new_id(struct sv_req *r, struct tq_task *t, const char *key);
/* The key of an Idempotency-Key field, the body's or none; -1: malformed. */
int sv_submit_key(struct sv_req *r, const char **key);
int sv_submit_check(
    struct sv_req *r, const struct tq_task *t, struct tq_err *err);
/* May the key submit ${t}?  If not, *why says what it is not for. */
bool sv_submit_may(struct sv_req *r, const struct tq_task *t,
    const char **why);
int sv_form_task(struct sv_req *r, struct tq_task *t, const char **key,
    struct tq_err *err);
/*
 * Append the public record and where its output is: at r->output_url if there
 * is one.
 */
void sv_task_write(struct sv_req *r, const struct tq_task *t, struct tq_buf *b);

/* filter.c */
/*
 * sv_filter_take(r, f): the filter of the query; returns NULL, or what is wrong
 * with which parameter.
 */
const char *sv_filter_take(struct sv_req *r, struct tq_filter *f);
/* The name of a parameter that is there and empty; NULL: there is none. */
const char *sv_filter_empty(struct sv_req *r);

/*
 * sv_version(r, t): names this state of this task: of its rev, and of the time
 * it was made, since an id may be used again once its task is purged.
 * sv_etag(r, t): the same in quotes.
 */
const char *sv_version(struct sv_req *r, const struct tq_task *t);
const char *sv_etag(struct sv_req *r, const struct tq_task *t);
bool sv_wait_asked(struct sv_req *r, int64_t *ms, bool *bad);

sv_handler sv_submit_run, sv_upload_run, sv_batch_run, sv_list_run, sv_get_run, sv_cancel_run,
    sv_redrive_run, sv_output_run, sv_input_run, sv_log_run, sv_events_run,
    sv_summary_run, sv_workers_run, sv_session_get_run, sv_session_put_run,
    sv_session_end_run, sv_health_run, sv_ready_run, sv_metrics_run,
    sv_openapi_run, sv_dialect_submit_run, sv_dialect_get_run,
    sv_dialect_health_run, sv_dialect_name_run, sv_actuator_names_run,
    sv_actuator_metric_run, sv_web_run, sv_queues_run, sv_queue_run,
    sv_queue_patch_run, sv_cancel_all_run, sv_redrive_all_run,
    sv_purge_all_run, sv_sweep_run, sv_findings_run, sv_rates_run,
    sv_failures_run, sv_edges_run, sv_edit_run;
bool sv_web_has(struct sv_req *r);	/* is a file at its path? */

#endif
