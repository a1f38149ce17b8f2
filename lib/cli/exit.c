/* lib/cli/exit.c -- one table: what failed -> exit status. */
#include "cli/cli.h"

const struct tq_exit_row tq_exit_rows[] = {
	{ TQ_EX_OK,		"success" },
	{ TQ_EX_NO,		"a clean \"no\", a taken id, or at least one "
				"task failed" },
	{ TQ_EX_USAGE,		"usage" },
	{ TQ_EX_TIMEOUT,	"wait timed out" },
	{ TQ_EX_DENIED,		"credentials or permission" },
	{ TQ_EX_NOTASK,		"no such task" },
	{ TQ_EX_CANCELLED,	"cancelled" },
	{ TQ_EX_DATA,		"bad input data" },
	{ TQ_EX_UNAVAILABLE,	"store unavailable" },
	{ TQ_EX_BUG,		"our bug, or out of memory" },
	{ TQ_EX_IO,		"I/O" },
	{ TQ_EX_AGAIN,		"throttled, try again" },
	{ TQ_EX_CONFIG,		"configuration" },
	{ TQ_EX_INTR,		"interrupted" },
};
const size_t tq_exit_nrows = sizeof(tq_exit_rows) / sizeof(tq_exit_rows[0]);

static const enum tq_exit exits[] = {
	[TQ_OK]			= TQ_EX_OK,
	[TQ_E_USAGE]		= TQ_EX_USAGE,
	[TQ_E_CONFIG]		= TQ_EX_CONFIG,
	[TQ_E_DENIED]		= TQ_EX_DENIED,
	[TQ_E_NOTFOUND]		= TQ_EX_NOTASK,
	[TQ_E_NOQUEUE]		= TQ_EX_CONFIG,
	[TQ_E_TAKEN]		= TQ_EX_NO,
	[TQ_E_CONFLICT]		= TQ_EX_DATA,
	[TQ_E_LOST]		= TQ_EX_NO,
	[TQ_E_STATE]		= TQ_EX_NO,
	[TQ_E_DATA]		= TQ_EX_DATA,
	[TQ_E_TOOBIG]		= TQ_EX_DATA,
	[TQ_E_NEWER]		= TQ_EX_CONFIG,	/* trying again won't help */
	[TQ_E_CORRUPT]		= TQ_EX_IO,
	[TQ_E_THROTTLED]	= TQ_EX_AGAIN,
	[TQ_E_TIMEOUT]		= TQ_EX_TIMEOUT,
	[TQ_E_UNAVAILABLE]	= TQ_EX_UNAVAILABLE,
	[TQ_E_IO]		= TQ_EX_IO,
	[TQ_E_NOMEM]		= TQ_EX_BUG,
	[TQ_E_INTR]		= TQ_EX_INTR,
	[TQ_E_BUG]		= TQ_EX_BUG,
};
_Static_assert(sizeof(exits) / sizeof(exits[0]) == TQ_CODE_MAX,
    "every tq_code has its exit status");

enum tq_exit
tq_exit_of(enum tq_code code)
{
	return (unsigned)code < TQ_CODE_MAX ? exits[code] : TQ_EX_BUG;
}

enum tq_exit
tq_exit_of_err(const struct tq_err *err)
{
	if (err->stage == TQ_AT_CREDS && err->code != TQ_E_CONFIG &&
	    err->code != TQ_E_INTR)
		return TQ_EX_DENIED;
	return tq_exit_of(err->code);
}

int
tq_exit_graver(int a, int b)
{
	static const int order[] = { TQ_EX_IO, TQ_EX_NOTASK, TQ_EX_TIMEOUT,
	    TQ_EX_NO, TQ_EX_CANCELLED };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return TQ_EX_OK;
}
