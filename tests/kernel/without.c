/*
 * tests/kernel/without.c -- run a command in a kernel that lacks system calls.
 *
 *	without CALL[,ARG,MASK]=ERRNO... -- COMMAND...
 *
 * Each ${CALL} fails with ${ERRNO} (a name), in the command and its children:
 * ENOSYS as in an older kernel, EPERM as in a container whose filter does not
 * know the call.  With ${ARG} and ${MASK}, only when argument number ${ARG},
 * from 0, has all bits of ${MASK} set: one flag of a call, or one operation.
 * The calls are taken away by seccomp, so also from static code.  Exits with 2
 * for a usage error, 77 where there is no seccomp.
 */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
errno_of(const char *name)
{
	int i;

	for (i = 1; i < 200; i++)
		if (strerrorname_np(i) != NULL &&
		    strcmp(strerrorname_np(i), name) == 0)
			return i;
	errx(2, "%s: not the name of an errno value", name);
}

/* Take away what ${spec} says, in place. */
static void
forbid(scmp_filter_ctx ctx, char *spec)
{
	char *call = strsep(&spec, "="), *name = strsep(&call, ",");
	char *arg = strsep(&call, ",");
	int number = seccomp_syscall_resolve_name(name), rc;
	scmp_datum_t mask;

	if (spec == NULL || (arg != NULL && call == NULL))
		errx(2, "usage: without CALL[,ARG,MASK]=ERRNO... -- COMMAND");
	if (number == __NR_SCMP_ERROR)
		errx(2, "%s: no such system call", name);
	mask = call != NULL ? strtoull(call, NULL, 0) : 0;
	if (arg == NULL)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(errno_of(spec)),
		    number, 0);
	else
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(errno_of(spec)),
		    number, 1, SCMP_CMP((unsigned)atoi(arg),
		    SCMP_CMP_MASKED_EQ, mask, mask));
	if (rc != 0)
		errx(77, "%s: %s", name, strerror(-rc));
}

int
main(int argc __attribute__((unused)), char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (ctx == NULL)
		errx(77, "no seccomp");
	for (argv++; *argv != NULL && strcmp(*argv, "--") != 0;
	    argv++)
		forbid(ctx, *argv);
	if (argv[0] == NULL || argv[1] == NULL)
		errx(2, "usage: without CALL[,ARG,MASK]=ERRNO... -- COMMAND");
	if ((rc = seccomp_load(ctx)) != 0)
		errx(77, "no seccomp: %s", strerror(-rc));
	seccomp_release(ctx);
	execvp(argv[1], argv + 1);
	err(errno == ENOENT ? 127 : 126, "%s", argv[1]);
}
