/*
 * lib/net/ecs.h -- a task on ECS asks its agent not to be chosen when the
 * service is scaled in.
 *
 * Source: ECS Developer Guide, "Amazon ECS task scale-in protection endpoint".
 */
#ifndef TQ_NET_ECS_H
#define TQ_NET_ECS_H

#include <stdint.h>

#include "util/module.h"

struct tq_err;

#define TQ_ECS_MINUTES_MAX	2880

/*
 * protect(agent, minutes, err):
 * Have the agent at ${agent} ($ECS_AGENT_URI) protect this task for so long;
 * 0: no more.  Waits 3 s at most.  Fails with stage send: TQ_E_UNAVAILABLE,
 * TQ_E_TIMEOUT, or TQ_E_DENIED with what the agent says.
 */
typedef int tq_ecs_protect_fn(const char *agent, int minutes,
    struct tq_err *err);

struct tq_ecs_module {
	uint32_t	 version;
	tq_ecs_protect_fn *protect;
};

#define TQ_ECS_MODULE	"tq_ecs_module"
#define TQ_ECS_VERSION	1u

extern TQ_EXPORT const struct tq_ecs_module tq_ecs_module;

#endif
