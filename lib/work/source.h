/*
 * lib/work/source.h -- where to look for tasks, and when to look again.
 *
 * A source is what one claim may ask for: a queue and a group of types.
 */
#ifndef TQ_SOURCE_H
#define TQ_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "work/watch.h"

struct worker; struct tq_err; struct tq_claim; struct tq_claimed;
struct tq_bells;

struct source {
	size_t		 queue;
	bool		 quick;		/* the types of quick handlers */
	const char	**types;
	size_t		 ntypes;
	bool		 empty;		/* and nothing has rung since */
	uint64_t	 bell;		/* when it was found empty */
	uint64_t	 asked;		/* jobs.told when it was asked, */
	uint64_t	 seen;		/* ... and when it was found empty */
	bool		 limited;
	bool		 paused;
	bool		 owed;		/* some will be due once they are told */
	int64_t		 next;		/* look again then; 0: no need */
	bool		 later;		/* something is due or leased */
	int64_t		 behind;	/* boot_ms since a pause, rate or limit
					   keeps it; 0: none does */
	bool		 told;		/* that was said: see behind.h */
};

/* Owned by source.c; others only read, but for `turn', which is claim.c's. */
struct sources {
	struct source	*v;		/* two a queue, quick types first */
	size_t		 n, turn;
	struct tq_bells	*bells;		/* NULL: nobody waits for work */
	struct watch	 rung;		/* readable when one has rung */
	int64_t		 blocked_at;	/* boot_ms: look at the blocked again */
	uint64_t	 counted;	/* jobs.told + 1 when none was BLOCKED that
					   will run; 0: some were */
	uint64_t	 stuck;		/* those a drain has left */
};

/*
 * tq_source_init(w, err): a worker that waits for work listens to bells;
 * fails with stage exec.
 */
int tq_source_init(struct worker *w, struct tq_err *err);
void tq_source_free(struct worker *w);

/* tq_source_found(w, s, c, got): what the claim ${c} has found there. */
void tq_source_found(struct worker *w, struct source *s,
    const struct tq_claim *c, const struct tq_claimed *got);

/* tq_source_look(w, all): look again, though nothing has rung, in all or in
   those where a limit may have room now. */
void tq_source_look(struct worker *w, bool all);

/* tq_source_next(w): the boot_ms to look again; INT64_MAX: never. */
int64_t tq_source_next(const struct worker *w);

/* tq_source_drained(w): nothing is to be had any more, as --drain and --once
   understand it. */
bool tq_source_drained(const struct worker *w);

/*
 * tq_source_blocked(w): before a --drain=all ends: are tasks BLOCKED that will
 * run yet?  Those behind dead and held tasks won't: they are told of, and the
 * worker exits 1.  Asks the store, twice a second.
 */
bool tq_source_blocked(struct worker *w);

/*
 * tq_source_stale(w): before a drain ends: a queue found empty before the last
 * tasks ended may have their tasks in it, so it is looked at again.  True if
 * there is one.
 */
bool tq_source_stale(struct worker *w);

#endif
