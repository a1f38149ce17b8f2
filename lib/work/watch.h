/* lib/work/watch.h -- the descriptors that the loop listens to. */
#ifndef TQ_WATCH_H
#define TQ_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct worker; struct tq_err;

/* One descriptor; zeroed, with fd -1, it is not listened to. */
struct watch {
	int		 fd;
	void		(*ready)(struct worker *, struct watch *, uint32_t);
	void		*owner;
	bool		 first;		/* of those that are ready at once */
};

/* The set of them, an epoll instance. */
struct watches {
	int		 ep;
	bool		 crowded;	/* not all that is ready was looked at */
};

/* tq_watches_init(s, err): an empty set; fails with stage exec. */
int tq_watches_init(struct watches *s, struct tq_err *err);
void tq_watches_free(struct watches *s);

/*
 * tq_watch(s, x, fd, events, err): listen to ${fd}, which ${x} then owns;
 * fails with stage exec, and ${fd} stays the caller's.
 */
int tq_watch(struct watches *s, struct watch *x, int fd, uint32_t events,
    struct tq_err *err);

/* tq_watch_for(s, x, events): listen for these events from now on. */
void tq_watch_for(struct watches *s, struct watch *x, uint32_t events);

/* tq_unwatch(s, x): close its descriptor; one that is closed is a no-op. */
void tq_unwatch(struct watches *s, struct watch *x);

/*
 * tq_watches_wait(s, ms, ready):
 * Sleep until a descriptor is ready, at most ${ms} (a minute if longer).
 * Fills ${ready} with those that are and returns how many.
 */
struct watch_ready {
	struct watch	*x;
	uint32_t	 events;
};
#define TQ_WATCH_READY	256
int tq_watches_wait(struct watches *s, int64_t ms,
    struct watch_ready ready[TQ_WATCH_READY]);

#endif
