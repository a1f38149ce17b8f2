/* lib/aws/client.c -- what a client is made of; see call.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "aws/call_inside.h"
#include "aws/s3.h"
#include "util/env.h"
#include "util/secret.h"
#include "util/str.h"

#define FILE_MAX	(1024 * 1024)
#define ATTEMPTS_MAX	20	/* of AWS_MAX_ATTEMPTS */

static int
read_config(struct shared *s, unsigned file, struct tq_err *err)
{
	struct tq_buf path = TQ_BUF_INIT(4096), text = TQ_BUF_INIT(FILE_MAX);
	struct tq_err bad = TQ_ERR_INIT;
	int rc;

	tq_aws_config_path(s->env, file, &path);
	rc = tq_creds_read_file(NULL, path.data, &text, &bad);
	if (rc == 0) {
		rc = tq_aws_config_add(&s->config, file, path.data,
		    tq_buf_span(&text), err);
	} else if (bad.code == TQ_E_NOTFOUND) {
		rc = 0;
	} else if (err != NULL) {
		bad.stage = TQ_AT_CONFIG;
		*err = bad;
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.cap);
	tq_buf_free(&text);
	tq_buf_free(&path);
	return rc;
}

/* For the providers: one try, on connections of their own. */
static int
creds_http(void *arg, const struct tq_aws_req *req, int64_t timeout_ms,
    bool direct, struct tq_http_res *res, struct tq_err *err)
{
	struct shared *s = arg;
	struct tq_buf url = TQ_BUF_INIT(2 * TQ_AWS_URL_MAX);
	struct tq_http_req h = { .method = req->method,
	    .headers = req->header, .nheaders = req->nheaders,
	    .body = req->body, .timeout_ms = timeout_ms, .direct = direct };
	int rc = 0;

	tq_aws_req_url(req, &url);
	h.url = url.data;
	if (s->opts.perform != NULL)
		s->opts.perform(s->opts.arg, &h, 1, res);
	else
		tq_http_perform(s->http, &h, 1, res);
	if (res->err.code != TQ_OK) {
		if (err != NULL)
			*err = res->err;
		rc = -1;
	}
	tq_buf_free(&url);
	return rc;
}

static int
read_configs(struct shared *s, struct tq_err *err)
{
	if (read_config(s, TQ_AWS_IN_CONFIG, err) == -1 ||
	    read_config(s, TQ_AWS_IN_CREDENTIALS, err) == -1)
		return -1;
	return tq_aws_profile_check(&s->setup, err);
}

static void
take_settings(struct shared *s)
{
	const char *v = tq_aws_setting(&s->setup, "AWS_MAX_ATTEMPTS",
	    "max_attempts");
	int64_t n = 0;

	if (v != NULL && tq_str_int(v, 1, INT_MAX, &n) == 0 &&
	    n > ATTEMPTS_MAX)
		n = ATTEMPTS_MAX;
	s->attempts = s->opts.attempts > 0 ? s->opts.attempts : (int)n;
	s->ca_bundle = tq_arena_str(&s->mem, tq_aws_ca_bundle(&s->setup));
	s->s3_style = tq_arena_str(&s->mem, tq_aws_config_sub(&s->config,
	    TQ_AWS_PROFILE, s->setup.profile, "s3", "addressing_style"));
}

static int
find_endpoints(struct shared *s, struct tq_err *err)
{
	int i;

	s->setup.region = s->opts.region;
	if (tq_aws_region(&s->setup, NULL) == NULL)
		s->setup.region = tq_creds_region(&s->setup, &s->io, &s->mem);
	s->region = tq_aws_region(&s->setup, s->opts.region);
	for (i = 0; i < TQ_AWS_SERVICE_MAX; i++)
		if (tq_aws_endpoint(&s->setup, i, s->region, &s->mem,
		    &s->endpoint[i].base, &s->endpoint[i].custom, err) == -1)
			return -1;
	s->setup.region = s->region = tq_arena_str(&s->mem, s->region);
	return 0;
}

static void
shared_drop(struct shared *s)
{
	int users;

	pthread_mutex_lock(&s->lock);
	users = --s->users;
	pthread_mutex_unlock(&s->lock);
	if (users > 0)
		return;
	tq_creds_keep_free(&s->keep);
	tq_aws_config_free(&s->config);
	tq_http_free(s->http);
	tq_arena_free(&s->mem);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int
shared_fill(struct shared *s, struct tq_err *err)
{
	struct tq_http_opts http = { .user_agent = s->opts.user_agent,
	    .conns = s->opts.conns };

	s->setup = (struct tq_aws_setup){ s->env, &s->config,
	    tq_aws_profile(s->env), NULL };
	s->io = (struct tq_creds_io){ creds_http, tq_creds_read_file,
	    tq_creds_write_file, tq_creds_run, s };
	s->keep = (struct tq_creds_keep){ .setup = &s->setup, .io = &s->io };
	if (read_configs(s, err) == -1)
		return -1;
	take_settings(s);
	http.ca_bundle = s->ca_bundle;
	if (tq_http_new(&http, &s->http, err) == -1)
		return -1;
	return find_endpoints(s, err);
}

/* A client over ${s}, of which it becomes a user; drops ${s} on failure. */
static int
client(struct shared *s, struct tq_aws **out, struct tq_err *err)
{
	struct tq_aws *a = calloc(1, sizeof(*a));
	int i;

	if (a == NULL) {
		shared_drop(s);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "aws: no memory");
	}
	a->s = s;
	for (i = 0; i < TQ_AWS_SERVICE_MAX; i++)
		tq_retry_init(&a->retry[i]);
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wake_fd == -1) {
		tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "aws: eventfd");
		goto fail;
	}
	if (tq_http_sibling(s->http, &a->http, err) == -1)
		goto fail;
	*out = a;
	return 0;
fail:
	tq_aws_free(a);
	return -1;
}

int
tq_aws_new(const struct tq_aws_opts *opts, struct tq_aws **out,
    struct tq_err *err)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "aws: no memory");
	tq_secret_process();
	pthread_mutex_init(&s->lock, NULL);
	s->users = 1;
	s->env = opts->env;
	s->opts = *opts;
	s->opts.user_agent = tq_arena_str(&s->mem, opts->user_agent);
	if (shared_fill(s, err) == -1) {
		shared_drop(s);
		return -1;
	}
	return client(s, out, err);
}

int
tq_aws_sibling(struct tq_aws *a, struct tq_aws **out, struct tq_err *err)
{
	pthread_mutex_lock(&a->s->lock);
	a->s->users++;
	pthread_mutex_unlock(&a->s->lock);
	return client(a->s, out, err);
}

void
tq_aws_free(struct tq_aws *a)
{
	if (a == NULL)
		return;
	tq_http_free(a->http);
	if (a->wake_fd != -1)
		close(a->wake_fd);
	tq_sigv4_cache_wipe(&a->keys);
	shared_drop(a->s);
	free(a);
}

const char *
tq_aws_base(const struct tq_aws *a, enum tq_aws_service service)
{
	return a->s->endpoint[service].base;
}

bool
tq_aws_custom(const struct tq_aws *a, enum tq_aws_service service)
{
	return a->s->endpoint[service].custom;
}

const char *
tq_aws_region_of(const struct tq_aws *a)
{
	return a->s->region;
}

int64_t
tq_aws_ahead(const struct tq_aws *a)
{
	int64_t skew = 0;
	int i;

	for (i = 0; i < TQ_AWS_SERVICE_MAX; i++)
		if (a->retry[i].skew_ms != 0)
			skew = a->retry[i].skew_ms;
	return skew;
}

int64_t
tq_aws_now(const struct tq_aws *a)
{
	return tq_wall_ms(a->s->env) + tq_aws_ahead(a);
}

int
tq_aws_creds(struct tq_aws *a, struct tq_creds *out, struct tq_err *err)
{
	struct shared *s = a->s;
	const struct tq_creds *c;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	if (s->reread) {
		tq_aws_config_free(&s->config);
		rc = read_configs(s, err);
		s->reread = rc == -1;
	}
	if (rc == 0 && (rc = tq_creds_keep_get(&s->keep, &c, err)) == 0)
		tq_creds_copy(out, c);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

int
tq_aws_who(struct tq_aws *a, const char **source, int64_t *expires_ms,
    struct tq_err *err)
{
	struct tq_creds c = { 0 };

	if (tq_aws_creds(a, &c, err) == -1)
		return -1;
	*source = c.source;
	*expires_ms = c.expires_ms;
	tq_creds_free(&c);
	return 0;
}

void
tq_aws_creds_expired(struct tq_aws *a, const struct tq_creds *used)
{
	pthread_mutex_lock(&a->s->lock);
	tq_creds_keep_drop(&a->s->keep, used->key_id);
	a->s->reread = a->s->keep.now.key_id == NULL;
	pthread_mutex_unlock(&a->s->lock);
}

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

const char *
tq_aws_bucket_moved(struct tq_aws *a, const char *name, const char *region)
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
	    s->endpoint[TQ_AWS_S3].custom, s->s3_style) };
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int
tq_aws_presign(struct tq_aws *a, const struct tq_s3_bucket *b,
    const char *method, const char *key, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_creds c = { 0 };
	struct tq_sigv4 s;
	size_t i;
	int rc;

	if (tq_aws_creds(a, &c, err) == -1)
		return -1;
	s = (struct tq_sigv4){ c.key_id, c.secret, c.token, a->s->region,
	    "s3", tq_aws_now(a), TQ_SIGV4_S3, &a->keys };
	pthread_mutex_lock(&a->s->lock);
	if ((i = bucket_index(a->s, b->name)) != SIZE_MAX)
		s.region = a->s->bucket[i].region;
	pthread_mutex_unlock(&a->s->lock);
	rc = tq_s3_presign(&s, b, method, key, seconds, out, err);
	tq_creds_free(&c);
	return rc;
}
