/*
 * lib/util/banned.h -- what must not be called, each with what to use.
 *
 * Included by nobody: the compiler is given it with -include, and
 * tests/lint/banned reads the names from here for the code that this build
 * leaves out.  The headers below come first, because a poisoned name may not
 * be declared any more either.
 */
#ifndef TQ_BANNED_H
#define TQ_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* Don't know how much room there is: memcpy(), snprintf(), tq_buf_*(). */
#pragma GCC poison strcpy stpcpy strcat strncat strncpy sprintf vsprintf gets

/* Keep hidden state between calls: strtok_r(), gmtime_r(), localtime_r(). */
#pragma GCC poison strtok gmtime localtime ctime asctime

/* Can't tell 0 from an error: tq_str_int(). */
#pragma GCC poison atoi atol atoll

/* Race with whoever guesses the name: mkstemp(), mkdtemp(), O_TMPFILE. */
#pragma GCC poison mktemp tmpnam tempnam

/* A shell between us and the command, the parent's signals: lib/work. */
#pragma GCC poison system popen

/* The stack has no way to say no: the arena, tq_buf. */
#pragma GCC poison alloca

#endif
