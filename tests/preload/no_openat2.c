/* tests/preload/no_openat2.c -- a kernel without openat2(2), for LD_PRELOAD. */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

long
syscall(long n, ...)
{
	long (*real)(long, ...) = __extension__ (long (*)(long, ...))dlsym(RTLD_NEXT,
	    "syscall");
	long a[6];
	va_list ap;
	int i;

	if (n == SYS_openat2) {
		errno = ENOSYS;
		return -1;
	}
	va_start(ap, n);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
