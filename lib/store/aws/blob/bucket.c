/*
 * lib/store/aws/blob/bucket.c -- which bucket is the store's, and whose.
 *
 * PREFIX-ACCOUNT-REGION-an is a name in the account's own namespace, where
 * nobody else can make a bucket (S3 User Guide, "Namespaces for general purpose
 * buckets").  Stores of tq 0.1.0, and of where there are no such namespaces,
 * have PREFIX-ACCOUNT-REGION, which anybody may have taken.
 */
#include <string.h>

#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "util/str.h"

#define NAME_MAX_S3	63

bool
aq_bucket_regional(const struct aq *s, const char *name)
{
	/* Those that have none: the same page. */
	static const char *const without[] = { "me-central-1", "me-south-1" };
	const char *region = tq_aws_region_of(s->a);
	size_t i, n = strlen(name), k = strlen(region);

	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (strcmp(region, without[i]) == 0)
			return false;
	return n <= NAME_MAX_S3 && n > k + 4 &&
	    strcmp(name + n - 3, "-an") == 0 && name[n - 4 - k] == '-' &&
	    strncmp(name + n - 3 - k, region, k) == 0;
}

const char *
aq_bucket_name(const struct aq *s, const char *account, bool regional,
    struct tq_arena *a)
{
	const char *name = tq_arena_fmt(a, "%s-%s-%s%s", s->url.prefix,
	    account, tq_aws_region_of(s->a), regional ? "-an" : "");

	return !regional || aq_bucket_regional(s, name) ? name :
	    aq_bucket_name(s, account, false, a);
}

/* 1 there is a bucket of this name and owner, 0 none that we may see, -1. */
static int
look(struct aq *s, const char *name, const char *owner, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = name,
	    .what = "s3 HeadBucket" };
	struct tq_s3_bucket b;
	int rc = -1;

	if (tq_aws_bucket(s->a, name, &b, err) == -1)
		return -1;
	b.owner = owner;
	if (tq_s3_bucket_head(&c.req, &b, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = 1;
		else if (c.fault.status == 403 || c.fault.status == 404)
			rc = 0;
		else if (err != NULL)
			*err = c.err;
	}
	tq_aws_call_free(&c);
	return rc;
}

/* The one that is there; of none, the name that init gives it. */
static int
choose(struct aq *s, const char *account, const char *owner,
    struct tq_err *err)
{
	struct tq_arena *a = &s->url.mem;
	const char *name = aq_bucket_name(s, account, true, a),
	    *old = aq_bucket_name(s, account, false, a);
	int is = 1;

	if (strcmp(name, old) != 0 && (is = look(s, name, owner, err)) == 0 &&
	    (is = look(s, old, owner, err)) == 1)
		name = old;
	if (is == -1)
		return -1;
	s->bucket = tq_arena_str(a, name);
	return 0;
}

static int
find(struct aq *s, const char *owner, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *account = owner;
	int rc = 0;

	if (s->url.bucket != NULL)
		s->bucket = s->url.bucket;
	else if (account == NULL &&
	    (account = aq_account_shown(s, &a)) == NULL)
		rc = tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: the bucket's name is not known: set AWS_ACCOUNT_ID, "
		    "or add ?bucket=NAME to the store", s->base.name);
	else
		rc = choose(s, account, owner, err);
	tq_arena_free(&a);
	return rc;
}

int
aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err)
{
	const char *account;

	if (aq_account(s, &account, err) == -1 || (s->bucket == NULL &&
	    find(s, account, err) == -1) ||
	    tq_aws_bucket(s->a, s->bucket, out, err) == -1)
		return -1;
	out->owner = account;
	return 0;
}

bool
aq_bucket_others(struct aq *s, const struct tq_aws_call *c,
    struct tq_err *err)
{
	struct tq_s3_bucket b;

	/* A 403 is all that S3 says, as for want of permission. */
	if (c->fault.status != 403 || aq_bucket(s, &b, NULL) == -1 ||
	    b.owner == NULL || look(s, b.name, b.owner, NULL) == 1 ||
	    look(s, b.name, NULL, NULL) != 1)
		return false;
	tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "%s: bucket \"%s\" is "
	    "somebody else's, not of account %s, and is not used; give another "
	    "with ?bucket=NAME, or add owner=ACCOUNT to the store", s->base.name,
	    b.name, b.owner);
	return true;
}
