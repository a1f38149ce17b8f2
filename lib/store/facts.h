/*
 * lib/store/facts.h -- what surrounds tasks and decides when they run: counts,
 * workers, pauses, limits.  For tools that tell people why.
 */
#ifndef TQ_STORE_FACTS_H
#define TQ_STORE_FACTS_H

#include "store/store.h"
#include "task/why.h"

/* The store's surroundings of tasks, read once. */
struct tq_facts {
	struct tq_arena		 a;
	int64_t			 now;
	struct tq_count		*counts;
	size_t			 ncounts;
	struct tq_presence	*workers;
	size_t			 nworkers;
	struct tq_control	*controls;
	size_t			 ncontrols;
	const char		**queues;	/* that was asked for; or those
						   with tasks or a worker, or
						   paused */
	size_t			 nqueues;
	bool			 mistyped;	/* perhaps: nothing is known of
						   the queue that was asked for */
};

/*
 * tq_facts_load(st, queue, now, f, err): (re)read what surrounds the tasks of
 * ${queue}, or of all (NULL); ${f} is zeroed before the first time.  0 or -1.
 */
int tq_facts_load(struct tq_store *st, const char *queue, int64_t now,
    struct tq_facts *f, struct tq_err *err);
void tq_facts_free(struct tq_facts *f);

/* tq_facts_control(f, queue): its control record, or NULL. */
const struct tq_control *tq_facts_control(const struct tq_facts *f,
    const char *queue);

/* tq_facts_paused(f, c): is it paused now?  ${c} may be NULL. */
bool tq_facts_paused(const struct tq_facts *f, const struct tq_control *c);

/* tq_facts_takes(types, type): is ${type} one of a worker's types (tq_presence,
   separated by blanks; NULL: it has none)? */
bool tq_facts_takes(const char *types, const char *type);

/* tq_facts_workers(f, queue, type): live workers that take it; NULL: any type. */
int tq_facts_workers(const struct tq_facts *f, const char *queue,
    const char *type);

/* tq_facts_why(f, t, w): fill ${w} for ${t}; w->ahead stays 0. */
void tq_facts_why(const struct tq_facts *f, const struct tq_task *t,
    struct tq_why *w);

/* One line of the summary; borrowed from the facts. */
struct tq_facts_row {
	const char	*queue, *type;
	uint64_t	 blocked;	/* of those that wait */
	uint64_t	 waiting, running, retrying, completed, failed,
			 cancelled;
	int64_t		 oldest_ms;	/* how long the oldest due one waits */
	int		 workers;
	bool		 paused;
	const char	*pause;		/* " until 14:00 (why)" */
	double		 rate;		/* starts a second; 0: any */
	int		 limit;		/* of the type at a time; 0: none */
	const char	*cause;		/* why what is due waits; NULL */
	double		 speed;		/* tasks ended a second, for callers who
					   measure it; else 0 */
};

/*
 * tq_facts_rows(f, a, rows, n): a row per queue and type, in ${a}, sorted; of
 * f->queues, one without tasks has one of type "-".
 */
void tq_facts_rows(const struct tq_facts *f, struct tq_arena *a,
    struct tq_facts_row **rows, size_t *n);

#endif
