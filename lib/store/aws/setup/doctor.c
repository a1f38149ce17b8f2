/*
 * lib/store/aws/setup/doctor.c -- doctor: what is wrong, and what to do
 * about it.
 *
 * Nothing is written, not even to try whether it may be.  Each call has one
 * try, so that a network that swallows everything costs seconds.
 */
#include <string.h>

#include "aws/dynamodb.h"
#include "store/aws/record/table.h"
#include "store/aws/setup/setup.h"
#include "util/str.h"
#include "util/time.h"

static bool
check_creds(struct aq_setup *w)
{
	const struct tq_env *env = w->s->base.env;
	struct tq_err err = TQ_ERR_INIT;
	char end[TQ_TIME_TEXT] = "", left[TQ_TIME_TEXT] = "";
	const char *source;
	int64_t expires_ms;

	if (tq_aws_who(w->s->a, &source, &expires_ms, &err) == -1) {
		aq_say(w, TQ_LEVEL_FAIL, "credentials", err.msg, NULL);
		return false;
	}
	if (expires_ms != 0) {
		tq_time_text(expires_ms, end);
		tq_duration_text(expires_ms - tq_wall_ms(env), left);
	}
	aq_say(w, TQ_LEVEL_OK, "credentials", tq_arena_fmt(&w->mem,
	    "from %s%s%s%s%s%s; region %s", source, *end != '\0' ?
	    ", until " : "", end, *end != '\0' ? " (" : "", left,
	    *end != '\0' ? ")" : "", tq_aws_region_of(w->s->a)), NULL);
	return true;
}

/* The Date header counts whole seconds. */
static void
check_clock(struct aq_setup *w, const struct tq_aws_call *c)
{
	int64_t now = tq_wall_ms(w->s->base.env), off;
	char text[TQ_TIME_TEXT];

	if (c->res.date_ms == 0)
		return;
	off = now - c->res.date_ms;
	if (off >= -AQ_MARGIN_MS && off <= AQ_MARGIN_MS + c->res.took_ms) {
		aq_say(w, TQ_LEVEL_OK, "clock", "agrees with DynamoDB's",
		    NULL);
		return;
	}
	aq_say(w, TQ_LEVEL_WARN, "clock", tq_arena_fmt(&w->mem, "this host's "
	    "is %s %s: leases of other hosts are misjudged",
	    tq_duration_text(off < 0 ? -off : off, text), off < 0 ? "late" :
	    "early"), "run a time service (systemd-timesyncd, chrony)");
}

static void
check_expiry(struct aq_setup *w)
{
	const char *attr = aq_ttl_look(w);

	if (attr == NULL || strcmp(attr, "expiresAt") == 0)
		return;
	aq_say(w, TQ_LEVEL_NOTE, "table", *attr == '\0' ? "expiry (TTL) is "
	    "off: old records go only while something sweeps" :
	    "expiry (TTL) is on another attribute than expiresAt",
	    *attr == '\0' ? "tq-ctl init" : "aws dynamodb "
	    "update-time-to-live");
}

/* May the records be looked at? */
static bool
check_table(struct aq_setup *w)
{
	struct tq_aws_call c = { 0 };
	struct tq_err err = TQ_ERR_INIT;
	const char *index;
	int is = aq_table_look(w, &c, &err);

	check_clock(w, &c);
	if (is == AQ_THERE) {
		index = tq_ddb_index_status(&c.res, AQ_INDEX, &w->mem);
		if (index != NULL && strcmp(index, "ACTIVE") != 0)
			aq_say(w, TQ_LEVEL_WARN, "table", tq_arena_fmt(
			    &w->mem, "its index is %s: tasks can't be listed "
			    "yet", index), "wait, and look again");
		aq_say(w, TQ_LEVEL_OK, "table", tq_arena_fmt(&w->mem,
		    "%s is there, with its index", w->s->url.table), NULL);
		check_expiry(w);
	} else if (is == AQ_ABSENT) {
		aq_say(w, TQ_LEVEL_FAIL, "table", tq_arena_fmt(&w->mem,
		    "there is no table \"%s\" in %s", w->s->url.table,
		    tq_aws_region_of(w->s->a)), "tq-ctl init, unless "
		    "AWS_REGION or the store's name is wrong");
	} else if (is == AQ_COMING) {
		aq_say(w, TQ_LEVEL_WARN, "table", "is not ready yet",
		    "wait, and look again");
	} else if (aq_may_not_look(w, "table")) {
		is = AQ_THERE;		/* as the records will show */
	} else {
		aq_say_why(w, "table", &err);
	}
	tq_aws_call_free(&c);
	return is == AQ_THERE;
}

/* 1 and its attributes, 0 it is not there, 2 we may not look, -1; all said. */
static int
look(struct aq_setup *w, const char *subject, const char *queue, bool dlq,
    struct aq_attrs *out)
{
	struct tq_err err = TQ_ERR_INIT;
	const char *url;
	int rc = aq_queue_look(w, queue, dlq, &url, &err);

	if (rc == 1 && aq_attrs_get(w, url, out, &err) == -1)
		rc = -1;
	if (rc == -1 && aq_may_not_look(w, subject))
		return 2;
	if (rc == -1)
		aq_say_why(w, subject, &err);
	if (rc == 0)
		aq_say(w, dlq ? TQ_LEVEL_WARN : TQ_LEVEL_FAIL, subject,
		    tq_arena_fmt(&w->mem, "there is no queue \"%s-%s%s\" in "
		    "%s", w->s->url.prefix, queue, dlq ? "-dlq" : "",
		    tq_aws_region_of(w->s->a)),
		    tq_arena_fmt(&w->mem, "tq-ctl init -q %s", queue));
	return rc;
}

/* False when SQS can't be asked at all: no use in asking for others. */
static bool
check_queue(struct aq_setup *w, const char *queue)
{
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue);
	struct aq_attrs q, dlq;
	enum tq_level before = w->worst;
	int rc, has_dlq;

	w->worst = TQ_LEVEL_OK;
	if ((rc = look(w, subject, queue, false, &q)) != 1) {
		if (before > w->worst)
			w->worst = before;
		return rc != -1;
	}
	has_dlq = look(w, subject, queue, true, &dlq);
	aq_attrs_judge(w, queue, &q, has_dlq == 1 ? &dlq : NULL);
	if (w->worst <= TQ_LEVEL_NOTE && has_dlq > 0)
		aq_say(w, TQ_LEVEL_OK, subject, has_dlq == 1 ? "is as it "
		    "should be, with its dead-letter queue" :
		    "is as it should be", NULL);
	if (before > w->worst)
		w->worst = before;
	return true;
}

static void
check_queues(struct aq_setup *w, const char *const *queues, size_t n)
{
	static const char *const by_default[] = { "default" };
	size_t i;

	if (n == 0) {
		queues = by_default;
		n = 1;
	}
	for (i = 0; i < n && check_queue(w, queues[i]); i++)
		;
}

static void
check_bucket(struct aq_setup *w)
{
	struct tq_err err = TQ_ERR_INIT;
	int rc = aq_bucket_look(w, &err);

	if (rc == 1)
		aq_say(w, TQ_LEVEL_OK, "bucket", tq_arena_fmt(&w->mem,
		    "%s is there", w->s->bucket), NULL);
	else if (rc == 0)
		aq_say(w, TQ_LEVEL_FAIL, "bucket", tq_arena_fmt(&w->mem,
		    "there is no bucket \"%s\"", w->s->bucket),
		    "tq-ctl init, or ?bucket=NAME in the store's URL");
	else if (w->s->bucket == NULL)
		aq_say(w, TQ_LEVEL_FAIL, "bucket", "its name is not known: "
		    "SQS would tell the account that is in it",
		    "set AWS_ACCOUNT_ID, or ?bucket=NAME in the store's URL");
	else
		aq_say_why(w, "bucket", &err);
}

static void
check_store(struct aq_setup *w)
{
	bool table = check_table(w);
	struct tq_err err = TQ_ERR_INIT;
	const char **queues = NULL;
	size_t n = 0;

	if (table && aq_queues(w->s, &w->mem, &queues, &n, &err) == -1)
		aq_say(w, TQ_LEVEL_FAIL, "index", err.msg, NULL);
	check_queues(w, queues, n);
	check_bucket(w);
	if (n > 0)
		aq_doctor_work(w, queues, n);
}

int
aq_doctor(const char *url, const struct tq_env *env, tq_finding_fn *report,
    void *arg, enum tq_level *worst, struct tq_err *err)
{
	struct aq_setup w = { .report = report, .arg = arg };

	if (aq_new(url, env, 1, aq_explain, &w.s, err) == -1)
		return -1;
	if (check_creds(&w))
		check_store(&w);
	*worst = w.worst;
	tq_arena_free(&w.mem);
	aq_free(w.s);
	return 0;
}
