/*
 * lib/store/sqlite/path.c -- where the path of a store points.
 *
 * A store is several files: the database, its log, and .lock .wake .blobs
 * beside it.  SQLite follows a symbolic link and keeps its log beside the
 * target; so must we, or two names of one store have two locks.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/str.h"

#define LINKS_MAX	40	/* as the kernel has it */

/* ${name} as seen from the folder of ${path}; malloced. */
static char *
beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return name[0] == '/' || slash == NULL ? tq_must(strdup(name)) :
	    tq_str_fmt("%.*s/%s", (int)(slash - path), path, name);
}

static char *
absolute(const char *path)
{
	char cwd[PATH_MAX];

	return path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL ?
	    tq_must(strdup(path)) : tq_str_fmt("%s/%s", cwd, path);
}

/* Of a file that is not there: the real name of its folder, and its own. */
static char *
in_folder(const struct tq_sys *sys, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? tq_must(strdup(".")) :
	    tq_str_fmt("%.*s", (int)(slash - path) + (slash == path), path);
	char *real = sys->realpath(dir), *out;

	out = real == NULL ? absolute(path) : tq_str_fmt("%s/%s",
	    strcmp(real, "/") == 0 ? "" : real,
	    slash == NULL ? path : slash + 1);
	free(dir);
	free(real);
	return out;
}

char *
sq_path_resolve(const struct tq_sys *sys, const char *path)
{
	char *at = tq_must(strdup(path)), *out, *next, link[PATH_MAX];
	ssize_t n;
	int i;

	for (i = 0; i < LINKS_MAX; i++) {
		if ((out = sys->realpath(at)) != NULL)
			break;
		n = errno != ENOENT ? -1 :
		    sys->readlink(at, link, sizeof(link) - 1);
		if (n == -1)
			break;
		link[n] = '\0';		/* dangling: made where it points */
		next = beside(at, link);
		free(at);
		at = next;
	}
	if (out == NULL)
		out = in_folder(sys, at);
	free(at);
	return out;
}
