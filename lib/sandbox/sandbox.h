/*
 * lib/sandbox/sandbox.h -- take a process's powers away, for good.
 *
 * Called in a fresh child, after its descriptors are set up and before it
 * looks at hostile bytes: seccomp (a short allow-list, everything else kills
 * the process with SIGSYS), landlock (no file system, no TCP, where the
 * kernel has it) and rlimits.  What each layer adds is in DESIGN.md.
 */
#ifndef TQ_SANDBOX_H
#define TQ_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct tq_err;

struct tq_sandbox_limits {
	uint64_t	memory_bytes;	/* RLIMIT_AS; 0: 2 GiB */
	uint32_t	cpu_seconds;	/* RLIMIT_CPU; 0: 20 */
	uint64_t	file_bytes;	/* RLIMIT_FSIZE; 0: 256 MiB */
	bool		threads;	/* may start threads, no processes */
};

/*
 * tq_sandbox_enter(limits, err):
 * After it returns 0 the calling process can read and write descriptors it
 * holds already, use memory and exit; nothing else.  There is no way back.
 * Fails closed with stage exec, TQ_E_CONFIG when the kernel refuses seccomp
 * or an rlimit; a kernel without landlock is not a failure (seccomp already
 * refuses open and socket).  Must be called single-threaded.
 */
int tq_sandbox_enter(const struct tq_sandbox_limits *limits,
    struct tq_err *err);

/*
 * tq_sandbox_fetcher(also, err):
 * For a process that talks to strangers over the network.  After it returns 0
 * it can connect, look up names and write to what it has open; of files it can
 * read those that names and certificates are looked up in, and ${also} (NULL:
 * no other).  It can start threads, but no process and no program, and can
 * neither trace nor signal another.  All else that it tries fails; it is
 * not killed for it.  Without landlock other files can still be read.  Fails
 * as tq_sandbox_enter(), and must be called single-threaded too.
 */
int tq_sandbox_fetcher(const char *also, struct tq_err *err);

/*
 * tq_sandbox_landlock():
 * The version of landlock that this process may use; 0 when there is none (the
 * kernel, or a container's filter, has none: a warning's worth), -1 with errno
 * when it fails in another way, as tq_sandbox_enter() will.
 */
int tq_sandbox_landlock(void);

/*
 * tq_sandbox_verdict(wstatus, buf, n):
 * Say what a wait status of a sandboxed child means in words an operator can
 * act on ("killed by the sandbox: a forbidden system call (SIGSYS)", "used
 * more than its CPU time", "crashed (SIGSEGV)").  Writes to ${buf} and
 * returns it; "" for a clean exit 0.
 */
const char *tq_sandbox_verdict(int wstatus, char *buf, unsigned long n);

#endif
