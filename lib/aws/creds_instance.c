/*
 * lib/aws/creds_instance.c -- EC2's instance metadata service, version 2.
 * No falling back to version 1, which any program behind a careless proxy
 * can be made to ask.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "util/env.h"
#include "util/err.h"
#include "util/str.h"

#define ROLES	"latest/meta-data/iam/security-credentials/"

struct imds {
	const char	*base;
	const char	*token;
	int64_t		 timeout_ms;
	int64_t		 tries;
};

static void
settings(struct ask *a, struct imds *m)
{
	const struct tq_env *env = a->setup->env;
	const char *mode = tq_aws_setting(a->setup,
	    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode");
	const char *v;

	*m = (struct imds){ .timeout_ms = 1000, .tries = 1 };
	m->base = tq_aws_setting(a->setup, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "ec2_metadata_service_endpoint");
	if (m->base == NULL)
		m->base = mode != NULL && strcasecmp(mode, "IPv6") == 0 ?
		    "http://[fd00:ec2::254]" : "http://169.254.169.254";
	if ((v = tq_getenv(env, "AWS_METADATA_SERVICE_TIMEOUT")) != NULL &&
	    tq_str_int(v, 1, 60, &m->timeout_ms) == 0)
		m->timeout_ms *= 1000;
	if ((v = tq_getenv(env, "AWS_METADATA_SERVICE_NUM_ATTEMPTS")) != NULL)
		tq_str_int(v, 1, 10, &m->tries);
}

/* One request; the answer's text in the arena.  Returns its status or -1. */
static int
ask_for(struct ask *a, const struct imds *m, const char *method,
    const char *path, struct tq_span *text, struct tq_err *err)
{
	struct tq_http_res res = { 0 };
	struct tq_aws_req req = { 0 };
	int rc = -1;

	if (tq_aws_req_init(&req, method, m->base, err) == -1)
		goto out;
	tq_aws_req_path(&req, tq_span_of(path));
	if (m->token != NULL)
		tq_aws_req_header(&req, "X-aws-ec2-metadata-token", m->token);
	else
		tq_aws_req_header(&req, "X-aws-ec2-metadata-token-ttl-seconds",
		    "21600");
	if (tq_aws_req_check(&req, err) == -1 || tq_creds_http(a,
	    "instance metadata", &req, m->timeout_ms, true, (int)m->tries,
	    &res, err) == -1)
		goto out;
	*text = tq_arena_span(&a->mem, tq_buf_span(&res.body));
	rc = res.status;
out:
	tq_creds_res_free(&res);
	tq_aws_req_free(&req);
	return rc;
}

static const char *
first_line(struct ask *a, struct tq_span text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
		n++;
	return tq_arena_dup(&a->mem, text.p, n);
}

static int
refused(struct ask *a, const char *what, int status, struct tq_span body,
    struct tq_err *err)
{
	return tq_creds_refused(status, body, tq_arena_fmt(&a->mem,
	    "instance metadata: the %s", what), err);
}

/* 1 when ${m} may ask on; 0 when this is no instance, or hides it; or -1. */
static int
begin(struct ask *a, struct imds *m, struct tq_err *err)
{
	struct tq_err none = TQ_ERR_INIT;
	struct tq_span text;
	int status;

	if (tq_aws_flag(a->setup, "AWS_EC2_METADATA_DISABLED", NULL))
		return 0;
	settings(a, m);
	status = ask_for(a, m, "PUT", "latest/api/token", &text, &none);
	if (status == -1 || status == 403 || status == 404 || status == 405)
		return 0;
	if (status != 200)
		return refused(a, "token", status, text, err);
	m->token = first_line(a, text);
	return 1;
}

int
tq_creds_instance(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	struct tq_span text;
	struct imds m;
	const char *path;
	int status;

	(void)profile;
	if ((status = begin(a, &m, err)) != 1)
		return status;
	if ((status = ask_for(a, &m, "GET", ROLES, &text, err)) == -1)
		return -1;
	if (status == 404 || (status == 200 && text.n == 0))
		return 0;	/* an instance without a role */
	if (status != 200)
		return refused(a, "role's name", status, text, err);
	path = tq_arena_fmt(&a->mem, ROLES "%s", first_line(a, text));
	if ((status = ask_for(a, &m, "GET", path, &text, err)) == -1)
		return -1;
	if (status != 200)
		return refused(a, "role's credentials", status, text,
		    err);
	return tq_creds_json(out, "instance", text, "Token", err);
}

const char *
tq_creds_region(const struct tq_aws_setup *s, const struct tq_creds_io *io,
    struct tq_arena *mem)
{
	struct ask a = { s, io, TQ_ARENA_INIT };
	struct tq_err none = TQ_ERR_INIT;
	const char *region = NULL;
	struct tq_span text;
	struct imds m;

	if (begin(&a, &m, &none) == 1 && ask_for(&a, &m, "GET",
	    "latest/meta-data/placement/region", &text, &none) == 200 &&
	    text.n > 0)
		region = tq_arena_str(mem, first_line(&a, text));
	tq_arena_wipe(&a.mem);
	return region;
}
