/*
 * lib/task/verbs.c -- the table of legal transitions; see turn.h.
 *
 * A cell that names its own status stays there: the verb is legal and changes
 * something else.  tests/cli/man.bats holds tq(7) against this table.
 */
#include "task/turn.h"

#define PENDING		TQ_BIT(TQ_PENDING)
#define RETRYING	TQ_BIT(TQ_RETRYING)
#define RUNNING		TQ_BIT(TQ_RUNNING)
#define BLOCKED		TQ_BIT(TQ_BLOCKED)
#define COMPLETED	TQ_BIT(TQ_COMPLETED)
#define FAILED		TQ_BIT(TQ_FAILED)
#define CANCELLED	TQ_BIT(TQ_CANCELLED)

static const struct verb {
	const char	*name;
	unsigned	 to[TQ_STATUS_MAX];
} verbs[TQ_VERB_MAX] = {
	[TQ_V_SUBMIT] = { "submit", {
	    [TQ_COMPLETED] = PENDING | BLOCKED,
	    [TQ_FAILED] = PENDING | BLOCKED,
	    [TQ_CANCELLED] = PENDING | BLOCKED } },
	[TQ_V_CLAIM] = { "claim", {
	    [TQ_PENDING] = RUNNING, [TQ_RETRYING] = RUNNING } },
	[TQ_V_TAKE_OVER] = { "take-over", { [TQ_RUNNING] = RUNNING } },
	[TQ_V_EXTEND] = { "extend", { [TQ_RUNNING] = RUNNING } },
	[TQ_V_COMPLETE] = { "complete", { [TQ_RUNNING] = COMPLETED } },
	[TQ_V_RETRY] = { "retry", {
	    [TQ_RUNNING] = RETRYING | CANCELLED | FAILED } },
	[TQ_V_FAIL] = { "fail", { [TQ_RUNNING] = FAILED } },
	[TQ_V_RELEASE] = { "release", { [TQ_RUNNING] = PENDING | CANCELLED } },
	[TQ_V_CANCELLED] = { "cancelled", { [TQ_RUNNING] = CANCELLED } },
	[TQ_V_LAPSE] = { "lapse", { [TQ_RUNNING] = CANCELLED | FAILED } },
	[TQ_V_EXPIRE] = { "expire", {
	    [TQ_PENDING] = CANCELLED, [TQ_RETRYING] = FAILED,
	    [TQ_BLOCKED] = CANCELLED } },
	[TQ_V_CANCEL] = { "cancel", {
	    [TQ_PENDING] = CANCELLED, [TQ_RETRYING] = CANCELLED,
	    [TQ_BLOCKED] = CANCELLED, [TQ_RUNNING] = RUNNING,
	    [TQ_CANCELLED] = CANCELLED } },
	[TQ_V_REDRIVE] = { "redrive", {
	    [TQ_FAILED] = PENDING | BLOCKED,
	    [TQ_CANCELLED] = PENDING | BLOCKED } },
	[TQ_V_EDIT] = { "edit", {
	    [TQ_PENDING] = PENDING, [TQ_RETRYING] = RETRYING,
	    [TQ_BLOCKED] = BLOCKED, [TQ_FAILED] = FAILED } },
	[TQ_V_DRAIN] = { "drain", { [TQ_FAILED] = FAILED } },
	[TQ_V_HOLD] = { "hold", {
	    [TQ_PENDING] = PENDING, [TQ_RETRYING] = RETRYING,
	    [TQ_BLOCKED] = BLOCKED } },
	[TQ_V_UNBLOCK] = { "unblock", { [TQ_BLOCKED] = PENDING } },
	[TQ_V_PURGE] = { "purge", {
	    [TQ_COMPLETED] = COMPLETED, [TQ_FAILED] = FAILED,
	    [TQ_CANCELLED] = CANCELLED } },
};

unsigned
tq_verb_to(enum tq_verb verb, enum tq_status from)
{
	return (unsigned)verb < TQ_VERB_MAX && (unsigned)from < TQ_STATUS_MAX ?
	    verbs[verb].to[from] : 0;
}

const char *
tq_verb_name(enum tq_verb verb)
{
	return (unsigned)verb < TQ_VERB_MAX ? verbs[verb].name : "?";
}

bool
tq_status_may(enum tq_status from, enum tq_status to)
{
	int v;

	for (v = 0; v < TQ_VERB_MAX; v++)
		if ((tq_verb_to((enum tq_verb)v, from) & TQ_BIT(to)) != 0 &&
		    (from != to || v == TQ_V_TAKE_OVER))
			return true;
	return false;
}
