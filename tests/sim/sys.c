/* tests/sim/sys.c -- struct tq_sys on sim's disk. */
#include "util/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "world.h"

/* Of a file, by all who have it open; gone when the power is. */
struct shared {
	void		*page;
	struct sim_proc	*owner;		/* of the flock */
	int		 owner_fd;
};

/* Descriptors of a process: closed when it dies. */
static struct sim_proc *fd_of[SIM_FDS];

static struct shared *
shared_of(struct sim_node *n)
{
	void **p = sim_node_memory(n, 1);

	if (*p == NULL && (*p = calloc(1, sizeof(struct shared))) == NULL)
		sim_fail("no memory");
	return *p;
}

static int
failed(int e)
{
	errno = e;
	return -1;
}

/* Operations that may fail as a disk's do. */
static bool
broken(const char *what, const char *path, int64_t cost)
{
	sim_op(what, cost);
	if (!sim_fault())
		return false;
	sim_log("%s.%d: a %s of %s fails", sim.running->name, sim.running->id,
	    what, path);
	errno = sim_below(2) == 0 ? EIO : ENOSPC;
	return true;
}

static bool
parent_there(const char *path)
{
	char dir[512], *slash;
	struct sim_node *n;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) == NULL)
		return false;
	*slash = '\0';
	n = sim_disk_find(dir);
	return n != NULL && sim_node_is_dir(n);
}

static int
open_node(const struct sim_node *n, int flags)
{
	char proc[40];
	int fd;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", sim_node_fd(n));
	fd = open(proc, (flags & O_ACCMODE) | O_CLOEXEC);
	if (fd >= 0 && fd < SIM_FDS)
		fd_of[fd] = sim.running;
	return fd;
}

static int
sys_open(const char *path, int flags, mode_t mode)
{
	struct sim_node *n;

	(void)mode;
	if (broken("open", path, 30))
		return -1;
	n = sim_disk_find(path);
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return n == NULL ? failed(ENOENT) :
		    open_node(sim_disk_new(false), flags);
	if (n != NULL && (flags & O_CREAT) && (flags & O_EXCL))
		return failed(EEXIST);
	if (n == NULL && (flags & O_CREAT) == 0)
		return failed(ENOENT);
	if (n == NULL && !parent_there(path))
		return failed(ENOENT);
	if (n == NULL)
		sim_disk_link(path, n = sim_disk_new(false));
	return open_node(n, flags);
}

static int
sys_stat(const char *path, struct stat *sb)
{
	struct sim_node *n;
	int64_t us;

	sim_op("stat", 5);
	if ((n = sim_disk_find(path)) == NULL)
		return failed(ENOENT);
	if (fstat(sim_node_fd(n), sb) == -1)
		return -1;
	sb->st_mode = sim_node_is_dir(n) ? S_IFDIR | 0700 : S_IFREG | 0600;
	us = sim_env.wall_ms(NULL) * 1000 - (sim.now - sim_node_mtime(n));
	sb->st_mtim.tv_sec = us / 1000000;
	sb->st_mtim.tv_nsec = us % 1000000 * 1000;
	return 0;
}

/* There are no links here. */
static char *
sys_realpath(const char *path)
{
	if (sim_disk_find(path) != NULL)
		return strdup(path);
	errno = ENOENT;
	return NULL;
}

static ssize_t
sys_readlink(const char *path, char *out, size_t n)
{
	(void)path;
	(void)out;
	(void)n;
	return failed(EINVAL);
}

static int
sys_access(const char *path, int mode)
{
	(void)mode;
	sim_op("access", 5);
	return sim_disk_find(path) != NULL ? 0 : failed(ENOENT);
}

static int
sys_mkdir(const char *path, mode_t mode)
{
	(void)mode;
	if (broken("mkdir", path, 30))
		return -1;
	if (strcmp(path, "/") == 0 || sim_disk_find(path) != NULL)
		return failed(EEXIST);
	if (!parent_there(path))
		return failed(ENOENT);
	sim_disk_link(path, sim_disk_new(true));
	return 0;
}

static int
sys_rename(const char *from, const char *to)
{
	if (broken("rename", from, 30))
		return -1;
	if (sim_disk_find(from) == NULL || !parent_there(to))
		return failed(ENOENT);
	sim_disk_rename(from, to);
	return 0;
}

static int
sys_unlink(const char *path)
{
	struct sim_node *n;

	if (broken("unlink", path, 30))
		return -1;
	if ((n = sim_disk_find(path)) == NULL)
		return failed(ENOENT);
	if (sim_node_is_dir(n))
		return failed(EISDIR);
	sim_disk_unlink(path);
	return 0;
}

static int
sys_rmdir(const char *path)
{
	if (broken("rmdir", path, 30))
		return -1;
	if (sim_disk_find(path) == NULL)
		return failed(ENOENT);
	if (sim_disk_child(path, 0) != NULL)
		return failed(ENOTEMPTY);
	sim_disk_unlink(path);
	return 0;
}

static int
sys_link(int fd, const char *path)
{
	struct sim_node *n;

	if (broken("link", path, 30))
		return -1;
	if ((n = sim_disk_of_fd(fd)) == NULL)
		return failed(EXDEV);
	if (sim_disk_find(path) != NULL)
		return failed(EEXIST);
	if (!parent_there(path))
		return failed(ENOENT);
	sim_disk_link(path, n);
	return 0;
}

static int
sys_entries(const char *path, int (*fn)(void *arg, const char *name),
    void *arg)
{
	char *names[1024];
	const char *name;
	size_t i, n = 0;
	int rc = 0;

	sim_op("entries", 50);
	if (sim_disk_find(path) == NULL)
		return failed(ENOENT);
	while (n < sizeof(names) / sizeof(names[0]) &&
	    (name = sim_disk_child(path, n)) != NULL)
		names[n++] = strdup(name);
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(arg, names[i]);
		free(names[i]);
	}
	return rc;
}

/* Below a folder: there are no links here, so the whole path will do. */
static const char *
whole(const char *root, const char *name, char out[1024])
{
	snprintf(out, 1024, "%s%s%s", root, name[0] == '\0' ? "" : "/", name);
	return out;
}

static int
open_in(const char *root, const char *name, int flags, mode_t mode)
{
	return sys_open(whole(root, name, (char[1024]){ 0 }), flags, mode);
}

static int
stat_in(const char *root, const char *name, struct stat *sb)
{
	return sys_stat(whole(root, name, (char[1024]){ 0 }), sb);
}

static int
mkdir_in(const char *root, const char *name, mode_t mode)
{
	return sys_mkdir(whole(root, name, (char[1024]){ 0 }), mode);
}

static int
rename_in(const char *root, const char *from, const char *to)
{
	return sys_rename(whole(root, from, (char[1024]){ 0 }),
	    whole(root, to, (char[1024]){ 0 }));
}

static int
unlink_in(const char *root, const char *name)
{
	return sys_unlink(whole(root, name, (char[1024]){ 0 }));
}

static int
rmdir_in(const char *root, const char *name)
{
	return sys_rmdir(whole(root, name, (char[1024]){ 0 }));
}

static int
link_in(int fd, const char *root, const char *name)
{
	return sys_link(fd, whole(root, name, (char[1024]){ 0 }));
}

static int
entries_in(const char *root, const char *name,
    int (*fn)(void *arg, const char *entry), void *arg)
{
	return sys_entries(whole(root, name, (char[1024]){ 0 }), fn, arg);
}

/* A folder's descriptor stands for the folder. */
static int
sync_names_of(const struct sim_node *dir)
{
	const char *path = sim_disk_path(dir);

	if (path != NULL)
		sim_disk_sync_dir(path);
	return 0;
}

static int
sys_fsync(int fd)
{
	struct sim_node *n = sim_disk_of_fd(fd);

	if (broken("fsync", "a file", 3000))
		return -1;
	if (n == NULL)
		return failed(EINVAL);
	if (sim_node_is_dir(n))
		return sync_names_of(n);
	sim_disk_sync(n);
	return 0;
}

/* -- locks, and what is mapped ------------------------------------------------------ */

static int
sys_flock(int fd, int how)
{
	struct sim_node *n = sim_disk_of_fd(fd);
	struct shared *s;

	if (n == NULL)
		return failed(EBADF);
	if (how == LOCK_UN) {
		s = shared_of(n);
		if (s->owner == sim.running && s->owner_fd == fd) {
			s->owner = NULL;
			sim_wake(s, false);
		}
		return 0;
	}
	sim_op("flock", 10);
	for (;;) {
		s = shared_of(n);
		if (s->owner == NULL)
			break;
		if (how & LOCK_NB)
			return failed(EWOULDBLOCK);
		sim_block(s, INT64_MAX);
	}
	s->owner = sim.running;
	s->owner_fd = fd;
	return 0;
}

static int
sys_close(int fd)
{
	sys_flock(fd, LOCK_UN);
	if (fd >= 0 && fd < SIM_FDS)
		fd_of[fd] = NULL;
	return close(fd);
}

void
sim_sys_dead(struct sim_proc *p)
{
	struct sim_node *n;
	struct shared *s;
	int fd;

	for (fd = 0; fd < SIM_FDS; fd++) {
		if (fd_of[fd] != p)
			continue;
		fd_of[fd] = NULL;
		if ((n = sim_disk_of_fd(fd)) == NULL)
			continue;	/* closed already */
		s = shared_of(n);
		if (s->owner == p) {
			s->owner = NULL;
			sim_wake(s, false);
		}
		close(fd);
	}
}

static void *
sys_map(int fd, size_t n, bool writable)
{
	struct sim_node *node = sim_disk_of_fd(fd);
	struct shared *s;

	(void)writable;
	if (node == NULL)
		return NULL;
	s = shared_of(node);
	if (s->page == NULL)
		s->page = calloc(1, n);
	return s->page;
}

static void
sys_unmap(void *page, size_t n)
{
	(void)page;
	(void)n;
}

static void
sys_wait(const uint32_t *word, uint32_t seen, int64_t ms)
{
	sim_op("wait", 5);
	errno = 0;
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen)
		sim_block(word, ms * SIM_MS);
}

static void
sys_wake(const uint32_t *word)
{
	sim_op("wake", 5);
	sim_wake(word, true);
}

const struct tq_sys sim_sys = {
	.sqlite_vfs = "sim", .open = sys_open, .stat = sys_stat,
	.realpath = sys_realpath, .readlink = sys_readlink,
	.access = sys_access, .mkdir = sys_mkdir, .open_in = open_in,
	.stat_in = stat_in, .mkdir_in = mkdir_in, .rename_in = rename_in,
	.unlink_in = unlink_in, .rmdir_in = rmdir_in, .link_in = link_in,
	.entries_in = entries_in, .fsync = sys_fsync, .flock = sys_flock,
	.close = sys_close, .map = sys_map, .unmap = sys_unmap,
	.wait = sys_wait, .wake = sys_wake,
};
