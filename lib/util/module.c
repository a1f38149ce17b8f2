/* lib/util/module.c -- see module.h. */
#include "util/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"

#define MODULE	"tq-net.so"

/* "DIR/tq-net.so" for ${up} 0, "DIR/../lib/tq/tq-net.so" for 1. */
static int
module_path(int up, char *path, size_t n)
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
	snprintf(path, n, "%s/%s" MODULE, self, up ? "../lib/tq/" : "");
	return 0;
}

void *
tq_module_symbol(const char *name, struct tq_err *err)
{
	static void *module;
	char path[2][4096] = { "", "" };
	const char *why = NULL;
	void *symbol;
	int i;

	for (i = 0; module == NULL && i < 2; i++) {
		if (module_path(i, path[i], sizeof(path[i])) == -1 ||
		    access(path[i], R_OK) == -1)
			continue;
		/* It is linked with -z now; to bind all that libcurl brings
		   with it as well would cost a one-shot tool half a ms. */
		if ((module = dlopen(path[i], RTLD_LAZY | RTLD_LOCAL)) == NULL)
			why = dlerror();
	}
	if (module == NULL) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s", why != NULL ?
		    why : MODULE " is not installed beside this tool or in "
		    "../lib/tq");
		return NULL;
	}
	if ((symbol = dlsym(module, name)) == NULL)
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    MODULE ": has no %s: it is of another version", name);
	return symbol;
}
