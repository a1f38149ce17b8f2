/*
 * tests/unit/test_sandbox_fails.c -- each call that builds the sandbox fails, one at a
 * time: it is said, and nobody goes on behind half a wall.
 */
#include "t.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/sandbox.h"
#include "util/err.h"

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_add_rule		445
#define __NR_landlock_restrict_self	446
#endif

#define ANY	-1

struct row {
	int		 call;
	int		 arg;		/* of this number ... */
	long		 is;		/* ... with this value; ANY: however it is called */
	const char	*words;		/* of what is said then */
};

static const struct row rows[] = {
	{ SCMP_SYS(prctl), 0, PR_SET_NO_NEW_PRIVS, "no_new_privs" },
	{ SCMP_SYS(prctl), 0, PR_SET_DUMPABLE, "not dumpable" },
	{ SCMP_SYS(prlimit64), 1, RLIMIT_CORE, "limit of core size" },
	{ SCMP_SYS(seccomp), 0, ANY, "seccomp" },
};

static const struct row picture_rows[] = {
	{ SCMP_SYS(prlimit64), 1, RLIMIT_CPU, "limit of CPU time" },
	{ SCMP_SYS(prlimit64), 1, RLIMIT_FSIZE, "limit of file size" },
	{ SCMP_SYS(prlimit64), 1, RLIMIT_NPROC, "limit of processes" },
#if !TQ_SANDBOX_SANITIZED
	{ SCMP_SYS(prlimit64), 1, RLIMIT_AS, "limit of memory" },
#endif
};

static const struct row landlock_rows[] = {
	{ __NR_landlock_create_ruleset, 0, ANY, "landlock" },
	{ __NR_landlock_create_ruleset, 2, 0, "landlock" },
	{ __NR_landlock_restrict_self, 0, ANY, "landlock" },
};

static const struct row rule_row = { __NR_landlock_add_rule, 0, ANY, "landlock" };

static int
enter(struct tq_err *err)
{
	return tq_sandbox_enter(NULL, err);
}

static int
fetch(struct tq_err *err)
{
	return tq_sandbox_fetcher(NULL, err);
}

/* From here on that call fails. */
static bool
forbid(const struct row *r)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (ctx == NULL)
		return false;
	rc = r->is == ANY ? seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), r->call, 0) :
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), r->call, 1,
	    SCMP_CMP((unsigned)r->arg, SCMP_CMP_EQ, (scmp_datum_t)r->is));
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0;
}

static void
each(int (*build)(struct tq_err *), const struct row *r, size_t n)
{
	struct tq_err err = TQ_ERR_INIT;
	int status;
	pid_t pid;

	for (; n-- > 0; r++) {
		fflush(stdout);
		if ((pid = fork()) == 0) {
			if (!forbid(r))
				_exit(2);
			if (build(&err) == 0)
				_exit(3);
			_exit(err.code == TQ_E_CONFIG && err.stage == TQ_AT_EXEC &&
			    strstr(err.msg, r->words) != NULL ? 0 : 4);
		}
		if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
			T_FAIL("%s, argument %ld: %s", r->words, r->is,
			    WIFSIGNALED(status) ? "killed" : WEXITSTATUS(status) == 3 ?
			    "went on without" : "it is not said");
	}
}

#define EACH(build, rows)	each(build, rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_all(void)
{
	EACH(enter, rows);
	EACH(enter, picture_rows);
	EACH(fetch, rows);
	if (tq_sandbox_landlock() <= 0) {
		printf("# this kernel has no landlock\n");
		return;
	}
	EACH(enter, landlock_rows);
	EACH(fetch, landlock_rows);
	each(fetch, &rule_row, 1);
}

T_MAIN({ "a part of the sandbox that can't be built is said, whichever it is",
	test_all })
