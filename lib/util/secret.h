/* lib/util/secret.h -- a process that holds other people's keys. */
#ifndef TQ_SECRET_H
#define TQ_SECRET_H

/*
 * tq_secret_process():
 * From now on the kernel makes no core of this process, whatever the limits
 * and core_pattern say, and shows its memory and environment to nobody but
 * root (PR_SET_DUMPABLE, prctl(2)).  Its forks are the same; a program
 * that it runs is dumpable again.  Can't be undone; once is enough.
 */
void tq_secret_process(void);

#endif
