/* lib/util/module.c -- see module.h. */
#include "util/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"

/* "DIR/FILE" for ${up} 0, "DIR/../lib/tq/FILE" for 1. */
static int
module_path(const char *file, int up, char *path, size_t n)
{
	char self[3000];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len <= 0)
		return -1;
	self[len] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		return -1;
	*slash = '\0';
	snprintf(path, n, "%s/%s%s", self, up ? "../lib/tq/" : "", file);
	return 0;
}

/* NULL, with dlerror()'s word in ${why} when a file was there. */
static void *
load(const char *file, const char **why)
{
	void *module = NULL;
	char path[4096];
	int up;

	for (up = 0; module == NULL && up < 2; up++) {
		if (module_path(file, up, path, sizeof(path)) == -1 ||
		    access(path, R_OK) == -1)
			continue;
		/* It is linked with -z now; to bind all that libcurl brings
		   with it as well would cost a one-shot tool half a ms. */
		if ((module = dlopen(path, RTLD_LAZY | RTLD_LOCAL)) == NULL)
			*why = dlerror();
	}
	return module;
}

static int
not_there(const char *file, struct tq_err *err)
{
	char beside[4096], lib[4096];

	if (module_path(file, 0, beside, sizeof(beside)) == -1 ||
	    module_path(file, 1, lib, sizeof(lib)) == -1)
		beside[0] = lib[0] = '\0';
	tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s is not installed beside "
	    "this tool or in ../lib/tq: neither %s nor %s is there; install "
	    "tq anew, whole", file, beside, lib);
	if (err != NULL)
		err->sys_errno = ENOENT;
	return -1;
}

int
tq_module_there(const char *file, struct tq_err *err)
{
	char path[4096];
	int up;

	for (up = 0; up < 2; up++)
		if (module_path(file, up, path, sizeof(path)) == 0 &&
		    access(path, R_OK) == 0)
			return 0;
	return not_there(file, err);
}

void *
tq_module_symbol(const char *file, const char *name, struct tq_err *err)
{
	const char *why = NULL;
	void *module = load(file, &why), *symbol;

	if (module == NULL && why != NULL) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s", why);
		return NULL;
	}
	if (module == NULL) {
		not_there(file, err);
		return NULL;
	}
	if ((symbol = dlsym(module, name)) == NULL)
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: has no %s: it is of another version", file, name);
	return symbol;
}
