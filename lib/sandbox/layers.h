/*
 * lib/sandbox/layers.h -- the layers that tq_sandbox_enter() puts on, each of
 * which a test can put on alone; nobody else includes it.
 */
#ifndef TQ_SANDBOX_LAYERS_H
#define TQ_SANDBOX_LAYERS_H

#include "sandbox/sandbox.h"

/*
 * The sanitizers' run-time reserves terabytes of address space, so that
 * RLIMIT_AS can't be set, and makes a few system calls of its own from inside
 * malloc() and at exit.  This is the one place that knows; a build for use
 * has neither exception.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TQ_SANDBOX_SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define TQ_SANDBOX_SANITIZED	1
#endif
#endif
#ifndef TQ_SANDBOX_SANITIZED
#define TQ_SANDBOX_SANITIZED	0
#endif

/*
 * tq_rlimits_set(limits, err):
 * Lower memory, CPU time, file size, core size and process count, soft and
 * hard; a limit that is lower already stays.  Fails as tq_sandbox_enter().
 */
int tq_rlimits_set(const struct tq_sandbox_limits *limits,
    struct tq_err *err);

/*
 * tq_sandbox_drop(err):
 * No new privileges, not dumpable: what the others build on.
 */
int tq_sandbox_drop(struct tq_err *err);

/*
 * tq_landlock_deny(err):
 * Deny all that this kernel's landlock can deny: files, TCP, and (ABI 6)
 * signals and abstract sockets to the outside.  Wants no_new_privs.  Returns
 * the ABI used, 0 when the kernel has no landlock, or -1.
 */
int tq_landlock_deny(struct tq_err *err);

/*
 * tq_landlock_read_only(paths, also, err):
 * The same, but what stands at ${paths} (NULL ends) and below, and the file
 * ${also} (NULL: none), may be read, and TCP connections be made.  A path that
 * is not there is passed over.
 */
int tq_landlock_read_only(const char *const *paths, const char *also,
    struct tq_err *err);

/*
 * tq_seccomp_load(threads, err):
 * From here on any system call off the list ends the process.
 */
int tq_seccomp_load(bool threads, struct tq_err *err);

#endif
