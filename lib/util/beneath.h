/*
 * lib/util/beneath.h -- files below a folder that others may write to.
 *
 * ${name} is a relative path below the folder ${root}, such as "a/b/c"; "" is
 * the folder itself.  No symbolic link is followed, neither on the way nor at
 * its end nor for ${root}, and nothing leads out of it: what others put there
 * can't make us read or write elsewhere.  openat2(2), Linux 5.6, does that in
 * the kernel; where it is missing or forbidden each component is opened by
 * itself.  All return -1 with errno; a link on the way is ELOOP or ENOTDIR.
 */
#ifndef TQ_BENEATH_H
#define TQ_BENEATH_H

#include <sys/stat.h>
#include <sys/types.h>

/* As open(2), with O_CLOEXEC. */
int tq_beneath_open(const char *root, const char *name, int flags,
    mode_t mode);

/* As lstat(2), mkdir(2), rename(2), unlink(2), rmdir(2). */
int tq_beneath_stat(const char *root, const char *name, struct stat *sb);
int tq_beneath_mkdir(const char *root, const char *name, mode_t mode);
int tq_beneath_rename(const char *root, const char *from, const char *to);
int tq_beneath_unlink(const char *root, const char *name);
int tq_beneath_rmdir(const char *root, const char *name);

/* Give the open file ${fd} the name ${name}; EEXIST when it is taken. */
int tq_beneath_link(int fd, const char *root, const char *name);

/*
 * Call fn(arg, entry) for each entry of the folder ${name} but "." and "..",
 * in any order, until it returns other than 0; returns that, or 0.
 */
int tq_beneath_entries(const char *root, const char *name,
    int (*fn)(void *arg, const char *entry), void *arg);

#endif
