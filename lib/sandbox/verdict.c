/* lib/sandbox/verdict.c -- a wait status in words. */
#include "sandbox/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The meaning here of a signal, beyond its name, or NULL. */
static const char *
meaning(int sig)
{
	switch (sig) {
	case SIGSYS:
		return "killed by the sandbox: a forbidden system call "
		    "(SIGSYS)";
	case SIGXCPU:
		return "used more than its CPU time (SIGXCPU)";
	case SIGXFSZ:
		return "wrote more than its file size limit (SIGXFSZ)";
	case SIGKILL:
		return "killed from outside: a time limit, or the machine ran "
		    "out of memory (SIGKILL)";
	default:
		return NULL;
	}
}

const char *
tq_sandbox_verdict(int wstatus, char *buf, unsigned long n)
{
	const char *name;
	int sig;

	if (WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == 0)
		snprintf(buf, n, "%s", "");
	else if (WIFEXITED(wstatus))
		snprintf(buf, n, "exited with status %d",
		    WEXITSTATUS(wstatus));
	else if (!WIFSIGNALED(wstatus))
		snprintf(buf, n, "stopped (wait status 0x%x)",
		    (unsigned)wstatus);
	else if (meaning(sig = WTERMSIG(wstatus)) != NULL)
		snprintf(buf, n, "%s", meaning(sig));
	else if ((name = sigabbrev_np(sig)) == NULL)
		snprintf(buf, n, "crashed (signal %d)", sig);
	else if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
		snprintf(buf, n, "stopped from outside (SIG%s)", name);
	else
		snprintf(buf, n, "crashed (SIG%s)", name);
	return buf;
}
