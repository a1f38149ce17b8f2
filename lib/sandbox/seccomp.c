/* lib/sandbox/seccomp.c -- the calls that are left; the libseccomp user. */
#include "sandbox/layers.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/err.h"

/*
 * Descriptors that are open already, memory, the end.  clock_gettime is the
 * vDSO's fallback; futex is libc's locks.  None takes a path or makes a new
 * descriptor; mmap is let through below, without execution.
 */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(exit), SCMP_SYS(exit_group),

	/* libc's qsort() asks how much memory there is. */
	SCMP_SYS(sysinfo),

	/*
	 * What abort() needs besides tgkill to end as SIGABRT, with libc's
	 * word on stderr (writev): "a smashed heap", and not "a forbidden
	 * call".
	 */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(gettid),
#if TQ_SANDBOX_SANITIZED
	SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield),
#endif
};

/*
 * stdio asks for a file's type with newfstatat("", AT_EMPTY_PATH) when it
 * makes a buffer, and can do without the answer.  A filter can't see whether
 * the path is empty, so the call fails for everybody, without being an alarm.
 */
static int
add_refusals(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(newfstatat), 0);
}

/*
 * The calls of a library that decodes with threads.  clone3() hides its flags
 * from a filter, so libc is told that there is none, and clone() makes
 * threads only.  How many cores there are is read from a file where the
 * kernel does not tell; the file stays closed.
 */
static int
add_threads(scmp_filter_ctx ctx)
{
	static const int calls[] = { SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	    SCMP_SYS(rt_sigaction) };
	size_t i;
	int rc;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i],
		    0)) != 0)
			return rc;
	if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0)) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(openat), 0)) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
	    SCMP_SYS(prctl), 0)) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))) != 0)
		return rc;
	/* A thread's stack is made readable and writable, never more. */
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int
add_allowed(scmp_filter_ctx ctx)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i],
		    0)) != 0)
			return rc;

	/* No new code: mprotect is off the list, and mmap can't make it. */
	if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))) != 0)
		return rc;

	/* A signal for nobody but itself. */
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

int
tq_seccomp_load(bool threads, struct tq_err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (ctx == NULL)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_CONFIG,
		    "sandbox: seccomp is not available");

	/* 32-bit calls have other numbers; they end the process too. */
	if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) == 0 &&
	    (rc = add_allowed(ctx)) == 0 && (rc = add_refusals(ctx)) == 0 &&
	    (!threads || (rc = add_threads(ctx)) == 0))
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, -rc,
		    "sandbox: seccomp");
	return 0;
}
