/*
 * lib/aws/request.h -- an HTTP request under construction, as the rest of
 * lib/aws speaks of it; replies are struct tq_http_res.  Pure: nothing here
 * sends.
 *
 * Path and query are kept as they go on the wire (percent-encoded once:
 * every byte but A-Z a-z 0-9 - . _ ~, and '/' in paths), so that what is
 * signed and what is sent can't differ.
 */
#ifndef TQ_AWS_REQUEST_H
#define TQ_AWS_REQUEST_H

#include "net/http.h"
#include "util/buf.h"

struct tq_err;

#define TQ_AWS_HEADERS_MAX	48
#define TQ_AWS_URL_MAX		(32 * 1024)
#define TQ_AWS_BODY_MAX		(20u * 1024 * 1024) /* over DynamoDB's 16 MB */

struct tq_aws_req {
	const char	*method;	/* "POST"; borrowed, static */
	const char	*scheme;	/* "https" */
	const char	*host;		/* "host" or "host:port" */
	struct tq_buf	 path;		/* wire form, starts with '/' */
	struct tq_buf	 query;		/* wire form, without the '?' */
	struct tq_http_header header[TQ_AWS_HEADERS_MAX];
	size_t		 nheaders;
	struct tq_buf	 text;		/* a body that was built here */
	struct tq_span	 body;		/* what is sent: ${text} or borrowed */
	/* The body in the signature; NULL: its SHA-256. */
	const char	*payload;
	struct tq_arena	 mem;		/* names and values */
};

#define TQ_AWS_UNSIGNED	"UNSIGNED-PAYLOAD"

/*
 * tq_aws_req_init(r, method, base, err):
 * Make ${r} an empty ${method} request to ${base}, "scheme://host[:port]"
 * with perhaps a path, which becomes the front of the request's path; a
 * path is at least "/".  ${method} is borrowed.  Returns 0, or -1 (config)
 * for a base that is no http(s) URL, has a user name, query or fragment.
 * ${r} must be freed in both cases.
 */
int tq_aws_req_init(struct tq_aws_req *r, const char *method,
    const char *base, struct tq_err *err);

/* tq_aws_req_path(r, raw): append raw bytes to the path, encoded. */
void tq_aws_req_path(struct tq_aws_req *r, struct tq_span raw);

/* tq_aws_req_query(r, name, value): append a parameter; NULL: "name=". */
void tq_aws_req_query(struct tq_aws_req *r, const char *name,
    const char *value);

/* tq_aws_req_header(r, name, value): add a copy; repeated names stay. */
void tq_aws_req_header(struct tq_aws_req *r, const char *name,
    const char *value);

/* tq_aws_req_drop(r, name): remove every header of that name. */
void tq_aws_req_drop(struct tq_aws_req *r, const char *name);

/* tq_aws_req_find(r, name): a header's value, or NULL. */
const char *tq_aws_req_find(const struct tq_aws_req *r, const char *name);

/* tq_aws_req_body(r): what was written to r->text is the body. */
void tq_aws_req_body(struct tq_aws_req *r);

/*
 * tq_aws_req_check(r, err):
 * 0, or -1 (too big) when a part of ${r} did not fit or memory ran out while
 * it was built: so that builders may check once.
 */
int tq_aws_req_check(const struct tq_aws_req *r, struct tq_err *err);

/*
 * tq_aws_rpc_begin(r, base, service, action, err):
 * A call in the AWS JSON 1.0 protocol, as DynamoDB and SQS speak it, whose
 * object of arguments is begun in r->text: members are written there, and
 * tq_aws_rpc_end() closes it.  They fail as tq_aws_req_init() and
 * tq_aws_req_check() do.
 */
int tq_aws_rpc_begin(struct tq_aws_req *r, const char *base,
    const char *service, const char *action, struct tq_err *err);
int tq_aws_rpc_end(struct tq_aws_req *r, struct tq_err *err);

/* tq_aws_req_url(r, out): append scheme://host/path?query. */
void tq_aws_req_url(const struct tq_aws_req *r, struct tq_buf *out);

/* tq_aws_req_free(r): give all back, wiped; a zeroed one is fine. */
void tq_aws_req_free(struct tq_aws_req *r);

/*
 * tq_uri_put(out, s, slash):
 * Append ${s} percent-encoded with upper-case digits; '/' stays if ${slash}.
 */
void tq_uri_put(struct tq_buf *out, struct tq_span s, bool slash);

/* tq_uri_unescape(out, s): append ${s} with each valid %XX decoded. */
void tq_uri_unescape(struct tq_buf *out, struct tq_span s);

#endif
