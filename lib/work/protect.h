/*
 * lib/work/protect.h -- a worker on ECS is not ended by a scale-in while it has
 * a task in hand.
 */
#ifndef TQ_PROTECT_H
#define TQ_PROTECT_H

struct tq_err; struct worker;

/* Owned by protect.c. */
struct protect {
	struct tq_protect *thread;	/* NULL: not on ECS */
};

/*
 * tq_protect_init(w, err): where $ECS_AGENT_URI says that this is ECS, a thread
 * tells its agent.  tq_protect_look(w): it is to know whether a task is in hand;
 * what failed is said.  tq_protect_free(w): ends it, and the protection.
 */
int tq_protect_init(struct worker *w, struct tq_err *err);
void tq_protect_look(struct worker *w);
void tq_protect_free(struct worker *w);

#endif
