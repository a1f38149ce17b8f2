/* lib/util/s3url.h -- s3://BUCKET/KEY.  Pure. */
#ifndef TQ_S3URL_H
#define TQ_S3URL_H

#include "util/buf.h"

/*
 * tq_s3url(url, bucket, key):
 * Take "s3://BUCKET/KEY" apart; false when it is none.  The key is all that
 * follows the bucket's slash, byte for byte, as the AWS CLI has it: "%20" is
 * no blank, "?" begins no query, "../" leads nowhere.  A bucket has 3 to 63
 * of a-z 0-9 - . (old ones of us-east-1: up to 255, A-Z and _ too), starting
 * with a letter or digit; a key 1 to 1024 bytes of UTF-8 without control
 * characters (Amazon S3 User Guide, "Bucket naming rules" and "Naming
 * objects"; S3 takes some control characters, but no XML does).
 * ${bucket} and ${key} point into ${url}; either may be NULL.
 */
bool tq_s3url(const char *url, struct tq_span *bucket, const char **key);

#endif
