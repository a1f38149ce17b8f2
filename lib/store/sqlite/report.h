/* lib/store/sqlite/report.h -- what init and doctor have to say. */
#ifndef TQ_SQLITE_REPORT_H
#define TQ_SQLITE_REPORT_H

#include "store/setup.h"
#include "store/sqlite/sqlite.h"

struct sq_report {
	tq_finding_fn	*fn;
	void		*arg;
	enum tq_level	 worst;		/* so far */
};

/* sq_say(r, level, subject, text, remedy): one finding. */
static inline void
sq_say(struct sq_report *r, enum tq_level level, const char *subject,
    const char *text, const char *remedy)
{
	struct tq_finding f = { level, subject, text, remedy, NULL };

	if (level > r->worst)
		r->worst = level;
	r->fn(r->arg, &f);
}

/* sq_doctor_blobs(s, r): of up to 10,000 records: inputs and payloads of tasks
   that have not completed, outputs and results of those that have.
   (doctor_blobs.c) */
void sq_doctor_blobs(struct sq *s, struct sq_report *r);

#endif
