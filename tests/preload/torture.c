/*
 * tests/preload/torture.c -- the Nth call of one kind fails.
 *
 * To be preloaded (LD_PRELOAD).  $TORTURE is CALL:N (N = 0: none fails), and
 * $TORTURE_COUNT a file of 8-byte numbers, which all processes of a run map: how
 * often a call was made to fail (0 or 1), and how many calls there were of each
 * kind, in the order of names[].  Calls of other programs (handlers) are passed
 * over, and those before main().
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

enum { WRITE, READ, CLOSE, FSYNC, RENAME, OPEN, MMAP, MALLOC, FORK, SEND, RECV, KINDS };

static const char *const names[KINDS] = {"write", "read", "close", "fsync", "rename",
    "open", "mmap", "malloc", "fork", "send", "recv"};

static struct count {
	uint64_t	fired, calls[KINDS];
} *count;
static int kind;
static uint64_t nth;

static void
begin(void)
{
	const char *spec = getenv("TORTURE"), *file = getenv("TORTURE_COUNT");
	const char *colon = spec == NULL ? NULL : strchr(spec, ':');
	char name[16] = "";
	void *p;
	int fd;

	prctl(PR_GET_NAME, name);
	if (strncmp(name, "tq-", 3) != 0 || colon == NULL || file == NULL)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
	p = (void *)syscall(SYS_mmap, NULL, sizeof(*count), 3, 1, fd, 0);
	syscall(SYS_close, fd);
	if ((intptr_t)p < 0 && (intptr_t)p > -4096)
		return;
	for (kind = 0; kind < KINDS; kind++)
		if (strlen(names[kind]) == (size_t)(colon - spec) &&
		    strncmp(names[kind], spec, (size_t)(colon - spec)) == 0)
			break;
	nth = strtoull(colon + 1, NULL, 10);
	count = p;
}

static int (*real_main)(int, char **, char **);

static int
tortured_main(int argc, char **argv, char **envp)
{
	begin();
	return real_main(argc, argv, envp);
}

/* What calls main(): the loader and the tests' counters have done by then. */
int __libc_start_main(int (*)(int, char **, char **), int, char **,
    void (*)(void), void (*)(void), void (*)(void), void *);

int
__libc_start_main(int (*start)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end)
{
	__typeof__(&__libc_start_main) next;

	*(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = start;
	return next(tortured_main, argc, argv, init, fini, rtld_fini,
	    stack_end);
}

/* Does this call fail? */
static int
fails(int what, int e)
{
	if (count == NULL || __atomic_add_fetch(&count->calls[what], 1,
	    __ATOMIC_SEQ_CST) != nth || what != kind)
		return 0;
	__atomic_add_fetch(&count->fired, 1, __ATOMIC_SEQ_CST);
	errno = e;
	return 1;
}

void *
malloc(size_t n)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_realloc(p, n);
}

/* Of what may be full or broken; an eventfd(2) never is. */
static int
write_fails(int fd)
{
	struct stat sb;

	return syscall(SYS_fstat, fd, &sb) == 0 && (sb.st_mode & S_IFMT) != 0 &&
	    fails(WRITE, ENOSPC);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return write_fails(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t off)
{
	return write_fails(fd) ? -1 :
	    syscall(SYS_pwrite64, fd, p, n, off);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite(fd, p, n, off);
}

int
ftruncate(int fd, off_t n)
{
	return write_fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}

ssize_t
read(int fd, void *p, size_t n)
{
	struct stat sb;

	return syscall(SYS_fstat, fd, &sb) == 0 && (sb.st_mode & S_IFMT) != 0 &&
	    fails(READ, EIO) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t off)
{
	return fails(READ, EIO) ? -1 : syscall(SYS_pread64, fd, p, n, off);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t off)
{
	return pread(fd, p, n, off);
}

/* As Linux does it: the descriptor is gone, whatever close(2) says. */
int
close(int fd)
{
	int rc = (int)syscall(SYS_close, fd);

	return rc == 0 && fails(CLOSE, EIO) ? -1 : rc;
}

int
fsync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
rename(const char *from, const char *to)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_renameat2,
	    AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_linkat, from_fd,
	    from, to_fd, to, flags);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path,
	    mode);
}

static int
do_open(int dir, const char *path, int flags, mode_t mode)
{
	return fails(OPEN, EMFILE) ? -1 : (int)syscall(SYS_openat, dir, path,
	    flags, mode);
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ?
	    va_arg(ap, mode_t) : 0;
}

#define OPENS(name, params, dir)					\
int								\
name params							\
{								\
	mode_t mode;						\
	va_list ap;						\
								\
	va_start(ap, flags);					\
	mode = mode_of(flags, ap);				\
	va_end(ap);						\
	return do_open(dir, path, flags, mode);			\
}
OPENS(open, (const char *path, int flags, ...), AT_FDCWD)
OPENS(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENS(openat, (int dir, const char *path, int flags, ...), dir)
OPENS(openat64, (int dir, const char *path, int flags, ...), dir)

/* The names that fortified callers use. */
int __open_2(const char *, int);
int __open64_2(const char *, int);

int
__open_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

int
__open64_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	if (fails(MMAP, ENOMEM))
		return (void *)-1;
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off);
}

void *
mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t off)
{
	return mmap(at, n, prot, flags, fd, off);
}

pid_t
fork(void)
{
	pid_t (*next)(void);

	*(void **)&next = dlsym(RTLD_NEXT, "fork");
	return fails(FORK, EAGAIN) ? -1 : next();
}

pid_t
vfork(void)
{
	return fork();
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	return fails(SEND, EPIPE) ? -1 : syscall(SYS_sendto, fd, p, n, flags,
	    NULL, 0);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return fails(SEND, EPIPE) ? -1 : syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	return fails(RECV, ECONNRESET) ? -1 : syscall(SYS_recvfrom, fd, p, n,
	    flags, NULL, NULL);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	return fails(RECV, ECONNRESET) ? -1 : syscall(SYS_recvmsg, fd, m,
	    flags);
}
