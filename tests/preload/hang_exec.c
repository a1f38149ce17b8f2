/*
 * tests/preload/hang_exec.c -- a mount that is dead: execve(2) never returns.
 *
 * To be preloaded (LD_PRELOAD).  Of a program whose path has $HANG_EXEC in it,
 * while there is the file that it names.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *hang = getenv("HANG_EXEC");

	while (hang != NULL && strcmp(file, hang) == 0 &&
	    access(hang, F_OK) == 0)
		usleep(10000);
	return (int)syscall(SYS_execve, file, argv, envp);
}
