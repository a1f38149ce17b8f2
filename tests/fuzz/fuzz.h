/*
 * tests/fuzz/fuzz.h -- what the targets share.  A target for each reader of bytes
 * that somebody else wrote:
 *
 *	json task time url cursor lines		who calls a tool
 *	http multipart api cursor		clients of tq-serve
 *	payload address				who submits a task
 *	image image_FORMAT handler		pictures, and what handlers say
 *	terminal				all of them, as tq-status shows it
 *	row schema restore			a store's file, and its archive
 *	aws_*, lambda				services of AWS; aws_record: what
 *						others put into queue and table
 *
 * Without one: what libmicrohttpd, libcurl and SQLite read before us; a sandboxed
 * child's answer, a number or three by sscanf() (work/runner_image.c); the spawner's
 * messages, which a worker writes to itself; files of /proc and cgroups.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the run; unlike assert() in every build. */
#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not true: %s\n", __FILE__,	\
		    __LINE__, #cond);					\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The input as a C string, which the caller frees. */
static inline char *
fuzz_string(const uint8_t *data, size_t n)
{
	char *s = malloc(n + 1);

	MUST(s != NULL);
	if (n > 0)
		memcpy(s, data, n);
	s[n] = '\0';
	return s;
}

#endif
