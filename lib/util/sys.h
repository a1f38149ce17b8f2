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
	int	(*lstat)(const char *path, struct stat *sb);
	int	(*access)(const char *path, int mode);	/* effective ids */
	int	(*mkdir)(const char *path, mode_t mode);
	int	(*chmod)(const char *path, mode_t mode);
	int	(*rename)(const char *from, const char *to);
	int	(*unlink)(const char *path);
	int	(*rmdir)(const char *path);
	/* Give the open file ${fd} the name ${path}; EEXIST when it is taken. */
	int	(*link)(int fd, const char *path);
	/*
	 * Call fn(arg, name) for each entry of the folder ${path} but "." and
	 * "..", in any order, until it returns other than 0.  Returns that,
	 * 0 at the end, or -1 with errno.
	 */
	int	(*entries)(const char *path,
		    int (*fn)(void *arg, const char *name), void *arg);

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
