/*
 * tests/lint/analyzer.h -- what clang's analyzer can't see from one file:
 * that `return tq_err_set(...)' and its like return -1, so that what comes
 * behind an error check has its out-parameters filled.  Given to it with
 * -include.
 */
#include "store/sqlite/sqlite.h"
#include "util/err.h"

#define tq_err_set(...)	(tq_err_set(__VA_ARGS__), -1)
#define tq_err_sys(...)	(tq_err_sys(__VA_ARGS__), -1)
#define sq_fail(...)	(sq_fail(__VA_ARGS__), -1)
