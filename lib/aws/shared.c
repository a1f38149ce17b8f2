/*
 * lib/aws/shared.c -- what a client and its siblings share: the config files,
 * what follows from them, and the credentials.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "aws/call_inside.h"
#include "util/env.h"
#include "util/str.h"

#define FILE_MAX	(1024 * 1024)
#define ATTEMPTS_MAX	20	/* of AWS_MAX_ATTEMPTS */

static int
read_config(const struct tq_env *env, unsigned file, struct tq_aws_config *c,
    struct tq_err *err)
{
	struct tq_buf path = TQ_BUF_INIT(4096), text = TQ_BUF_INIT(FILE_MAX);
	struct tq_err bad = TQ_ERR_INIT;
	int rc;

	tq_aws_config_path(env, file, &path);
	rc = tq_creds_read_file(NULL, path.data, &text, &bad);
	if (rc == 0) {
		rc = tq_aws_config_add(c, file, path.data,
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

/* Both files into ${c}, which ${setup} points to. */
static int
read_configs(const struct tq_aws_setup *setup, struct tq_aws_config *c,
    struct tq_err *err)
{
	if (read_config(setup->env, TQ_AWS_IN_CONFIG, c, err) == -1 ||
	    read_config(setup->env, TQ_AWS_IN_CREDENTIALS, c, err) == -1)
		return -1;
	return tq_aws_profile_check(setup, err);
}

/* The files are read each time: somebody may have put other keys there. */
static int
find_creds(void *arg, struct tq_creds *out, struct tq_err *err)
{
	struct shared *s = arg;
	struct tq_aws_config config = { 0 };
	struct tq_aws_setup setup = s->setup;
	int rc;

	setup.config = &config;
	rc = read_configs(&setup, &config, err);
	if (rc == 0)
		rc = tq_creds_find(&setup, &s->io, out, err);
	tq_aws_config_free(&config);
	return rc;
}

static int
run_program(void *arg, char *const *argv, struct tq_buf *out,
    struct tq_err *err)
{
	const struct shared *s = arg;
	struct tq_creds_stop stop = { s->stop_fd, s->env };

	return tq_creds_run(&stop, argv, out, err);
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

static int
fill(struct shared *s, struct tq_err *err)
{
	struct tq_http_opts http = { .user_agent = s->opts.user_agent,
	    .conns = s->opts.conns, .env = s->env };

	s->setup = (struct tq_aws_setup){ s->env, &s->config,
	    tq_aws_profile(s->env), NULL };
	s->io = (struct tq_creds_io){ creds_http, tq_creds_read_file,
	    tq_creds_write_file, run_program, s };
	if ((s->stop_fd = eventfd(0, EFD_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno,
		    "aws: eventfd");
	if (read_configs(&s->setup, &s->config, err) == -1)
		return -1;
	take_settings(s);
	http.ca_bundle = s->ca_bundle;
	if (tq_http_new(&http, &s->http, err) == -1)
		return -1;
	return find_endpoints(s, err);
}

/* The one beside the work, if there is any, asks and runs nothing any more. */
static void
end_search(struct shared *s)
{
	const uint64_t one = 1;

	if (s->stop_fd == -1 ||
	    write(s->stop_fd, &one, sizeof(one)) != sizeof(one))
		return;
	if (s->http != NULL)
		tq_http_wake(s->http);
}

static void
release(struct shared *s)
{
	end_search(s);
	tq_creds_keep_free(&s->keep);
	if (s->stop_fd != -1)
		close(s->stop_fd);
	tq_aws_config_free(&s->config);
	tq_http_free(s->http);
	tq_arena_free(&s->mem);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int
make(const struct tq_aws_opts *opts, struct shared **out, struct tq_err *err)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "aws: no memory");
	pthread_mutex_init(&s->lock, NULL);
	tq_creds_keep_init(&s->keep, opts->env, find_creds, s);
	s->stop_fd = -1;
	s->users = 1;
	s->env = opts->env;
	s->opts = *opts;
	s->opts.region = tq_arena_str(&s->mem, opts->region);
	s->opts.user_agent = tq_arena_str(&s->mem, opts->user_agent);
	if (fill(s, err) == -1) {
		release(s);
		return -1;
	}
	*out = s;
	return 0;
}

static bool
equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Would a new one be the same?  A test's has answers of its own. */
static bool
serves(const struct shared *s, const struct tq_aws_opts *o)
{
	return s->opts.perform == NULL && o->perform == NULL &&
	    s->env == o->env && s->opts.attempts == o->attempts &&
	    s->opts.conns == o->conns && equal(s->opts.region, o->region) &&
	    equal(s->opts.user_agent, o->user_agent);
}

/*
 * All that are in use in this process.  A worker's threads and a server's open
 * handles of their own, which come and go: none of them is the others' parent,
 * and none is to ask a provider that another has asked.
 */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared *all;

int
tq_aws_shared_get(const struct tq_aws_opts *opts, struct shared **out,
    struct tq_err *err)
{
	struct shared *s;
	int rc = 0;

	pthread_mutex_lock(&all_lock);
	for (s = all; s != NULL && !serves(s, opts); s = s->next)
		;
	if (s != NULL) {
		s->users++;
	} else if ((rc = make(opts, &s, err)) == 0) {
		s->next = all;
		all = s;
	}
	pthread_mutex_unlock(&all_lock);
	if (rc == 0)
		*out = s;
	return rc;
}

void
tq_aws_shared_ref(struct shared *s)
{
	pthread_mutex_lock(&all_lock);
	s->users++;
	pthread_mutex_unlock(&all_lock);
}

void
tq_aws_shared_drop(struct shared *s)
{
	struct shared **p;
	int users;

	pthread_mutex_lock(&all_lock);
	if ((users = --s->users) == 0) {
		for (p = &all; *p != s; p = &(*p)->next)
			;
		*p = s->next;
	}
	pthread_mutex_unlock(&all_lock);
	if (users == 0)
		release(s);
}

int
tq_aws_creds(struct tq_aws *a, struct tq_creds *out, struct tq_err *err)
{
	return tq_creds_keep_get(&a->s->keep, out, err);
}

int
tq_aws_creds_refused(struct tq_aws *a, const struct tq_creds *used,
    struct tq_err *err)
{
	return tq_creds_keep_refused(&a->s->keep, used, err);
}
