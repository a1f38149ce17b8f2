/*
 * lib/aws/units.h -- what calls to DynamoDB cost, in its units: a write of an
 * item one for each KiB that is begun, a consistent read one for each 4 KiB
 * (DynamoDB Developer Guide, "Read/write capacity mode").  Pure.
 */
#ifndef TQ_AWS_UNITS_H
#define TQ_AWS_UNITS_H

#include "util/buf.h"
#include "util/env.h"

struct tq_aws_req;
struct tq_err;
struct tq_http_res;

/*
 * tq_ddb_units_ask(what, r):
 * Let the answer to ${r}, a finished call that ${what} names ("dynamodb
 * PutItem"), say what it cost, with the index's part of it.  Calls that can't
 * say it stay as they are.  0, or -1 (too big).
 */
int tq_ddb_units_ask(const char *what, struct tq_aws_req *r,
    struct tq_err *err);

/*
 * tq_ddb_units_told(what, res): what the answer says; zeros where it says
 * nothing.
 */
struct tq_units tq_ddb_units_told(const char *what,
    const struct tq_http_res *res);

/*
 * tq_ddb_units_guess(body): of a write whose condition failed, which costs as if
 * it had been done to the table, but does not say so: by the item in its body.
 */
struct tq_units tq_ddb_units_guess(struct tq_span body);

#endif
