/*
 * lib/util/banned.h -- what must not be called, each with what to use.
 *
 * Included by nobody: tests/lint/banned reads the names from here.  A compiler that
 * is given it with -include refuses them, too.
 */
#ifndef TQ_BANNED_H
#define TQ_BANNED_H

#include <alloca.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TQ_BANNED(f)	sorry_##f##_is_banned_see_banned_h

/* They don't know how much room there is: memcpy(), snprintf(), tq_buf_*(). */
#undef strcpy
#define strcpy(...)	TQ_BANNED(strcpy)
#undef stpcpy
#define stpcpy(...)	TQ_BANNED(stpcpy)
#undef strcat
#define strcat(...)	TQ_BANNED(strcat)
#undef strncpy
#define strncpy(...)	TQ_BANNED(strncpy)
#undef strncat
#define strncat(...)	TQ_BANNED(strncat)
#undef sprintf
#define sprintf(...)	TQ_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...)	TQ_BANNED(vsprintf)
#undef gets
#define gets(...)	TQ_BANNED(gets)

/* They keep state between calls: strtok_r(), gmtime_r(), localtime_r(). */
#undef strtok
#define strtok(...)	TQ_BANNED(strtok)
#undef gmtime
#define gmtime(...)	TQ_BANNED(gmtime)
#undef localtime
#define localtime(...)	TQ_BANNED(localtime)
#undef ctime
#define ctime(...)	TQ_BANNED(ctime)
#undef asctime
#define asctime(...)	TQ_BANNED(asctime)

/* They can't tell 0 from an error: tq_str_int(). */
#undef atoi
#define atoi(...)	TQ_BANNED(atoi)
#undef atol
#define atol(...)	TQ_BANNED(atol)
#undef atoll
#define atoll(...)	TQ_BANNED(atoll)

/* Others can guess the name and be first: mkstemp(), mkdtemp(), O_TMPFILE. */
#undef mktemp
#define mktemp(...)	TQ_BANNED(mktemp)
#undef tmpnam
#define tmpnam(...)	TQ_BANNED(tmpnam)
#undef tempnam
#define tempnam(...)	TQ_BANNED(tempnam)

/* A shell that nobody asked for, and our signals: lib/work spawns. */
#undef system
#define system(...)	TQ_BANNED(system)
#undef popen
#define popen(...)	TQ_BANNED(popen)

/* They go by the clock that people set: tq_cond_wait(), tq_thread_join(). */
#undef pthread_cond_timedwait
#define pthread_cond_timedwait(...)	TQ_BANNED(pthread_cond_timedwait)
#undef pthread_timedjoin_np
#define pthread_timedjoin_np(...)	TQ_BANNED(pthread_timedjoin_np)

/* The stack can't say that it is full: the arena, tq_buf_*(). */
#undef alloca
#define alloca(...)	TQ_BANNED(alloca)

#endif
