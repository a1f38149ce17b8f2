/* lib/store/aws/setup/init_table.c -- the table, its index and its expiry. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "aws/dynamodb.h"
#include "store/aws/record/table.h"
#include "store/aws/setup/setup.h"

/*
 * The units of one task a second, of table and index: records of up to 2 KiB,
 * written three times and read once (docs/cost.md); and the least that a table
 * begins with (DynamoDB Developer Guide, "Warm throughput").
 */
#define WRITES_EACH	6
#define READS_EACH	2
#define WRITES_MIN	4000
#define READS_MIN	12000

#define ACTIVE_MS	60000	/* a new table takes seconds, seldom more */
#define NAP_MIN_MS	20
#define NAP_MAX_MS	2000

/* DynamoDB API, TableDescription. */
static int
judge_status(const char *table, const char *status, struct tq_err *err)
{
	/* While it is being changed it serves as before. */
	if (status != NULL && (strcmp(status, "ACTIVE") == 0 ||
	    strcmp(status, "UPDATING") == 0))
		return AQ_THERE;
	if (status == NULL || (strcmp(status, "ARCHIVED") != 0 &&
	    strcmp(status, "INACCESSIBLE_ENCRYPTION_CREDENTIALS") != 0))
		return AQ_COMING;
	tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "table %s: is %s: DynamoDB "
	    "can't use the key in KMS that encrypts it; enable that, or "
	    "restore the table", table, status);
	return -1;
}

int
aq_table_look(struct aq_setup *w, struct tq_aws_call *c, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table(w->s);
	const char *differs, *arn;
	int rc = -1;

	c->service = TQ_AWS_DYNAMODB;
	c->what = "dynamodb DescribeTable";
	if (tq_ddb_describe_table(&c->req, tq_aws_base(w->s->a,
	    TQ_AWS_DYNAMODB), t.name, err) == -1 ||
	    (rc = aq_ask(w, c, "ResourceNotFoundException", err)) == -1)
		return -1;
	if (rc == 0)
		return AQ_ABSENT;
	if ((arn = tq_ddb_table_arn(&c->res, &w->mem)) != NULL &&
	    aq_table_ours(w->s, arn, err) == -1)
		return -1;
	if ((rc = judge_status(t.name, tq_ddb_table_status(&c->res, &w->mem),
	    err)) != AQ_THERE)
		return rc;
	if ((differs = tq_ddb_table_differs(&c->res, &t)) == NULL)
		return AQ_THERE;
	tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "table %s: its %s is not "
	    "what tq needs; give another with ?table=NAME", t.name, differs);
	return -1;
}

static int
wait_active(struct aq_setup *w, struct tq_err *err)
{
	const struct tq_env *env = w->s->base.env;
	int64_t end = tq_boot_ms(env) + ACTIVE_MS;
	long nap = NAP_MIN_MS;
	int is;

	for (;;) {
		struct tq_aws_call c = { 0 };
		struct timespec ts = { nap / 1000, nap % 1000 * 1000000 };

		is = aq_table_look(w, &c, err);
		tq_aws_call_free(&c);
		if (is == -1 || is == AQ_THERE)
			return is == -1 ? -1 : 0;
		if (tq_boot_ms(env) >= end)
			return tq_err_set(err, TQ_AT_STORE, TQ_E_TIMEOUT,
			    "table %s: not ready after a minute; try again",
			    w->s->url.table);
		nanosleep(&ts, NULL);
		nap = 2 * nap < NAP_MAX_MS ? 2 * nap : NAP_MAX_MS;
	}
}

const char *
aq_ttl_look(struct aq_setup *w)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DescribeTimeToLive" };
	const char *attr = NULL;
	bool asked;

	asked = tq_ddb_get_ttl(&c.req, tq_aws_base(w->s->a, TQ_AWS_DYNAMODB),
	    w->s->url.table, NULL) == 0 && !w->blind[TQ_AWS_DYNAMODB] &&
	    tq_aws_call(w->s->a, &c, 1) == 0;
	if (asked && (attr = tq_ddb_ttl_attr(&c.res, &w->mem)) == NULL)
		attr = "";
	tq_aws_call_free(&c);
	return attr;
}

/* Without it the sweep does all the removing: no reason to fail. */
static void
set_ttl(struct aq_setup *w)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb UpdateTimeToLive" };

	if (tq_ddb_set_ttl(&c.req, tq_aws_base(w->s->a, TQ_AWS_DYNAMODB),
	    w->s->url.table, AQ_TTL_ATTR, NULL) == 0) {
		if (aq_act(w, &c, "expiry", "would be switched on (TTL)",
		    NULL, NULL) != 1)
			aq_say(w, TQ_LEVEL_NOTE, "expiry", "can't be switched "
			    "on (TTL): the sweep removes old records", NULL);
		else if (!aq_dry(w))
			aq_say(w, TQ_LEVEL_OK, "expiry", "switched on (TTL)",
			    NULL);
	}
	tq_aws_call_free(&c);
}

/* Another attribute may be an operator's choice: it stays. */
static void
check_ttl(struct aq_setup *w)
{
	const char *attr = aq_ttl_look(w);

	if (attr == NULL)
		aq_say(w, TQ_LEVEL_NOTE, "expiry", "(TTL) can't be looked at; "
		    "the sweep removes old records in any case", NULL);
	else if (*attr == '\0')
		set_ttl(w);
	else if (strcmp(attr, AQ_TTL_ATTR) != 0)
		aq_say(w, TQ_LEVEL_WARN, "expiry", tq_arena_fmt(&w->mem,
		    "(TTL) is on the attribute \"%s\", not \"" AQ_TTL_ATTR "\"",
		    attr), "aws dynamodb update-time-to-live");
}

/* A user who does it by hand has to wait as we do. */
static void
plan_wait(struct aq_setup *w)
{
	struct tq_init_call told = { "dynamodb", "DescribeTable",
	    tq_arena_fmt(&w->mem, "{\"TableName\":\"%s\"}",
	    w->s->url.table), tq_arena_fmt(&w->mem, "aws dynamodb wait "
	    "table-exists --region %s --table-name %s",
	    tq_aws_region_of(w->s->a),
	    aq_quote(&w->mem, w->s->url.table)) };
	struct tq_finding f = { .level = TQ_LEVEL_NOTE, .subject = "table",
	    .text = "would be waited for", .call = &told };

	if (w->report != NULL)
		w->report(w->arg, &f);
}

static int
create(struct aq_setup *w, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table_for(w->s, w->opts->rate);
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb CreateTable" };
	int rc = tq_ddb_create_table(&c.req, tq_aws_base(w->s->a,
	    TQ_AWS_DYNAMODB), &t, err);

	/* Somebody else may be making it. */
	if (rc == 0)
		rc = aq_act(w, &c, "table", "would be made",
		    "ResourceInUseException", err);
	tq_aws_call_free(&c);
	if (rc != -1 && aq_dry(w))
		plan_wait(w);
	return rc == -1 ? -1 : 0;
}

struct tq_ddb_table
aq_table_for(const struct aq *s, int64_t rate)
{
	struct tq_ddb_table t = aq_table(s);

	if (rate == 0)
		return t;
	t.warm_writes = WRITES_EACH * rate;
	t.warm_reads = READS_EACH * rate;
	if (t.warm_writes < WRITES_MIN)
		t.warm_writes = WRITES_MIN;
	if (t.warm_reads < READS_MIN)
		t.warm_reads = READS_MIN;
	return t;
}

/* A table that is there, and is ${warm} as it is. */
static int
make_warm(struct aq_setup *w, bool warm, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table_for(w->s, w->opts->rate);
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb UpdateTable" };
	int rc = 0;

	if (!warm && (rc = tq_ddb_warm_table(&c.req, tq_aws_base(w->s->a,
	    TQ_AWS_DYNAMODB), &t, err)) == 0)
		rc = aq_act(w, &c, "throughput", "would be raised", NULL, err);
	tq_aws_call_free(&c);
	if (rc == -1 || (aq_dry(w) && !warm))
		return rc == -1 ? -1 : 0;
	aq_say(w, TQ_LEVEL_OK, "throughput", tq_arena_fmt(&w->mem, "%s for "
	    "%" PRId64 " tasks a second: %" PRId64 " writes", warm ?
	    "is enough" : "raised", w->opts->rate, t.warm_writes), NULL);
	return 0;
}

int
aq_init_table(struct aq_setup *w, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table_for(w->s, w->opts->rate);
	struct tq_aws_call c = { 0 };
	int is = aq_table_look(w, &c, err);
	bool warm = is == AQ_THERE && tq_ddb_table_is_warm(&c.res, &t);

	tq_aws_call_free(&c);
	if (is == -1 || (is == AQ_ABSENT && create(w, err) == -1))
		return -1;
	if (!aq_dry(w) && is != AQ_THERE && wait_active(w, err) == -1)
		return -1;
	if (is != AQ_ABSENT || !aq_dry(w))
		aq_say(w, TQ_LEVEL_OK, "table", is == AQ_ABSENT ? "made" :
		    "is there", NULL);
	if (is == AQ_THERE)
		check_ttl(w);
	else
		set_ttl(w);
	return w->opts->rate == 0 || is == AQ_ABSENT ? 0 :
	    make_warm(w, warm, err);
}
