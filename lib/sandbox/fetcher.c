/*
 * lib/sandbox/fetcher.c -- a process that talks to strangers: connections and
 * names, nothing else.
 *
 * What libcurl, OpenSSL and libc's name services call is not known in advance,
 * so this is a list of what they may not: each refused call fails with EPERM
 * and the process goes on.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/err.h"

/* Other programs and processes, the kernel's less worn corners, the names of
   files (landlock refuses these too, where there is one). */
static const int refused[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp),
	SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),

	SCMP_SYS(bpf), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(unshare),
	SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(name_to_handle_at),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(memfd_create),
	SCMP_SYS(personality), SCMP_SYS(listen),

	SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(link),
	SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
	SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(truncate),
	SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown),
	SCMP_SYS(fchownat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
	SCMP_SYS(utimensat),
};

static int
refuse_opening(scmp_filter_ctx ctx, int call, unsigned arg)
{
	static const unsigned long flags[] = { O_WRONLY, O_RDWR, O_CREAT };
	size_t i;
	int rc;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 1,
		    SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, flags[i],
		    flags[i]))) != 0)
			return rc;
	return 0;
}

/*
 * Threads, with which libcurl looks up names, but no processes: clone3() and
 * openat2() hide from a filter what they do, so libc is told that there are
 * none.
 */
static int
add_rules(scmp_filter_ctx ctx)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
		    refused[i], 0)) != 0)
			return rc;
	if ((rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0)) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(openat2), 0)) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
	    SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
	    0))) != 0 ||
	    (rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
	    SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE,
	    (scmp_datum_t)getpid(), 0))) != 0 ||
	    (rc = refuse_opening(ctx, SCMP_SYS(open), 1)) != 0)
		return rc;
	return refuse_opening(ctx, SCMP_SYS(openat), 2);
}

static int
load_filter(struct tq_err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (ctx == NULL)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_CONFIG,
		    "sandbox: seccomp is not available");
	if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) == 0 && (rc = add_rules(ctx)) == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, -rc,
		    "sandbox: seccomp");
	return 0;
}

/*
 * The files that names are looked up in, the certificates of authorities, and
 * the libraries that libc loads for either.
 */
static const char *const readable[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf",
	"/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
	"/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/local/lib",
	"/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
	"/etc/pki/ca-trust", "/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates", NULL,
};

int
tq_sandbox_fetcher(const char *also, struct tq_err *err)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_CONFIG, errno,
		    "sandbox: limit of core size");
	if (tq_sandbox_drop(err) == -1 ||
	    tq_landlock_read_only(readable, also, err) == -1)
		return -1;
	return load_filter(err);
}
