/* lib/util/err.c -- see err.h. */
#include "util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const stage_names[TQ_STAGE_MAX] = {
	[TQ_AT_NONE] = "", [TQ_AT_RECEIVE] = "receive", [TQ_AT_PARSE] = "parse",
	[TQ_AT_FETCH] = "fetch", [TQ_AT_DECODE] = "decode",
	[TQ_AT_PROCESS] = "process", [TQ_AT_STORE] = "store",
	[TQ_AT_UPDATE] = "update", [TQ_AT_DELETE] = "delete",
	[TQ_AT_EXEC] = "exec", [TQ_AT_TIMEOUT] = "timeout",
	[TQ_AT_CONFIG] = "config", [TQ_AT_INPUT] = "input",
	[TQ_AT_OUTPUT] = "output", [TQ_AT_SEND] = "send",
	[TQ_AT_CREDS] = "creds",
};

static const char *const code_names[TQ_CODE_MAX] = {
	[TQ_OK] = "ok", [TQ_E_USAGE] = "usage", [TQ_E_CONFIG] = "config",
	[TQ_E_DENIED] = "denied", [TQ_E_NOTFOUND] = "not-found",
	[TQ_E_NOQUEUE] = "no-queue", [TQ_E_TAKEN] = "taken",
	[TQ_E_CONFLICT] = "conflict",
	[TQ_E_LOST] = "lease-lost", [TQ_E_STATE] = "wrong-state",
	[TQ_E_DATA] = "bad-data", [TQ_E_TOOBIG] = "too-big",
	[TQ_E_NEWER] = "newer-version", [TQ_E_CORRUPT] = "corrupt",
	[TQ_E_THROTTLED] = "throttled", [TQ_E_TIMEOUT] = "timeout",
	[TQ_E_UNAVAILABLE] = "unavailable", [TQ_E_IO] = "io",
	[TQ_E_NOMEM] = "no-memory", [TQ_E_INTR] = "interrupted",
	[TQ_E_BUG] = "bug",
};

const char *
tq_stage_name(enum tq_stage stage)
{
	return (unsigned)stage < TQ_STAGE_MAX ? stage_names[stage] : "";
}

const char *
tq_code_name(enum tq_code code)
{
	return (unsigned)code < TQ_CODE_MAX ? code_names[code] : "bug";
}

static void
fill(struct tq_err *err, enum tq_stage stage, enum tq_code code, int errnum)
{
	err->stage = stage;
	err->code = code;
	err->retryable = code == TQ_E_THROTTLED || code == TQ_E_TIMEOUT ||
	    code == TQ_E_UNAVAILABLE;
	err->sys_errno = errnum;
}

int
tq_err_set(struct tq_err *err, enum tq_stage stage, enum tq_code code,
    const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	fill(err, stage, code, 0);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

/* What strerror(3) says of these is not what a user looks for. */
static const char *
text(int errnum)
{
	return errnum == EINTR ? "interrupted" :
	    errnum == ENOMEM ? "out of memory" : strerror(errnum);
}

/* What ${code} is when the system says ${errnum}: see tq_err_sys(). */
static enum tq_code
of_errno(enum tq_code code, int errnum)
{
	if (code != TQ_E_IO && code != TQ_E_CONFIG)
		return code;
	switch (errnum) {
	case EINTR:
		return TQ_E_INTR;
	case ENOMEM:
		return TQ_E_NOMEM;
	case EMFILE:
	case ENFILE:
	case EIO:
	case ENOSPC:
		return TQ_E_IO;
	default:
		return code;
	}
}

int
tq_err_sys(struct tq_err *err, enum tq_stage stage, enum tq_code code,
    int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (err == NULL)
		return -1;
	fill(err, stage, of_errno(code, errnum), errnum);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	/* The name of a file may be nothing: a variable that was not set. */
	snprintf(err->msg + n, sizeof(err->msg) - n, "%s: %s", n == 0 ?
	    "\"\"" : "", text(errnum));
	return -1;
}

int
tq_err_start(struct tq_err *err, int errnum, const char *what)
{
	if (errnum == EAGAIN)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "can't start "
		    "%s: out of memory, or of processes (ulimit -v, -u)",
		    what);
	return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errnum, "can't start %s",
	    what);
}

void
tq_err_prefix(struct tq_err *err, const char *fmt, ...)
{
	char old[TQ_ERR_MSG_MAX];
	va_list ap;
	size_t n;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", old);
}

int
tq_err_done(struct tq_err *err, const char *done, uint64_t n)
{
	size_t at = strlen(err->msg);

	if (n > 0)
		snprintf(err->msg + at, sizeof(err->msg) - at, "; %s %llu",
		    done, (unsigned long long)n);
	return -1;
}
