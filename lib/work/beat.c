/* lib/work/beat.c -- see beat.h. */
#include "work/beat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/env.h"
#include "util/err.h"
#include "util/notify.h"
#include "util/str.h"

#define FILE_EVERY_MS	5000

static int
touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc;

	if (fd == -1)
		return -1;
	rc = futimens(fd, NULL);
	close(fd);
	return rc;
}

int
tq_beat_init(struct tq_beat *b, const char *file, const struct tq_env *env,
    int64_t now, struct tq_err *err)
{
	const char *watchdog = tq_getenv(env, "WATCHDOG_USEC");
	int64_t us;

	*b = (struct tq_beat){ .at = now };
	if (watchdog != NULL && tq_str_int(watchdog, 1, INT64_MAX, &us) == 0)
		b->every = us / 2000 > 0 ? us / 2000 : 1;
	if (file == NULL)
		return 0;
	if (touch(file) == -1)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno,
		    "--heartbeat %s", file);
	b->file = file;
	if (b->every == 0 || b->every > FILE_EVERY_MS)
		b->every = FILE_EVERY_MS;
	return 0;
}

int64_t
tq_beat(struct tq_beat *b, const struct tq_env *env, int64_t now)
{
	if (b->every == 0)
		return INT64_MAX;
	if (now >= b->at) {
		tq_notify(env, "WATCHDOG=1");
		/* A full disk makes us late, and late we are then. */
		if (b->file != NULL)
			(void)touch(b->file);
		b->at = now + b->every;
	}
	return b->at;
}

void
tq_beat_end(struct tq_beat *b)
{
	if (b->file != NULL)
		unlink(b->file);
}
