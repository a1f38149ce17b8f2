/* lib/serve/http/problem.h -- errors as RFC 9457 problem documents.  Pure. */
#ifndef TQ_SERVE_PROBLEM_H
#define TQ_SERVE_PROBLEM_H

#include "task/task.h"
#include "util/buf.h"
#include "util/err.h"

/* One error answer: ${code} is stable, ${title} is for people. */
struct tq_problem {
	int		 status;
	const char	*code;
	const char	*title;
};

/*
 * Every kind of error that is answered, in a table that /openapi.json and
 * the tests walk too.
 */
enum tq_problem_id {
	TQ_P_BAD_REQUEST, TQ_P_DATA, TQ_P_UNAUTHORIZED, TQ_P_FORBIDDEN,
	TQ_P_ORIGIN, TQ_P_NOT_FOUND, TQ_P_NO_ROUTE, TQ_P_METHOD,
	TQ_P_TIMEOUT, TQ_P_TAKEN, TQ_P_STATE, TQ_P_LENGTH, TQ_P_PRECONDITION,
	TQ_P_TOO_BIG, TQ_P_URI, TQ_P_MEDIA, TQ_P_RANGE, TQ_P_EXPECT, TQ_P_HOST,
	TQ_P_CONFLICT, TQ_P_THROTTLED, TQ_P_FIELDS, TQ_P_INTERNAL,
	TQ_P_NOT_HERE, TQ_P_UNAVAILABLE, TQ_P_BUSY, TQ_P_STOPPING, TQ_P_MAX
};
extern const struct tq_problem tq_problems[TQ_P_MAX];

/* tq_problem_of(code): the answer for a failure with ${code}. */
enum tq_problem_id tq_problem_of(enum tq_code code);

/* tq_problem_of_status(status): the first row with it; 400 if none has. */
enum tq_problem_id tq_problem_of_status(int status);

/*
 * tq_problem_refused(t, code, parent, a, detail): the answer for a task that the
 * store refused with ${code}, for want of ${parent} perhaps; ${detail} says why,
 * in ${a}.
 */
enum tq_problem_id tq_problem_refused(const struct tq_task *t,
    enum tq_code code, const char *parent, struct tq_arena *a,
    const char **detail);

/*
 * tq_problem_pointer(msg, out, n):
 * The JSON pointer (RFC 6901) of the member that a message of tq_task_parse()
 * speaks of ("type \"x\": must be ..." -> "/type"); false when it speaks of
 * none.
 */
bool tq_problem_pointer(const char *msg, char *out, size_t n);

/*
 * tq_problem_write(b, id, detail, pointer, request_id):
 * Append the document; ${pointer} and ${request_id} may be NULL.
 */
void tq_problem_write(struct tq_buf *b, enum tq_problem_id id,
    const char *detail, const char *pointer, const char *request_id);

#endif
