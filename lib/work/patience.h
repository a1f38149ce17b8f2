/*
 * lib/work/patience.h -- a worker that waits for its turn to write, beside one
 * that never ends its own.
 *
 * On sqlite the turn is a lock, which the kernel hands on; a writer that is
 * stopped, or whose disk hangs, keeps it.  The loop waits there, deaf to signals.
 * So a thread looks once a second, and ends the process.
 */
#ifndef TQ_PATIENCE_H
#define TQ_PATIENCE_H

struct worker; struct tq_err; struct tq_patience;

#define TQ_PATIENCE_MS	8000	/* for a turn; a look and the end come to it */

/*
 * tq_patience_init(w, err): from now on a worker that is to end by itself (--once,
 * --drain), or has been told to, waits for no turn longer than TQ_PATIENCE_MS: it
 * says so and exits with TQ_WORK_UNAVAILABLE.  The spawner then kills what runs,
 * as if the worker had been killed.  Fails with stage exec.
 */
int tq_patience_init(struct worker *w, struct tq_err *err);
void tq_patience_free(struct worker *w);

#endif
