/* lib/store/sqlite/init.c -- init: make a store, share it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/report.h"
#include "store/sqlite/share.h"
#include "util/limits.h"

static void
say_queues(struct sq_report *r, const struct tq_init *opts)
{
	char subject[TQ_QUEUE_MAX + 16];
	size_t i;

	for (i = 0; i < opts->nqueues; i++) {
		snprintf(subject, sizeof(subject), "queue %s",
		    opts->queues[i]);
		sq_say(r, TQ_LEVEL_OK, subject, "needs no making: the first "
		    "submit makes it", NULL);
	}
}

/* -- sharing -------------------------------------------------------------- */

struct sharing {
	struct sq_report *r;
	const char	*group;
	bool		 dry;
};

static void
say_shared(const struct sharing *g, const char *subject, const char *what)
{
	struct tq_buf b = TQ_BUF_INIT(1024);

	tq_buf_fmt(&b, "%s group %s's, to read and write%s%s", g->dry ?
	    "would become" : "now", g->group, what == NULL ? "" : ", ",
	    what == NULL ? "" : what);
	sq_say(g->r, g->dry ? TQ_LEVEL_NOTE : TQ_LEVEL_OK, subject, b.data,
	    NULL);
	tq_buf_free(&b);
}

static void
told(void *arg, const char *path, const char *what)
{
	say_shared(arg, path, what);
}

static void
check_folder(const struct sq_share *sh, const struct sharing *g)
{
	struct tq_buf why = TQ_BUF_INIT(8192);

	if (!g->dry && !sq_share_folder(sh->path, &sh->own, &why))
		sq_say(g->r, TQ_LEVEL_WARN, "folder", why.data,
		    "chgrp GROUP DIR; chmod g+rwxs DIR");
	tq_buf_free(&why);
}

/* All that is there of the store ${path} becomes the group's. */
static int
share(const char *path, const struct tq_env *env, const struct tq_init *opts,
    struct sq_report *r, struct tq_err *err)
{
	struct sharing g = { r, opts->shared, opts->dry_run };
	struct sq_share sh = { .sys = env->sys != NULL ? env->sys :
	    &tq_sys_system, .path = path, .change = !opts->dry_run,
	    .looks = SIZE_MAX, .told = told, .arg = &g };
	struct stat sb;
	char text[80];

	if (sh.sys->stat(path, &sb) == -1)
		return 0;	/* dry: it is not there yet */
	sq_own_read(&sh.own, &sb);
	sh.own.mode |= 0660;
	sh.own.shared = true;
	sq_share_group(opts->shared, &sh.own.gid);
	if (sq_share(&sh, err) == -1)
		return -1;
	snprintf(text, sizeof(text), "%zu files and folders of blobs",
	    sh.blobs);
	if (sh.blobs > 0)
		say_shared(&g, text, NULL);
	check_folder(&sh, &g);
	return 0;
}

/* -- init ------------------------------------------------------------------- */

static int
init_dry(const char *path, const struct tq_env *env,
    const struct tq_init *opts, struct sq_report *r, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	bool there = access(path, F_OK) == 0;

	tq_buf_fmt(&b, "%s %s", there ? "is there:" : "would create", path);
	if (!there && opts->shared != NULL)
		tq_buf_fmt(&b, ", shared with group %s", opts->shared);
	sq_say(r, TQ_LEVEL_NOTE, "database", b.data, NULL);
	tq_buf_free(&b);
	say_queues(r, opts);
	return opts->shared == NULL ? 0 : share(path, env, opts, r, err);
}

static int
make(const char *url, const struct tq_env *env, const struct tq_init *opts,
    struct sq_report *r, struct tq_err *err)
{
	struct tq_store *st;
	int fd;

	if ((opts->migrate ? sq_open_migrating(url, env, &st, err) :
	    sq_open(url, env, TQ_OPEN_CREATE, &st, err)) == -1)
		return -1;
	if ((fd = sq_blob_tmp(st, err)) == -1) {
		tq_store_close(st);
		return -1;
	}
	close(fd);
	sq_say(r, TQ_LEVEL_OK, "database", sq_of(st)->url.path, NULL);
	sq_say(r, TQ_LEVEL_OK, "blobs", sq_of(st)->blob_dir, NULL);
	say_queues(r, opts);
	tq_store_close(st);
	return 0;
}

int
sq_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	struct sq_report r = { report, arg, TQ_LEVEL_OK };
	struct sq_url u;
	char *path;
	gid_t gid;
	int rc;

	if (opts->shared != NULL &&
	    sq_share_group(opts->shared, &gid) == -1)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--shared: there is no group \"%.80s\"", opts->shared);
	if (opts->shards > 0)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: has no "
		    "shards: they are of the index in DynamoDB", url);
	if (opts->rate > 0)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: has no "
		    "throughput to set: that is of tables in DynamoDB", url);
	if (sq_url_parse(url, env, &u, err) == -1)
		return -1;
	path = sq_path_resolve(env->sys != NULL ? env->sys : &tq_sys_system,
	    u.path);
	if (opts->dry_run) {
		rc = init_dry(path, env, opts, &r, err);
	} else {
		rc = make(url, env, opts, &r, err);
		if (rc == 0 && opts->shared != NULL)
			rc = share(path, env, opts, &r, err);
	}
	free(path);
	sq_url_free(&u);
	return rc;
}
