/* tests/unit/test_work_beat.c -- signs of life. */
#include "t.h"
#include "t_env.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "work/beat.h"

static void
nobody_listens(void)
{
	struct t_env e = { 0 };
	struct tq_env env = t_env_make(&e);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_beat b;

	T_MUST(tq_beat_init(&b, NULL, &env, 1000, &err) == 0);
	T_OK(tq_beat(&b, &env, 1000) == INT64_MAX);
	tq_beat_end(&b);
}

static void
watchdog_alone(void)
{
	struct t_env e = { .vars = { "WATCHDOG_USEC", "60000000" } };
	struct tq_env env = t_env_make(&e);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_beat b;

	T_MUST(tq_beat_init(&b, NULL, &env, 1000, &err) == 0);
	T_INT(tq_beat(&b, &env, 1000), 31000);
	T_INT(tq_beat(&b, &env, 2000), 31000);
	T_INT(tq_beat(&b, &env, 31500), 61500);
}

static void
file_is_touched(void)
{
	char dir[96], path[160];
	const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	struct t_env e = { .vars = { "WATCHDOG_USEC", "60000000" } };
	struct tq_env env = t_env_make(&e);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_beat b;
	struct stat sb;

	T_MUST(t_mkdir(dir, sizeof(dir), "beat"));
	snprintf(path, sizeof(path), "%s/beat", dir);
	T_MUST(tq_beat_init(&b, path, &env, 1000, &err) == 0);
	T_INT(tq_beat(&b, &env, 1000), 6000);
	T_MUST(utimensat(AT_FDCWD, path, old, 0) == 0);
	tq_beat(&b, &env, 5999);
	T_OK(stat(path, &sb) == 0 && sb.st_mtime == 1);
	tq_beat(&b, &env, 6000);
	T_OK(stat(path, &sb) == 0 && sb.st_mtime > 1);
	tq_beat_end(&b);
	T_OK(access(path, F_OK) == -1);
	rmdir(dir);
}

static void
file_that_cannot_be(void)
{
	struct t_env e = { 0 };
	struct tq_env env = t_env_make(&e);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_beat b;

	T_INT(tq_beat_init(&b, "/dev/null/beat", &env, 0, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "--heartbeat /dev/null/beat") != NULL);
	tq_beat_end(&b);
}

T_MAIN(
	{ "without listeners there is no beat", nobody_listens },
	{ "the watchdog hears from us twice an interval", watchdog_alone },
	{ "the file is touched each 5 s, and gone at the end",
	    file_is_touched },
	{ "a file that can't be made is refused by name",
	    file_that_cannot_be },
)
