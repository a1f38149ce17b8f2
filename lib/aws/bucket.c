/* lib/aws/bucket.c -- where the buckets are that calls were made to; see call.h. */
#include <string.h>

#include "aws/call_inside.h"
#include "aws/s3.h"

/* The lock is held.  SIZE_MAX: not known. */
static size_t
bucket_index(const struct shared *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nbuckets; i++)
		if (strcmp(s->bucket[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* Remember where it is.  Returns the region in memory that lasts. */
static const char *
moved(struct tq_aws *a, const char *name, const char *region)
{
	struct shared *s = a->s;
	bool custom;
	size_t i;

	pthread_mutex_lock(&s->lock);
	i = bucket_index(s, name);
	if (i == SIZE_MAX)
		i = s->nbuckets < BUCKETS_MAX ? s->nbuckets++ : 0;
	s->bucket[i].name = tq_arena_str(&s->mem, name);
	s->bucket[i].region = region = tq_arena_str(&s->mem, region);
	if (tq_aws_endpoint(&s->setup, TQ_AWS_S3, region, &s->mem,
	    &s->bucket[i].base, &custom, NULL) == -1)
		s->bucket[i].base = s->endpoint[TQ_AWS_S3].base;
	pthread_mutex_unlock(&s->lock);
	return region;
}

bool
tq_aws_bucket_follow(struct tq_aws *a, struct tq_aws_call *c)
{
	char *at, *host, *from;
	const char *region;

	if (c->service != TQ_AWS_S3 || c->bucket == NULL || c->now.moved ||
	    !tq_s3_moved(&c->fault, c->now.region))
		return false;
	region = moved(a, c->bucket, c->fault.region);
	from = tq_arena_fmt(&c->req.mem, ".%s.", c->now.region);
	host = tq_arena_str(&c->req.mem, c->req.host);
	if (!a->s->endpoint[TQ_AWS_S3].custom &&
	    (at = strstr(host, from)) != NULL) {
		*at = '\0';
		c->req.host = tq_arena_fmt(&c->req.mem, "%s.%s.%s", host,
		    region, at + strlen(from));
	}
	c->now.region = region;
	c->now.moved = true;
	return true;
}

int
tq_aws_bucket(struct tq_aws *a, const char *name, struct tq_s3_bucket *out,
    struct tq_err *err)
{
	struct shared *s = a->s;
	size_t i;

	if (*name == '\0')
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "s3: a bucket without a name");
	pthread_mutex_lock(&s->lock);
	i = bucket_index(s, name);
	*out = (struct tq_s3_bucket){ i != SIZE_MAX ? s->bucket[i].base :
	    s->endpoint[TQ_AWS_S3].base, name, tq_s3_path_style(name,
	    s->endpoint[TQ_AWS_S3].custom, s->s3_style), NULL };
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* What signs for ${b}, in its region; ${c} is to be freed if it is 0. */
static int
signer(struct tq_aws *a, const struct tq_s3_bucket *b, struct tq_creds *c,
    struct tq_sigv4 *s, struct tq_err *err)
{
	size_t i;

	if (tq_aws_creds(a, c, err) == -1)
		return -1;
	*s = (struct tq_sigv4){ c->key_id, c->secret, c->token, a->s->region,
	    "s3", tq_aws_now(a), TQ_SIGV4_S3, &a->keys };
	pthread_mutex_lock(&a->s->lock);
	if ((i = bucket_index(a->s, b->name)) != SIZE_MAX)
		s->region = a->s->bucket[i].region;
	pthread_mutex_unlock(&a->s->lock);
	return 0;
}

int
tq_aws_presign(struct tq_aws *a, const struct tq_s3_bucket *b,
    const char *method, const char *key, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_creds c = { 0 };
	struct tq_sigv4 s;
	int rc;

	if (signer(a, b, &c, &s, err) == -1)
		return -1;
	rc = tq_s3_presign(&s, b, method, key, seconds, out, err);
	tq_creds_free(&c);
	return rc;
}

int
tq_aws_presign_new(struct tq_aws *a, const struct tq_s3_bucket *b,
    const char *key, int64_t size, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_creds c = { 0 };
	struct tq_sigv4 s;
	int rc;

	if (signer(a, b, &c, &s, err) == -1)
		return -1;
	rc = tq_s3_presign_new(&s, b, key, size, seconds, out, err);
	tq_creds_free(&c);
	return rc;
}
