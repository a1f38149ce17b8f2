/*
 * lib/util/module.h -- modules: what needs large libraries, loaded when asked
 * for.  tq-net.so has libcurl, tq-archive.so libarchive, the tq-image-*.so a
 * picture format each.
 *
 * They stand beside the tool (in the build folder) or in ../lib/tq of it (when
 * installed).  Each has its own copy of lib/util, so pointers to functions and
 * data pass through, but addresses of library globals must not be compared.
 */
#ifndef TQ_MODULE_H
#define TQ_MODULE_H

struct tq_err;

/* Put before the definition of what the module exports. */
#define TQ_EXPORT __attribute__((visibility("default")))

#define TQ_NET_SO	"tq-net.so"

/*
 * tq_module_symbol(file, name, err):
 * The address of ${name} in the module ${file}, which is loaded on the first
 * call and stays.  NULL with stage config, TQ_E_CONFIG when the module is not
 * there (sys_errno is ENOENT then) or does not fit; the message says where it
 * was looked for.
 */
void *tq_module_symbol(const char *file, const char *name,
    struct tq_err *err);

/* tq_module_there(file, err): is it installed?  Loads nothing.  0, or -1 as
   tq_module_symbol() fails where it is not. */
int tq_module_there(const char *file, struct tq_err *err);

#endif
