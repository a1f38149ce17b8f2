/*
 * lib/aws/sqs.h -- SQS in its JSON protocol: requests built, answers read.
 * Pure; tq_aws_call() sends.
 *
 *	POST / HTTP/1.1
 *	Content-Type: application/x-amz-json-1.0
 *	X-Amz-Target: AmazonSQS.SendMessage
 *
 *	{"QueueUrl": "https://...", "MessageBody": "..."}
 *
 * Requests go to the configured endpoint, never to the queue URL's host.
 */
#ifndef TQ_AWS_SQS_H
#define TQ_AWS_SQS_H

#include <stdint.h>

#include "util/buf.h"

struct tq_aws_req;
struct tq_err;
struct tq_http_res;

#define TQ_SQS_BATCH		10		/* entries in a batch */
#define TQ_SQS_ATTRS		10		/* attributes of a message */
#define TQ_SQS_BODY_MAX		1048576		/* bytes; a batch's sum too */
#define TQ_SQS_NAME_MAX		80		/* characters */
#define TQ_SQS_DELAY_MAX	900		/* seconds */
#define TQ_SQS_VISIBILITY_MAX	43200		/* seconds after the receive */
#define TQ_SQS_WAIT_MAX		20		/* seconds */

struct tq_sqs_attr {
	const char	*name;
	const char	*type;		/* "String", "Number.int", "Binary" */
	struct tq_span	 value;		/* raw bytes */
};

/* A message to be sent.  Zero and NULL mean: not given. */
struct tq_sqs_out {
	struct tq_span	 body;
	int		 delay_s;
	const char	*group;		/* MessageGroupId */
	const char	*dedup;		/* MessageDeduplicationId */
	const struct tq_sqs_attr *attrs;
	size_t		 nattrs;
};

/* A message received; its strings live in the arena given to the parser. */
struct tq_sqs_msg {
	const char	*id, *receipt;
	struct tq_span	 body;
	bool		 intact;	/* its MD5 sums are right */
	int64_t		 receives;	/* ApproximateReceiveCount; 0 unknown */
	int64_t		 sent_ms;	/* SentTimestamp; 0 unknown */
	const char	*group;		/* NULL: none */
	const char	*trace;		/* AWSTraceHeader; NULL: none */
	struct tq_sqs_attr *attrs;
	size_t		 nattrs;
};

/* The outcome of an entry of a batch. */
struct tq_sqs_result {
	bool		 ok;
	bool		 again;		/* failed, and not by our fault */
	char		 id[104];	/* sent: the message's id */
	char		 code[96];	/* failed: why */
	char		 message[200];
};

/*
 * Builders.  Each makes ${r} a request to ${base}; it must be freed in any
 * case.  They return 0, or -1 with ${err} for what SQS would refuse: a text
 * with characters it does not take or too long (TQ_E_DATA, TQ_E_TOOBIG).
 * A batch has 1..TQ_SQS_BATCH entries.  Receipts are those of the last receive.
 */
int tq_sqs_send(struct tq_aws_req *r, const char *base, const char *queue_url,
    const struct tq_sqs_out *m, struct tq_err *err);
int tq_sqs_send_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const struct tq_sqs_out *m, size_t n,
    struct tq_err *err);

/* ${visibility_s} -1: the queue's default. */
int tq_sqs_receive(struct tq_aws_req *r, const char *base,
    const char *queue_url, int max, int wait_s, int visibility_s,
    struct tq_err *err);
int tq_sqs_delete(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *receipt, struct tq_err *err);
int tq_sqs_delete_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *receipts, size_t n,
    struct tq_err *err);

/* Seconds count from when the service gets the request; 0: visible now. */
int tq_sqs_visibility(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *receipt, int seconds,
    struct tq_err *err);
int tq_sqs_visibility_batch(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *receipts, const int *seconds,
    size_t n, struct tq_err *err);

/* ${attrs}: pairs of name and value, ended by NULL; NULL: none. */
int tq_sqs_create_queue(struct tq_aws_req *r, const char *base,
    const char *name, const char *const *attrs, struct tq_err *err);
int tq_sqs_set_attributes(struct tq_aws_req *r, const char *base,
    const char *queue_url, const char *const *attrs, struct tq_err *err);
int tq_sqs_get_attributes(struct tq_aws_req *r, const char *base,
    const char *queue_url, struct tq_err *err);
/* ${owner}: the account whose queue it is; NULL: the caller's own. */
int tq_sqs_get_url(struct tq_aws_req *r, const char *base, const char *name,
    const char *owner, struct tq_err *err);
int tq_sqs_purge(struct tq_aws_req *r, const char *base,
    const char *queue_url, struct tq_err *err);

/*
 * Readers of answers with status 200.  They return 0, or -1 (receive,
 * TQ_E_CORRUPT, retryable) when the answer is not what the call answers.
 */

/*
 * tq_sqs_sent(res, m, result, err)
 * tq_sqs_sent_batch(res, m, n, results, err):
 * A message whose MD5 the service computed differently counts as failed,
 * code "ChecksumMismatch", again.
 */
int tq_sqs_sent(const struct tq_http_res *res, const struct tq_sqs_out *m,
    struct tq_sqs_result *result, struct tq_err *err);
int tq_sqs_sent_batch(const struct tq_http_res *res,
    const struct tq_sqs_out *m, size_t n, struct tq_sqs_result *results,
    struct tq_err *err);

/* tq_sqs_changed_batch(res, n, results, err): of deletes and visibilities. */
int tq_sqs_changed_batch(const struct tq_http_res *res, size_t n,
    struct tq_sqs_result *results, struct tq_err *err);

/*
 * tq_sqs_received(res, mem, msgs, n, err):
 * Set ${msgs} and ${n} (0 for an empty queue) in ${mem}.
 */
int tq_sqs_received(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_sqs_msg **msgs, size_t *n, struct tq_err *err);

/* tq_sqs_queue_url(res, mem, url, err): of CreateQueue and GetQueueUrl. */
int tq_sqs_queue_url(const struct tq_http_res *res, struct tq_arena *mem,
    const char **url, struct tq_err *err);

/* tq_sqs_attribute(res, name, mem): of GetQueueAttributes; NULL: not there. */
const char *tq_sqs_attribute(const struct tq_http_res *res, const char *name,
    struct tq_arena *mem);

/* tq_sqs_attrs_md5(attrs, n, hex): MD5OfMessageAttributes. */
void tq_sqs_attrs_md5(const struct tq_sqs_attr *attrs, size_t n,
    char hex[33]);

#endif
