/* lib/work/handlers.h -- which types this worker runs, and by what. */
#ifndef TQ_HANDLERS_H
#define TQ_HANDLERS_H

#include "store/store.h"
#include "work/work.h"

struct tq_err; struct tq_runner;

struct tq_handler {
	const char	*type;
	const struct tq_runner *runner;
	const char	*file;		/* command, stream: what to exec; NULL:
					   the task names it, or nothing is */
	const char *const *argv;	/* NULL ends */
	int64_t		 timeout_ms;	/* for tasks without one; 0: default */
	size_t		 stream;	/* its number among the streams */
	int		 faults;	/* 126, 127 in a row */
};

struct tq_handlers {
	struct tq_handler *v;
	size_t		 n;
	size_t		 nstreams;
	struct tq_limit	*limits;
	size_t		 nlimits;
	struct tq_arena	 arena;		/* owns all of it */
	struct tq_buf	 notes;		/* what was passed over, a line each */
};

/*
 * tq_handlers_init(h, o, path, err):
 * Read the options and the handlers' directory; ${path} is $PATH.  Fails
 * with stage config, TQ_E_USAGE naming the option, or TQ_E_CONFIG for a
 * directory or TYPE.conf that can't be read.
 */
int tq_handlers_init(struct tq_handlers *h, const struct tq_work_opts *o,
    const char *path, struct tq_err *err);
void tq_handlers_free(struct tq_handlers *h);

/* tq_handlers_add(...): a new one, zeroed; NULL with err when taken. */
struct tq_handler *tq_handlers_add(struct tq_handlers *h, const char *type,
    const struct tq_runner *runner, struct tq_err *err);

/* tq_handlers_limit(h, type, max): remember a limit for the claims. */
void tq_handlers_limit(struct tq_handlers *h, const char *type, int max);

/* tq_handlers_find(h, type): NULL when there is none. */
struct tq_handler *tq_handlers_find(const struct tq_handlers *h,
    const char *type);

#endif
