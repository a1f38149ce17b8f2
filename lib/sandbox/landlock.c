/*
 * lib/sandbox/landlock.c -- no files, no network, by an empty rule set.
 *
 * Behind seccomp this is the second wall: it still stands when a system call
 * turns up that the filter should not have let through.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/err.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_restrict_self	446
#endif

#define QUERY_ABI	1u	/* LANDLOCK_CREATE_RULESET_VERSION */

/*
 * The kernel's struct as of ABI 6; Debian 12's header stops at the first
 * member.  A kernel takes the size it knows and refuses a larger one, unless
 * the rest is zero.
 */
struct ruleset {
	uint64_t	handled_access_fs;
	uint64_t	handled_access_net;
	uint64_t	scoped;
};

#define FS_ABI_1	((1ull << 13) - 1)	/* execute .. make_sym */
#define FS_REFER	(1ull << 13)		/* ABI 2 */
#define FS_TRUNCATE	(1ull << 14)		/* ABI 3 */
#define FS_IOCTL_DEV	(1ull << 15)		/* ABI 5 */
#define NET_TCP		3ull			/* ABI 4: bind, connect */
#define SCOPE_ALL	3ull			/* ABI 6: abstract unix
						   sockets, signals */

/* All that ABI ${abi} can handle; what is handled and not allowed is denied. */
static struct ruleset
everything(int abi)
{
	struct ruleset r = { FS_ABI_1, 0, 0 };

	if (abi >= 2)
		r.handled_access_fs |= FS_REFER;
	if (abi >= 3)
		r.handled_access_fs |= FS_TRUNCATE;
	if (abi >= 4)
		r.handled_access_net = NET_TCP;
	if (abi >= 5)
		r.handled_access_fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

static size_t
ruleset_size(int abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped) :
	    offsetof(struct ruleset, handled_access_net);
}

/* Containers refuse calls that their own filter does not know with EPERM. */
static bool
is_missing(int errnum)
{
	return errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EPERM;
}

static int
fail(struct tq_err *err)
{
	return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, errno,
	    "sandbox: landlock");
}

int
tq_sandbox_landlock(void)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    QUERY_ABI);

	return abi == -1 && is_missing(errno) ? 0 : abi;
}

int
tq_landlock_deny(struct tq_err *err)
{
	int abi = tq_sandbox_landlock(), fd, rc, saved;
	struct ruleset r;

	if (abi == 0)
		return 0;
	if (abi == -1)
		return fail(err);
	r = everything(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi),
	    0);
	if (fd == -1)
		return is_missing(errno) ? 0 : fail(err);
	rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return rc == 0 ? abi : is_missing(errno) ? 0 : fail(err);
}
