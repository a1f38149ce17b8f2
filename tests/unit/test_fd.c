/* tests/unit/test_fd.c -- also run without the calls that it tries first. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"
#include "util/env.h"
#include "util/fd.h"
#include "util/sys.h"

#define BYTES	(200 * 1000)	/* more than a buffer */

static char	data[BYTES];

static int
file_of(size_t n)
{
	int fd = tq_fd_unnamed("test");
	size_t i;

	for (i = 0; i < n; i++)
		data[i] = (char)(i * 7 + i / 251);
	T_INT(tq_fd_write(fd, (struct tq_span){ data, n }), 0);
	return fd;
}

static void
test_unnamed(void)
{
	int fd = file_of(10);
	struct stat sb;
	char buf[11];

	T_INT(pread(fd, buf, sizeof(buf), 0), 10);
	T_INT(fstat(fd, &sb), 0);
	T_INT(sb.st_nlink, 0);
	T_OK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void
copies(size_t n)
{
	static char back[BYTES + 4];
	int from = file_of(n), to = tq_fd_unnamed("to");

	T_INT(write(to, "ab", 2), 2);
	T_INT(tq_fd_copy(from, to, &tq_env_system), 0);
	T_INT(write(to, "z", 1), 1);
	T_INT(pread(to, back, sizeof(back), 0), n + 3);
	T_INT(memcmp(back, "ab", 2), 0);
	T_INT(memcmp(back + 2, data, n), 0);
	T_INT(back[n + 2], 'z');
	close(from);
	close(to);
}

/* How many bytes come through ${fd}, taken in small pieces. */
static size_t
drained(int fd)
{
	char buf[999];
	size_t all = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		all += (size_t)n;
	return all;
}

static bool	stop;
static int	asked;

static bool
stopped(void)
{
	asked++;
	return stop;
}

static void
test_write_nonblocking(void)
{
	int fds[2], status;
	pid_t pid;

	T_INT(pipe2(fds, O_CLOEXEC), 0);
	T_INT(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	if ((pid = fork()) == 0) {
		close(fds[1]);
		_exit(drained(fds[0]) == BYTES ? 0 : 1);
	}
	T_INT(tq_fd_write_till(fds[1], (struct tq_span){ data, BYTES },
	    stopped), 0);
	close(fds[1]);
	T_INT(waitpid(pid, &status, 0), pid);
	T_INT(status, 0);
	close(fds[0]);
}

static void
on_alarm(int sig)
{
	(void)sig;
	stop = asked > 0;
}

/* A signal that means nothing does not end it, one that does ends it. */
static void
test_write_till(void)
{
	struct itimerval each = { { 0, 20000 }, { 0, 20000 } }, none = { 0 };
	struct sigaction sa = { .sa_handler = on_alarm };
	int fds[2];

	asked = 0;
	T_INT(pipe2(fds, O_CLOEXEC), 0);
	T_INT(sigaction(SIGALRM, &sa, NULL), 0);
	T_INT(setitimer(ITIMER_REAL, &each, NULL), 0);
	T_INT(tq_fd_write_till(fds[1], (struct tq_span){ data, BYTES },
	    stopped), -1);
	T_INT(errno, EINTR);
	T_INT(setitimer(ITIMER_REAL, &none, NULL), 0);
	T_INT(asked, 2);
	close(fds[0]);
	close(fds[1]);
}

static void
test_copy(void)
{
	copies(0);
	copies(1);
	copies(BYTES);
}

/* The kernel has no length for these, and copies nothing of them. */
static void
test_copy_proc(void)
{
	int from = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	int to = tq_fd_unnamed("to");
	char buf[6];

	T_INT(tq_fd_copy(from, to, &tq_env_system), 0);
	T_INT(pread(to, buf, 5, 0), 5);
	T_INT(memcmp(buf, "Name:", 5), 0);
	close(from);
	close(to);
}

static void
test_copy_fails(void)
{
	int from = file_of(5), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	T_INT(tq_fd_copy(from, full, &tq_env_system), -1);
	T_INT(errno, ENOSPC);
	T_INT(tq_fd_copy(-1, full, &tq_env_system), -1);
	T_INT(errno, EBADF);
	close(from);
	close(full);
}

static bool
asked_to_stop(void *arg)
{
	int *left = arg;

	return --*left < 0;
}

/* Whoever does it: the kernel, or we where it can't. */
static void
test_copy_stops(void)
{
	int left = 0, from = file_of(BYTES), to = tq_fd_unnamed("to"),
	    proc = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	struct tq_env env = { .stop = asked_to_stop, .arg = &left };

	T_INT(tq_fd_copy(from, to, &env), -1);
	T_INT(errno, EINTR);
	left = 0;
	T_INT(tq_fd_copy(proc, to, &env), -1);
	T_INT(errno, EINTR);
	close(from);
	close(to);
	close(proc);
}

/* In a child: those of this process are needed. */
static void
test_close_from(void)
{
	int status, high;
	pid_t pid;

	if ((pid = fork()) == 0) {
		high = fcntl(1, F_DUPFD, 500);
		if (high < 500 || dup2(1, 9) != 9)
			_exit(1);
		tq_fd_close_from(9);
		_exit(fcntl(1, F_GETFD) == -1 ? 2 :
		    fcntl(9, F_GETFD) != -1 || fcntl(high, F_GETFD) != -1 ? 3 :
		    0);
	}
	T_INT(waitpid(pid, &status, 0), pid);
	T_INT(status, 0);
}

static void
test_random(void)
{
	char a[600] = "", b[600] = "", none[600] = "";

	tq_env_system.random(NULL, a, sizeof(a));
	tq_env_system.random(NULL, b, sizeof(b));
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	T_OK(memcmp(a + 500, none, 100) != 0);
}

static void
test_access(void)
{
	T_INT(tq_sys_system.access("/", R_OK | X_OK), 0);
	T_INT(tq_sys_system.access("/dev/null", R_OK | W_OK), 0);
	T_INT(tq_sys_system.access("/no such file", F_OK), -1);
	T_INT(errno, ENOENT);
	T_INT(tq_sys_system.access("/proc/version", X_OK), -1);
	T_INT(errno, EACCES);
	/* What root may do, who has become another may not.  Without faccessat2(2)
	   glibc asks for the real user; no tool is another than the effective one. */
	if (syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, 0) == 0 &&
	    geteuid() == 0 && seteuid(65534) == 0) {
		T_INT(tq_sys_system.access("/etc/shadow", R_OK), -1);
		T_INT(errno, EACCES);
		T_INT(seteuid(0), 0);
	}
}

T_MAIN(
    { "an unnamed file can be written and read, and ends with an exec",
	test_unnamed },
    { "all is written to a pipe that some other process made non-blocking",
	test_write_nonblocking },
    { "a write ends at a signal that is to end it, and at no other",
	test_write_till },
    { "a copy is the whole file, at the offset of the other", test_copy },
    { "a file that the kernel can't copy is copied by hand", test_copy_proc },
    { "a copy that fails says why", test_copy_fails },
    { "a copy ends when the user waits for us to end", test_copy_stops },
    { "all descriptors from one on are closed", test_close_from },
    { "random bytes differ", test_random },
    { "who may use a file is asked for the effective user", test_access })
