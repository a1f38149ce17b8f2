/* lib/work/say.h -- what a worker tells people, and its metrics. */
#ifndef TQ_SAY_H
#define TQ_SAY_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "work/emf.h"

struct worker; struct job; struct tq_claimed;

enum say {
	SAY_EVENT,	/* with -v, or when a log format was asked for */
	SAY_NOTE,	/* ... or on a terminal */
	SAY_LOUD,	/* unless --quiet */
	SAY_ALWAYS
};

/* Owned by say.c; others only read. */
struct report {
	uint64_t	 ended[TQ_EMF_ENDS];	/* attempts, by how */
	struct tq_emf	 emf;
	int64_t		 emf_at;	/* write then; 0: no --emf */
	struct tq_buf	 metrics;	/* not yet written */
	struct tq_buf	 log;		/* not yet written */
	int64_t		 drawn_at;
	bool		 drawn;		/* a progress line stands there */
};

/* tq_say_init(w): nothing said yet; _free() frees, _flush() comes before. */
void tq_say_init(struct worker *w);
void tq_say_free(struct worker *w);

/* tq_say(w, how, event, fmt, ...): one line on stderr, buffered. */
void tq_say(struct worker *w, enum say how, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* tq_say_job(w, how, event, j, text): the same about a task. */
void tq_say_job(struct worker *w, enum say how, const char *event,
    const struct job *j, const char *text);

/* tq_say_passed(w, got): tasks that a claim ended on its way: deadlines, dead
   leases, lost bytes. */
void tq_say_passed(struct worker *w, const struct tq_claimed *got);

/* tq_say_wanted(w, how): would it be said? */
bool tq_say_wanted(const struct worker *w, enum say how);

/* tq_say_flush(w): write what is buffered; what is not taken is lost. */
void tq_say_flush(struct worker *w);

/* tq_say_count(w, j, end): an attempt has ended so: for totals and --emf. */
void tq_say_count(struct worker *w, const struct job *j, enum tq_emf_end end);

/* tq_say_metrics(w, last): write the metrics that are due, or all. */
void tq_say_metrics(struct worker *w, bool last);

/* tq_say_slots(w): what each slot is doing, and the totals: SIGUSR1. */
void tq_say_slots(struct worker *w);

/* tq_say_totals(w, buf): "1 done, 0 retried, 0 dead", in ${buf}. */
#define TQ_TOTALS_TEXT	96
const char *tq_say_totals(const struct worker *w, char buf[TQ_TOTALS_TEXT]);

/* tq_say_progress(w, last): a terminal's progress line. */
void tq_say_progress(struct worker *w, bool last);

#endif
