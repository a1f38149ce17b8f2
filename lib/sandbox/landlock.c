/*
 * lib/sandbox/landlock.c -- no files, no network, by an empty rule set; or
 * some files to read, and connections.
 *
 * Behind seccomp this is the second wall: it still stands when a system call
 * turns up that the filter should not have let through.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/err.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
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

/* struct landlock_path_beneath_attr */
struct path_beneath {
	uint64_t	allowed;
	int32_t		fd;
} __attribute__((packed));

#define RULE_PATH_BENEATH	1
#define FS_READ_FILE	(1ull << 2)
#define FS_READ_DIR	(1ull << 3)
#define FS_ABI_1	((1ull << 13) - 1)	/* execute .. make_sym */
#define FS_REFER	(1ull << 13)		/* ABI 2 */
#define FS_TRUNCATE	(1ull << 14)		/* ABI 3 */
#define FS_IOCTL_DEV	(1ull << 15)		/* ABI 5 */
#define NET_CONNECT	2ull			/* ABI 4 */
#define NET_TCP		3ull			/* the same, bind */
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

/* Of a file that is none of a directory's, landlock takes no such right. */
static int
allow_reading(int rules, const char *path)
{
	struct path_beneath p = { FS_READ_FILE | FS_READ_DIR, -1 };
	struct stat sb;
	int rc = 0;

	if ((p.fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		return 0;
	if (fstat(p.fd, &sb) == 0 && !S_ISDIR(sb.st_mode))
		p.allowed = FS_READ_FILE;
	rc = (int)syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &p,
	    0);
	close(p.fd);
	return rc;
}

/* A set of rules that denies all that this kernel can; -1 with errno. */
static int
make_rules(int abi, bool connects)
{
	struct ruleset r = everything(abi);

	if (connects)
		r.handled_access_net &= ~NET_CONNECT;
	return (int)syscall(SYS_landlock_create_ruleset, &r,
	    ruleset_size(abi), 0);
}

/* Obey ${rules} from now on, and close them. */
static int
obey(int rules, int abi, struct tq_err *err)
{
	int rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	int saved = errno;

	close(rules);
	errno = saved;
	return rc == 0 ? abi : is_missing(errno) ? 0 : fail(err);
}

int
tq_landlock_deny(struct tq_err *err)
{
	int abi = tq_sandbox_landlock(), rules;

	if (abi <= 0)
		return abi == 0 ? 0 : fail(err);
	if ((rules = make_rules(abi, false)) == -1)
		return is_missing(errno) ? 0 : fail(err);
	return obey(rules, abi, err);
}

int
tq_landlock_read_only(const char *const *paths, const char *also,
    struct tq_err *err)
{
	int abi = tq_sandbox_landlock(), rules, rc = 0;

	if (abi <= 0)
		return abi == 0 ? 0 : fail(err);
	if ((rules = make_rules(abi, true)) == -1)
		return is_missing(errno) ? 0 : fail(err);
	for (; rc == 0 && *paths != NULL; paths++)
		rc = allow_reading(rules, *paths);
	if (rc == 0 && also != NULL)
		rc = allow_reading(rules, also);
	if (rc == 0)
		return obey(rules, abi, err);
	fail(err);
	close(rules);
	return -1;
}
