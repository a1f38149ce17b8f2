/*
 * bench/image/gray.c -- time tq_image_gray() on one file.
 *
 *	gray file [format [runs]]
 *
 * Prints the median of ${runs} runs (default 9), each in a fresh child that
 * writes to a memfd as the worker's does, and of as many in a sandboxed child,
 * interleaved; and the children's peak memory.  A run is the child's CPU time,
 * which other programs change less than the clock's.  run.sh compares with
 * others, and bench/run takes the sandbox's part of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/image.h"
#include "sandbox/sandbox.h"
#include "util/buf.h"
#include "util/err.h"

#define OUT_MAX		(256u * 1024 * 1024)
#define RUNS_MAX	999

struct job {
	struct tq_buf		 in;
	struct tq_image_opts	 opts;
};

static double
ms_of(const struct timeval *t)
{
	return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
die(const char *what)
{
	fprintf(stderr, "gray: %s\n", what);
	exit(1);
}

/* The child: convert, and leave the file in ${fd}. */
static void
convert(const struct job *job, int fd)
{
	struct tq_buf out = TQ_BUF_INIT(OUT_MAX);
	struct tq_err err;

	if (tq_image_gray(NULL, job->in.data, job->in.len, &job->opts, &out, NULL,
	    &err) == -1)
		_exit(2);
	_exit(write(fd, out.data, out.len) == (ssize_t)out.len ? 0 : 3);
}

/* One child's CPU time in ms; the size of its file goes to ${bytes}. */
static double
run(const struct job *job, bool sandbox, off_t *bytes)
{
	int fd = memfd_create("gray", MFD_CLOEXEC), status = -1;
	struct rusage use;
	char why[128];
	pid_t pid;

	if ((pid = fork()) == 0) {
		if (sandbox && tq_sandbox_enter(NULL, NULL) == -1)
			_exit(1);
		convert(job, fd);
	}
	if (pid == -1 || wait4(pid, &status, 0, &use) != pid || status != 0)
		die(tq_sandbox_verdict(status, why, sizeof(why)));
	*bytes = lseek(fd, 0, SEEK_END);
	close(fd);
	return ms_of(&use.ru_utime) + ms_of(&use.ru_stime);
}

static void
slurp(const char *path, struct tq_buf *b)
{
	char part[65536];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		die(path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		if (tq_buf_add(b, part, n) == -1)
			die("file too large");
	fclose(f);
}

int
main(int argc, char **argv)
{
	struct job job = { TQ_BUF_INIT(TQ_IMAGE_INPUT_MAX),
	    { TQ_IMAGE_UNKNOWN, 0, TQ_IMAGE_PIXELS_MAX } };
	double bare[RUNS_MAX], boxed[RUNS_MAX], mp;
	int i, runs = argc > 3 ? atoi(argv[3]) : 9;
	struct tq_image_info info;
	struct rusage use;
	off_t bytes = 0;

	if (argc < 2 || runs < 1 || runs > RUNS_MAX)
		die("usage: gray file [format [runs]]");
	if (argc > 2)
		job.opts.format = tq_image_format_parse(argv[2]);
	slurp(argv[1], &job.in);
	if (tq_image_probe(NULL, job.in.data, job.in.len, &info, NULL) == -1)
		die("not an image");
	for (i = 0; i < runs; i++) {
		bare[i] = run(&job, false, &bytes);
		boxed[i] = run(&job, true, &bytes);
	}
	qsort(bare, (size_t)runs, sizeof(bare[0]), by_value);
	qsort(boxed, (size_t)runs, sizeof(boxed[0]), by_value);
	getrusage(RUSAGE_CHILDREN, &use);
	mp = (double)info.width * info.height / 1e3;
	printf("%s: sandboxed %.1f ms %.1f MP/s (bare %.1f, %+.1f %%); "
	    "%lld bytes; peak %ld MiB\n", argv[1], boxed[runs / 2],
	    mp / boxed[runs / 2], bare[runs / 2],
	    (boxed[runs / 2] / bare[runs / 2] - 1) * 100, (long long)bytes,
	    use.ru_maxrss / 1024);
	return 0;
}
