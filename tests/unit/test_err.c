/* tests/unit/test_err.c -- errors as values: filled once, prefixed, cut. */
#include "t.h"

#include <errno.h>

#include "util/err.h"

static void
test_set(void)
{
	struct tq_err err = TQ_ERR_INIT;

	err.sys_errno = ENOENT;
	T_INT(tq_err_set(&err, TQ_AT_STORE, TQ_E_NOTFOUND, "task %s: gone",
	    "a"), -1);
	T_INT(err.stage, TQ_AT_STORE);
	T_INT(err.code, TQ_E_NOTFOUND);
	T_INT(err.sys_errno, 0);
	T_STR(err.msg, "task a: gone");
}

static void
test_null(void)
{
	T_INT(tq_err_set(NULL, TQ_AT_STORE, TQ_E_IO, "%s", "x"), -1);
	T_INT(tq_err_sys(NULL, TQ_AT_STORE, TQ_E_IO, EIO, "%s", "x"), -1);
}

static void
test_sys(void)
{
	struct tq_err err = TQ_ERR_INIT;
	char want[128];

	T_INT(tq_err_sys(&err, TQ_AT_INPUT, TQ_E_IO, ENOSPC, "%s", "/a/b"),
	    -1);
	snprintf(want, sizeof(want), "/a/b: %s", strerror(ENOSPC));
	T_STR(err.msg, want);
	T_INT(err.sys_errno, ENOSPC);
	/* Nothing is wrong with a file where somebody pressed ^C. */
	T_INT(tq_err_done(&err, "cancelled", 0), -1);
	T_INT(tq_err_done(&err, "cancelled", 500), -1);
	T_OK(strstr(err.msg, "; cancelled 500") != NULL &&
	    strstr(err.msg, "; cancelled 0") == NULL);
	tq_err_sys(&err, TQ_AT_INPUT, TQ_E_IO, ENOENT, "%s", "");
	T_STR(err.msg, "\"\": No such file or directory");
	tq_err_sys(&err, TQ_AT_INPUT, TQ_E_IO, EINTR, "/a/b");
	T_INT(err.code, TQ_E_INTR);
	T_STR(err.msg, "/a/b: interrupted");
	tq_err_sys(&err, TQ_AT_INPUT, TQ_E_UNAVAILABLE, EINTR, "/a/b");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	/* Who has no descriptor left, or a broken disk, has set up nothing wrong. */
	tq_err_sys(&err, TQ_AT_CONFIG, TQ_E_CONFIG, EMFILE, "/a/b");
	T_INT(err.code, TQ_E_IO);
	tq_err_sys(&err, TQ_AT_CONFIG, TQ_E_CONFIG, EIO, "/a/b");
	T_INT(err.code, TQ_E_IO);
	tq_err_sys(&err, TQ_AT_CONFIG, TQ_E_CONFIG, EACCES, "/a/b");
	T_INT(err.code, TQ_E_CONFIG);
}

static void
test_nomem(void)
{
	struct tq_err err = TQ_ERR_INIT;

	tq_err_sys(&err, TQ_AT_STORE, TQ_E_IO, ENOMEM, "/a/b");
	T_INT(err.code, TQ_E_NOMEM);
	T_STR(err.msg, "/a/b: out of memory");
	tq_err_sys(&err, TQ_AT_CONFIG, TQ_E_CONFIG, ENOMEM, "/a/b");
	T_INT(err.code, TQ_E_NOMEM);
	/* Threads and processes: EAGAIN is what their makers say of memory. */
	T_INT(tq_err_start(&err, EAGAIN, "a thread"), -1);
	T_INT(err.code, TQ_E_NOMEM);
	T_OK(strstr(err.msg, "can't start a thread: out of memory") != NULL);
	tq_err_start(&err, ENOMEM, "a thread");
	T_INT(err.code, TQ_E_NOMEM);
	T_STR(err.msg, "can't start a thread: out of memory");
	tq_err_start(&err, EPERM, "a thread");
	T_INT(err.code, TQ_E_IO);
	/* A socket that would block has no need of memory. */
	tq_err_sys(&err, TQ_AT_EXEC, TQ_E_IO, EAGAIN, "socket");
	T_INT(err.code, TQ_E_IO);
}

static void
test_prefix(void)
{
	struct tq_err err = TQ_ERR_INIT;

	tq_err_sys(&err, TQ_AT_INPUT, TQ_E_IO, EIO, "disk");
	tq_err_set(&err, TQ_AT_PARSE, TQ_E_DATA, "byte 3: bad number");
	tq_err_prefix(&err, "line %d", 7);
	T_STR(err.msg, "line 7: byte 3: bad number");
	T_INT(err.stage, TQ_AT_PARSE);
	T_INT(err.code, TQ_E_DATA);
}

static void
test_cut(void)
{
	struct tq_err err = TQ_ERR_INIT;
	char longer[TQ_ERR_MSG_MAX * 2];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	tq_err_set(&err, TQ_AT_STORE, TQ_E_IO, "%s", longer);
	T_INT(strlen(err.msg), TQ_ERR_MSG_MAX - 1);
	tq_err_sys(&err, TQ_AT_STORE, TQ_E_IO, EIO, "%s", longer);
	T_INT(strlen(err.msg), TQ_ERR_MSG_MAX - 1);
	tq_err_prefix(&err, "subject");
	T_INT(strlen(err.msg), TQ_ERR_MSG_MAX - 1);
	T_OK(strncmp(err.msg, "subject: xxx", 12) == 0);
	tq_err_prefix(&err, "%s", longer);
	T_INT(strlen(err.msg), TQ_ERR_MSG_MAX - 1);
}

/* Retryable is what may be gone in a moment; all else is not. */
static void
test_retryable(void)
{
	int code;

	for (code = TQ_OK; code < TQ_CODE_MAX; code++) {
		struct tq_err err = TQ_ERR_INIT;
		bool want = code == TQ_E_THROTTLED || code == TQ_E_TIMEOUT ||
		    code == TQ_E_UNAVAILABLE;

		tq_err_set(&err, TQ_AT_STORE, (enum tq_code)code, "x");
		T_INT(err.retryable, want);
	}
}

static void
test_names(void)
{
	int i, j;

	for (i = 0; i < TQ_CODE_MAX; i++) {
		T_MUST(tq_code_name((enum tq_code)i) != NULL);
		for (j = 0; j < i; j++)
			T_OK(strcmp(tq_code_name((enum tq_code)i),
			    tq_code_name((enum tq_code)j)) != 0);
	}
	for (i = 0; i < TQ_STAGE_MAX; i++) {
		T_MUST(tq_stage_name((enum tq_stage)i) != NULL);
		for (j = 0; j < i; j++)
			T_OK(strcmp(tq_stage_name((enum tq_stage)i),
			    tq_stage_name((enum tq_stage)j)) != 0);
	}
	T_STR(tq_stage_name(TQ_AT_NONE), "");
	T_STR(tq_stage_name(TQ_AT_TIMEOUT), "timeout");
	T_STR(tq_code_name(TQ_E_LOST), "lease-lost");
	T_STR(tq_stage_name((enum tq_stage)99), "");
	T_STR(tq_code_name((enum tq_code)99), "bug");
}

T_MAIN(
    { "err: set fills stage, code and message and forgets the old errno",
      test_set },
    { "err: a NULL error is allowed", test_null },
    { "err: sys appends the system's words", test_sys },
    { "err: what lacked memory is told as such, of threads and processes too",
      test_nomem },
    { "err: prefix puts a subject in front and keeps the rest", test_prefix },
    { "err: what does not fit is cut, the subject stays", test_cut },
    { "err: throttled, timeout and unavailable are retryable, others not",
      test_retryable },
    { "err: every stage and code has a name of its own", test_names },
)
