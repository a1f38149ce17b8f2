/*
 * lib/util/module.h -- tq-net.so: what needs libcurl, loaded when asked for.
 *
 * It stands beside the tool (in the build folder) or in ../lib/tq of it (when
 * installed).  It has its own copy of lib/util, so pointers to functions and
 * data pass through, but addresses of library globals must not be compared.
 */
#ifndef TQ_MODULE_H
#define TQ_MODULE_H

struct tq_err;

/* Put before the definition of what the module exports. */
#define TQ_EXPORT __attribute__((visibility("default")))

/*
 * tq_module_symbol(name, err):
 * The address of ${name} in the module, which is loaded on the first call
 * and stays.  NULL with stage config, TQ_E_CONFIG when the module is not
 * there or does not fit; the message says where it was looked for.
 */
void *tq_module_symbol(const char *name, struct tq_err *err);

#endif
