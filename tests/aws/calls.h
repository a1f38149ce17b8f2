/*
 * tests/aws/calls.h -- shared by the parts of aws_calls: one client, one call
 * at a time, and what must come of it.
 */
#ifndef CALLS_H
#define CALLS_H

#define T_PARTS
#include "../unit/t.h"

#include "aws/call.h"
#include "util/buf.h"
#include "util/env.h"

extern struct tq_aws *client;
extern struct tq_aws_call c;	/* the last one */
extern struct tq_err err;
extern struct tq_arena mem;
extern char name[64];		/* of queue, table and bucket */
extern const char *base;

/* lacks(what): does TQ_LACKS have it? */
bool lacks(const char *what);

/* At the start of a case: skip it where ${what} is lacking. */
extern const char *left_out;
#define LEAVE_OUT(what) do {						\
	if (lacks(what)) {						\
		left_out = (what);					\
		return;							\
	}								\
} while (0)

/*
 * begin(service, what): the next call.  done(built, wanted): send what was
 * built; it must succeed, or fail with the code ${wanted}.
 */
void begin(enum tq_aws_service service, const char *what);
void done(int built, const char *wanted);

/* CALL(service, what, builder(&c.req, ...)): must succeed. */
#define CALL(service, what, build) do {					\
	begin((service), (what));					\
	base = tq_aws_base(client, (service));				\
	done((build), NULL);						\
} while (0)

#define SQS(what, build)	CALL(TQ_AWS_SQS, "sqs " what, build)
#define DDB(what, build)	CALL(TQ_AWS_DYNAMODB, "dynamodb " what, build)
#define S3(what, build)		CALL(TQ_AWS_S3, "s3 " what, build)

/* The cases about S3, in the order in which they are to run. */
extern const struct t_case s3_cases[];
extern const size_t ns3_cases;

#endif
