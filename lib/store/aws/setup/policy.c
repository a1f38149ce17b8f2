/*
 * lib/store/aws/setup/policy.c -- IAM policies from the table of rights.c.
 */
#include <string.h>

#include "store/aws/record/table.h"
#include "store/aws/setup/rights.h"
#include "util/json.h"
#include "util/str.h"

static const char *const sids[AQ_THINGS] = {
	[AQ_TABLE] = "Table", [AQ_IN_INDEX] = "Index", [AQ_QUEUE] = "Queues",
	[AQ_DLQ] = "DeadLetterQueues", [AQ_BUCKET] = "Bucket",
	[AQ_OBJECTS] = "Objects",
};
static const char *const suffixes[LIMITS] = {
	[NONE] = "", [TASKS] = "Tasks", [WORK] = "Work", [LEFT] = "Left",
	[INDEX] = "", [NEW] = "New", [PARTS] = "Parts", [MAKES] = "Make",
};

/* The keys in the table that a role is tied to. */
static const char *const keys[LIMITS] = {
	[TASKS] = "\"t#*\", \"b#*\", \"d#*\", \"e#*\"",
	[WORK] = "\"t#*\", \"b#*\", \"d#*\", \"e#*\", \"l#*\", \"r#*\", \"w#*\", "
	    "\"m#*\", "
	    "\"n#*\", \"s#*\"",
	[LEFT] = "\"b#*\", \"d#*\", \"e#*\", \"l#*\", \"w#*\"",
};

const char *
aq_partition(const char *region)
{
	static const struct {
		const char *prefix, *partition;
	} others[] = {
		{ "cn-", "aws-cn" }, { "us-gov-", "aws-us-gov" },
		{ "us-isob-", "aws-iso-b" }, { "us-isof-", "aws-iso-f" },
		{ "us-iso-", "aws-iso" }, { "eu-isoe-", "aws-iso-e" },
		{ "eusc-", "aws-eusc" },
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (tq_str_starts(region, others[i].prefix))
			return others[i].partition;
	return "aws";
}

static unsigned
role_bit(const char *role)
{
	if (strcmp(role, "submitter") == 0)
		return SUBMITTER;
	if (strcmp(role, "worker") == 0)
		return WORKER;
	return strcmp(role, "operator") == 0 ? OPERATOR : 0;
}

/* Has an earlier row of the same statement this action? */
static bool
repeated(size_t at, unsigned who)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (aq_rights[i].on == aq_rights[at].on && (aq_rights[i].who & who) &&
		    aq_rights[i].limit == aq_rights[at].limit &&
		    strcmp(aq_rights[i].action, aq_rights[at].action) == 0)
			return true;
	return false;
}

static bool
put_actions(enum aq_thing on, enum limit limit, unsigned who,
    struct tq_buf *out)
{
	bool any = false;
	size_t i;

	for (i = 0; i < aq_nrights; i++) {
		if (aq_rights[i].on != on || aq_rights[i].limit != limit ||
		    !(aq_rights[i].who & who) || repeated(i, who))
			continue;
		tq_buf_fmt(out, "%s\"%s\"", any ? ", " : "",
		    aq_rights[i].action);
		any = true;
	}
	return any;
}

/* A queue of another name has an address in the store's URL. */
static const char *
named(const struct aq *s, const char *queue)
{
	const struct aq_named *n;
	const char *slash;

	for (n = s->url.queues; n != NULL; n = n->next)
		if (strcmp(n->queue, queue) == 0 &&
		    (slash = strrchr(n->url, '/')) != NULL)
			return slash + 1;
	return NULL;
}

/* On the table the key of an item, on the index its own: "QUEUE#STATUS#0". */
static void
put_keys(enum limit limit, const char *const *queues, size_t n,
    struct tq_buf *out)
{
	size_t i;

	tq_buf_str(out, ",\n        \"ForAllValues:StringLike\": "
	    "{\"dynamodb:LeadingKeys\": [");
	if (limit == INDEX) {
		for (i = 0; i < n; i++)
			tq_buf_fmt(out, "\"%s#*\", ", queues[i]);
		tq_buf_str(out, "\"#control\", \"#worker\"");
	} else {
		tq_buf_str(out, keys[limit]);
	}
	tq_buf_str(out, "]},\n        \"Null\": {\"dynamodb:LeadingKeys\": "
	    "\"false\"}");
}

/*
 * The account is the store's own; where it is not known, the one whose the
 * credentials are.
 */
static void
put_condition(enum limit limit, const struct aq_place *at,
    const char *const *queues, size_t n, struct tq_buf *out)
{
	struct tq_buf account = TQ_BUF_INIT(256);

	if (limit == MAKES)
		return;
	tq_buf_str(&account, at->account != NULL ? at->account :
	    "${aws:PrincipalAccount}");
	tq_buf_fmt(out, "      \"Condition\": {\n        \"StringEquals\": "
	    "{\"aws:ResourceAccount\": %s", at->sub ? "{\"Fn::Sub\": " : "");
	tq_json_put_str(out, tq_buf_span(&account));
	tq_buf_str(out, at->sub ? "}}" : "}");
	tq_buf_free(&account);
	if (limit == INDEX || keys[limit] != NULL)
		put_keys(limit, queues, n, out);
	if (limit == NEW)
		tq_buf_str(out, ",\n        \"Null\": "
		    "{\"s3:if-none-match\": \"false\"}");
	if (limit == PARTS)
		tq_buf_str(out, ",\n        \"Bool\": "
		    "{\"s3:ObjectCreationOperation\": \"false\"}");
	tq_buf_str(out, "\n      },\n");
}

void
aq_arn(const struct aq *s, const struct aq_place *at, enum aq_thing on,
    const char *queue, struct tq_buf *out)
{
	const char *account = at->account != NULL ? at->account : "*", *name;

	tq_buf_fmt(out, "arn:%s:", at->partition);
	switch (on) {
	case AQ_TABLE: case AQ_IN_INDEX:
		tq_buf_fmt(out, "dynamodb:%s:%s:table/%s%s", at->region,
		    account, s->url.table, on == AQ_TABLE ? "" :
		    "/index/" AQ_INDEX);
		break;
	case AQ_QUEUE: case AQ_DLQ:
		tq_buf_fmt(out, "sqs:%s:%s:", at->region, account);
		if (on == AQ_QUEUE && (name = named(s, queue)) != NULL)
			tq_buf_str(out, name);
		else
			tq_buf_fmt(out, "%s-%s%s", s->url.prefix, queue,
			    on == AQ_DLQ ? "-dlq" : "");
		break;
	case AQ_BUCKET: case AQ_OBJECTS: case AQ_THINGS:
		tq_buf_fmt(out, "s3:::%s%s", at->bucket, on == AQ_OBJECTS ?
		    "/*" : "");
		break;
	}
}

/*
 * One ARN, or one for each queue, as JSON strings: of queues those whose
 * address the URL gives, or the others.
 */
static bool
put_resources(enum aq_thing on, bool given, const struct aq *s,
    const struct aq_place *at, const char *const *queues, size_t n,
    struct tq_buf *out)
{
	struct tq_buf arn = TQ_BUF_INIT(4096);
	bool any = false;
	size_t i;

	if (on != AQ_QUEUE && on != AQ_DLQ)
		n = 1;
	for (i = 0; i < n; i++) {
		if ((on == AQ_QUEUE && named(s, queues[i]) != NULL) != given)
			continue;
		tq_buf_str(out, any ? ", " : "");
		any = true;
		tq_buf_clear(&arn);
		aq_arn(s, at, on, queues[i], &arn);
		tq_buf_str(out, at->sub ? "{\"Fn::Sub\": " : "");
		tq_json_put_str(out, tq_buf_span(&arn));
		tq_buf_str(out, at->sub ? "}" : "");
	}
	tq_buf_free(&arn);
	return any;
}

/* A statement, if it says anything; ${first} tells, and is told. */
static void
put_statement(enum aq_thing on, enum limit limit, bool given, unsigned who,
    const struct aq *s, const struct aq_place *at, const char *const *queues,
    size_t n, bool *first, struct tq_buf *out)
{
	struct tq_buf actions = TQ_BUF_INIT(8192);
	struct tq_buf resources = TQ_BUF_INIT(1024 * 1024);

	if (put_actions(on, limit, who, &actions) &&
	    put_resources(on, given, s, at, queues, n, &resources)) {
		tq_buf_fmt(out, "%s\n    {\n      \"Sid\": \"%s%s%s\",\n"
		    "      \"Effect\": \"Allow\",\n      \"Action\": [%s],\n",
		    *first ? "" : ",", given ? "Given" : "", sids[on],
		    suffixes[limit], actions.data);
		/* A queue that the user names may be anybody's. */
		if (!given)
			put_condition(limit, at, queues, n, out);
		tq_buf_fmt(out, "      \"Resource\": [%s]\n    }",
		    resources.data);
		*first = false;
	}
	tq_buf_free(&actions);
	tq_buf_free(&resources);
}

bool
aq_policy_write(const char *role, const struct aq *s,
    const struct aq_place *at, const char *const *queues, size_t n,
    struct tq_buf *out)
{
	unsigned who = role_bit(role);
	bool first = true;
	int on, limit;

	if (who == 0)
		return false;
	tq_buf_str(out, "{\n  \"Version\": \"2012-10-17\",\n"
	    "  \"Statement\": [");
	for (on = 0; on < AQ_THINGS; on++)
		for (limit = 0; limit < LIMITS; limit++) {
			put_statement((enum aq_thing)on, (enum limit)limit,
			    false, who, s, at, queues, n, &first, out);
			put_statement((enum aq_thing)on, (enum limit)limit,
			    true, who, s, at, queues, n, &first, out);
		}
	tq_buf_str(out, "\n  ]\n}\n");
	return true;
}
