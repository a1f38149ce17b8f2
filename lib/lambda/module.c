/* lib/lambda/module.c -- see module.h. */
#include "lambda/module.h"

const struct tq_lambda_module tq_lambda_module = { TQ_LAMBDA_VERSION,
    tq_lambda_front, tq_lambda_loop, tq_lambda_unready, tq_lambda_work_read };
