/* lib/aws/call.c -- rounds of sending what is due; see call.h. */
#include "aws/call.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "aws/call_inside.h"
#include "aws/units.h"
#include "util/env.h"

/*
 * The time of one try.  S3 moves up to 16 MiB in it.  Two of SQS's are to fit
 * into the five seconds that a submit may take without it, two of DynamoDB's
 * into the ten after which a worker has to say what it waits for.
 */
static const int64_t timeouts[TQ_AWS_SERVICE_MAX] = {
	[TQ_AWS_SQS] = 2200, [TQ_AWS_DYNAMODB] = 4700,
	[TQ_AWS_S3] = 120000, [TQ_AWS_STS] = 5000, [TQ_AWS_SSO] = 10000,
};

/* One round: what is sent at the same time. */
struct round {
	struct tq_aws_call **call;
	struct tq_http_req *req;
	struct tq_http_res *res;
	size_t		 n;
	struct tq_creds	 creds;		/* that it is signed with */
	int		 refused;	/* as tq_aws_creds_refused(), or: */
#define ASK	2			/* they were not */
	struct tq_err	 err;		/* no credentials */
	struct tq_arena	 mem;
};

/* A UUID of version 4. */
static void
name_call(struct tq_aws *a, struct tq_aws_call *c)
{
	uint64_t hi = tq_random_u64(a->s->env), lo = tq_random_u64(a->s->env);

	snprintf(c->now.id, sizeof(c->now.id),
	    "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(hi >> 32),
	    (unsigned)(hi >> 16 & 0xffff), (unsigned)(hi & 0xfff),
	    (unsigned)(lo >> 48 & 0x3fff) | 0x8000,
	    (unsigned long long)(lo & 0xffffffffffff));
}

static void
begin(struct tq_aws *a, struct tq_aws_call *c)
{
	size_t i;

	memset(&c->now, 0, sizeof(c->now));
	c->res = (struct tq_http_res){ 0 };
	c->fault = (struct tq_aws_fault){ 0 };
	c->err = (struct tq_err)TQ_ERR_INIT;
	c->tries = 0;
	c->repeated = false;
	c->now.region = a->s->region;
	c->now.begun_ms = tq_boot_ms(a->s->env);
	if (c->to_fd)
		c->now.fd_at = lseek(c->fd, 0, SEEK_CUR);
	pthread_mutex_lock(&a->s->lock);
	for (i = 0; c->bucket != NULL && i < a->s->nbuckets; i++)
		if (strcmp(a->s->bucket[i].name, c->bucket) == 0)
			c->now.region = a->s->bucket[i].region;
	pthread_mutex_unlock(&a->s->lock);
}

static void
finish(struct tq_aws *a, struct tq_aws_call *c)
{
	const struct tq_env *env = a->s->env;
	const struct tq_aws_opts *o = &a->opts;
	struct tq_units units = { 0 };

	c->now.done = true;
	if (env->units && c->err.code == TQ_OK)
		units = tq_ddb_units_told(c->what, &c->res);
	else if (env->units && tq_aws_fault_is(&c->fault,
	    "ConditionalCheckFailedException"))
		units = tq_ddb_units_guess(c->req.body);
	if (env->called != NULL && c->tries > 0)
		env->called(env->arg, &(struct tq_called){ .what = c->what,
		    .tries = c->tries, .status = c->res.status,
		    .took_ms = c->res.took_ms, .code = c->fault.code,
		    .request_id = c->fault.request_id, .units = units });
	if (o->explain != NULL && c->err.code != TQ_OK)
		o->explain(o->arg, c);
}

/*
 * The SDKs' header about a try, so that Amazon can tell retries from new calls:
 * of the retries only, as libcurl formats headers byte by byte.  Not signed.
 */
static void
tell_try(struct tq_aws *a, struct tq_aws_call *c)
{
	struct tq_retry_call all = tq_retry_call(
	    c->service == TQ_AWS_DYNAMODB, a->s->attempts);
	char text[64];

	if (c->tries == 0)
		return;
	if (c->now.id[0] == '\0')
		name_call(a, c);
	snprintf(text, sizeof(text), "attempt=%d; max=%d", c->tries + 1,
	    all.attempts_max);
	tq_aws_req_header(&c->req, "amz-sdk-request", text);
	tq_aws_req_header(&c->req, "amz-sdk-invocation-id", c->now.id);
}

/* Sign ${c} and make it the next of the round; false if it can't be. */
static bool
join(struct tq_aws *a, struct tq_aws_call *c, struct round *r)
{
	const struct tq_creds *creds = &r->creds;
	struct tq_sigv4 s = { creds->key_id, creds->secret, creds->token,
	    c->now.region, tq_aws_signing_name(c->service),
	    tq_wall_ms(a->s->env) + a->retry[c->service].skew_ms,
	    c->service == TQ_AWS_S3 ? TQ_SIGV4_S3 : TQ_SIGV4_OTHERS,
	    &a->keys };
	struct tq_buf url = TQ_BUF_INIT(3 * TQ_AWS_URL_MAX);
	struct tq_http_req *h = &r->req[r->n];

	c->now.skew_ms = a->retry[c->service].skew_ms;
	tq_aws_req_drop(&c->req, "amz-sdk-request");
	tq_aws_req_drop(&c->req, "amz-sdk-invocation-id");
	if ((a->s->env->units && tq_ddb_units_ask(c->what, &c->req, &c->err) ==
	    -1) || tq_sigv4_sign(&s, &c->req, &c->err) == -1)
		return false;
	tell_try(a, c);
	tq_aws_req_url(&c->req, &url);
	*h = (struct tq_http_req){ .method = c->req.method,
	    .url = tq_arena_dup(&r->mem, url.data, url.len),
	    .headers = c->req.header, .nheaders = c->req.nheaders,
	    .body = c->req.body, .to_fd = c->to_fd, .fd = c->fd,
	    .timeout_ms = c->timeout_ms > 0 ? c->timeout_ms :
	    timeouts[c->service] };
	tq_buf_free(&url);
	r->call[r->n++] = c;
	c->tries++;
	return true;
}

static void
rewind_fd(const struct tq_aws_call *c)
{
	if (c->to_fd && ftruncate(c->fd, c->now.fd_at) == 0)
		lseek(c->fd, c->now.fd_at, SEEK_SET);
}

/* Are there others than those that the round was signed with?  Asked once. */
static bool
other_creds(struct tq_aws *a, struct tq_aws_call *c, struct round *r)
{
	if (r->refused == ASK)
		r->refused = tq_aws_creds_refused(a, &r->creds, &r->err);
	if (r->refused == -1)
		c->err = r->err;
	return r->refused == 1;
}

/* Decide on another try: then the call's due time is set. */
static bool
again(struct tq_aws *a, struct tq_aws_call *c, enum tq_retry_kind kind,
    struct round *r)
{
	const struct tq_env *env = a->s->env;
	struct tq_retry *retry = &a->retry[c->service];
	struct tq_retry_call call = tq_retry_call(
	    c->service == TQ_AWS_DYNAMODB, a->s->attempts);
	int64_t now = tq_wall_ms(env), wait;
	bool more;

	if (tq_aws_gives_up(a, c)) {
		c->now.due_ms = 0;
		return false;
	}
	if (tq_aws_bucket_follow(a, c)) {
		c->now.due_ms = 0;
		return true;
	}
	if (tq_retry_skew(retry, c->now.skew_ms, c->fault.code, now,
	    c->res.date_ms, c->res.took_ms, tq_http_get(&c->res, "age") !=
	    NULL))
		kind = TQ_RETRY_SKEWED;
	call.long_poll = c->long_poll;
	call.attempt = c->now.attempt;
	call.taken = c->now.taken;
	call.renewed = c->now.renewed;
	call.reset = c->now.reset;
	more = tq_retry_next(retry, &call, kind,
	    tq_retry_hint(tq_http_get(&c->res, "x-amz-retry-after")),
	    tq_random_u64(env), &wait);
	c->now.attempt = call.attempt;
	c->now.taken = call.taken;
	c->now.renewed = call.renewed;
	c->now.reset = call.reset;
	if (more && kind == TQ_RETRY_REFUSED)
		more = other_creds(a, c, r);
	c->now.due_ms = wait > 0 ? tq_boot_ms(env) + wait : 0;
	return more;
}

/* Sleep until ${due_ms}; true when tq_aws_wake() ended it, or the user wants
   an end: then one more try, which is short, and no sleep. */
static bool
sleep_until(struct tq_aws *a, int64_t due_ms)
{
	struct pollfd p = { a->wake_fd, POLLIN, 0 };
	int64_t ms = due_ms - tq_boot_ms(a->s->env);

	if (ms <= 0)
		return false;
	if (a->opts.sleep == NULL)
		return tq_stopped(a->s->env) || poll(&p, 1, (int)ms) == 1 ||
		    tq_stopped(a->s->env);
	a->opts.sleep(a->opts.arg, ms);
	return false;
}

/* An idle poller must not spin on an error. */
static void
give_up(struct tq_aws *a, struct tq_aws_call *c)
{
	sleep_until(a, c->now.due_ms);
	finish(a, c);
}

/* Send the round, and see what came of it. */
static void
exchange(struct tq_aws *a, struct round *r)
{
	enum tq_retry_kind kind;
	struct tq_aws_call *c;
	size_t i;

	if (a->opts.perform != NULL)
		a->opts.perform(a->opts.arg, r->req, r->n, r->res);
	else
		tq_http_perform(a->http, r->req, r->n, r->res);
	for (i = 0; i < r->n; i++) {
		c = r->call[i];
		c->res = r->res[i];
		kind = tq_aws_judge(c);
		if (c->fault.hot_index[0] != '\0')
			memcpy(a->hot_index, c->fault.hot_index,
			    sizeof(a->hot_index));
		if (!again(a, c, kind, r)) {
			give_up(a, c);
			continue;
		}
		rewind_fd(c);
		tq_http_res_free(&c->res);
		c->res = (struct tq_http_res){ 0 };
	}
}

/* Has tq_aws_wake() ended one?  Then end all, and that wake is done with. */
static void
interrupt(struct tq_aws *a, struct tq_aws_call *calls, size_t n)
{
	const struct tq_err *why = NULL;
	eventfd_t woken;
	size_t i;

	for (i = 0; i < n && why == NULL; i++)
		if (calls[i].now.done && calls[i].err.code == TQ_E_INTR)
			why = &calls[i].err;
	if (why == NULL)
		return;
	eventfd_read(a->wake_fd, &woken);
	for (i = 0; i < n; i++)
		if (!calls[i].now.done) {
			calls[i].err = *why;
			finish(a, &calls[i]);
		}
}

/* The earliest time at which a call is due; false when all are done. */
static bool
next_due(const struct tq_aws_call *calls, size_t n, int64_t *due)
{
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (!calls[i].now.done &&
		    (!any || calls[i].now.due_ms < *due)) {
			*due = calls[i].now.due_ms;
			any = true;
		}
	return any;
}

static void
one_round(struct tq_aws *a, struct tq_aws_call *calls, size_t n,
    int64_t now, struct round *r)
{
	bool found = tq_aws_creds(a, &r->creds, &r->err) == 0;
	size_t i;

	r->n = 0;
	r->refused = ASK;
	for (i = 0; i < n; i++) {
		if (calls[i].now.done || calls[i].now.due_ms > now)
			continue;
		if (!found)
			calls[i].err = r->err;
		if (!found || !tq_aws_admits(a, &calls[i]) ||
		    !join(a, &calls[i], r))
			give_up(a, &calls[i]);
	}
	if (r->n > 0)
		exchange(a, r);
	tq_creds_free(&r->creds);
	tq_arena_reset(&r->mem);
}

size_t
tq_aws_call(struct tq_aws *a, struct tq_aws_call *calls, size_t n)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct round r = { .mem = TQ_ARENA_INIT };
	size_t i, failed = 0;
	int64_t due = 0;
	bool woken;

	r.call = tq_arena_alloc(&mem, (n + 1) * sizeof(*r.call));
	r.req = tq_arena_alloc(&mem, (n + 1) * sizeof(*r.req));
	r.res = tq_arena_alloc(&mem, (n + 1) * sizeof(*r.res));
	for (i = 0; i < n; i++)
		begin(a, &calls[i]);
	while (next_due(calls, n, &due)) {
		/* A wake ends the exchange: so there has to be one. */
		woken = sleep_until(a, due);
		one_round(a, calls, n, woken ? INT64_MAX :
		    tq_boot_ms(a->s->env), &r);
		interrupt(a, calls, n);
	}
	for (i = 0; i < n; i++)
		failed += calls[i].err.code != TQ_OK;
	tq_arena_free(&r.mem);
	tq_arena_free(&mem);
	return failed;
}

bool
tq_aws_index_hot(struct tq_aws *a, const char *index)
{
	bool hot = strcmp(a->hot_index, index) == 0;

	a->hot_index[0] = '\0';
	return hot;
}

void
tq_aws_call_free(struct tq_aws_call *c)
{
	tq_aws_req_free(&c->req);
	tq_http_res_free(&c->res);
	c->res = (struct tq_http_res){ 0 };
}

void
tq_aws_wake(struct tq_aws *a)
{
	const uint64_t one = 1;

	tq_http_wake(a->http);
	/* It can only be full: then it is set already. */
	if (write(a->wake_fd, &one, sizeof(one)) == -1)
		return;
}
