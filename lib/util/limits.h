/* lib/util/limits.h -- every size limit, once, with its reason. */
#ifndef TQ_LIMITS_H
#define TQ_LIMITS_H

#define TQ_QUEUE_MAX		64	/* queue names; in SQS shorter, beside a prefix and -dlq */
#define TQ_NAME_MAX		128	/* types and task ids */
#define TQ_TYPES_MAX		10000	/* (queue, type) pairs on a sqlite store,
					   unless its URL has types= */
#define TQ_QUEUES_MAX		1000	/* queues there; queues= */
#define TQ_KEY_MAX		1024	/* --key */
#define TQ_JSON_DEPTH_MAX	64
#define TQ_PAYLOAD_MAX		(16u * 1024 * 1024)
#define TQ_LINE_MAX		(TQ_PAYLOAD_MAX + 64 * 1024) /* one --batch line */
#define TQ_RESULT_MAX		(16u * 1024 * 1024) /* more becomes the output */
#define TQ_OUTPUT_MAX		(5ull * 1024 * 1024 * 1024) /* S3's single PUT */
#define TQ_INLINE_MAX		1024	/* in the record; transitions rewrite it */
#define TQ_BODY_MAX		(64 * 1024)	/* in a body row; more is a blob */
#define TQ_LOG_MAX		(1024 * 1024)	/* a task's log: its last MiB */
#define TQ_LOG_EARLIER_MAX	(64 * 1024) /* of an attempt that others follow */
#define TQ_REASON_MAX		1000	/* failureReason, bytes */
#define TQ_LABELS_MAX		1024	/* labels as JSON */
#define TQ_WORKER_MAX		128	/* host:pid:start */
#define TQ_WAIT_REASON_MAX	256	/* pause: why */

#endif
