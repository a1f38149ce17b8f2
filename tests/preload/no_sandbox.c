/*
 * tests/preload/no_sandbox.c -- a kernel without a sandbox, for LD_PRELOAD.
 *
 * NO_SECCOMP and NO_LANDLOCK name an errno value: what seccomp_load() and the
 * landlock calls answer then, as an old kernel's ENOSYS or a container's EPERM.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

int seccomp_load(void *ctx);

int
seccomp_load(void *ctx)
{
	int (*real)(void *) = __extension__ (int (*)(void *))dlsym(RTLD_NEXT,
	    "seccomp_load");
	const char *no = getenv("NO_SECCOMP");

	return no != NULL ? -atoi(no) : real(ctx);
}

long
syscall(long n, ...)
{
	long (*real)(long, ...) = __extension__ (long (*)(long, ...))dlsym(RTLD_NEXT,
	    "syscall");
	const char *no = getenv("NO_LANDLOCK");
	long a[6];
	va_list ap;
	int i;

	if (no != NULL && n >= 444 && n <= 446) {
		errno = atoi(no);
		return -1;
	}
	va_start(ap, n);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
