/* lib/util/ignored.h -- how we were started. */
#ifndef TQ_IGNORED_H
#define TQ_IGNORED_H

#include <stdbool.h>

/*
 * tq_signal_ignored(sig): was ${sig} ignored when we were started, as nohup(1)
 * does with HUP, and a script's shell with INT for what it starts by `&'?
 * That was meant for this program: the signal stays ignored.
 */
bool tq_signal_ignored(int sig);

#endif
