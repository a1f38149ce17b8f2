/* lib/sandbox/rlimits.c -- bounds on what the allowed calls can use up. */
#include "sandbox/layers.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "util/err.h"

#define MEMORY_DEFAULT	(2ull * 1024 * 1024 * 1024)
#define CPU_DEFAULT	20
#define FILE_DEFAULT	(256ull * 1024 * 1024)

/* Only ever down: raising a hard limit would need privileges, and is no use. */
static int
lower(int resource, const char *name, rlim_t soft, rlim_t hard,
    struct tq_err *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) == -1)
		goto fail;
	if (hard < now.rlim_max)
		now.rlim_max = hard;
	if (soft > now.rlim_max)
		soft = now.rlim_max;
	if (soft < now.rlim_cur)
		now.rlim_cur = soft;
	if (setrlimit((__rlimit_resource_t)resource, &now) == 0)
		return 0;
fail:
	return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, errno,
	    "sandbox: limit of %s", name);
}

int
tq_rlimits_set(const struct tq_sandbox_limits *limits, struct tq_err *err)
{
	struct tq_sandbox_limits l = { 0, 0, 0, false };

	if (limits != NULL)
		l = *limits;
	if (l.memory_bytes == 0)
		l.memory_bytes = MEMORY_DEFAULT;
	if (l.cpu_seconds == 0)
		l.cpu_seconds = CPU_DEFAULT;
	if (l.file_bytes == 0)
		l.file_bytes = FILE_DEFAULT;

	/*
	 * The soft CPU limit sends SIGXCPU, which says what happened; at the
	 * hard one, a second later, the kernel kills.
	 */
	if (lower(RLIMIT_CPU, "CPU time", l.cpu_seconds,
	    (rlim_t)l.cpu_seconds + 1, err) == -1 ||
	    lower(RLIMIT_FSIZE, "file size", l.file_bytes, l.file_bytes,
	    err) == -1 ||
	    lower(RLIMIT_CORE, "core size", 0, 0, err) == -1)
		return -1;
	/* The kernel counts threads as processes; seccomp tells them apart. */
	if (!l.threads && lower(RLIMIT_NPROC, "processes", 0, 0, err) == -1)
		return -1;
	if (TQ_SANDBOX_SANITIZED)
		return 0;
	return lower(RLIMIT_AS, "memory", l.memory_bytes, l.memory_bytes, err);
}
