/*
 * bench/measure.c -- run a command N times and print medians.
 *
 *	measure N COMMAND ARGS...       prints "WALL_MS CPU_MS MAXRSS_KB"
 *
 * Its stdout goes to /dev/null.  Exits 1 when a run fails.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
tv_ms(struct timeval tv)
{
	return (double)tv.tv_sec * 1e3 + (double)tv.tv_usec / 1e3;
}

int
main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0, i, status, null;
	double *wall, *cpu;
	struct rusage ru;
	long rss = 0;
	pid_t pid;

	if (n < 1) {
		fprintf(stderr, "usage: measure N COMMAND ARGS...\n");
		return 2;
	}
	wall = calloc((size_t)n, sizeof(*wall));
	cpu = calloc((size_t)n, sizeof(*cpu));
	null = open("/dev/null", O_WRONLY);
	if (wall == NULL || cpu == NULL || null == -1)
		return 1;
	for (i = 0; i < n; i++) {
		wall[i] = now_ms();
		if ((pid = fork()) == 0) {
			dup2(null, 1);
			execvp(argv[2], argv + 2);
			perror(argv[2]);
			_exit(127);
		}
		if (pid == -1 || wait4(pid, &status, 0, &ru) == -1 ||
		    !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			fprintf(stderr, "measure: %s failed\n", argv[2]);
			return 1;
		}
		wall[i] = now_ms() - wall[i];
		cpu[i] = tv_ms(ru.ru_utime) + tv_ms(ru.ru_stime);
		if (ru.ru_maxrss > rss)
			rss = ru.ru_maxrss;
	}
	qsort(wall, (size_t)n, sizeof(*wall), cmp);
	qsort(cpu, (size_t)n, sizeof(*cpu), cmp);
	printf("%.2f %.2f %ld\n", wall[n / 2], cpu[n / 2], rss);
	return 0;
}
