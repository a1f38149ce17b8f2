/* lib/store/aws/setup/template_bucket.c -- the bucket of the template. */
#include "store/aws/setup/template.h"
#include "util/json.h"

/* "Fn::Sub" of ${s}, as a JSON string. */
static void
put_sub(struct tq_buf *out, const char *s)
{
	tq_buf_str(out, "{\"Fn::Sub\": ");
	tq_json_put_str(out, tq_span_of(s));
	tq_buf_chr(out, '}');
}

/* As aq_bucket_name() names it, in whatever region the stack comes to be. */
static void
put_bucket_name(const struct aq *s, struct tq_buf *out)
{
	struct tq_buf name = TQ_BUF_INIT(1024);

	if (s->url.bucket != NULL) {
		put_sub(out, s->url.bucket);
		return;
	}
	tq_buf_fmt(&name, "%s-${AWS::AccountId}-${AWS::Region}-an",
	    s->url.prefix);
	tq_buf_str(out, "{\"Fn::If\": [\"HasNamespace\", ");
	put_sub(out, name.data);
	name.data[name.len - 3] = '\0';
	tq_buf_str(out, ", ");
	put_sub(out, name.data);
	tq_buf_str(out, "]},\n  \"BucketNamespace\": {\"Fn::If\": "
	    "[\"HasNamespace\", \"account-regional\", " NO_VALUE "]}");
	tq_buf_free(&name);
}

void
aq_template_bucket(const struct aq *s, struct tq_buf *out)
{
	tq_buf_str(out, ",\n\"Bucket\": {\"Type\": \"AWS::S3::Bucket\", " KEEP
	    ", \"Properties\": {\n  \"BucketName\": ");
	put_bucket_name(s, out);
	tq_buf_str(out, ",\n"
	    "  \"PublicAccessBlockConfiguration\": {\"BlockPublicAcls\": true, "
	    "\"BlockPublicPolicy\": true, \"IgnorePublicAcls\": true, "
	    "\"RestrictPublicBuckets\": true},\n"
	    "  \"OwnershipControls\": {\"Rules\": [{\"ObjectOwnership\": "
	    "\"BucketOwnerEnforced\"}]},\n"
	    "  \"BucketEncryption\": {\"ServerSideEncryptionConfiguration\": "
	    "[{\"BucketKeyEnabled\": true, \"ServerSideEncryptionByDefault\": "
	    IF_KMS("{\"SSEAlgorithm\": \"aws:kms\", \"KMSMasterKeyID\": "
	    "{\"Ref\": \"KeyArn\"}}", "{\"SSEAlgorithm\": \"AES256\"}") "}]},\n"
	    "  \"LifecycleConfiguration\": {\"Rules\": [{\"Id\": "
	    "\"abort-multipart\", \"Status\": \"Enabled\", "
	    "\"AbortIncompleteMultipartUpload\": {\"DaysAfterInitiation\": "
	    "7}}]}}},\n"
	    "\"BucketPolicy\": {\"Type\": \"AWS::S3::BucketPolicy\", "
	    "\"Properties\": {\"Bucket\": {\"Ref\": \"Bucket\"}, "
	    "\"PolicyDocument\": {\n  \"Version\": \"2012-10-17\", "
	    "\"Statement\": [{\"Sid\": \"TlsOnly\", \"Effect\": \"Deny\", "
	    "\"Principal\": \"*\", \"Action\": \"s3:*\",\n  \"Resource\": "
	    "[{\"Fn::GetAtt\": [\"Bucket\", \"Arn\"]}, "
	    "{\"Fn::Sub\": \"${Bucket.Arn}/*\"}],\n  \"Condition\": "
	    "{\"Bool\": {\"aws:SecureTransport\": \"false\"}}}]}}}");
}
