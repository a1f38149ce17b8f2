/*
 * lib/store/aws/setup/template.c -- what init makes, as a CloudFormation
 * template in JSON.
 *
 * From the tables that init and the policies use: the table's properties are
 * the members of the CreateTable request, whose names CloudFormation has taken
 * over (AWS CloudFormation, AWS::DynamoDB::Table).  The store is kept when the
 * stack goes, and is not replaced by an update of the parameters.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "store/aws/record/table.h"
#include "store/aws/setup/template.h"
#include "util/json.h"

#define READS_AT_FIRST	INT64_C(12000)	/* of a table that nobody warmed */

static const char head[] =
    "{\n"
    "\"AWSTemplateFormatVersion\": \"2010-09-09\",\n"
    "\"Description\": \"A tq store: table, queues, bucket, and who may what\",\n"
    "\"Parameters\": {\n"
    "  \"PointInTimeRecovery\": {\"Type\": \"String\", \"Default\": \"true\",\n"
    "    \"AllowedValues\": [\"true\", \"false\"]},\n"
    "  \"DeletionProtection\": {\"Type\": \"String\", \"Default\": \"true\",\n"
    "    \"AllowedValues\": [\"true\", \"false\"]},\n"
    "  \"WarmWrites\": {\"Type\": \"Number\", \"Default\": %" PRId64 ", \"Description\":\n"
    "    \"Writes a second that table and index take at once, from 4000; 0: "
    "as AWS starts\"},\n"
    "  \"WarmReads\": {\"Type\": \"Number\", \"Default\": %" PRId64 ", "
    "\"MinValue\": 12000,\n    \"Description\": \"Reads a second, if WarmWrites "
    "are given\"},\n"
    "  \"VisibilityTimeout\": {\"Type\": \"Number\", \"Default\": 360,\n"
    "    \"MinValue\": 30, \"MaxValue\": 43200, \"Description\":\n"
    "    \"For readers that give none: six times a function's timeout\"},\n"
    "  \"KeyArn\": {\"Type\": \"String\", \"Default\": \"\", \"Description\":\n"
    "    \"A key in KMS for all of it; empty: the services' own\"}\n"
    "},\n"
    "\"Conditions\": {\n"
    "  \"HasKey\": {\"Fn::Not\": [{\"Fn::Equals\": [{\"Ref\": \"KeyArn\"}, \"\"]}]},\n"
    "  \"HasNamespace\": {\"Fn::Not\": [{\"Fn::Or\": [\n"
    "    {\"Fn::Equals\": [{\"Ref\": \"AWS::Region\"}, \"me-central-1\"]},\n"
    "    {\"Fn::Equals\": [{\"Ref\": \"AWS::Region\"}, \"me-south-1\"]}]}]},\n"
    "  \"IsWarm\": {\"Fn::Not\": [{\"Fn::Equals\": [{\"Ref\": \"WarmWrites\"}, \"0\"]}]}\n"
    "},\n";

static const char warm[] =
    "{\"Fn::If\": [\"IsWarm\", {\"ReadUnitsPerSecond\": {\"Ref\": \"WarmReads\"}, "
    "\"WriteUnitsPerSecond\": {\"Ref\": \"WarmWrites\"}}, " NO_VALUE "]}";

/* A queue's name as part of a logical id, which has letters and digits only. */
static void
put_id(struct tq_buf *out, const char *queue, const char *suffix)
{
	tq_buf_str(out, "Queue");
	for (; *queue != '\0'; queue++)
		if (isalnum((unsigned char)*queue) && *queue != 'Z')
			tq_buf_chr(out, *queue);
		else
			tq_buf_fmt(out, "Z%02x", (unsigned)*queue);
	tq_buf_str(out, suffix);
}

/* -- the table ------------------------------------------------------------- */

/* The index, which is as warm as the table: each write of it may be one. */
static void
put_indexes(struct tq_buf *out, struct tq_span indexes)
{
	struct tq_json_iter it = tq_json_iter(indexes);
	struct tq_span key, val;
	const char *comma = "";

	tq_buf_chr(out, '[');
	while (tq_json_next(&it, &key, &val)) {
		tq_buf_str(out, comma);
		tq_buf_add(out, val.p, val.n - 1);
		tq_buf_fmt(out, ", \"WarmThroughput\": %s}", warm);
		comma = ", ";
	}
	tq_buf_chr(out, ']');
}

static int
put_table(const struct aq *s, struct tq_buf *out, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table(s);
	struct tq_aws_req req = { 0 };
	struct tq_json_iter it;
	struct tq_span key, val;

	if (tq_ddb_create_table(&req, "https://localhost", &t, err) == -1) {
		tq_aws_req_free(&req);
		return -1;
	}
	tq_buf_str(out, "\"Table\": {\"Type\": \"AWS::DynamoDB::Table\", " KEEP
	    ", \"Properties\": {\n");
	it = tq_json_iter(req.body);
	while (tq_json_next(&it, &key, &val)) {
		tq_buf_fmt(out, "  \"%.*s\": ", (int)key.n, key.p);
		if (tq_json_key_is(key, "GlobalSecondaryIndexes"))
			put_indexes(out, val);
		else
			tq_buf_add(out, val.p, val.n);
		tq_buf_str(out, ",\n");
	}
	tq_buf_fmt(out, "  \"TimeToLiveSpecification\": {\"Enabled\": true, "
	    "\"AttributeName\": \"" AQ_TTL_ATTR "\"},\n"
	    "  \"PointInTimeRecoverySpecification\": "
	    "{\"PointInTimeRecoveryEnabled\": {\"Ref\": "
	    "\"PointInTimeRecovery\"}},\n"
	    "  \"DeletionProtectionEnabled\": {\"Ref\": "
	    "\"DeletionProtection\"},\n"
	    "  \"WarmThroughput\": %s,\n"
	    "  \"SSESpecification\": " IF_KMS("{\"SSEEnabled\": true, "
	    "\"SSEType\": \"KMS\", \"KMSMasterKeyId\": {\"Ref\": \"KeyArn\"}}",
	    NO_VALUE) "}}", warm);
	tq_aws_req_free(&req);
	return 0;
}

/* -- queues ---------------------------------------------------------------- */

/* One queue; ${dlq}: it is the dead-letter queue of ${queue}. */
static int
put_queue(const struct aq *s, const char *queue, bool dlq, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *name = aq_queue_name(s, queue, dlq, &a, err);
	size_t i;

	if (name == NULL) {
		tq_arena_free(&a);
		return -1;
	}
	tq_buf_str(out, ",\n\"");
	put_id(out, queue, dlq ? "Dead" : "");
	tq_buf_fmt(out, "\": {\"Type\": \"AWS::SQS::Queue\", " KEEP ", "
	    "\"Properties\": {\n  \"QueueName\": \"%s\",\n", name);
	for (i = 0; aq_queue_settings[i] != NULL; i += 2)
		tq_buf_fmt(out, "  \"%s\": %s,\n", aq_queue_settings[i],
		    aq_queue_settings[i + 1]);
	tq_buf_str(out, "  \"VisibilityTimeout\": {\"Ref\": "
	    "\"VisibilityTimeout\"},\n  \"KmsMasterKeyId\": "
	    IF_KMS("{\"Ref\": \"KeyArn\"}", NO_VALUE) ",\n"
	    "  \"SqsManagedSseEnabled\": " IF_KMS(NO_VALUE, "true"));
	if (!dlq) {
		tq_buf_str(out, ",\n  \"RedrivePolicy\": "
		    "{\"deadLetterTargetArn\": {\"Fn::GetAtt\": [\"");
		put_id(out, queue, "Dead");
		tq_buf_str(out, "\", \"Arn\"]}, \"maxReceiveCount\": "
		    AQ_MAX_RECEIVES "}");
	}
	tq_buf_str(out, "}}");
	tq_arena_free(&a);
	return 0;
}

/* -- who may what ---------------------------------------------------------- */

static const struct {
	const char	*id, *role;
} roles[] = {
	{ "SubmitterPolicy", "submitter" }, { "WorkerPolicy", "worker" },
	{ "OperatorPolicy", "operator" },
};

#define NROLES	(sizeof(roles) / sizeof(roles[0]))

static void
put_policies(const struct aq *s, const struct aq_place *at,
    const char *const *queues, size_t n, struct tq_buf *out)
{
	size_t i;

	for (i = 0; i < NROLES; i++) {
		tq_buf_fmt(out, ",\n\"%s\": {\"Type\": "
		    "\"AWS::IAM::ManagedPolicy\", \"Properties\": "
		    "{\"Description\": \"tq: a %s of this store\", "
		    "\"PolicyDocument\": ", roles[i].id, roles[i].role);
		aq_policy_write(roles[i].role, s, at, queues, n, out);
		tq_buf_str(out, "}}");
	}
}

static void
put_output(struct tq_buf *out, const char *comma, const char *id,
    const char *value, const char *what)
{
	tq_buf_fmt(out, "%s\n\"%s\": {\"Value\": {\"%s\": %s}, \"Export\": "
	    "{\"Name\": {\"Fn::Sub\": \"${AWS::StackName}-%s\"}}}", comma, id,
	    what, value, id);
}

static void
put_outputs(const char *const *queues, size_t n, struct tq_buf *out)
{
	struct tq_buf id = TQ_BUF_INIT(1024), value = TQ_BUF_INIT(1024);
	size_t i;

	put_output(out, "", "Table", "\"Table\"", "Ref");
	put_output(out, ",", "Bucket", "\"Bucket\"", "Ref");
	for (i = 0; i < NROLES; i++) {
		tq_buf_clear(&value);
		tq_buf_fmt(&value, "\"%s\"", roles[i].id);
		put_output(out, ",", roles[i].id, value.data, "Ref");
	}
	for (i = 0; i < n; i++) {
		tq_buf_clear(&id);
		tq_buf_clear(&value);
		put_id(&id, queues[i], "");
		tq_buf_fmt(&value, "[\"%s\", \"Arn\"]", id.data);
		put_output(out, ",", id.data, value.data, "Fn::GetAtt");
	}
	tq_buf_free(&id);
	tq_buf_free(&value);
}

/* "default" is in every store, whether it was named or not. */
static const char *const *
with_default(const char *const *queues, size_t *n, struct tq_arena *a)
{
	const char **all = tq_arena_alloc(a, (*n + 1) * sizeof(*all));
	size_t i, k = 1;

	all[0] = "default";
	for (i = 0; i < *n; i++)
		if (strcmp(queues[i], "default") != 0)
			all[k++] = queues[i];
	*n = k;
	return all;
}

int
aq_template(const char *url, const struct tq_env *env,
    const struct tq_init *opts, struct tq_buf *out, struct tq_err *err)
{
	struct aq_place at = { "${AWS::Partition}", "${AWS::Region}",
	    "${AWS::AccountId}", "${Bucket}", true };
	const char *const *queues;
	struct tq_ddb_table t;
	size_t n = opts->nqueues;
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq *s;
	size_t i;
	int rc;

	if (aq_new(url, env, 1, aq_explain, &s, err) == -1)
		return -1;
	queues = with_default(opts->queues, &n, &a);
	t = aq_table_for(s, opts->rate);
	tq_buf_fmt(out, head, t.warm_writes, t.warm_writes > 0 ?
	    t.warm_reads : READS_AT_FIRST);
	tq_buf_str(out, "\"Resources\": {\n");
	rc = put_table(s, out, err);
	for (i = 0; rc == 0 && i < 2 * n; i++)
		rc = put_queue(s, queues[i / 2], i % 2 == 0, out, err);
	aq_template_bucket(s, out);
	put_policies(s, &at, queues, n, out);
	tq_buf_str(out, "\n},\n\"Outputs\": {");
	put_outputs(queues, n, out);
	tq_buf_str(out, "\n}\n}\n");
	tq_arena_free(&a);
	aq_free(s);
	return rc;
}
