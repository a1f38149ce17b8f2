/*
 * tests/sim/cloud.h -- SQS, DynamoDB and S3, as bad as their manuals let them
 * be, below lib/aws: http.h's functions are cloud.c's here.
 *
 *	cloud.c		requests on their way: lost, refused, doubled, late; time
 *	cloud_ddb.c	a table with one index that lags, conditions, TTL
 *	cloud_units.c	how many writes a second the table and its index take
 *	cloud_sqs.c	queues: in no order, more than once, limits in flight
 *	cloud_s3.c	a bucket
 *
 * Where a manual leaves their conduct open, it follows from the seed.  A request
 * that none of them knows ends the run.
 */
#ifndef SIM_CLOUD_H
#define SIM_CLOUD_H

#include "aws/dynamodb.h"
#include "net/http.h"
#include "util/buf.h"

#define SIM_CLOUD_URL	"aws:simu?bucket=simu"
#define SIM_LAG_MAX	(60 * SIM_SEC)	/* of the index */

/* One request, as it arrives: ${body} is checked JSON.  They answer by
   cloud_answer(). */
void sim_ddb(const char *action, struct tq_span body, struct tq_http_res *res);
void sim_sqs(const char *action, struct tq_span body, struct tq_http_res *res);
void sim_s3(const struct tq_http_req *req, struct tq_http_res *res);

/*
 * cloud_units_take(old, new): a write that makes ${new} of ${old} (none: no
 * item) is done, within sim.knobs' units a second: NULL; or it is not: the
 * reason, as AWS names it.
 * cloud_project(b, item): what the index has of it.
 */
const char *cloud_units_take(struct tq_span old, struct tq_span new);
void cloud_project(struct tq_buf *b, struct tq_span item);

/* sim_s3_first(): an object's key; NULL: there is none. */
const char *sim_s3_first(void);

/* sim_sqs_rang(id): was a message ever sent that names this task? */
bool sim_sqs_rang(const char *id);

/* -- what those use ------------------------------------------------------------ */

/* cloud_answer(res, status): with an empty body, to be filled. */
void cloud_answer(struct tq_http_res *res, int status);
void cloud_head(struct tq_http_res *res, const char *name, const char *value);
/* cloud_error(res, status, code): in JSON. */
void cloud_error(struct tq_http_res *res, int status, const char *code);
/* cloud_throttle(res, reason): by DynamoDB; NULL: it does not say why. */
void cloud_throttle(struct tq_http_res *res, const char *reason);
/* Is it granted that this goes wrong?  Less often than the requests do. */
bool cloud_mishap(void);
/* Members of an object: a string or NULL, a number or ${or}. */
const char *cloud_text(struct tq_span obj, const char *key,
    struct tq_arena *a);
int64_t cloud_int(struct tq_span obj, const char *key, int64_t or);
/* A header of the request, or NULL. */
const char *cloud_header(const struct tq_http_req *req, const char *name);

#endif
