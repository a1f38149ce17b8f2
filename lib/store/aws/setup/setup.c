/*
 * lib/store/aws/setup/setup.c -- what init and doctor are made of; see
 * setup.h.
 */
#include "store/aws/setup/setup.h"

#include <string.h>

#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "util/str.h"

void
aq_say(struct aq_setup *w, enum tq_level level, const char *subject,
    const char *text, const char *remedy)
{
	struct tq_finding f = { .level = level, .subject = subject,
	    .text = text, .remedy = remedy };

	if (level > w->worst)
		w->worst = level;
	if (w->report != NULL)
		w->report(w->arg, &f);
}

void
aq_say_why(struct aq_setup *w, const char *subject, const struct tq_err *err)
{
	bool explained = w->why.text[0] != '\0';

	aq_say(w, TQ_LEVEL_FAIL, subject, explained ? w->why.text : err->msg,
	    explained && w->why.remedy[0] != '\0' ? w->why.remedy : NULL);
	w->why.text[0] = '\0';
}

bool
aq_may_not_look(struct aq_setup *w, const char *subject)
{
	if (w->why.text[0] == '\0' || !w->why.no_right)
		return false;
	aq_say(w, TQ_LEVEL_NOTE, subject, tq_arena_fmt(&w->mem,
	    "not looked at: %s", w->why.text), tq_arena_fmt(&w->mem,
	    "run it as an operator, or %s", w->why.remedy));
	w->why.text[0] = '\0';
	return true;
}

bool
aq_dry(const struct aq_setup *w)
{
	return w->opts != NULL && w->opts->dry_run;
}

/* A dry run goes on without looking: all calls are told then. */
static bool
may_be_blind(struct aq_setup *w, const struct tq_aws_call *c)
{
	enum tq_code code = c->err.code;
	bool creds = c->err.stage == TQ_AT_CREDS;
	int i;

	if (!aq_dry(w) || (code != TQ_E_DENIED && code != TQ_E_UNAVAILABLE &&
	    code != TQ_E_TIMEOUT && code != TQ_E_THROTTLED))
		return false;
	aq_say(w, TQ_LEVEL_NOTE, "looking", tq_arena_fmt(&w->mem,
	    "%s; so these are all the calls, also for what may be there",
	    w->why.text), w->why.remedy[0] != '\0' ? w->why.remedy : NULL);
	w->blind[c->service] = true;
	for (i = 0; creds && i < TQ_AWS_SERVICE_MAX; i++)
		w->blind[i] = true;
	return true;
}

static bool
failed_as(const struct tq_aws_call *c, const char *not)
{
	if (not == NULL)
		return false;
	if (strcmp(not, "404") == 0 && c->fault.status == 404)
		return true;
	return tq_aws_fault_is(&c->fault, not);
}

int
aq_ask(struct aq_setup *w, struct tq_aws_call *c, const char *not,
    struct tq_err *err)
{
	if (w->blind[c->service])
		return 0;
	if (tq_aws_call(w->s->a, c, 1) == 0)
		return 1;
	if (failed_as(c, not))
		return 0;
	aq_words(w->s, c, &w->why);
	if (may_be_blind(w, c))
		return 0;
	if (err != NULL)
		*err = c->err;
	return -1;
}

int
aq_act(struct aq_setup *w, struct tq_aws_call *c, const char *subject,
    const char *does, const char *not, struct tq_err *err)
{
	struct tq_init_call told;
	struct tq_finding f = { .level = TQ_LEVEL_NOTE, .subject = subject,
	    .text = does, .call = &told };

	if (!aq_dry(w))
		return aq_ask(w, c, not, err);
	aq_plan(w->s, c, &w->mem, &told);
	if (w->report != NULL)
		w->report(w->arg, &f);
	return 1;
}

void
aq_place_find(struct aq_setup *w, struct aq_place *out)
{
	const char *region = tq_aws_region_of(w->s->a);
	struct tq_s3_bucket b;

	*out = (struct aq_place){ .region = region,
	    .partition = aq_partition(region) };
	out->account = w->blind[TQ_AWS_SQS] ? w->s->url.owner :
	    aq_account_shown(w->s, &w->mem);
	/* It may have the name that tq 0.1.0 gave it. */
	if (out->account != NULL && !w->blind[TQ_AWS_S3] &&
	    aq_bucket(w->s, &b, NULL) == 0)
		out->bucket = b.name;
	else
		out->bucket = w->s->url.bucket != NULL ? w->s->url.bucket :
		    aq_bucket_name(w->s, out->account != NULL ? out->account :
		    "*", true, &w->mem);
}

const char *
aq_no_account(struct aq_setup *w)
{
	if (!w->no_account)
		aq_say(w, TQ_LEVEL_NOTE, "account", "not known: ACCOUNT "
		    "stands for it", "set AWS_ACCOUNT_ID");
	w->no_account = true;
	return "ACCOUNT";
}
