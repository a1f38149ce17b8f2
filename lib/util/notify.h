/* lib/util/notify.h -- telling a service manager how we are. */
#ifndef TQ_NOTIFY_H
#define TQ_NOTIFY_H

struct tq_env;

/*
 * tq_notify(env, state):
 * Send "READY=1", "STOPPING=1", "WATCHDOG=1" ... to $NOTIFY_SOCKET as
 * sd_notify(3) does; nothing happens when there is none.
 */
void tq_notify(const struct tq_env *env, const char *state);

#endif
