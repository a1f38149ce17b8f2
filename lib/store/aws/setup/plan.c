/* lib/store/aws/setup/plan.c -- a call as the `aws' command that makes it. */
#include <ctype.h>
#include <string.h>

#include "store/aws/blob/blob.h"
#include "store/aws/setup/setup.h"
#include "util/json.h"

/* "CreateTable": create-table. */
static void
put_kebab(struct tq_buf *b, const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (isupper((unsigned char)name[i]) && i > 0)
			tq_buf_chr(b, '-');
		tq_buf_chr(b, (char)tolower((unsigned char)name[i]));
	}
}

/* One word for sh(1), whatever is in it. */
static void
put_quoted(struct tq_buf *b, const char *s, size_t n)
{
	size_t i;

	tq_buf_chr(b, '\'');
	for (i = 0; i < n; i++)
		if (s[i] == '\'')
			tq_buf_str(b, "'\\''");
		else
			tq_buf_chr(b, s[i]);
	tq_buf_chr(b, '\'');
}

/* S3's calls have no JSON; the only one that is told makes the bucket. */
static void
put_bucket(struct tq_buf *params, struct tq_buf *b, const char *name,
    const char *region, bool regional)
{
	tq_buf_str(b, " --bucket ");
	put_quoted(b, name, strlen(name));
	tq_buf_str(params, "{\"Bucket\":");
	tq_json_put_str(params, tq_span_of(name));
	if (regional) {
		tq_buf_str(b, " --bucket-namespace account-regional");
		tq_buf_str(params, ",\"BucketNamespace\":\"account-regional\"");
	}
	/* That region is the default, and refused when it is said. */
	if (strcmp(region, "us-east-1") != 0) {
		tq_buf_fmt(b, " --create-bucket-configuration "
		    "LocationConstraint=%s", region);
		tq_buf_fmt(params, ",\"CreateBucketConfiguration\":"
		    "{\"LocationConstraint\":\"%s\"}", region);
	}
	tq_buf_chr(params, '}');
}

const char *
aq_quote(struct tq_arena *a, const char *s)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	const char *word;

	put_quoted(&b, s, strlen(s));
	word = tq_arena_str(a, b.data);
	tq_buf_free(&b);
	return word;
}

void
aq_plan(const struct aq *s, const struct tq_aws_call *c, struct tq_arena *a,
    struct tq_init_call *out)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024),
	    params = TQ_BUF_INIT(32 * 1024);
	const char *region = tq_aws_region_of(s->a),
	    *blank = strchr(c->what, ' ');

	out->service = tq_arena_dup(a, c->what, (size_t)(blank - c->what));
	out->operation = blank + 1;
	tq_buf_fmt(&b, "aws %s ", c->service == TQ_AWS_S3 ? "s3api" :
	    out->service);
	put_kebab(&b, out->operation);
	tq_buf_fmt(&b, " --region %s", region);
	if (c->service == TQ_AWS_S3) {
		put_bucket(&params, &b, c->bucket, region,
		    aq_bucket_regional(s, c->bucket));
	} else {
		/* The very body that would be sent. */
		tq_buf_str(&b, " --cli-input-json ");
		put_quoted(&b, c->req.body.p, c->req.body.n);
		tq_buf_add(&params, c->req.body.p, c->req.body.n);
	}
	out->command = tq_arena_str(a, b.data);
	out->params = tq_arena_str(a, params.data);
	tq_buf_free(&b);
	tq_buf_free(&params);
}
