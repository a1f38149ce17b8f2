/*
 * lib/aws/creds_container.c -- the endpoint that ECS and EKS name in a
 * container's environment.
 */
#include <string.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "util/env.h"
#include "util/err.h"
#include "util/str.h"

#define ECS_HOST	"http://169.254.170.2"
#define TIMEOUT_MS	2000
#define TRIES		3
#define TOKEN_MAX	(64 * 1024)

/* Without TLS only addresses that stay on this machine. */
static bool
allowed(const char *url)
{
	static const char *const hosts[] = {
		"127.", "localhost", "[::1]", "169.254.170.2",
		"169.254.170.23", "[fd00:ec2::23]",
	};
	const char *host = url + 7;
	size_t i, n = strcspn(host, "/");

	if (tq_str_starts(url, "https://"))
		return true;
	if (!tq_str_starts(url, "http://") || memchr(host, '@', n) != NULL)
		return false;
	if (host[0] != '[')
		n = strcspn(host, ":/");
	else
		n = strcspn(host, "]") + 1;
	if (strspn(host, "0123456789.") == n && n > 4 &&
	    strncmp(host, hosts[0], 4) == 0)
		return true;
	for (i = 1; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (n == strlen(hosts[i]) && strncmp(host, hosts[i], n) == 0)
			return true;
	return false;
}

/* Put the Authorization header, if one is asked for. */
static int
authorize(struct ask *a, struct tq_aws_req *req, struct tq_err *err)
{
	const struct tq_env *env = a->setup->env;
	const char *file = tq_getenv(env,
	    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = tq_getenv(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	struct tq_buf text = TQ_BUF_INIT(TOKEN_MAX);
	int rc = 0;

	if (file != NULL) {
		rc = tq_creds_file(a, file, &text, err);
		token = text.data != NULL ? text.data : "";
	}
	if (rc == 0 && token != NULL && strpbrk(token, "\r\n") != NULL)
		rc = tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA, "container "
		    "credentials: the authorization token has a line break");
	if (rc == 0 && token != NULL)
		tq_aws_req_header(req, "Authorization", token);
	tq_buf_wipe(&text);
	return rc;
}

/* The URL's own path and query, which are on the wire form already. */
static int
request(const char *url, struct tq_aws_req *req, struct tq_err *err)
{
	const char *path = strchr(strstr(url, "://") + 3, '/');
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *base = url, *query;
	int rc;

	if (path == NULL)
		path = "/";
	else
		base = tq_arena_dup(&mem, url, (size_t)(path - url));
	rc = tq_aws_req_init(req, "GET", base, err);
	if (rc == 0) {
		query = path + strcspn(path, "?");
		tq_buf_clear(&req->path);
		tq_buf_add(&req->path, path, (size_t)(query - path));
		if (*query == '?')
			tq_buf_str(&req->query, query + 1);
	}
	tq_arena_free(&mem);
	return rc;
}

static int
fetch(struct ask *a, const char *url, struct tq_creds *out,
    struct tq_err *err)
{
	struct tq_http_res res = { 0 };
	struct tq_aws_req req = { 0 };
	int rc = -1;

	if (request(url, &req, err) == -1 || authorize(a, &req, err) == -1 ||
	    tq_creds_http(a, "container credentials", &req, TIMEOUT_MS,
	    strcmp(req.scheme, "http") == 0, TRIES, &res, err) == -1)
		goto out;
	if (res.status != 200)
		tq_creds_refused(res.status, tq_buf_span(&res.body),
		    tq_arena_fmt(&a->mem, "container credentials: %s://%s",
		    req.scheme, req.host), err);
	else
		rc = tq_creds_json(out, "container", tq_buf_span(&res.body),
		    "Token", err);
out:
	tq_creds_res_free(&res);
	tq_aws_req_free(&req);
	return rc;
}

int
tq_creds_container(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	const struct tq_env *env = a->setup->env;
	const char *uri = tq_getenv(env,
	    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *url = tq_getenv(env,
	    "AWS_CONTAINER_CREDENTIALS_FULL_URI");

	(void)profile;
	if (uri != NULL)
		url = tq_arena_fmt(&a->mem, ECS_HOST "%s%s",
		    uri[0] == '/' ? "" : "/", uri);
	if (url == NULL)
		return 0;
	if (!allowed(url))
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI: %s: http is only for "
		    "this machine's own addresses; want https", url);
	return fetch(a, url, out, err);
}
