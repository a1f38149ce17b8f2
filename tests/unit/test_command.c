/* tests/unit/test_command.c -- what stands beside argv, and how much runs. */
#include "t.h"

#include <stdlib.h>
#include <string.h>

#include "task/command.h"

static struct tq_task
of(const char *argv, const char *env)
{
	return (struct tq_task){ .id = "a", .queue = "q", .type = "exec",
	    .argv = tq_span_of(argv), .env = env == NULL ? TQ_SPAN_NONE :
	    tq_span_of(env) };
}

/* An array of ${n} strings of ${len} bytes each; the caller frees it. */
static char *
array_of(size_t n, size_t len)
{
	char *s = malloc(n * (len + 3) + 3), *p = s;
	size_t i;

	*p++ = '[';
	for (i = 0; i < n; i++) {
		if (i > 0)
			*p++ = ',';
		*p++ = '"';
		memset(p, 'x', len);
		p += len;
		*p++ = '"';
	}
	strcpy(p, "]");
	return s;
}

/* The message of a check, or "". */
static const char *
check(const struct tq_task *t)
{
	static struct tq_err err;

	err = (struct tq_err)TQ_ERR_INIT;
	return tq_command_check(t, &err) == 0 ? "" : err.msg;
}

static void
test_alone(void)
{
	struct tq_task t = of("[\"ls\"]", "{\"A\":\"b\"}");

	t.cwd = "/srv";
	t.umask = "0027";
	T_STR(check(&t), "");
	t.argv = tq_span_of("[\"\",\"a\"]");
	T_STR(check(&t), "argv: its first word, the program, is empty");
	t.argv = TQ_SPAN_NONE;
	T_STR(check(&t), "type \"exec\": a task of it needs a command (argv): "
	    "tq-submit -- CMD ARGS");
	t.type = "other";
	T_STR(check(&t), "cwd, chdir, umask and env go with a command (argv) "
	    "only");
	t.cwd = t.umask = NULL;
	t.env = TQ_SPAN_NONE;
	T_STR(check(&t), "");
}

static void
test_cwd(void)
{
	struct tq_task t = of("[\"ls\"]", NULL);

	t.cwd = "srv";
	T_STR(check(&t), "cwd: must be an absolute path");
	t.chdir = true;
	T_STR(check(&t), "chdir: must be an absolute path");
}

static void
test_umask(void)
{
	static const char *const bad[] = { "", "8", "1000", "-1", "022x",
	    "0x1" };
	struct tq_task t = of("[\"ls\"]", NULL);
	size_t i;

	T_INT(tq_command_umask(&t), -1);
	t.umask = "0777";
	T_INT(tq_command_umask(&t), 0777);
	t.umask = "22";
	T_INT(tq_command_umask(&t), 022);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t.umask = bad[i];
		T_STR(check(&t), "umask: must be octal, such as \"0022\"");
	}
}

static void
test_env(void)
{
	static const char *const bad[] = { "", "1A", "A-B", "A B", "TQ_",
	    "TQ_STORE", "LD_PRELOAD", "\303\244" };
	static const char *const good[] = { "A", "_", "a1_Z", "TQ", "TQX", "LD",
	    "LDX_A", "T" };
	struct tq_task t = of("[\"ls\"]", "{\"A\":1}");
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tq_command_env_ok(bad[i], strlen(bad[i])))
			T_FAIL("\"%s\" may be set", bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!tq_command_env_ok(good[i], strlen(good[i])))
			T_FAIL("\"%s\" may not be set", good[i]);
	T_STR(check(&t), "env: must be an object of strings");
	t.env = tq_span_of("{\"TQ_ID\":\"x\"}");
	T_OK(strstr(check(&t), "env: \"TQ_ID\" can't be set") != NULL);
}

static void
test_environ(void)
{
	struct tq_task t = of("[\"ls\"]", "{\"A\":\"b=c\",\"B\":\"\","
	    "\"C\":\"d\\ne\"}");
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_buf b = TQ_BUF_INIT(100);
	const char **v;
	size_t n;

	v = tq_command_environ(&t, &a, &n);
	T_INT(n, 3);
	T_STR(v[0], "A=b=c");
	T_STR(v[1], "B=");
	T_STR(v[2], "C=d\ne");
	T_OK(v[3] == NULL);
	tq_command_env_names(&t, &b);
	T_STR(b.data, "[\"A\",\"B\",\"C\"]");
	t.env = TQ_SPAN_NONE;
	T_OK(tq_command_environ(&t, &a, &n)[0] == NULL);
	T_INT(n, 0);
	tq_buf_free(&b);
	tq_arena_free(&a);
}

static void
test_argument(void)
{
	char *most = array_of(1, TQ_ARG_MAX), *over = array_of(1,
	    TQ_ARG_MAX + 1), *env = malloc(TQ_ARG_MAX + 100);
	struct tq_task t = of(most, NULL);

	T_STR(check(&t), "");
	t = of(over, NULL);
	T_OK(strstr(check(&t), "an argument of the command: over 131071 "
	    "bytes") != NULL);
	/* Escapes count as what they stand for. */
	memcpy(most + 2, "\\n", 2);
	t = of(most, NULL);
	T_STR(check(&t), "");
	sprintf(env, "{\"A\":%.*s}", (int)(TQ_ARG_MAX + 3), over + 1);
	t = of("[\"a\"]", env);
	T_OK(strstr(check(&t), "env: over 131071 bytes") != NULL);
	free(most);
	free(over);
	free(env);
}

/* Of the bytes of all, with a NUL and a pointer for each. */
static void
test_fits(void)
{
	const size_t each = 85 + 1 + sizeof(char *), n = 10000;
	char *all = array_of(n, 85);
	struct tq_task t = of(all, NULL);
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_command_fits(&t, n * each + TQ_ARGV_ROOM, &err), 0);
	T_INT(tq_command_fits(&t, n * each + TQ_ARGV_ROOM - 1, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_INT(err.stage, TQ_AT_PARSE);
	/* Its variables take the same room; a limit may be less than any. */
	t.env = tq_span_of("{\"A\":\"b\"}");
	T_INT(tq_command_fits(&t, n * each + TQ_ARGV_ROOM, &err), -1);
	T_INT(tq_command_fits(&t, 1, &err), -1);
	free(all);
	all = array_of(70000, 85);
	t = of(all, NULL);
	T_OK(strstr(check(&t), "the command: over 6225920 bytes") != NULL);
	free(all);
}

T_MAIN(
    { "directory, umask and variables stand beside a command only",
      test_alone },
    { "a directory is absolute", test_cwd },
    { "a umask is octal, within 0777", test_umask },
    { "variables: names that can be set, none of tq's or the linker's",
      test_env },
    { "variables as execve(2) takes them, and their names alone",
      test_environ },
    { "an argument and a variable of up to 128 KiB", test_argument },
    { "a command as long as the system takes, with room for the worker",
      test_fits },
)
