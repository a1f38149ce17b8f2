/*
 * lib/util/fd.h -- descriptors, by calls that not every kernel has.
 *
 * Each of these tries the newest call and, whatever the reason that it fails
 * for, goes on with older ones: a kernel that does not know a call says ENOSYS,
 * a container's filter that does not know it EPERM, a file system EOPNOTSUPP,
 * EXDEV or EINVAL.
 */
#ifndef TQ_FD_H
#define TQ_FD_H

#include "util/buf.h"

struct tq_env;

/*
 * tq_fd_write(fd, v): write all of ${v}, in as many pieces as it takes, whatever
 * signals come.  0, or -1 with errno; then part of it may have been written.
 */
int tq_fd_write(int fd, struct tq_span v);

/*
 * tq_fd_write_till(fd, v, stop):
 * As tq_fd_write(), but for what somebody may want to end: a signal ends it
 * with EINTR if ${stop} says so then.  Waits where ${fd} would not (EAGAIN): a
 * process that shares it may have made it non-blocking.
 */
int tq_fd_write_till(int fd, struct tq_span v, bool (*stop)(void));

/*
 * tq_fd_copy(from, to, env):
 * Append the whole of ${from}, a file that can be read by offset, to ${to}, at
 * the offset of ${to}.  The offset of ${from} does not matter and stays.  File
 * systems that can will share the blocks (copy_file_range(2)).  Returns 0, or
 * -1 with errno, EINTR if tq_stopped(env); then part of it may have been copied.
 */
int tq_fd_copy(int from, int to, const struct tq_env *env);

/*
 * tq_fd_unnamed(name):
 * A new, empty file without a path, for reading and writing, closed on exec:
 * in memory (memfd_create(2), which shows ${name} in /proc), else an unlinked
 * one in /tmp.  Returns it, or -1 with errno.
 */
int tq_fd_unnamed(const char *name);

/*
 * tq_fd_close_from(first):
 * Close each descriptor of the process from ${first} on.  For a process of one
 * thread that starts with what another had open.
 */
void tq_fd_close_from(int first);

#endif
