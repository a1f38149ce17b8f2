/*
 * lib/sandbox: each power that must be gone is tried in a child of its own,
 * and each that must stay is used.
 */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/image.h"
#include "sandbox/layers.h"
#include "t.h"
#include "util/buf.h"
#include "util/err.h"

#define MIB	(1024u * 1024)
#define NOT_IN	98	/* exit status: the sandbox could not be entered */

static int held = -1;		/* a descriptor made before the sandbox */
static FILE *stream;		/* and a stream on it */

/* ${deed} in a sandboxed child, whose exit status it returns. */
static int
sandboxed_within(int (*deed)(void), const struct tq_sandbox_limits *limits)
{
	struct tq_err err = TQ_ERR_INIT;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (tq_sandbox_enter(limits, &err) == -1) {
			printf("# %s\n", err.msg);
			fflush(stdout);
			_exit(NOT_IN);
		}
		_exit(deed());
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		T_FAIL("no child: %s", strerror(errno));
	return status;
}

static int
sandboxed(int (*deed)(void))
{
	return sandboxed_within(deed, NULL);
}

static void
expect_signal(int (*deed)(void), int sig, const char *words)
{
	char buf[128];
	int status = sandboxed(deed);

	T_OK(WIFSIGNALED(status));
	T_INT(WTERMSIG(status), sig);
	T_STR(tq_sandbox_verdict(status, buf, sizeof(buf)), words);
}

static const char forbidden[] =
    "killed by the sandbox: a forbidden system call (SIGSYS)";

static void
expect_exit(int (*deed)(void), int want)
{
	int status = sandboxed(deed);

	T_OK(WIFEXITED(status));
	T_INT(WEXITSTATUS(status), want);
}

/* ---- what must be gone ---- */

static int
open_file(void)
{
	return open("/etc/passwd", O_RDONLY) == -1 ? 1 : 2;
}

static int
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) == -1 ? 1 : 2;
}

static int
make_child(void)
{
	return fork() == -1 ? 1 : 2;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
make_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) != 0 ? 1 : 2;
}

static int
exec_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static int
kill_parent(void)
{
	return kill(getppid(), 0) == -1 ? 1 : 2;
}

static int
signal_another(void)
{
	/* tgkill is let through for the process itself only. */
	return (int)syscall(SYS_tgkill, getpid() + 1, getpid() + 1, 0);
}

static int
unlink_file(void)
{
	return unlink("/tmp/tq-no-such-file") == -1 ? 1 : 2;
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 1 : 2;
}

static int
become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 ? 1 : 2;
}

static void
test_forbidden(void)
{
	expect_signal(open_file, SIGSYS, forbidden);
	expect_signal(unlink_file, SIGSYS, forbidden);
	expect_signal(make_socket, SIGSYS, forbidden);
	expect_signal(make_child, SIGSYS, forbidden);
	expect_signal(make_thread, SIGSYS, forbidden);
	expect_signal(exec_program, SIGSYS, forbidden);
	expect_signal(kill_parent, SIGSYS, forbidden);
	expect_signal(signal_another, SIGSYS, forbidden);
	expect_signal(map_code, SIGSYS, forbidden);
	expect_signal(become_dumpable, SIGSYS, forbidden);
}

#ifdef __x86_64__
/* socket() by its 32-bit number, the way around a filter of 64-bit ones. */
static int
call_32_bit(void)
{
	long rc;

	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(359), "b"(AF_INET),
	    "c"(SOCK_STREAM), "d"(0) : "memory");
	return rc < 0 ? 1 : 2;
}
#endif

static void
test_32_bit(void)
{
#ifdef __x86_64__
	expect_signal(call_32_bit, SIGSYS, forbidden);
#endif
}

static int
ask_path(void)
{
	struct stat st;

	return stat("/etc/passwd", &st) == -1 && errno == EACCES ? 0 : 2;
}

static void
test_stat(void)
{
	expect_exit(ask_path, 0);
}

/* ---- the limits ---- */

static int
spin(void)
{
	volatile unsigned long n = 1;

	while (n != 0)
		n++;
	return 0;
}

static void
test_cpu(void)
{
	struct tq_sandbox_limits l = { .cpu_seconds = 1 };
	char buf[128];
	int status;

	/* As in a worker that a shell started with signals ignored. */
	signal(SIGXCPU, SIG_IGN);
	status = sandboxed_within(spin, &l);
	signal(SIGXCPU, SIG_DFL);
	T_OK(WIFSIGNALED(status));
	T_STR(tq_sandbox_verdict(status, buf, sizeof(buf)),
	    "used more than its CPU time (SIGXCPU)");
}

static int
eat_memory(void)
{
	static char *volatile last;	/* or a compiler sees through it */
	size_t got;

	for (got = 0; got < 512; got++) {
		if ((last = malloc(MIB)) == NULL)
			return got > 64 ? 91 : 92;
		memset(last, 1, MIB);
	}
	return 93;
}

static void
test_memory(void)
{
	struct tq_sandbox_limits l = { .memory_bytes = 256u * MIB };
	int status;

	if (TQ_SANDBOX_SANITIZED) {
		printf("# skip: RLIMIT_AS can't be set under a sanitizer\n");
		return;
	}
	status = sandboxed_within(eat_memory, &l);
	T_OK(WIFEXITED(status));
	T_INT(WEXITSTATUS(status), 91);
}

static int
write_much(void)
{
	static char part[4096];
	int i;

	for (i = 0; i < 10; i++)
		if (write(held, part, sizeof(part)) != sizeof(part))
			return 1;
	return 0;
}

static void
test_file_size(void)
{
	struct tq_sandbox_limits l = { .file_bytes = 10 * 4096 };
	char buf[128];
	int status;

	T_MUST((held = memfd_create("out", MFD_CLOEXEC)) != -1);
	status = sandboxed_within(write_much, &l);
	T_INT(status, 0);
	status = sandboxed_within(write_much, &l);
	T_STR(tq_sandbox_verdict(status, buf, sizeof(buf)),
	    "wrote more than its file size limit (SIGXFSZ)");
	close(held);
}

static int
show_limits(void)
{
	struct rlimit r;
	struct tq_err err;

	/* A limit that is lower already stays lower. */
	r.rlim_cur = r.rlim_max = 5;
	if (setrlimit(RLIMIT_CPU, &r) == -1)
		return 1;
	if (tq_rlimits_set(NULL, &err) == -1)
		return 2;
	if (getrlimit(RLIMIT_CPU, &r) == -1 || r.rlim_max != 5)
		return 3;
	if (getrlimit(RLIMIT_CORE, &r) == -1 || r.rlim_max != 0)
		return 4;
	if (getrlimit(RLIMIT_NPROC, &r) == -1 || r.rlim_max != 0)
		return 5;
	if (getrlimit(RLIMIT_FSIZE, &r) == -1 || r.rlim_max != 256 * MIB)
		return 6;
	if (!TQ_SANDBOX_SANITIZED &&
	    (getrlimit(RLIMIT_AS, &r) == -1 || r.rlim_max != 2048ull * MIB))
		return 7;
	return 0;
}

/* Without seccomp, so that what landlock refuses comes back as an error. */
static int
meet_landlock(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) }, .sin_port = htons(9) };
	struct tq_err err;
	int abi, fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return 1;
	if ((abi = tq_landlock_deny(&err)) == 0)
		return 77;
	if (abi == -1)
		return 2;
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return 3;
	if (mkdir("/tmp/tq-no-such-dir", 0700) != -1 || errno != EACCES)
		return 4;
	if (abi >= 4 && (fd = socket(AF_INET, SOCK_STREAM, 0)) != -1 &&
	    (connect(fd, (struct sockaddr *)&a, sizeof(a)) != -1 ||
	    errno != EACCES))
		return 5;
	if (abi >= 6 && (kill(getppid(), 0) != -1 || errno != EPERM))
		return 6;
	return 0;
}

static int
unsandboxed(int (*deed)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(deed());
	waitpid(pid, &status, 0);
	return status;
}

static void
test_limits(void)
{
	T_INT(unsandboxed(show_limits), 0);
}

static void
test_landlock(void)
{
	int status = unsandboxed(meet_landlock);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		printf("# skip: this kernel has no landlock\n");
	else
		T_INT(status, 0);
}

/* ---- what must stay ---- */

static int
use_held(void)
{
	char buf[8] = "";

	if (write(held, "held", 4) != 4 || lseek(held, 0, SEEK_SET) != 0 ||
	    read(held, buf, 4) != 4 || strcmp(buf, "held") != 0)
		return 1;
	/* Its first write makes a buffer, and asks for the kind of file. */
	return fprintf(stream, "stdio") == 5 && fflush(stream) == 0 ? 0 : 2;
}

static void
test_held(void)
{
	char buf[16] = "";

	T_MUST((held = memfd_create("out", MFD_CLOEXEC)) != -1);
	T_MUST((stream = fdopen(held, "w")) != NULL);
	expect_exit(use_held, 0);
	T_INT(pread(held, buf, sizeof(buf), 0), 9);
	T_STR(buf, "heldstdio");
	fclose(stream);
}

static int
use_memory(void)
{
	char *small[64], *big;
	size_t i;

	for (i = 0; i < 64; i++)
		if ((small[i] = calloc(i + 1, 1000)) == NULL)
			return 1;
	for (i = 0; i < 64; i++)
		if ((small[i] = realloc(small[i], 200000)) == NULL)
			return 2;
	for (i = 0; i < 64; i++)
		free(small[i]);
	if ((big = malloc(64 * MIB)) == NULL)
		return 3;
	memset(big, 1, 64 * MIB);
	free(big);
	return 0;
}

static void
test_memory_stays(void)
{
	expect_exit(use_memory, 0);
}

static int
give_up(void)
{
	signal(SIGABRT, SIG_DFL);
	return 1;
}

static int
abort_now(void)
{
	abort();
}

static int
crash(void)
{
	raise(SIGSEGV);
	return 1;
}

static void
test_crashes(void)
{
	signal(SIGSEGV, SIG_DFL);	/* a sanitizer has a handler */
	expect_signal(abort_now, SIGABRT, "crashed (SIGABRT)");
	expect_signal(crash, SIGSEGV, "crashed (SIGSEGV)");
	/* And a handler can't be put in the way. */
	if (!TQ_SANDBOX_SANITIZED)
		expect_signal(give_up, SIGSYS, forbidden);
}

/* A thread, which ends; with its powers no others come. */
static int
use_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) == 0 &&
	    pthread_join(t, NULL) == 0 ? 0 : 1;
}

static int
open_in_vain(void)
{
	return open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES ? 0 : 1;
}

static int
dumpable_in_vain(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 ? 0 : 1;
}

static void
test_threads(void)
{
	static const struct tq_sandbox_limits l = { .threads = true };
	char buf[128];

	T_INT(sandboxed_within(use_thread, &l), 0);
	T_INT(sandboxed_within(open_in_vain, &l), 0);
	T_INT(sandboxed_within(dumpable_in_vain, &l), 0);
	T_STR(tq_sandbox_verdict(sandboxed_within(make_child, &l), buf,
	    sizeof(buf)), forbidden);
	T_STR(tq_sandbox_verdict(sandboxed_within(make_socket, &l), buf,
	    sizeof(buf)), forbidden);
	T_STR(tq_sandbox_verdict(sandboxed_within(exec_program, &l), buf,
	    sizeof(buf)), forbidden);
	T_STR(tq_sandbox_verdict(sandboxed_within(map_code, &l), buf,
	    sizeof(buf)), forbidden);
}

/* ---- a process that talks to strangers ---- */

static struct sockaddr_in listening = { .sin_family = AF_INET };

static bool
denied(long rc)
{
	return rc == -1 && (errno == EPERM || errno == EACCES);
}

/* ${deed} in a child that has what a fetcher has. */
static int
fetching(int (*deed)(void))
{
	struct tq_err err = TQ_ERR_INIT;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (tq_sandbox_fetcher("tests/fixtures/photo.jpg", &err) == -1) {
			printf("# %s\n", err.msg);
			fflush(stdout);
			_exit(NOT_IN);
		}
		_exit(deed());
	}
	waitpid(pid, &status, 0);
	return status;
}

static int
meet_fetcher(void)
{
	struct iovec v = { &held, sizeof(held) };

	if (!denied(execl("/bin/true", "true", (char *)NULL)))
		return 1;
	if (!denied(fork()))
		return 2;
	if (!denied(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)) ||
	    !denied(process_vm_readv(getppid(), &v, 1, &v, 1, 0)))
		return 3;
	if (!denied(kill(getppid(), 0)) ||
	    !denied(syscall(SYS_tgkill, getppid(), getppid(), 0)))
		return 4;
	if (!denied(open("/tmp/tq-no-such-file", O_WRONLY | O_CREAT, 0600)) ||
	    !denied(open("tests/fixtures/photo.jpg", O_RDWR)))
		return 5;
	if (!denied(unlink("/tmp/tq-no-such-file")))
		return 6;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 7;
}

static int
read_strange(void)
{
	if (tq_sandbox_landlock() == 0)
		return 77;
	return denied(open("/etc/passwd", O_RDONLY)) &&
	    denied(open("/proc/self/environ", O_RDONLY)) &&
	    denied(open("Makefile", O_RDONLY)) ? 0 : 1;
}

/* The means of a fetch: a name, a thread, a connection, what is open, and the
   file that was named. */
static int
fetch_something(void)
{
	struct addrinfo *found = NULL;
	char c = 'x';
	pthread_t t;
	int fd;

	if (getaddrinfo("localhost", "80", NULL, &found) != 0)
		return 1;
	freeaddrinfo(found);
	if (pthread_create(&t, NULL, nothing, NULL) != 0)
		return 2;
	pthread_join(t, NULL);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 || connect(fd,
	    (struct sockaddr *)&listening, sizeof(listening)) == -1)
		return 3;
	if (write(fd, &c, 1) != 1 || write(held, &c, 1) != 1)
		return 4;
	return open("tests/fixtures/photo.jpg", O_RDONLY) != -1 &&
	    open("/etc/hosts", O_RDONLY) != -1 ? 0 : 5;
}

static void
test_fetcher(void)
{
	socklen_t n = sizeof(listening);
	int fd = socket(AF_INET, SOCK_STREAM, 0), status;

	listening.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T_MUST((held = memfd_create("out", MFD_CLOEXEC)) != -1);
	T_MUST(bind(fd, (struct sockaddr *)&listening, n) == 0 &&
	    listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&listening, &n) == 0);
	T_INT(fetching(meet_fetcher), 0);
	T_INT(fetching(fetch_something), 0);
	status = fetching(read_strange);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		printf("# skip: this kernel has no landlock\n");
	else
		T_INT(status, 0);
	close(held);
	close(fd);
}

/* The picture that the child decodes, and the format it encodes. */
static struct tq_buf picture = TQ_BUF_INIT(MIB);
static enum tq_image_format wanted;
static struct tq_image_tools tools;

static int
make_gray(void)
{
	struct tq_image_opts o = { wanted, 0, 0 };
	struct tq_buf out = TQ_BUF_INIT(MIB);
	struct tq_err err;

	if (tq_image_gray(&tools, picture.data, picture.len, &o, &out, NULL,
	    &err) == -1)
		return err.code == TQ_E_DATA ? 65 : 1;
	return write(held, out.data, out.len) == (ssize_t)out.len ? 0 : 2;
}

static void
load(const char *name)
{
	char path[256], part[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "tests/fixtures/image/%s", name);
	tq_buf_clear(&picture);
	T_MUST((f = fopen(path, "rb")) != NULL);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		tq_buf_add(&picture, part, n);
	fclose(f);
	T_INT(tq_image_load(&tools, picture.data, picture.len, NULL), 0);
}

static void
test_images(void)
{
	static const char *const names[] = { "420.jpg", "progressive.jpg",
	    "rgba8.png", "rgba16-adam7.png", "palette8.bmp",
	    "gamma.png", "palette8.gif", "rgba8.webp", "rgb8.tif", "ycc-jpeg.tif",
	    "gray1-g4.tif", "rgba8.psd", "rgb8.heic", "rgba8.avif" };
	struct tq_sandbox_limits l = { .threads = false };
	struct tq_image_info info;
	size_t i;
	char head[MIB / 64];
	bool not_built;
	ssize_t n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		load(names[i]);
		l.threads = tools.threads;
		not_built = tq_image_probe(&tools, picture.data, picture.len,
		    &info, NULL) == -1;
		for (wanted = TQ_IMAGE_JPEG; wanted <= TQ_IMAGE_PNM;
		    wanted++) {
			T_MUST((held = memfd_create("out", 0)) != -1);
			T_INT(sandboxed_within(make_gray, &l),
			    not_built ? W_EXITCODE(65, 0) : 0);
			if (not_built)
				break;
			n = pread(held, head, sizeof(head), 0);
			T_OK(n > 0 && tq_image_probe(NULL, head, (size_t)n, &info,
			    NULL) == 0 && info.format == wanted);
			close(held);
		}
	}
	tq_buf_clear(&picture);
	tq_buf_str(&picture, "P3 1 1 255 1 2 3");
	wanted = TQ_IMAGE_PNG;
	T_MUST((held = memfd_create("out", 0)) != -1);
	expect_exit(make_gray, 0);
	close(held);
	tq_buf_clear(&picture);
	tq_buf_str(&picture, "<svg>");
	expect_exit(make_gray, 65);
	tq_buf_free(&picture);
}

static int
enter_again(void)
{
	struct tq_err err;

	return tq_sandbox_enter(NULL, &err) == -1 ? 1 : 2;
}

static void
test_no_way_back(void)
{
	expect_signal(enter_again, SIGSYS, forbidden);
}

static void
test_verdict(void)
{
	char buf[128], tiny[8];

	T_STR(tq_sandbox_verdict(0, buf, sizeof(buf)), "");
	T_STR(tq_sandbox_verdict(W_EXITCODE(3, 0), buf, sizeof(buf)),
	    "exited with status 3");
	T_STR(tq_sandbox_verdict(W_EXITCODE(0, SIGBUS), buf, sizeof(buf)),
	    "crashed (SIGBUS)");
	T_STR(tq_sandbox_verdict(W_EXITCODE(0, SIGTERM), buf, sizeof(buf)),
	    "stopped from outside (SIGTERM)");
	T_STR(tq_sandbox_verdict(W_EXITCODE(0, SIGKILL), buf, sizeof(buf)),
	    "killed from outside: a time limit, or the machine ran out of "
	    "memory (SIGKILL)");
	T_STR(tq_sandbox_verdict(W_EXITCODE(0, SIGSYS), tiny, sizeof(tiny)),
	    "killed ");
}

T_MAIN(
	{ "files, sockets, processes and code are out of reach",
	    test_forbidden },
	{ "so they are by 32-bit calls", test_32_bit },
	{ "a path can't be asked about", test_stat },
	{ "threads, where asked for, and no more than those", test_threads },
	{ "CPU time ends", test_cpu },
	{ "memory ends", test_memory },
	{ "written bytes end", test_file_size },
	{ "limits go down only", test_limits },
	{ "landlock alone refuses files and connections", test_landlock },
	{ "descriptors held before still work", test_held },
	{ "memory can be used", test_memory_stays },
	{ "a crash is told from a forbidden call", test_crashes },
	{ "every image format is made inside", test_images },
	{ "there is no way back", test_no_way_back },
	{ "who fetches reaches the network, no program, process or file",
	    test_fetcher },
	{ "a wait status is said in words", test_verdict })
