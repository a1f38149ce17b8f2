/*
 * cmd/tq-status/watch_term.h -- the terminal of --watch: taken, and given back
 * as it was, however we end.
 */
#ifndef TQ_WATCH_TERM_H
#define TQ_WATCH_TERM_H

#include "cli/cli.h"

/*
 * watch_term_enter(cli): the other screen, no cursor, keys one by one.  From
 * now on a signal that ends us gives the terminal back first, and one that
 * stops us (^Z) does so, too, and takes it again when we go on.  Once a
 * process.
 */
void watch_term_enter(struct tq_cli *cli);
void watch_term_leave(void);

/*
 * watch_term_wait(fd, ms, keys, room):
 * Wait for a key, ${fd} or ${ms}; false when the terminal is gone.  Up to
 * ${room} bytes of keys come to ${keys}, their number to ${*n}.
 */
bool watch_term_wait(int fd, int ms, char *keys, size_t room, size_t *n);

/* watch_term_stop(): if a ^Z came, stop until somebody lets us go on. */
void watch_term_stop(void);

/* watch_term_changed(): was the terminal resized or shown something else since
   this was asked last?  Its size comes to ${width} and ${height}. */
bool watch_term_changed(int *width, int *height);

/*
 * watch_term_show(text): the lines of ${text} from the top; only those that are
 * not there already are written, all of them with ${anew}.  -1: gone.
 */
int watch_term_show(struct tq_span text, bool anew);

/* watch_term_ask(text): send a sequence that is no text. */
void watch_term_ask(const char *text);

/* watch_term_copy(text): into the clipboard, by OSC 52 (xterm's ctlseqs). */
void watch_term_copy(const char *text);

#endif
