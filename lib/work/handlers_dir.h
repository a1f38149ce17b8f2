/*
 * lib/work/handlers_dir.h -- --handlers DIR: an executable named TYPE is the
 * handler of TYPE; beside it TYPE.conf may hold
 *
 *	# how to run it
 *	timeout = 5m		for tasks that bring none
 *	max-running = 3		at once, across all workers of the store
 *	stream = yes		it speaks the protocol of stream.c
 */
#ifndef TQ_HANDLERS_DIR_H
#define TQ_HANDLERS_DIR_H

#include "work/handlers.h"

/*
 * tq_handlers_dir(h, dir, err): add what is there; files that are not
 * executable or not named as a type are passed over and noted in h->notes.
 * Fails with TQ_E_CONFIG naming the file, and the line of a TYPE.conf.
 */
int tq_handlers_dir(struct tq_handlers *h, const char *dir,
    struct tq_err *err);

/* The settings of a TYPE.conf. */
struct tq_conf {
	int64_t		timeout_ms;	/* 0: nothing */
	int64_t		max_running;	/* 0: nothing */
	bool		stream;
};

/*
 * tq_conf_line(line, c, err): one line, which is changed; comments and blank
 * ones pass.  -1 with TQ_E_CONFIG.  Pure.
 */
int tq_conf_line(char *line, struct tq_conf *c, struct tq_err *err);

#endif
