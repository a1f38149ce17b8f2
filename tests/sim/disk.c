/*
 * tests/sim/disk.c -- files that forget what was not synced.
 *
 * A file as processes see it is a memfd; as the disk has it, a copy,
 * brought up to date by a sync.  The same holds for names.  When the power
 * fails, each write since the last sync may have reached the disk or not, by
 * one of three ways of losing: all of them; all after a moment, the last one
 * torn; any of them, each perhaps torn.
 */
#include "world.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR	512		/* what a disk writes whole */
#define PAGE	4096

/* A write or, with p NULL, a new size. */
struct change {
	uint64_t	 seq;
	int64_t		 off;
	size_t		 len;
	char		*p;
};

struct sim_node {
	struct sim_node	*next;
	int		 fd;
	uint64_t	 ino;
	bool		 dir;
	bool		 logged;	/* written by sim_disk_write() only */
	int64_t		 mtime;
	char		*disk;		/* what has been synced */
	size_t		 ndisk;
	struct change	*changes;
	size_t		 nchanges, cap;
	void		*memory[2];
};

struct name {
	char		*path;
	struct sim_node	*node;
};

struct names {
	struct name	*at;
	size_t		 n, cap;
};

/* A name that came (node set) or went. */
struct name_change {
	uint64_t	 seq;
	char		*path;
	struct sim_node	*node;
};

static struct sim_node *nodes;
static struct names seen, kept;		/* by processes; by the disk */
static struct name_change *pending;
static size_t npending, cappending;
static uint64_t seq;

static void *
grow(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap == 0 ? 16 : *cap * 2;
	if ((p = realloc(p, *cap * size)) == NULL)
		sim_fail("no memory for the disk");
	return p;
}

/* -- names -------------------------------------------------------------------- */

static struct name *
lookup(struct names *ns, const char *path)
{
	size_t i;

	for (i = ns->n; i-- > 0; )
		if (strcmp(ns->at[i].path, path) == 0)
			return &ns->at[i];
	return NULL;
}

static void
set_name(struct names *ns, const char *path, struct sim_node *node)
{
	struct name *old = lookup(ns, path);

	if (old != NULL && node != NULL) {
		old->node = node;
	} else if (old != NULL) {
		free(old->path);
		*old = ns->at[--ns->n];
	} else if (node != NULL) {
		ns->at = grow(ns->at, ns->n, &ns->cap, sizeof(*ns->at));
		ns->at[ns->n++] = (struct name){ strdup(path), node };
	}
}

/* Is ${path} directly in the folder ${dir}? */
static bool
child_of(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/' &&
	    strchr(path + n + 1, '/') == NULL;
}

static void
change_name(const char *path, struct sim_node *node)
{
	set_name(&seen, path, node);
	pending = grow(pending, npending, &cappending, sizeof(*pending));
	pending[npending++] = (struct name_change){ ++seq, strdup(path), node };
}

struct sim_node *
sim_disk_find(const char *path)
{
	struct name *n = lookup(&seen, path);

	return n == NULL ? NULL : n->node;
}

void
sim_disk_link(const char *path, struct sim_node *n)
{
	change_name(path, n);
}

void
sim_disk_unlink(const char *path)
{
	change_name(path, NULL);
}

/* Both halves have one number: a rename is whole or not there. */
void
sim_disk_rename(const char *from, const char *to)
{
	struct sim_node *n = sim_disk_find(from);

	change_name(to, n);
	change_name(from, NULL);
	pending[npending - 1].seq = --seq;
}

const char *
sim_disk_path(const struct sim_node *n)
{
	size_t i;

	for (i = 0; i < seen.n; i++)
		if (seen.at[i].node == n)
			return seen.at[i].path;
	return NULL;
}

const char *
sim_disk_child(const char *dir, size_t i)
{
	size_t k;

	for (k = 0; k < seen.n; k++)
		if (child_of(seen.at[k].path, dir) && i-- == 0)
			return seen.at[k].path + strlen(dir) + 1;
	return NULL;
}

void
sim_disk_sync_dir(const char *path)
{
	size_t i, left = 0;

	if (sim_no_sync & SIM_NO_SYNC_DIR)
		return;
	for (i = 0; i < npending; i++) {
		if (child_of(pending[i].path, path)) {
			set_name(&kept, pending[i].path, pending[i].node);
			free(pending[i].path);
		} else {
			pending[left++] = pending[i];
		}
	}
	npending = left;
}

/* -- files ---------------------------------------------------------------------- */

struct sim_node *
sim_disk_new(bool dir)
{
	struct sim_node *n = calloc(1, sizeof(*n));
	int fd = memfd_create("sim", MFD_CLOEXEC);
	struct stat sb;

	/* Out of the way of the descriptors of processes. */
	if (n == NULL || fd == -1 || (n->fd = fcntl(fd, F_DUPFD_CLOEXEC,
	    SIM_FDS)) == -1 || fstat(fd, &sb) == -1)
		sim_fail("no file for the disk");
	close(fd);
	n->ino = sb.st_ino;
	n->dir = dir;
	n->mtime = sim.now;
	n->next = nodes;
	return nodes = n;
}

void
sim_disk_begin(void)
{
	struct sim_node *root = sim_disk_new(true);

	set_name(&seen, "/sim", root);
	set_name(&kept, "/sim", root);
}

struct sim_node *
sim_disk_of_fd(int fd)
{
	struct sim_node *n;
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return NULL;
	for (n = nodes; n != NULL && n->ino != sb.st_ino; n = n->next)
		;
	return n;
}

int
sim_node_fd(const struct sim_node *n)
{
	return n->fd;
}

bool
sim_node_is_dir(const struct sim_node *n)
{
	return n->dir;
}

int64_t
sim_node_mtime(const struct sim_node *n)
{
	return n->mtime;
}

void **
sim_node_memory(struct sim_node *n, int which)
{
	return &n->memory[which];
}

static void
note(struct sim_node *n, int64_t off, const void *p, size_t len)
{
	struct change *c;

	n->logged = true;
	n->mtime = sim.now;
	n->changes = grow(n->changes, n->nchanges, &n->cap, sizeof(*c));
	c = &n->changes[n->nchanges++];
	*c = (struct change){ ++seq, off, len, NULL };
	if (p != NULL) {
		if ((c->p = malloc(len + 1)) == NULL)
			sim_fail("no memory for the disk");
		memcpy(c->p, p, len);
	}
}

int
sim_disk_write(struct sim_node *n, int64_t off, const void *p, size_t len)
{
	note(n, off, p, len);
	return pwrite(n->fd, p, len, off) == (ssize_t)len ? 0 : -1;
}

int
sim_disk_truncate(struct sim_node *n, int64_t size)
{
	note(n, size, NULL, 0);
	return ftruncate(n->fd, size);
}

static void
resize(struct sim_node *n, size_t size)
{
	if ((n->disk = realloc(n->disk, size + 1)) == NULL)
		sim_fail("no memory for the disk");
	if (size > n->ndisk)
		memset(n->disk + n->ndisk, 0, size - n->ndisk);
	n->ndisk = size;
}

static void
apply(struct sim_node *n, const struct change *c, size_t len)
{
	if (c->p == NULL) {
		resize(n, (size_t)c->off);
		return;
	}
	if (len == 0)
		return;
	if ((size_t)c->off + len > n->ndisk)
		resize(n, (size_t)c->off + len);
	memcpy(n->disk + c->off, c->p, len);
}

static void
forget(struct sim_node *n)
{
	size_t i;

	for (i = 0; i < n->nchanges; i++)
		free(n->changes[i].p);
	n->nchanges = 0;
}

/* The whole of a file that was written without our seeing it. */
static void
copy_whole(struct sim_node *n)
{
	struct stat sb;

	if (fstat(n->fd, &sb) == -1)
		return;
	resize(n, (size_t)sb.st_size);
	if (pread(n->fd, n->disk, n->ndisk, 0) != (ssize_t)n->ndisk)
		sim_fail("a file of the disk can't be read");
}

void
sim_disk_sync(struct sim_node *n)
{
	size_t i;

	if ((sim_no_sync & (n->logged ? SIM_NO_SYNC_DB : SIM_NO_SYNC_BLOB)) != 0)
		return;
	if (!n->logged) {
		copy_whole(n);
		return;
	}
	for (i = 0; i < n->nchanges; i++)
		apply(n, &n->changes[i], n->changes[i].len);
	forget(n);
}

/* -- the power fails ---------------------------------------------------------------- */

/* How much of a change with this number reached the disk. */
static size_t
survives(enum sim_lose how, uint64_t cut, const struct change *c)
{
	size_t sectors = (c->len + SECTOR - 1) / SECTOR, some;

	if (how == SIM_LOSE_ALL || (how == SIM_LOSE_END && c->seq > cut) ||
	    (how == SIM_LOSE_ANY && sim_below(2) == 0))
		return 0;
	if (how == SIM_LOSE_END ? c->seq < cut : sim_below(4) != 0)
		return c->len;
	some = (size_t)sim_below(sectors + 1) * SECTOR;
	return some < c->len ? some : c->len;
}

/* Pages of it that differ are writes of unknown order. */
static void
settle_unlogged(struct sim_node *n, enum sim_lose how)
{
	struct stat sb;
	size_t off, len;
	char page[PAGE];

	if (how == SIM_LOSE_ALL || n->dir || fstat(n->fd, &sb) == -1)
		return;
	for (off = 0; off < (size_t)sb.st_size; off += PAGE) {
		struct change c = { UINT64_MAX, (int64_t)off, 0, page };
		ssize_t got = pread(n->fd, page, PAGE, (off_t)off);

		if (got <= 0 || sim_below(2) == 0)
			continue;
		len = c.len = (size_t)got;
		apply(n, &c, len);
	}
	/* The size is kept with the inode, and may be ahead of the bytes. */
	if (sim_below(2) == 0 && n->ndisk < (size_t)sb.st_size)
		resize(n, (size_t)sb.st_size);
}

static void
settle(struct sim_node *n, enum sim_lose how, uint64_t cut)
{
	size_t i, len;

	for (i = 0; i < n->nchanges; i++) {
		const struct change *c = &n->changes[i];

		len = survives(how, cut, c);
		if (c->p != NULL || len > 0 || (how == SIM_LOSE_END && c->seq < cut) ||
		    (how == SIM_LOSE_ANY && sim_below(2) == 0))
			apply(n, c, len);
	}
	forget(n);
	if (!n->logged)
		settle_unlogged(n, how);
	if (ftruncate(n->fd, 0) == -1 || pwrite(n->fd, n->disk, n->ndisk, 0) !=
	    (ssize_t)n->ndisk)
		sim_fail("a file of the disk can't be written");
	n->memory[0] = n->memory[1] = NULL;
}

/* The folder that it is in must be there. */
static bool
has_parent(struct names *ns, const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) == NULL)
		return false;
	*slash = '\0';
	return lookup(ns, dir) != NULL;
}

static void
settle_names(enum sim_lose how, uint64_t cut)
{
	uint64_t last = 0;
	bool whole = false;
	size_t i;

	for (i = 0; i < npending; i++) {
		struct name_change *c = &pending[i];

		if (c->seq != last)
			whole = how == SIM_LOSE_END ? c->seq <= cut : how == SIM_LOSE_ANY &&
			    sim_below(2) == 0;
		last = c->seq;
		if (whole && (c->node == NULL || has_parent(&kept, c->path)))
			set_name(&kept, c->path, c->node);
		free(c->path);
	}
	npending = 0;
	/* A folder that is not there takes with it what is in it. */
	for (i = 0; i < kept.n; )
		if (strcmp(kept.at[i].path, "/sim") != 0 &&
		    !has_parent(&kept, kept.at[i].path)) {
			set_name(&kept, kept.at[i].path, NULL);
			i = 0;
		} else {
			i++;
		}
	while (seen.n > 0)
		set_name(&seen, seen.at[0].path, NULL);
	for (i = 0; i < kept.n; i++)
		set_name(&seen, kept.at[i].path, kept.at[i].node);
}

/* The lowest number of a change that is not on the disk yet. */
static uint64_t
oldest(void)
{
	uint64_t low = seq;
	struct sim_node *n;

	for (n = nodes; n != NULL; n = n->next)
		if (n->nchanges > 0 && n->changes[0].seq < low)
			low = n->changes[0].seq;
	return low;
}

void
sim_disk_power_off(void)
{
	static const char *const names[] = { "all is lost",
	    "a beginning is kept", "any are kept" };
	enum sim_lose how = sim.knobs.lose > 0 ?
	    (enum sim_lose)(sim.knobs.lose - 1) : (enum sim_lose)sim_below(3);
	uint64_t low = oldest(), cut = low + sim_below(seq - low + 2);
	struct sim_node *n;

	sim_log("of what was not synced %s", names[how]);
	for (n = nodes; n != NULL; n = n->next)
		settle(n, how, cut);
	settle_names(how, cut);
}
