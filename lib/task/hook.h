/* lib/task/hook.h -- the task that tells a URL how another one ended.  Pure. */
#ifndef TQ_HOOK_H
#define TQ_HOOK_H

#include "task/task.h"

#define TQ_HOOK_TYPE	"http.post"

/*
 * tq_hook_id(t, a):
 * The id of the hook of ${t}, which has its own, in ${a}: the same each time
 * it is asked for.  NULL when ${t} asks for no hook (t->notify).
 */
const char *tq_hook_id(const struct tq_task *t, struct tq_arena *a);

/*
 * tq_hook_of(t, a, hook):
 * Make ${hook} the task that posts to t->notify once ${t}, on whose queue it
 * is, has ended, however: of type http.post, without a body, so that its
 * worker writes one.  It is marked as a keyed request, of t's submitId.  In
 * ${a}, and borrowing from ${t}.
 */
void tq_hook_of(const struct tq_task *t, struct tq_arena *a,
    struct tq_task *hook);

#endif
