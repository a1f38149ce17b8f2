/* lib/aws/s3_inside.h -- shared by the builders of s3.h only. */
#ifndef TQ_AWS_S3_INSIDE_H
#define TQ_AWS_S3_INSIDE_H

#include "aws/s3.h"

#define TQ_S3_XMLNS	"http://s3.amazonaws.com/doc/2006-03-01/"

/* tq_s3_start(r, b, method, key, err): ${key} NULL: the bucket itself. */
int tq_s3_start(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *method, const char *key, struct tq_err *err);

/* Headers; ${o} may be NULL. */
void tq_s3_content_type(struct tq_aws_req *r, const struct tq_s3_put *o);
void tq_s3_conditions(struct tq_aws_req *r, const struct tq_s3_put *o);

#endif
