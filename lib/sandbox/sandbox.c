/* lib/sandbox/sandbox.c -- see sandbox.h: the layers in their order. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#include "sandbox/layers.h"
#include "util/err.h"

/*
 * no_new_privs is what lets a process without root load the other two.  Not
 * dumpable: no ptrace, no /proc/self/mem for others of the same user, no core
 * with somebody's picture in it.
 */
int
tq_sandbox_drop(struct tq_err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, errno,
		    "sandbox: no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, errno,
		    "sandbox: not dumpable");
	return 0;
}

/*
 * The limits speak through these two signals; one that the parent ignored or
 * blocked would leave the process running, or the verdict wrong.
 */
static void
restore_signals(void)
{
	sigset_t set;

	signal(SIGXCPU, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGXCPU);
	sigaddset(&set, SIGXFSZ);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * Seccomp comes last: it forbids what the others need.  A caller that gets -1
 * is half locked in, and has nothing left to do but to report and _exit().
 */
int
tq_sandbox_enter(const struct tq_sandbox_limits *limits, struct tq_err *err)
{
	restore_signals();
	if (tq_rlimits_set(limits, err) == -1 || tq_sandbox_drop(err) == -1 ||
	    tq_landlock_deny(err) == -1)
		return -1;
	return tq_seccomp_load(limits != NULL && limits->threads, err);
}
