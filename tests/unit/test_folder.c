/* tests/unit/test_folder.c -- a worker's folder goes, its lock last. */
#include "t.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "work/folder.h"
#include "work/spawn/spawn.h"

static void
put(const char *dir, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	T_MUST(fd != -1);
	close(fd);
}

static void
test_lock_last(void)
{
	union {
		struct inotify_event e;
		char room[8192];
	} got;
	char dir[96], name[16], last[64] = "";
	int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), i, seen = 0;
	const struct inotify_event *e;
	ssize_t n, at;

	T_MUST(t_mkdir(dir, sizeof(dir), "folder"));
	put(dir, TQ_SPAWN_LOCK);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(dir, name);
	}
	T_MUST(inotify_add_watch(in, dir, IN_DELETE) != -1);
	tq_spawn_remove(dir);
	while ((n = read(in, &got, sizeof(got))) > 0)
		for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
			e = (const void *)(got.room + at);
			if (e->len == 0)
				continue;
			seen++;
			snprintf(last, sizeof(last), "%s", e->name);
		}
	close(in);
	T_INT(seen, 41);
	T_STR(last, TQ_SPAWN_LOCK);
	T_INT(access(dir, F_OK), -1);
}

/* A folder TMP/tq-work-NAME with a file in it, made a while ago. */
static void
left(const char *tmp, const char *name, const char *file)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "%s/tq-work-%s", tmp, name);
	T_MUST(mkdir(dir, 0700) == 0);
	if (file != NULL)
		put(dir, file);
}

/* Does TMP/tq-work-NAME exist? */
static bool
there(const char *tmp, const char *name)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "%s/tq-work-%s", tmp, name);
	return access(dir, F_OK) == 0;
}

static void
test_half_made(void)
{
	char tmp[96];
	int64_t now = (int64_t)time(NULL) * 1000;

	T_MUST(t_mkdir(tmp, sizeof(tmp), "folder"));
	left(tmp, "empty", NULL);
	left(tmp, "unlocked", "new");
	left(tmp, "old", "payload");
	T_INT(tq_folder_tidy(tmp, now), 0);
	T_INT(there(tmp, "empty") && there(tmp, "unlocked"), true);
	T_INT(tq_folder_tidy(tmp, now + 100 * 1000), 0);
	T_INT(there(tmp, "empty"), false);
	T_INT(there(tmp, "unlocked"), false);
	T_INT(there(tmp, "old"), true);
	tq_spawn_remove(tmp);
}

T_MAIN(
    { "what a killed worker had begun of its folder goes in a minute",
	test_half_made },
    { "of a folder that is removed the lock goes last", test_lock_last },
)
