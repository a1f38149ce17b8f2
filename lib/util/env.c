/* lib/util/env.c -- the real world behind env.h. */
#include "util/env.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
system_wall_ms(void *arg)
{
	(void)arg;
	return clock_ms(CLOCK_REALTIME);
}

static int64_t
system_boot_ms(void *arg)
{
	(void)arg;
	return clock_ms(CLOCK_BOOTTIME);
}

/* For kernels, and filters of system calls, that don't know getrandom(2). */
static void
device_random(char *p, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while (n > 0) {
		if ((got = read(fd, p, n)) == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			tq_give_up("no random bytes");
		p += got;
		n -= (size_t)got;
	}
	close(fd);
}

static void
kernel_random(void *buf, size_t n)
{
	char *p = buf;
	ssize_t got;

	while (n > 0) {
		if ((got = getrandom(p, n, 0)) == -1 && errno != EINTR) {
			device_random(p, n);
			return;
		}
		p += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
}

/*
 * The kernel's bytes, fetched many at a time: a request to AWS needs four
 * numbers.  Each is used once; a child of fork() starts with none of ours.
 */
static _Thread_local struct {
	size_t		left;
	unsigned char	bytes[512];
} stock;

static void
no_stock(void)
{
	stock.left = 0;
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, no_stock);
}

static void
system_random(void *arg, void *buf, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)arg;
	pthread_once(&once, watch_forks);
	if (n > sizeof(stock.bytes) / 4) {
		kernel_random(buf, n);
		return;
	}
	if (n > stock.left) {
		kernel_random(stock.bytes, sizeof(stock.bytes));
		stock.left = sizeof(stock.bytes);
	}
	stock.left -= n;
	memcpy(buf, stock.bytes + stock.left, n);
	memset(stock.bytes + stock.left, 0, n);
}

static char boot_id[40];

static void
read_boot_id(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, boot_id, 36);

	if (fd != -1)
		close(fd);
	if (n != 36)
		snprintf(boot_id, sizeof(boot_id), "no-boot-id");
}

static const char *
system_boot_id(void *arg)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)arg;
	pthread_once(&once, read_boot_id);
	return boot_id;
}

static const char *
system_get(void *arg, const char *name)
{
	const char *v = getenv(name);

	(void)arg;
	return v != NULL && v[0] != '\0' ? v : NULL;
}

const struct tq_env tq_env_system = {
	.wall_ms = system_wall_ms, .boot_ms = system_boot_ms,
	.random = system_random, .boot_id = system_boot_id,
	.get = system_get,
};

int64_t
tq_wall_ms(const struct tq_env *env)
{
	return env->wall_ms(env->arg);
}

int64_t
tq_boot_ms(const struct tq_env *env)
{
	return env->boot_ms(env->arg);
}

void
tq_random(const struct tq_env *env, void *buf, size_t n)
{
	env->random(env->arg, buf, n);
}

uint64_t
tq_random_u64(const struct tq_env *env)
{
	uint64_t v;

	tq_random(env, &v, sizeof(v));
	return v;
}

const char *
tq_getenv(const struct tq_env *env, const char *name)
{
	return env->get(env->arg, name);
}

bool
tq_stopped(const struct tq_env *env)
{
	return env->stop != NULL && env->stop(env->arg);
}

int64_t
tq_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
