/* tests/unit/t_fd.h -- how many descriptors are open: what forgets one is seen. */
#ifndef T_FD_H
#define T_FD_H

#include <dirent.h>
#include <stddef.h>

static inline int
t_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

#endif
