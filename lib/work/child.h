/*
 * lib/work/child.h -- a process that the spawner made, as the worker sees it:
 * its pipes, its log, its words on descriptor 3.
 */
#ifndef TQ_CHILD_H
#define TQ_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"
#include "work/handler/fd3.h"
#include "work/handler/logbuf.h"
#include "work/spawn/spawn.h"
#include "work/watch.h"

struct worker; struct slot; struct job; struct tq_handler;

/* A task's own process, or a stream. */
struct child {
	uint32_t	 n;		/* its number at the spawner */
	struct slot	*slot;
	struct tq_handler *handler;
	const char	*name, *file;	/* for messages */
	bool		 alive;
	bool		 dying;		/* stream: killed, broke the rules */
	bool		 restart;	/* stream: once it has ended */
	int64_t		 born;
	int64_t		 held_until;	/* how it ended is in ${held}, and not
					   acted on before; 0: it has not */
	struct tq_spawn_exit held;
	struct watch	 in, out;	/* stream: its stdin, stdout */
	struct watch	 err, ctl;	/* its stderr, its descriptor 3 */
	int		 result_fd;	/* what rx does not hold of stdout, or
					   all of an image's; -1: none */
	struct tq_err	 result_err;	/* it could not be read or kept */
	bool		 keeps_out;	/* exec: stdout is kept however it ends */
	uint64_t	 out_total, out_saved;	/* its bytes: come, kept */
	int64_t		 out_at;	/* when it was */
	int		 output_fd;	/* image: the picture */
	struct tq_logbuf log;
	uint64_t	 log_saved;	/* log.total then */
	int64_t		 saved_at;
	struct tq_fd3	 fd3;
	struct tq_buf	 rx, tx;	/* stdout; stream: the line to send */
	size_t		 tx_at;
};

/* tq_child_init(c, s, n): the one numbered ${n}, not started. */
void tq_child_init(struct child *c, struct slot *s, uint32_t n);
void tq_child_free(struct child *c);

/* tq_child_reset(c): an empty log, nothing said on descriptor 3. */
void tq_child_reset(struct child *c);

/*
 * tq_child_open(w, c, fds, err): pipes for its stderr and descriptor 3, whose
 * ends for the child go into fds[2] and fds[3].  Fails with stage exec.
 */
int tq_child_open(struct worker *w, struct child *c, int fds[TQ_SPAWN_FDS],
    struct tq_err *err);

/*
 * tq_child_capture(w, c, theirs, err): a pipe for its stdout: small results
 * stay in rx, others go to a file.
 */
int tq_child_capture(struct worker *w, struct child *c, int *theirs,
    struct tq_err *err);

/*
 * tq_child_start(w, c, cmd, err): start it; closes all of cmd->fds.  -1 with
 * ${err}, and the pipes closed.
 */
int tq_child_start(struct worker *w, struct child *c,
    struct tq_spawn_cmd *cmd, struct tq_err *err);

/* tq_child_close(w, c): close its pipes and files. */
void tq_child_close(struct worker *w, struct child *c);

/* tq_child_drain(w, c): read what is in its pipes without waiting. */
void tq_child_drain(struct worker *w, struct child *c);

/* tq_child_landlock(w): say once, before the first child that wants it, that
   this kernel has none: seccomp alone still holds. */
void tq_child_landlock(struct worker *w);

/* tq_child_stop(w, s, sig): signal the group of what works in a slot; it is
   the tq_runner.stop of handlers that are processes. */
void tq_child_stop(struct worker *w, struct slot *s, int sig);

/*
 * tq_child_save_log(w, c, j): put its log into the blob store if it has
 * changed, and its name into j->out.
 */
void tq_child_save_log(struct worker *w, struct child *c, struct job *j);

/*
 * tq_child_save_out(w, c, j, last): the same with its stdout; while it runs at
 * most 4 MiB/s are copied for that, so that one of N bytes is kept every N/4 MiB
 * seconds.
 * tq_child_drop_out(w, j): what was kept so is the result now.
 */
void tq_child_save_out(struct worker *w, struct child *c, struct job *j,
    bool last);
void tq_child_drop_out(struct worker *w, struct job *j);

/*
 * tq_child_fails(fd, err, after_ms): in a child of ours that fails, leave the
 * reason in the file ${fd}; returns its exit status.
 * tq_child_failed(c, j, e, err, after_ms): in the worker, which has that file
 * as c->result_fd, read it; false when there is none.
 */
int tq_child_fails(int fd, const struct tq_err *err, int64_t after_ms);
bool tq_child_failed(struct child *c, struct job *j,
    const struct tq_spawn_exit *e, struct tq_err *err, int64_t *after_ms);

/*
 * tq_child_ended(w, c, e): the spawner says that it has ended so.  One that died of a
 * SIGTERM that is not ours is held for TQ_TERM_HOLD_MS: who stops the worker may
 * have sent it to both, in any order.
 * tq_child_held(w, c): act on that, if the time is over, or it was ours.
 */
#define TQ_TERM_HOLD_MS	100
void tq_child_ended(struct worker *w, struct child *c,
    const struct tq_spawn_exit *e);
void tq_child_held(struct worker *w, struct child *c);

#endif
