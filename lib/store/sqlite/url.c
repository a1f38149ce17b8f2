/* lib/store/sqlite/url.c -- "sqlite:PATH[?sync=normal&mode=0660&types=N...]". */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "util/limits.h"
#include "util/str.h"

#define NAMES_MAX	1000000

static int
bad(struct tq_err *err, const char *url, const char *why)
{
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "store \"%.200s\": %s",
	    url, why);
}

static int
option(struct sq_url *u, const char *opt, const char *url, struct tq_err *err)
{
	char *end;

	if (strcmp(opt, "sync=normal") == 0) {
		u->sync_normal = true;
	} else if (strcmp(opt, "sync=full") == 0) {
		u->sync_normal = false;
	} else if (tq_str_starts(opt, "mode=0")) {
		u->mode = (unsigned)strtoul(opt + 5, &end, 8);
		if (*end != '\0' || (u->mode & ~0666u) != 0 ||
		    (u->mode & 0600) != 0600)
			return bad(err, url, "mode must be like 0600 or 0660");
		u->mode_said = true;
	} else if (tq_str_starts(opt, "types=")) {
		if (tq_str_int(opt + 6, 1, NAMES_MAX, &u->types) == -1)
			return bad(err, url, "types must be from 1 to 1000000");
	} else if (tq_str_starts(opt, "queues=")) {
		if (tq_str_int(opt + 7, 1, NAMES_MAX, &u->queues) == -1)
			return bad(err, url, "queues must be from 1 to "
			    "1000000");
	} else {
		return bad(err, url, "options are sync=full, sync=normal, "
		    "mode=0660, types=N, queues=N");
	}
	return 0;
}

/* "~/" is the home; without one it means nothing. */
static int
expand(const char *path, int n, const char *url, const struct tq_env *env,
    char **out, struct tq_err *err)
{
	const char *home = tq_getenv(env, "HOME");

	if (n >= 2 && path[0] == '~' && path[1] == '/') {
		if (home == NULL)
			return bad(err, url, "HOME is not set, so \"~\" has "
			    "no meaning");
		*out = tq_str_fmt("%s%.*s", home, n - 1, path + 1);
	} else {
		*out = tq_str_fmt("%.*s", n, path);
	}
	return 0;
}

int
sq_url_parse(const char *url, const struct tq_env *env, struct sq_url *u,
    struct tq_err *err)
{
	const char *path = url + strlen("sqlite:");
	size_t n = strcspn(path, "?");
	char *opts, *opt, *save = NULL;
	int rc = 0;

	*u = (struct sq_url){ .mode = 0600, .types = TQ_TYPES_MAX,
	    .queues = TQ_QUEUES_MAX };
	if (n == 0 || path[n - 1] == '/')
		return bad(err, url, "names no file");
	if (expand(path, (int)n, url, env, &u->path, err) == -1)
		return -1;
	opts = tq_must(strdup(path[n] == '?' ? path + n + 1 : ""));
	for (opt = strtok_r(opts, "&", &save); opt != NULL && rc == 0;
	    opt = strtok_r(NULL, "&", &save))
		rc = option(u, opt, url, err);
	free(opts);
	if (rc == -1)
		sq_url_free(u);
	return rc;
}

void
sq_url_free(struct sq_url *u)
{
	free(u->path);
	u->path = NULL;
}
