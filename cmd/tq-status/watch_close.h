/* cmd/tq-status/watch_close.h -- a close look at one task; for watch_read.c. */
#ifndef TQ_WATCH_CLOSE_H
#define TQ_WATCH_CLOSE_H

#include "watch_view.h"

struct watch_close {
	struct tq_arena	 a;
	int64_t		 at;	/* boot clock */
	struct watch_detail detail;	/* in the arena */
};

/* watch_close_new(s, f, id): read the task, why it is where it is, by ${f}, and
   the end of its log.  NULL with s->cli->err. */
struct watch_close *watch_close_new(struct status *s, const struct tq_facts *f,
    const char *id);
void watch_close_free(struct watch_close *c);

#endif
