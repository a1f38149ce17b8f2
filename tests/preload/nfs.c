/* tests/preload/nfs.c -- folders named "nfs" are on such a file system, for LD_PRELOAD. */
#include <dlfcn.h>
#include <string.h>
#include <sys/vfs.h>

int
statfs(const char *path, struct statfs *out)
{
	int (*real)(const char *, struct statfs *) = __extension__
	    (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
	const char *last = strrchr(path, '/');
	int rc = real(path, out);

	if (rc == 0 && last != NULL && strcmp(last, "/nfs") == 0)
		out->f_type = 0x6969;
	return rc;
}
