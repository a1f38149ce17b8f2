/* lib/aws/s3_input.h -- a task's input at s3://BUCKET/KEY. */
#ifndef TQ_AWS_S3_INPUT_H
#define TQ_AWS_S3_INPUT_H

#include <stdint.h>

#include "net/fetch.h"

struct tq_aws;

/* Of an object, in one request: what is cut off is asked for again alone. */
#define TQ_S3_INPUT_PART	(INT64_C(8) * 1024 * 1024)

/*
 * tq_s3_input(a, url, fd, part, max, got, err):
 * Write the object at ${url} (s3url.h), up to ${max} bytes, to the end of the
 * regular file ${fd}, ${part} bytes at a time; all parts are of one version.
 * Returns 0, or -1 with stage fetch and a message that begins with the URL;
 * then ${fd} may hold a part of it.  err->retryable tells what may pass:
 *	TQ_E_DATA	 not such a URL					no
 *	TQ_E_NOTFOUND	 no such key, no such bucket			no
 *	TQ_E_STATE	 archived: it has to be restored first		no
 *	TQ_E_TOOBIG	 over max					no
 *	TQ_E_DENIED	 these credentials may not read it		yes
 *	TQ_E_LOST	 it was replaced meanwhile			yes
 *	TQ_E_THROTTLED, TQ_E_TIMEOUT, TQ_E_UNAVAILABLE, TQ_E_CORRUPT	yes
 *	TQ_E_IO		 ${fd} could not be written			yes
 *	TQ_E_CONFIG	 this process is not set up for any object: no
 *			 credentials, or such as nobody takes; no region  yes
 * A key that is not there is DENIED where the credentials may not list the
 * bucket: S3 does not tell the two apart for them.
 */
int tq_s3_input(struct tq_aws *a, const char *url, int fd, int64_t part,
    int64_t max, struct tq_fetch_got *got, struct tq_err *err);

/* The same, with a client of its own for ${o}->env; fetch.h. */
tq_fetch_fn tq_s3_fetch;

/* What tq-net.so shows: fetch.h's TQ_S3_MODULE. */
extern TQ_EXPORT const struct tq_net_module tq_s3_module;

#endif
