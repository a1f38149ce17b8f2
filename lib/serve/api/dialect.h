/*
 * lib/serve/api/dialect.h -- the vocabularies of the four systems that tq grew
 * from, so that their clients work unchanged.  Adding one is adding a row.
 * Pure.
 */
#ifndef TQ_SERVE_DIALECT_H
#define TQ_SERVE_DIALECT_H

#include "serve/http/problem.h"
#include "task/task.h"

/* The forms of a submission's body. */
#define TQ_FORM_IMAGE_URL	1u	/* {inputImageUrl} -> image.grayscale */
#define TQ_FORM_TYPED		2u	/* {type, payload} */
#define TQ_FORM_SIMULATE	4u	/* {taskId, payload}: type simulate */
#define TQ_FORM_NAMED		8u	/* {taskName}: a label */
#define TQ_FORM_JSON_TEXT	16u	/* a payload may be JSON in a string */
#define TQ_FORM_PAYLOAD		32u	/* the payload must be there */

#define TQ_NAME_LABEL	"taskName"	/* the label a task's name becomes */

/* How errors are told. */
enum tq_error_form {
	TQ_ERROR_ERROR,		/* {"error": detail} */
	TQ_ERROR_MESSAGE,	/* {"message": detail} */
	TQ_ERROR_SPRING,	/* {timestamp, status, error, message, path} */
	TQ_ERROR_EMPTY		/* nothing */
};

struct tq_dialect {
	const char	*prefix;	/* "/jobs" */
	const char	*id_key;
	int		 accepted;	/* stored and queued; owed is 202 */
	const char	*status[TQ_STATUS_MAX];
	unsigned	 forms;
	const char	*alias[2];	/* their type, ours */
	const char	*reason_key;	/* failureReason */
	const char	*attempts_key;	/* how often it was tried */
	bool		 retries;	/* ... counts from the second try on */
	bool		 will_retry;	/* say so while RETRYING */
	enum tq_error_form errors;
	const char	*taken;		/* detail of 409; NULL: our own */
	int wrong; /* status for a wrong request; 0: ours */
	const char	*sorry;		/* ... what it is told; NULL: ours */
	const char	*missing;	/* ... 400, as text, if a part lacks */
	bool		 whole;		/* all keys, null where unset; a
					   submission is answered so, too */
	const char	*thanks;	/* a submission's "message"; or NULL */
	bool gives_up; /* a type that nobody takes has failed */
};

enum { TQ_D_TASKS, TQ_D_JOBS, TQ_D_API_TASKS, TQ_D_DEMO_TASKS,
	TQ_D_FRAMEWORK, TQ_D_MAX };
extern const struct tq_dialect tq_dialects[TQ_D_MAX];

/*
 * tq_dialect_parse(d, text, a, t, err):
 * Read a submission into ${t} (queue default); members that are not of the
 * dialect are passed over, as its own server does.  Returns 0, or -1 with
 * TQ_E_DATA.  Strings live in ${a}.
 */
int tq_dialect_parse(const struct tq_dialect *d, struct tq_span text,
    struct tq_arena *a, struct tq_task *t, struct tq_err *err);

/*
 * tq_dialect_task(d, t, base, b): append the record in its words; ${base} is
 * the path below which we are seen ("").
 */
void tq_dialect_task(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b);

/*
 * tq_dialect_accepted(d, t, base, b): append the answer to a submission;
 * returns its status.
 */
int tq_dialect_accepted(const struct tq_dialect *d, const struct tq_task *t,
    const char *base, struct tq_buf *b);

/*
 * tq_dialect_error(d, id, detail, path, now, b, type):
 * Append an error's body; returns its status, and in *${type} what its
 * Content-Type is.
 */
int tq_dialect_error(const struct tq_dialect *d, enum tq_problem_id id,
    const char *detail, const char *path, int64_t now, struct tq_buf *b,
    const char **type);

#endif
