/*
 * lib/util/sys.h -- the system calls by which a store keeps things and waits.
 *
 * A struct tq_env with another struct tq_sys puts a store into another world:
 * tests/sim runs many processes in one, on files that lose what was not synced
 * when the power fails.  Time and randomness come in through struct tq_env
 * itself, and SQLite's own files through its VFS, which is named here.
 */
#ifndef TQ_SYS_H
#define TQ_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Each member is the system call of its name: same arguments, same result,
 * -1 with errno on failure.  Descriptors are real ones: read(2), write(2),
 * fstat(2), sendfile(2) and close(2) work on them and are not in here, as they
 * neither name a file, nor make it durable, nor wait.
 */
struct tq_sys {
	const char	*sqlite_vfs;	/* for sqlite3_open_v2(); NULL: default */

	/* Names: all paths are absolute or relative to the working folder. */
	int	(*open)(const char *path, int flags, mode_t mode);
	int	(*stat)(const char *path, struct stat *sb);
	char	*(*realpath)(const char *path);		/* malloced, or NULL */
	ssize_t	(*readlink)(const char *path, char *out, size_t n);
	int	(*access)(const char *path, int mode);	/* effective ids */
	int	(*mkdir)(const char *path, mode_t mode);

	/* Below a folder that others may write to: util/beneath.h. */
	int	(*open_in)(const char *root, const char *name, int flags,
		    mode_t mode);
	int	(*stat_in)(const char *root, const char *name,
		    struct stat *sb);
	int	(*mkdir_in)(const char *root, const char *name, mode_t mode);
	int	(*rename_in)(const char *root, const char *from,
		    const char *to);
	int	(*unlink_in)(const char *root, const char *name);
	int	(*rmdir_in)(const char *root, const char *name);
	int	(*link_in)(int fd, const char *root, const char *name);
	int	(*entries_in)(const char *root, const char *name,
		    int (*fn)(void *arg, const char *entry), void *arg);

	/* Durability: of a file its bytes, of a folder the names in it. */
	int	(*fsync)(int fd);

	/*
	 * flock(2), which may wait.  The lock goes with the last descriptor;
	 * one that may hold a lock is closed by this close().
	 */
	int	(*flock)(int fd, int how);
	int	(*close)(int fd);

	/* A page of ${n} bytes that all who map the file share, or NULL. */
	void	*(*map)(int fd, size_t n, bool writable);
	void	(*unmap)(void *page, size_t n);
	/*
	 * Sleep while *${word} is ${seen}, for at most ${ms}; may return
	 * early, with EINTR in errno after a signal.
	 */
	void	(*wait)(const uint32_t *word, uint32_t seen, int64_t ms);
	/* Wake all that sleep on ${word}; async-signal-safe. */
	void	(*wake)(const uint32_t *word);
};

extern const struct tq_sys tq_sys_system;

#endif
