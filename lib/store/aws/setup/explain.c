/*
 * lib/store/aws/setup/explain.c -- a failed call in the user's words.
 *
 * The services' own words come last: what to do must not be cut off.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aws/retry.h"
#include "store/aws/setup/setup.h"
#include "util/str.h"

enum kind {
	OTHER, NO_RIGHT, NO_KMS, KMS_OFF, EXPIRED, BAD_KEY, BAD_SECRET, SKEWED,
	NO_TABLE, NO_BUCKET, NO_QUEUE, BAD_ADDRESS, MOVED, STRANGER, UNREACHED
};

static const struct {
	const char	*code;
	enum kind	 kind;
} kinds[] = {
	{ "AccessDenied", NO_RIGHT },
	{ "AccessDeniedException", NO_RIGHT },
	{ "ExpiredToken", EXPIRED },
	{ "ExpiredTokenException", EXPIRED },
	{ "TokenRefreshRequired", EXPIRED },
	{ "AuthFailure", BAD_KEY },
	{ "InvalidAccessKeyId", BAD_KEY },
	{ "InvalidClientTokenId", BAD_KEY },
	{ "InvalidToken", BAD_KEY },
	{ "UnrecognizedClientException", BAD_KEY },
	{ "InvalidSignatureException", BAD_SECRET },
	{ "SignatureDoesNotMatch", BAD_SECRET },
	{ "RequestTimeTooSkewed", SKEWED },
	{ "ResourceNotFoundException", NO_TABLE },
	{ "NoSuchBucket", NO_BUCKET },
	{ "QueueDoesNotExist", NO_QUEUE },
	{ "InvalidAddress", BAD_ADDRESS },
	{ "AuthorizationHeaderMalformed", MOVED },
	{ "IllegalLocationConstraintException", MOVED },
	{ "PermanentRedirect", MOVED },
	{ "TemporaryRedirect", MOVED },
	{ "InvalidAction", STRANGER },
	{ "UnknownOperationException", STRANGER },
	{ "UnsupportedOperation", STRANGER },
};

/*
 * A queue, a table or a bucket may be encrypted with a key in KMS.  SQS says
 * "KmsDisabled" and S3 "KMS.DisabledException"; both name the missing right.
 */
static enum kind
about_kms(const struct tq_aws_fault *f)
{
	if (strstr(f->message, "perform: kms:") != NULL ||
	    strcmp(f->code, "KmsAccessDenied") == 0)
		return NO_KMS;
	return strncasecmp(f->code, "kms", 3) == 0 && tq_retry_classify(
	    f->status, f->code) == TQ_RETRY_NO ? KMS_OFF : OTHER;
}

static enum kind
kind_of(const struct tq_aws_call *c)
{
	enum kind kms = about_kms(&c->fault);
	size_t i;

	if (c->err.stage == TQ_AT_CREDS)
		return OTHER;		/* says what to do already */
	if (c->fault.status == 0 && (c->err.code == TQ_E_UNAVAILABLE ||
	    c->err.code == TQ_E_TIMEOUT))
		return UNREACHED;
	if (kms != OTHER)
		return kms;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].code, c->fault.code) == 0)
			return kinds[i].kind;
	if (c->fault.code[0] != '\0')
		return OTHER;
	/* A HEAD has no body to name the error in. */
	if (c->fault.status == 403)
		return NO_RIGHT;
	/* SQS and DynamoDB always name it. */
	return c->service != TQ_AWS_S3 && (c->fault.status == 404 ||
	    c->fault.status == 405) ? STRANGER : OTHER;
}

static const struct {
	const char	*name;
	const char	*endpoint;	/* what leads elsewhere than to Amazon */
} services[TQ_AWS_SERVICE_MAX] = {
	[TQ_AWS_SQS] = { "SQS", "AWS_ENDPOINT_URL_SQS" },
	[TQ_AWS_DYNAMODB] = { "DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB" },
	[TQ_AWS_S3] = { "S3", "AWS_ENDPOINT_URL_S3" },
	[TQ_AWS_STS] = { "STS", "AWS_ENDPOINT_URL_STS" },
};

#define TEXT(...)	snprintf(w->text, sizeof(w->text), __VA_ARGS__)
#define REMEDY(...)	snprintf(w->remedy, sizeof(w->remedy), __VA_ARGS__)

static void
no_right(const struct tq_aws_call *c, struct aq_words *w)
{
	struct tq_buf b = TQ_BUF_INIT(256);

	aq_actions(c->what, &b);
	TEXT("%s: no permission%s", c->what, strcmp(c->what,
	    "s3 HeadBucket") == 0 ? ", or the bucket is somebody else's" :
	    "");
	/* In a service control policy, a boundary, the bucket's policy, ... */
	if (strstr(c->fault.message, "explicit deny") != NULL)
		REMEDY("a policy denies %s, so to allow it is not enough",
		    b.len > 0 ? b.data : c->what);
	else
		REMEDY("allow %s (tq-ctl init --print-policy)", b.len > 0 ?
		    b.data : c->what);
	tq_buf_free(&b);
}

/*
 * The action as AWS names it: "not authorized to perform: kms:Decrypt on
 * ..."
 */
static void
no_kms(const struct tq_aws_call *c, struct aq_words *w)
{
	const char *action = strstr(c->fault.message, "kms:");

	TEXT("%s: no permission to use the key that encrypts it", c->what);
	if (action != NULL)
		REMEDY("allow %.*s on the key", (int)strcspn(action, " ,"),
		    action);
	else
		REMEDY("allow kms:GenerateDataKey and kms:Decrypt on the key");
}

static void
unreached(const struct aq *s, const struct tq_aws_call *c,
    struct aq_words *w)
{
	TEXT("%s: %.300s", c->what, c->res.err.msg);
	if (tq_aws_custom(s->a, c->service))
		REMEDY("is %s right, and does it run?",
		    services[c->service].endpoint);
	else
		REMEDY("is the region (%s) right, and the network up?",
		    tq_aws_region_of(s->a));
}

/* One of another's, that a task names as its input, is not ours to make. */
static bool
own_bucket(const struct aq *s, const struct tq_aws_call *c)
{
	return s->bucket != NULL && c->bucket != NULL &&
	    strcmp(s->bucket, c->bucket) == 0;
}

static void
missing(const struct aq *s, const struct tq_aws_call *c, enum kind kind,
    struct aq_words *w)
{
	const char *region = tq_aws_region_of(s->a);

	if (kind == NO_TABLE)
		TEXT("%s: there is no table \"%s\" in %s", s->base.name,
		    s->url.table, region);
	else if (kind == NO_BUCKET)
		TEXT("%s: there is no bucket \"%s\"", s->base.name,
		    c->bucket != NULL ? c->bucket : "");
	else
		TEXT("%s: %s: there is no such queue in %s", s->base.name,
		    c->what, region);
	if (kind != NO_BUCKET)
		REMEDY("tq-ctl init makes it, unless AWS_REGION or the "
		    "store's name is wrong");
	else
		REMEDY(own_bucket(s, c) ? "tq-ctl init makes it" :
		    "check its name");
}

static void
about_keys(const struct aq *s, const struct tq_aws_call *c, enum kind kind,
    struct aq_words *w)
{
	const char *region = tq_aws_region_of(s->a);

	if (kind == EXPIRED) {
		TEXT("%s: the AWS credentials have expired", c->what);
		REMEDY("get new ones, for instance with `aws sso login'");
	} else if (kind == BAD_KEY) {
		TEXT("%s: the AWS access key is not valid in %s", c->what,
		    region);
		REMEDY("check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, "
		    "AWS_PROFILE and AWS_REGION");
	} else if (kind == BAD_SECRET) {
		TEXT("%s: the signature is not accepted in %s", c->what,
		    region);
		REMEDY("check AWS_SECRET_ACCESS_KEY or AWS_PROFILE, and "
		    "AWS_REGION");
	} else {
		TEXT("%s: the clock of this host is wrong", c->what);
		REMEDY("run a time service (systemd-timesyncd, chrony)");
	}
}

static void
by_kind(const struct aq *s, const struct tq_aws_call *c, enum kind kind,
    struct aq_words *w)
{
	TEXT("%s", c->err.msg);
	switch (kind) {
	case NO_RIGHT:
		no_right(c, w);
		break;
	case NO_KMS:
		no_kms(c, w);
		break;
	case KMS_OFF:
		TEXT("%s: the key that encrypts it can't be used", c->what);
		REMEDY("check that it is there and enabled");
		break;
	case BAD_ADDRESS:
		TEXT("%s: the queue's address is not one in %s", c->what,
		    tq_aws_region_of(s->a));
		REMEDY("check AWS_REGION, and queue.NAME=URL in the store's "
		    "URL");
		break;
	case EXPIRED: case BAD_KEY: case BAD_SECRET: case SKEWED:
		about_keys(s, c, kind, w);
		break;
	case NO_TABLE: case NO_BUCKET: case NO_QUEUE:
		missing(s, c, kind, w);
		break;
	case MOVED:
		TEXT("%s: bucket \"%s\" is in another region than %s",
		    c->what, c->bucket != NULL ? c->bucket : "",
		    tq_aws_region_of(s->a));
		REMEDY("set AWS_REGION to where it is");
		break;
	case STRANGER:
		TEXT("%s: what answers at %s is not %s", c->what,
		    tq_aws_base(s->a, c->service), services[c->service].name);
		REMEDY("check %s", services[c->service].endpoint);
		break;
	case UNREACHED:
		unreached(s, c, w);
		break;
	case OTHER:
		break;
	}
}

void
aq_words(const struct aq *s, const struct tq_aws_call *c, struct aq_words *w)
{
	enum kind kind = kind_of(c);

	w->text[0] = w->remedy[0] = '\0';
	w->no_right = kind == NO_RIGHT;
	by_kind(s, c, kind, w);
}

/* What SQS answers to "is there such a queue?" is for who asks. */
static bool
is_answer(const struct tq_aws_call *c, enum kind kind)
{
	return kind == NO_QUEUE && strcmp(c->what, "sqs GetQueueUrl") == 0;
}

void
aq_explain(void *arg, struct tq_aws_call *c)
{
	const struct aq *s = arg;
	enum kind kind = kind_of(c);
	enum tq_code code = c->err.code;
	bool own = c->fault.code[0] != '\0' && (kind == NO_RIGHT ||
	    kind == NO_KMS || kind == KMS_OFF || kind == BAD_KEY ||
	    kind == BAD_SECRET);
	struct aq_words w;

	if (kind == OTHER || is_answer(c, kind))
		return;
	if (kind == NO_TABLE || kind == NO_QUEUE || kind == BAD_ADDRESS ||
	    kind == KMS_OFF || kind == STRANGER || kind == MOVED ||
	    (kind == NO_BUCKET && own_bucket(s, c)))
		code = TQ_E_CONFIG;
	if (kind == NO_KMS)
		code = TQ_E_DENIED;
	/* To a user a service that does not answer in time is not there. */
	if (kind == UNREACHED)
		code = TQ_E_UNAVAILABLE;
	aq_words(s, c, &w);
	/* The service's words tell who was refused what. */
	tq_err_set(&c->err, TQ_AT_STORE, code, "%s; %s%s%s%s%s", w.text,
	    w.remedy, own ? "; AWS says " : "", own ? c->fault.code : "",
	    own && c->fault.message[0] != '\0' ? ": " : "",
	    own ? c->fault.message : "");
}
