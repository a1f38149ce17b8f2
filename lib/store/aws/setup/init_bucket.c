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

/*
 * An S3 that knows no names of an account's own answers 400 or 501.  One that
 * the URL gives is made as it is, or not at all.
 */
static bool
knows_no_namespace(struct aq_setup *w, const struct tq_aws_call *c)
{
	return w->s->url.bucket == NULL && aq_bucket_regional(w->s, c->bucket) &&
	    (c->fault.status == 400 || c->fault.status == 501);
}

static int
create(struct aq_setup *w, bool *again, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 CreateBucket" };
	struct tq_s3_bucket b;
	int rc;

	if (aq_bucket(w->s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	rc = tq_s3_bucket_create(&c.req, &b, tq_aws_region_of(w->s->a),
	    aq_bucket_regional(w->s, b.name), err);
	if (rc == 0)
		rc = aq_act(w, &c, "bucket", "would be made",
		    "BucketAlreadyOwnedByYou", err);
	if (rc == -1 && tq_aws_fault_is(&c.fault, "BucketAlreadyExists"))
		tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "bucket \"%s\": "
		    "somebody else has one of this name; give another with "
		    "?bucket=NAME", b.name);
	*again = rc == -1 && knows_no_namespace(w, &c);
	tq_aws_call_free(&c);
	return rc == -1 ? -1 : 0;
}

/* In the account's own namespace; where S3 knows none, in that of all. */
static int
make(struct aq_setup *w, struct tq_err *err)
{
	struct aq_place at;
	bool again;

	if (create(w, &again, err) == 0)
		return 0;
	if (!again)
		return -1;
	aq_place_find(w, &at);
	aq_say(w, TQ_LEVEL_NOTE, "bucket", "this S3 has no namespace of the "
	    "account's own: its name is one that anybody could have taken",
	    NULL);
	w->s->bucket = tq_arena_str(&w->s->url.mem, aq_bucket_name(w->s,
	    at.account, false, &w->mem));
	return create(w, &again, err);
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
	w->s->bucket = tq_arena_str(&w->s->url.mem, aq_bucket_name(w->s,
	    aq_no_account(w), true, &w->mem));
	/* Nothing to look for by such a name. */
	w->blind[TQ_AWS_S3] = true;
}

int
aq_init_bucket(struct aq_setup *w, struct tq_err *err)
{
	int is;

	name_it(w);
	if ((is = aq_bucket_look(w, err)) == -1 ||
	    (is == 0 && make(w, err) == -1))
		return -1;
	if (is == 1 || !aq_dry(w))
		aq_say(w, TQ_LEVEL_OK, "bucket", is == 1 ? "is there" : "made",
		    NULL);
	return 0;
}
