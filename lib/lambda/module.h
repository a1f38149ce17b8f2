/* lib/lambda/module.h -- what tq-net.so shows of lib/lambda. */
#ifndef TQ_LAMBDA_MODULE_H
#define TQ_LAMBDA_MODULE_H

#include "lambda/front.h"
#include "lambda/runtime.h"
#include "lambda/work.h"
#include "util/module.h"

/* Versioned as struct tq_net_module is. */
struct tq_lambda_module {
	uint32_t	 version;
	tq_lambda_front_fn *front;
	tq_lambda_loop_fn *loop;
	tq_lambda_unready_fn *unready;
	tq_lambda_work_fn *work_read;
};

#define TQ_LAMBDA_MODULE	"tq_lambda_module"
#define TQ_LAMBDA_VERSION	2u

extern TQ_EXPORT const struct tq_lambda_module tq_lambda_module;

#endif
