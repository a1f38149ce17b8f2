/*
 * tests/preload/slow_disk.c -- a disk on which large files take their time.
 *
 * To be preloaded (LD_PRELOAD).  fsync() of an unnamed file of more than 4 MiB,
 * as blobs are before they get their name, makes the file $SLOW_DISK.is and does
 * not return while there is a file $SLOW_DISK.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
fsync(int fd)
{
	const char *slow = getenv("SLOW_DISK");
	char path[4096];
	struct stat sb;

	if (slow != NULL && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    sb.st_nlink == 0 && sb.st_size > 4 * 1024 * 1024) {
		snprintf(path, sizeof(path), "%s.is", slow);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		while (access(slow, F_OK) == 0)
			usleep(10000);
	}
	return (int)syscall(SYS_fsync, fd);
}
