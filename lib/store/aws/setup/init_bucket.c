/*
 * lib/store/aws/setup/init_bucket.c -- the bucket.
 *
 * S3 itself blocks public access to a new bucket and encrypts what is in it
 * (since April 2023, S3 User Guide, "Default settings for new buckets"), so
 * nothing is set here.
 */
#include <string.h>

#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "store/aws/setup/setup.h"

int
aq_bucket_look(struct aq_setup *w, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 HeadBucket" };
	struct tq_s3_bucket b;
	int rc;

	if (aq_bucket(w->s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	rc = tq_s3_bucket_head(&c.req, &b, err);
	if (rc == 0)
		rc = aq_ask(w, &c, "404", err);
	if (rc == -1 && aq_bucket_others(w->s, &c, err))
		w->why.text[0] = '\0';
	tq_aws_call_free(&c);
	return rc;
}

static int
create(struct aq_setup *w, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 CreateBucket" };
	struct tq_s3_bucket b;
	int rc;

	if (aq_bucket(w->s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	rc = tq_s3_bucket_create(&c.req, &b, tq_aws_region_of(w->s->a), err);
	if (rc == 0)
		rc = aq_act(w, &c, "bucket", "would be made",
		    "BucketAlreadyOwnedByYou", err);
	if (rc == -1 && tq_aws_fault_is(&c.fault, "BucketAlreadyExists"))
		tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "bucket \"%s\": "
		    "somebody else has one of this name; give another with "
		    "?bucket=NAME", b.name);
	tq_aws_call_free(&c);
	return rc == -1 ? -1 : 0;
}

/* Its name has the account in it, which only a queue's address tells. */
static void
name_it(struct aq_setup *w)
{
	struct aq_place at;

	if (!aq_dry(w) || w->s->bucket != NULL)
		return;
	aq_place_find(w, &at);
	if (w->s->url.bucket != NULL || at.account != NULL) {
		w->s->bucket = tq_arena_str(&w->s->url.mem, at.bucket);
		return;
	}
	w->s->bucket = tq_arena_fmt(&w->s->url.mem, "%s-%s-%s",
	    w->s->url.prefix, aq_no_account(w), at.region);
	/* Nothing to look for by such a name. */
	w->blind[TQ_AWS_S3] = true;
}

int
aq_init_bucket(struct aq_setup *w, struct tq_err *err)
{
	int is;

	name_it(w);
	if ((is = aq_bucket_look(w, err)) == -1 ||
	    (is == 0 && create(w, err) == -1))
		return -1;
	if (is == 1 || !aq_dry(w))
		aq_say(w, TQ_LEVEL_OK, "bucket", is == 1 ? "is there" : "made",
		    NULL);
	return 0;
}
