/* lib/aws/fault.c -- see fault.h. */
#include "aws/fault.h"

#include <stdio.h>
#include <string.h>

#include "aws/retry.h"
#include "aws/xml.h"
#include "net/http.h"
#include "util/err.h"
#include "util/json.h"

static const struct {
	const char	*code;
	enum tq_code	 is;
} meanings[] = {
	{ "AccessDenied", TQ_E_DENIED },
	{ "AccessDeniedException", TQ_E_DENIED },
	{ "AuthFailure", TQ_E_DENIED },
	{ "AuthorizationHeaderMalformed", TQ_E_CONFIG },
	{ "ExpiredToken", TQ_E_DENIED },
	{ "ExpiredTokenException", TQ_E_DENIED },
	{ "IncompleteSignature", TQ_E_DENIED },
	{ "InvalidAccessKeyId", TQ_E_DENIED },
	{ "InvalidClientTokenId", TQ_E_DENIED },
	{ "InvalidSignatureException", TQ_E_DENIED },
	{ "InvalidSecurity", TQ_E_DENIED },
	{ "InvalidToken", TQ_E_DENIED },
	{ "KmsAccessDenied", TQ_E_DENIED },
	{ "MissingAuthenticationToken", TQ_E_DENIED },
	{ "MissingAuthenticationTokenException", TQ_E_DENIED },
	{ "RequestTimeTooSkewed", TQ_E_DENIED },
	{ "SignatureDoesNotMatch", TQ_E_DENIED },
	{ "UnrecognizedClientException", TQ_E_DENIED },
	{ "NoSuchBucket", TQ_E_NOTFOUND },
	{ "NoSuchKey", TQ_E_NOTFOUND },
	{ "NoSuchUpload", TQ_E_NOTFOUND },
	{ "NotFound", TQ_E_NOTFOUND },
	{ "QueueDoesNotExist", TQ_E_NOTFOUND },
	{ "ResourceNotFoundException", TQ_E_NOTFOUND },
	{ "ConditionalCheckFailedException", TQ_E_LOST },
	{ "PreconditionFailed", TQ_E_LOST },
	{ "ReceiptHandleIsInvalid", TQ_E_LOST },
	{ "MessageNotInflight", TQ_E_LOST },
	{ "BatchRequestTooLong", TQ_E_TOOBIG },
	{ "EntityTooLarge", TQ_E_TOOBIG },
	{ "ItemCollectionSizeLimitExceededException", TQ_E_TOOBIG },
	{ "KeyTooLongError", TQ_E_TOOBIG },
	{ "BucketAlreadyExists", TQ_E_TAKEN },
	{ "BucketAlreadyOwnedByYou", TQ_E_TAKEN },
	{ "QueueNameExists", TQ_E_TAKEN },
	{ "ResourceInUseException", TQ_E_TAKEN },
	{ "IllegalLocationConstraintException", TQ_E_CONFIG },
	{ "PermanentRedirect", TQ_E_CONFIG },
	{ "OverLimit", TQ_E_THROTTLED },
	{ "PurgeQueueInProgress", TQ_E_THROTTLED },
	{ "QueueDeletedRecently", TQ_E_THROTTLED },
};

/* A bare status, as an S3 HEAD answers. */
static enum tq_code
by_status(int status)
{
	switch (status) {
	case 401:
	case 403:
		return TQ_E_DENIED;
	case 404:
		return TQ_E_NOTFOUND;
	case 412:
		return TQ_E_LOST;
	case 413:
		return TQ_E_TOOBIG;
	default:
		return status >= 500 ? TQ_E_UNAVAILABLE : TQ_E_DATA;
	}
}

static void
put(char *out, size_t cap, const char *s)
{
	size_t i;

	snprintf(out, cap, "%s", s != NULL ? s : "");
	for (i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
}

/* "ns#Code:http://..." is Code. */
static void
put_code(struct tq_aws_fault *f, const char *s)
{
	const char *hash;

	if (s == NULL)
		return;
	if ((hash = strrchr(s, '#')) != NULL)
		s = hash + 1;
	put(f->code, sizeof(f->code), s);
	f->code[strcspn(f->code, ":;")] = '\0';
}

static void
request_id(const struct tq_http_res *res, struct tq_aws_fault *f)
{
	const char *id = tq_http_get(res, "x-amzn-requestid");

	if (id == NULL)
		id = tq_http_get(res, "x-amz-request-id");
	put(f->request_id, sizeof(f->request_id), id);
}

/* The codes of the query protocol, where a service knows only those. */
static const char *
modern(const char *code)
{
	static const char prefix[] = "AWS.SimpleQueueService.";

	if (strncmp(code, prefix, sizeof(prefix) - 1) == 0)
		code += sizeof(prefix) - 1;
	return strcmp(code, "NonExistentQueue") == 0 ? "QueueDoesNotExist" :
	    code;
}

/*
 * "ThrottlingReasons": [{"reason": "IndexWriteKeyRangeThroughputExceeded",
 * "resource": "arn:...:table/T/index/I"}], lower case in a ThrottlingException
 * (DynamoDB Developer Guide, "Diagnosing throttling").
 */
static void
hot_index(struct tq_span body, struct tq_arena *mem, struct tq_aws_fault *f)
{
	static const char hot[] = "IndexWriteKeyRangeThroughputExceeded";
	struct tq_span all, key, one, v, reason, on;
	struct tq_json_iter it;
	const char *p;

	if (!tq_json_get(body, "ThrottlingReasons", &all) &&
	    !tq_json_get(body, "throttlingReasons", &all))
		return;
	it = tq_json_iter(all);
	while (tq_json_next(&it, &key, &one))
		if (tq_json_get(one, "reason", &v) &&
		    tq_json_str(v, mem, &reason) && strcmp(reason.p, hot) ==
		    0 && tq_json_get(one, "resource", &v) &&
		    tq_json_str(v, mem, &on) &&
		    (p = strstr(on.p, "/index/")) != NULL)
			put(f->hot_index, sizeof(f->hot_index), p +
			    strlen("/index/"));
}

void
tq_aws_fault_json(const struct tq_http_res *res, struct tq_aws_fault *f)
{
	struct tq_span body = tq_buf_span(&res->body), v, s;
	struct tq_arena mem = TQ_ARENA_INIT;
	char code[sizeof(f->code)];

	*f = (struct tq_aws_fault){ .status = res->status };
	request_id(res, f);
	if (tq_json_check(body, NULL) == 0 &&
	    tq_json_kind(body) == TQ_JSON_OBJECT) {
		if ((tq_json_get(body, "__type", &v) ||
		    tq_json_get(body, "code", &v)) &&
		    tq_json_str(v, &mem, &s))
			put_code(f, s.p);
		if ((tq_json_get(body, "message", &v) ||
		    tq_json_get(body, "Message", &v)) &&
		    tq_json_str(v, &mem, &s))
			put(f->message, sizeof(f->message), s.p);
		hot_index(body, &mem, f);
	}
	if (f->code[0] == '\0')
		put_code(f, tq_http_get(res, "x-amzn-errortype"));
	if (f->code[0] == '\0')
		put_code(f, tq_http_get(res, "x-amzn-query-error"));
	put(code, sizeof(code), modern(f->code));
	put(f->code, sizeof(f->code), code);
	tq_arena_free(&mem);
}

void
tq_aws_fault_xml(const struct tq_http_res *res, struct tq_aws_fault *f)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	const struct tq_xml *x = NULL;
	const char *region = tq_http_get(res, "x-amz-bucket-region");

	*f = (struct tq_aws_fault){ .status = res->status };
	request_id(res, f);
	if (res->body.len > 0)
		x = tq_xml_parse(tq_buf_span(&res->body), &mem, NULL);
	/* As STS wraps it. */
	if (x != NULL && strcmp(x->name, "ErrorResponse") == 0)
		x = tq_xml_child(x, "Error");
	if (x != NULL && strcmp(x->name, "Error") == 0) {
		put_code(f, tq_xml_text(x, "Code"));
		put(f->message, sizeof(f->message), tq_xml_text(x, "Message"));
		if (region == NULL)
			region = tq_xml_text(x, "Region");
	}
	put(f->region, sizeof(f->region), region);
	tq_arena_free(&mem);
}

int
tq_aws_fault_err(const struct tq_aws_fault *f, const char *what,
    struct tq_err *err)
{
	enum tq_code code = by_status(f->status);
	enum tq_retry_kind kind = tq_retry_classify(f->status,
	    f->code[0] != '\0' ? f->code : NULL);
	char number[24];
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].code, f->code) == 0)
			code = meanings[i].is;
	if (kind == TQ_RETRY_THROTTLED)
		code = TQ_E_THROTTLED;
	else if (kind == TQ_RETRY_TRANSIENT)
		code = TQ_E_UNAVAILABLE;
	snprintf(number, sizeof(number), "HTTP %d", f->status);
	tq_err_set(err, TQ_AT_SEND, code, "%s: %s%s%s%s%s%s", what,
	    f->code[0] != '\0' ? f->code : number,
	    f->message[0] != '\0' ? ": " : "", f->message,
	    f->request_id[0] != '\0' ? " (request " : "", f->request_id,
	    f->request_id[0] != '\0' ? ")" : "");
	if (err != NULL)
		err->retryable = kind == TQ_RETRY_TRANSIENT ||
		    kind == TQ_RETRY_THROTTLED;
	return -1;
}

bool
tq_aws_fault_is(const struct tq_aws_fault *f, const char *code)
{
	return strcmp(f->code, code) == 0;
}

int
tq_aws_body(const struct tq_http_res *res, const char *what,
    struct tq_err *err)
{
	struct tq_span body = tq_buf_span(&res->body);
	struct tq_err why = TQ_ERR_INIT;

	if (res->checked || (tq_json_check(body, &why) == 0 &&
	    tq_json_kind(body) == TQ_JSON_OBJECT))
		return 0;
	tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT,
	    "%s: the answer is not a JSON object%s%s", what,
	    why.msg[0] != '\0' ? ": " : "", why.msg);
	if (err != NULL)
		err->retryable = true;
	return -1;
}
