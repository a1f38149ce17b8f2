/*
 * tests/sim/vfs.c -- SQLite's files, locks and shared memory on sim's disk.
 *
 * It keeps what SQLite's own unix VFS keeps (https://sqlite.org/vfs.html,
 * os_unix.c): five levels of locks, shared memory that is emptied by who comes
 * first, the folder synced with the first sync of a journal it may have made.
 */
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGIONS		64
#define SHM_LOCKS	SQLITE_SHM_NLOCK

unsigned sim_no_sync;

/* Of a file, by all who have it open; gone when the power is. */
struct shared {
	int	 opens;			/* of the shared memory */
	char	*region[REGIONS];
	size_t	 bytes;			/* of a region */
	int	 readers[SHM_LOCKS];
	bool	 writer[SHM_LOCKS];
	/* the file's own lock */
	int	 shared;
	bool	 reserved, pending, exclusive;
};

struct file {
	sqlite3_file	 base;
	struct file	*next;
	struct sim_proc	*proc;
	struct sim_node	*node;
	char		*path;		/* NULL: has no name */
	int		 level;
	bool		 persist, sync_dir, shm_open;
	unsigned	 shm_read, shm_write;	/* bits */
};

static struct file *files;

static struct shared *
shared_of(struct file *f)
{
	void **p = sim_node_memory(f->node, 0);

	if (*p == NULL && (*p = calloc(1, sizeof(struct shared))) == NULL)
		sim_fail("no memory");
	return *p;
}

/* -- bytes --------------------------------------------------------------------- */

static int
vfs_read(sqlite3_file *sf, void *buf, int n, sqlite3_int64 off)
{
	struct file *f = (struct file *)sf;
	ssize_t got;

	sim_op("read", 20);
	if (sim_fault()) {
		sim_log("%s.%d: a read of %s fails", f->proc->name,
		    f->proc->id, f->path);
		return SQLITE_IOERR_READ;
	}
	got = pread(sim_node_fd(f->node), buf, (size_t)n, off);
	if (got == n)
		return SQLITE_OK;
	if (got < 0)
		return SQLITE_IOERR_READ;
	memset((char *)buf + got, 0, (size_t)(n - got));
	return SQLITE_IOERR_SHORT_READ;
}

static int
vfs_write(sqlite3_file *sf, const void *buf, int n, sqlite3_int64 off)
{
	struct file *f = (struct file *)sf;

	sim_op("write", 40);
	if (sim_fault()) {
		sim_log("%s.%d: a write to %s fails", f->proc->name,
		    f->proc->id, f->path);
		return sim_below(2) == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	}
	return sim_disk_write(f->node, off, buf, (size_t)n) == 0 ? SQLITE_OK :
	    SQLITE_IOERR_WRITE;
}

static int
vfs_truncate(sqlite3_file *sf, sqlite3_int64 size)
{
	struct file *f = (struct file *)sf;

	sim_op("truncate", 40);
	return sim_disk_truncate(f->node, size) == 0 ? SQLITE_OK :
	    SQLITE_IOERR_TRUNCATE;
}

static int
vfs_sync(sqlite3_file *sf, int flags)
{
	struct file *f = (struct file *)sf;
	char dir[512], *slash;

	(void)flags;
	sim_op("sync", 3000);
	if (sim_fault()) {
		sim_log("%s.%d: a sync of %s fails", f->proc->name,
		    f->proc->id, f->path);
		return SQLITE_IOERR_FSYNC;
	}
	sim_disk_sync(f->node);
	if (f->sync_dir && f->path != NULL) {
		snprintf(dir, sizeof(dir), "%s", f->path);
		if ((slash = strrchr(dir, '/')) != NULL)
			*slash = '\0';
		sim_disk_sync_dir(dir);
		f->sync_dir = false;
	}
	return SQLITE_OK;
}

static int
vfs_size(sqlite3_file *sf, sqlite3_int64 *size)
{
	struct stat sb;

	if (fstat(sim_node_fd(((struct file *)sf)->node), &sb) == -1)
		return SQLITE_IOERR_FSTAT;
	*size = sb.st_size;
	return SQLITE_OK;
}

/* -- the file's lock --------------------------------------------------------------- */

static void
let_go(struct file *f, int level)
{
	struct shared *s = shared_of(f);

	if (f->level >= SQLITE_LOCK_RESERVED) {
		s->reserved = s->pending = s->exclusive = false;
		f->level = SQLITE_LOCK_SHARED;
	}
	if (level == SQLITE_LOCK_NONE && f->level == SQLITE_LOCK_SHARED) {
		s->shared--;
		f->level = SQLITE_LOCK_NONE;
	}
}

static int
vfs_lock(sqlite3_file *sf, int level)
{
	struct file *f = (struct file *)sf;
	struct shared *s;

	if (f->level >= level)
		return SQLITE_OK;
	sim_op("lock", 20);
	s = shared_of(f);
	if (level == SQLITE_LOCK_SHARED) {
		if (s->pending || s->exclusive)
			return SQLITE_BUSY;
		s->shared++;
		f->level = level;
		return SQLITE_OK;
	}
	if (f->level < SQLITE_LOCK_RESERVED) {
		if (s->reserved || s->pending || s->exclusive)
			return SQLITE_BUSY;
		s->reserved = true;
		f->level = SQLITE_LOCK_RESERVED;
	}
	if (level == SQLITE_LOCK_EXCLUSIVE) {
		s->pending = true;
		f->level = SQLITE_LOCK_PENDING;
		if (s->shared > 1)
			return SQLITE_BUSY;
		s->exclusive = true;
		f->level = SQLITE_LOCK_EXCLUSIVE;
	}
	return SQLITE_OK;
}

static int
vfs_unlock(sqlite3_file *sf, int level)
{
	struct file *f = (struct file *)sf;

	if (f->level <= level)
		return SQLITE_OK;
	let_go(f, level);
	sim_op("unlock", 5);
	return SQLITE_OK;
}

static int
vfs_reserved(sqlite3_file *sf, int *out)
{
	struct shared *s = shared_of((struct file *)sf);

	*out = s->reserved || s->pending || s->exclusive;
	return SQLITE_OK;
}

/* -- shared memory -------------------------------------------------------------------- */

static void
shm_close(struct file *f)
{
	struct shared *s = shared_of(f);
	int i;

	if (!f->shm_open)
		return;
	for (i = 0; i < SHM_LOCKS; i++) {
		if (f->shm_read & 1u << i)
			s->readers[i]--;
		if (f->shm_write & 1u << i)
			s->writer[i] = false;
	}
	f->shm_read = f->shm_write = 0;
	f->shm_open = false;
	/* The next process finds it empty; pointers into it are of the dead. */
	if (--s->opens == 0)
		memset(s->region, 0, sizeof(s->region));
}

static int
vfs_shm_map(sqlite3_file *sf, int i, int bytes, int extend,
    void volatile **out)
{
	struct file *f = (struct file *)sf;
	struct shared *s;

	sim_op("map", 20);
	s = shared_of(f);
	*out = NULL;
	if (!f->shm_open) {
		f->shm_open = true;
		s->opens++;
	}
	if (i >= REGIONS)
		return SQLITE_IOERR_SHMMAP;
	if (s->region[i] == NULL && extend &&
	    (s->region[i] = calloc(1, (size_t)bytes)) == NULL)
		return SQLITE_NOMEM;
	*out = s->region[i];
	return SQLITE_OK;
}

static bool
shm_free(const struct shared *s, const struct file *f, unsigned bits,
    bool exclusive)
{
	int i;

	for (i = 0; i < SHM_LOCKS; i++) {
		if ((bits & 1u << i) == 0)
			continue;
		if (s->writer[i] && (f->shm_write & 1u << i) == 0)
			return false;
		if (exclusive && s->readers[i] > ((f->shm_read & 1u << i) != 0))
			return false;
	}
	return true;
}

static int
vfs_shm_lock(sqlite3_file *sf, int off, int n, int flags)
{
	struct file *f = (struct file *)sf;
	struct shared *s;
	unsigned bits = ((1u << n) - 1) << off;
	bool excl = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	int i;

	if (flags & SQLITE_SHM_LOCK)
		sim_op("shm lock", 10);
	s = shared_of(f);
	if ((flags & SQLITE_SHM_LOCK) && !shm_free(s, f, bits, excl))
		return SQLITE_BUSY;
	for (i = off; i < off + n; i++) {
		if (flags & SQLITE_SHM_UNLOCK) {
			if (f->shm_write & 1u << i)
				s->writer[i] = false;
			if (f->shm_read & 1u << i)
				s->readers[i]--;
			f->shm_write &= ~(1u << i);
			f->shm_read &= ~(1u << i);
		} else if (excl) {
			s->writer[i] = true;
			f->shm_write |= 1u << i;
		} else if ((f->shm_read & 1u << i) == 0) {
			s->readers[i]++;
			f->shm_read |= 1u << i;
		}
	}
	if (flags & SQLITE_SHM_UNLOCK)
		sim_op("shm unlock", 5);
	return SQLITE_OK;
}

static void
vfs_shm_barrier(sqlite3_file *sf)
{
	(void)sf;
	sim_op("barrier", 2);
}

static int
vfs_shm_unmap(sqlite3_file *sf, int del)
{
	(void)del;
	shm_close((struct file *)sf);
	return SQLITE_OK;
}

/* -- the rest of a file ------------------------------------------------------------------ */

static int
vfs_control(sqlite3_file *sf, int op, void *arg)
{
	struct file *f = (struct file *)sf;
	int *v = arg;

	if (op != SQLITE_FCNTL_PERSIST_WAL)
		return SQLITE_NOTFOUND;
	if (*v < 0)
		*v = f->persist;
	else
		f->persist = *v != 0;
	return SQLITE_OK;
}

static int
vfs_sector(sqlite3_file *sf)
{
	(void)sf;
	return 4096;
}

/* As the unix VFS says it: a write damages nothing beside itself. */
static int
vfs_device(sqlite3_file *sf)
{
	(void)sf;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static void
drop(struct file *f)
{
	struct file **p;

	shm_close(f);
	let_go(f, SQLITE_LOCK_NONE);
	for (p = &files; *p != NULL && *p != f; p = &(*p)->next)
		;
	if (*p != NULL)
		*p = f->next;
}

static int
vfs_close(sqlite3_file *sf)
{
	drop((struct file *)sf);
	free(((struct file *)sf)->path);
	return SQLITE_OK;
}

void
sim_vfs_dead(struct sim_proc *p)
{
	struct file *f, *next;

	for (f = files; f != NULL; f = next) {
		next = f->next;
		if (f->proc == p)
			drop(f);
	}
}

static const sqlite3_io_methods methods = {
	.iVersion = 2, .xClose = vfs_close, .xRead = vfs_read,
	.xWrite = vfs_write, .xTruncate = vfs_truncate, .xSync = vfs_sync,
	.xFileSize = vfs_size, .xLock = vfs_lock, .xUnlock = vfs_unlock,
	.xCheckReservedLock = vfs_reserved, .xFileControl = vfs_control,
	.xSectorSize = vfs_sector, .xDeviceCharacteristics = vfs_device,
	.xShmMap = vfs_shm_map, .xShmLock = vfs_shm_lock,
	.xShmBarrier = vfs_shm_barrier, .xShmUnmap = vfs_shm_unmap,
};

/* -- names ---------------------------------------------------------------------------------- */

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *sf, int flags,
    int *out)
{
	struct file *f = (struct file *)sf;
	struct sim_node *n;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	sim_op("open", 50);
	n = path == NULL ? NULL : sim_disk_find(path);
	if (n == NULL && path != NULL && (flags & SQLITE_OPEN_CREATE) == 0)
		return SQLITE_CANTOPEN;
	if (n == NULL) {
		n = sim_disk_new(false);
		if (path != NULL && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0)
			sim_disk_link(path, n);
	}
	f->base.pMethods = &methods;
	f->proc = sim.running;
	f->node = n;
	f->path = path == NULL ? NULL : strdup(path);
	/* As os_unix.c: of a file that it may have made. */
	f->sync_dir = (flags & SQLITE_OPEN_CREATE) != 0 &&
	    (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL |
	    SQLITE_OPEN_SUPER_JOURNAL)) != 0;
	f->next = files;
	files = f;
	if (out != NULL)
		*out = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	(void)vfs;
	(void)sync_dir;
	sim_op("delete", 50);
	if (sim_disk_find(path) == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	sim_disk_unlink(path);
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	(void)vfs;
	(void)flags;
	*out = sim_disk_find(path) != NULL;
	return SQLITE_OK;
}

static int
vfs_full(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)n, "%s", path) < n ? SQLITE_OK :
	    SQLITE_CANTOPEN;
}

static int
vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	sim_env.random(NULL, out, (size_t)n);
	return n;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	sim_sleep(us);
	return us;
}

static int
vfs_time64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = sim_env.wall_ms(NULL) + INT64_C(210866760000000);
	return SQLITE_OK;
}

static int
vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 ms;

	vfs_time64(vfs, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int
vfs_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	(void)n;
	(void)out;
	return 0;
}

void
sim_vfs_begin(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2, .szOsFile = sizeof(struct file),
		.mxPathname = 512, .zName = "sim", .xOpen = vfs_open,
		.xDelete = vfs_delete, .xAccess = vfs_access,
		.xFullPathname = vfs_full, .xRandomness = vfs_random,
		.xSleep = vfs_sleep, .xCurrentTime = vfs_time,
		.xCurrentTimeInt64 = vfs_time64, .xGetLastError = vfs_error,
	};

	/* The default: it is also whom SQLite asks for randomness. */
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		sim_fail("SQLite takes no VFS");
}
