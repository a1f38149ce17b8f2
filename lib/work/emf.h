/*
 * lib/work/emf.h -- metrics as CloudWatch's embedded metric format: --emf.
 *
 * One JSON object a line, nothing around it ("Specification: Embedded metric
 * format", CloudWatch user guide).  At most 100 values in an array, so a line
 * is due when one is full, else once a minute.  Pure: lines go to a buffer.
 */
#ifndef TQ_EMF_H
#define TQ_EMF_H

#include "util/buf.h"

#define TQ_EMF_VALUES	100
#define TQ_EMF_MS	60000

enum tq_emf_end { TQ_EMF_DONE, TQ_EMF_FAILED, TQ_EMF_RETRIED, TQ_EMF_ENDS };

/* The figures of one (queue, type). */
struct tq_emf_row {
	char		*queue, *type;
	uint64_t	 n[TQ_EMF_ENDS];
	int64_t		 duration[TQ_EMF_VALUES], wait[TQ_EMF_VALUES];
	size_t		 nduration, nwait;
};

/* Zeroed is empty. */
struct tq_emf {
	struct tq_emf_row *rows;
	size_t		   nrows;
};

/*
 * tq_emf_count(e, queue, type, end, duration_ms, wait_ms, now, out):
 * An attempt has ended.  ${wait_ms}: from due to start; below 0: not known.
 * Appends a line to ${out} when that fills an array.
 */
void tq_emf_count(struct tq_emf *e, const char *queue, const char *type,
    enum tq_emf_end end, int64_t duration_ms, int64_t wait_ms, int64_t now,
    struct tq_buf *out);

/* tq_emf_flush(e, now, out): a line for each row that has anything. */
void tq_emf_flush(struct tq_emf *e, int64_t now, struct tq_buf *out);

void tq_emf_free(struct tq_emf *e);

#endif
