/* tests/sim/cloud.c -- requests on their way, and the time that passes. */
#include "cloud.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "store/ops.h"
#include "util/json.h"
#include "util/module.h"
#include "world.h"

#define TRIP		(20 * SIM_MS)	/* one way, at most */
#define NEAR		(5 * SIM_MS)	/* ... in the same region, and 1 more */
#define CONNS		32		/* of a process */
#define LATE		(60 * SIM_SEC)	/* until a request arrives, at most */
#define DATE_OFF_MS	300000		/* SQS and DynamoDB refuse a signature */

/* -- for the services ------------------------------------------------------------- */

void
cloud_answer(struct tq_http_res *res, int status)
{
	*res = (struct tq_http_res){ .status = status, .sent = true,
	    .head = TQ_BUF_INIT(TQ_HTTP_HEAD_MAX),
	    .body = TQ_BUF_INIT(TQ_HTTP_BODY_MAX), .took_ms = 1,
	    .date_ms = sim_true_ms() / 1000 * 1000 };
}

void
cloud_head(struct tq_http_res *res, const char *name, const char *value)
{
	tq_buf_fmt(&res->head, "%s: %s", name, value);
	tq_buf_chr(&res->head, '\0');
}

void
cloud_error(struct tq_http_res *res, int status, const char *code)
{
	cloud_answer(res, status);
	tq_buf_fmt(&res->body, "{\"__type\":\"com.amazonaws#%s\","
	    "\"message\":\"as the seed will have it\"}", code);
}

bool
cloud_mishap(void)
{
	return sim.quiet == 0 && sim_chance(sim.knobs.cloud / 2);
}

const char *
cloud_text(struct tq_span obj, const char *key, struct tq_arena *a)
{
	struct tq_span v, s;

	return tq_json_get(obj, key, &v) && tq_json_str(v, a, &s) ? s.p : NULL;
}

int64_t
cloud_int(struct tq_span obj, const char *key, int64_t or)
{
	struct tq_span v;
	int64_t n;

	return tq_json_get(obj, key, &v) && tq_json_int(v, &n) ? n : or;
}

const char *
cloud_header(const struct tq_http_req *req, const char *name)
{
	size_t i;

	for (i = 0; i < req->nheaders; i++)
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	return NULL;
}

/* -- one request ------------------------------------------------------------------- */

/* By how much its signature's time is off, ms. */
static int64_t
date_off(const struct tq_http_req *req)
{
	const char *text = cloud_header(req, "X-Amz-Date");
	struct tm tm = { 0 };

	if (text == NULL || strptime(text, "%Y%m%dT%H%M%SZ", &tm) == NULL)
		sim_fail("a request to %s is not signed", req->url);
	return llabs((int64_t)timegm(&tm) * 1000 - sim_true_ms());
}

/* An error in the words of the service that was asked. */
static void
refuse(const struct tq_http_req *req, struct tq_http_res *res, int status,
    const char *code)
{
	if (cloud_header(req, "X-Amz-Target") != NULL) {
		cloud_error(res, status, code);
		return;
	}
	cloud_answer(res, status);
	tq_buf_fmt(&res->body, "<Error><Code>%s</Code></Error>", code);
}

static void
carry_out(const struct tq_http_req *req, struct tq_http_res *res)
{
	const char *target = cloud_header(req, "X-Amz-Target"), *action;

	if (date_off(req) > DATE_OFF_MS)
		refuse(req, res, target != NULL ? 400 : 403, target != NULL ?
		    "InvalidSignatureException" : "RequestTimeTooSkewed");
	else if (target == NULL)
		sim_s3(req, res);
	else if (tq_json_check(req->body, NULL) == -1)
		sim_fail("%s: no JSON", target);
	else if ((action = strchr(target, '.') + 1)[-1] == '.' &&
	    strncmp(target, "AmazonSQS", 9) == 0)
		sim_sqs(action, req->body, res);
	else
		sim_ddb(action, req->body, res);
}

static void
no_answer(const struct tq_http_req *req, struct tq_http_res *res, bool sent)
{
	*res = (struct tq_http_res){ .sent = sent };
	tq_err_set(&res->err, TQ_AT_SEND, sent ? TQ_E_TIMEOUT :
	    TQ_E_UNAVAILABLE, "%s: %s", req->url, sent ? "no answer came" :
	    "not connected");
	res->err.retryable = true;
}

void
cloud_throttle(struct tq_http_res *res, const char *reason)
{
	cloud_answer(res, 400);
	tq_buf_str(&res->body, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
	    "ThrottlingException\",\"message\":\"too much\"");
	if (reason != NULL)
		tq_buf_fmt(&res->body, ",\"throttlingReasons\":[{\"reason\":"
		    "\"%s\",\"resource\":\"arn:aws:dynamodb:us-east-1:"
		    "000000000000:table/simu%s\"}]", reason, reason[0] == 'I' ?
		    "/index/by-status" : "");
	tq_buf_chr(&res->body, '}');
}

/* A copy that arrives when nobody waits for an answer any more. */
static void
arrive_late(struct sim_proc *p, void *arg)
{
	struct tq_http_res res;

	(void)p;
	sim_log("a request arrives late");
	carry_out(arg, &res);
	tq_http_res_free(&res);
}

static struct tq_http_req *
copy_of(const struct tq_http_req *req)
{
	struct tq_http_req *c = tq_must(malloc(sizeof(*c)));
	struct tq_http_header *h;
	char *body = tq_must(malloc(req->body.n + 1));
	size_t i;

	*c = *req;
	c->url = tq_must(strdup(req->url));
	c->to_fd = false;
	if (req->body.n > 0)
		memcpy(body, req->body.p, req->body.n);
	c->body = (struct tq_span){ body, req->body.n };
	c->headers = h = tq_must(calloc(req->nheaders + 1, sizeof(*h)));
	for (i = 0; i < req->nheaders; i++)
		h[i] = (struct tq_http_header){
		    tq_must(strdup(req->headers[i].name)),
		    tq_must(strdup(req->headers[i].value)) };
	return c;
}

static bool
is_dynamodb(const struct tq_http_req *req)
{
	const char *target = cloud_header(req, "X-Amz-Target");

	return target != NULL && strncmp(target, "DynamoDB", 8) == 0;
}

/* The fate of a request on its way. */
static void
mishap(const struct tq_http_req *req, struct tq_http_res *res)
{
	sim.errors++;
	switch (sim_below(7)) {
	case 0:
		no_answer(req, res, false);
		break;
	case 1:
		refuse(req, res, sim_below(2) == 0 ? 500 : 503,
		    "InternalFailure");
		break;
	case 2:		/* done, and not said */
		carry_out(req, res);
		tq_http_res_free(res);
		sim_sleep(req->timeout_ms * SIM_MS);
		no_answer(req, res, true);
		break;
	case 3:		/* libcurl sends anew what a kept connection lost */
		carry_out(req, res);
		tq_http_res_free(res);
		sim_op("request", TRIP);
		carry_out(req, res);
		break;
	case 4:
		sim_spawn("late", arrive_late, copy_of(req),
		    (int64_t)sim_below(LATE));
		sim_sleep(req->timeout_ms * SIM_MS);
		no_answer(req, res, true);
		break;
	case 5:		/* done, and said to have failed */
		carry_out(req, res);
		tq_http_res_free(res);
		refuse(req, res, 500, "InternalFailure");
		break;
	default:
		if (is_dynamodb(req))
			cloud_throttle(res, sim_below(2) == 0 ?
			    "IndexWriteKeyRangeThroughputExceeded" : NULL);
		else
			refuse(req, res, 503, "SlowDown");
	}
}

static void
send_one(const struct tq_http_req *req, struct tq_http_res *res)
{
	sim_op("request", TRIP);
	if (sim.quiet == 0 && sim_chance(sim.knobs.cloud))
		mishap(req, res);
	else
		carry_out(req, res);
	sim_op("answer", TRIP);
}

/* -- http.h: what lib/net/http.c is elsewhere ------------------------------------------ */

struct tq_http {
	int	nothing;
};

int
tq_http_new(const struct tq_http_opts *opts, struct tq_http **out,
    struct tq_err *err)
{
	(void)opts;
	(void)err;
	*out = tq_must(calloc(1, sizeof(**out)));
	return 0;
}

int
tq_http_sibling(struct tq_http *h, struct tq_http **out, struct tq_err *err)
{
	(void)h;
	return tq_http_new(NULL, out, err);
}

void
tq_http_free(struct tq_http *h)
{
	free(h);
}

/* One that was sent with others. */
struct sent {
	size_t	i;
	int64_t	at;		/* it arrives */
};

static int
by_arrival(const void *va, const void *vb)
{
	const struct sent *a = va, *b = vb;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* A network that loses nothing: these are on their way at the same time. */
static void
side_by_side(const struct tq_http_req *reqs, size_t n, struct tq_http_res *res)
{
	int64_t back, last = sim.now;
	struct sent s[CONNS];
	size_t i;

	for (i = 0; i < n; i++)
		s[i] = (struct sent){ i, sim.now + SIM_MS +
		    (int64_t)sim_below(NEAR) };
	qsort(s, n, sizeof(*s), by_arrival);
	for (i = 0; i < n; i++) {
		sim_sleep(s[i].at > sim.now ? s[i].at - sim.now : 0);
		carry_out(&reqs[s[i].i], &res[s[i].i]);
		back = sim.now + SIM_MS + (int64_t)sim_below(NEAR);
		last = back > last ? back : last;
	}
	sim_sleep(last - sim.now);
}

/* They are sent at once: so they arrive in any order. */
size_t
tq_http_perform(struct tq_http *h, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t *order = tq_must(calloc(n + 1, sizeof(*order)));
	size_t i, k, bad = 0;

	(void)h;
	for (; sim.knobs.key_units > 0 && n > 0; n -= k, reqs += k, res += k) {
		k = n < CONNS ? n : CONNS;
		side_by_side(reqs, k, res);
	}
	for (i = 0; i < n; i++) {
		k = sim_below(i + 1);
		order[i] = order[k];
		order[k] = i;
	}
	for (i = 0; i < n; i++) {
		k = order[i];
		send_one(&reqs[k], &res[k]);
		bad += res[k].err.code != TQ_OK;
	}
	free(order);
	return bad;
}

void
tq_http_wake(struct tq_http *h)
{
	(void)h;
}

/* -- time, threads, the module: by the linker's --wrap ----------------------------------- */

int __real_poll(struct pollfd *, nfds_t, int);
int __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap_nanosleep(const struct timespec *, struct timespec *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *,
    void *(*)(void *), void *);
void *__wrap_tq_module_symbol(const char *, const char *, struct tq_err *);
int __wrap_sq_round(void);

/* lib/aws waits so between two tries. */
int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (!sim.aws)
		return __real_poll(p, n, ms);
	sim_sleep(ms * SIM_MS);
	return 0;
}

int
__wrap_nanosleep(const struct timespec *ts, struct timespec *left)
{
	(void)left;
	sim_sleep(ts->tv_sec * SIM_SEC + ts->tv_nsec / 1000);
	return 0;
}

/* There are no threads in this world: what an ended parent owes the sweep pays. */
int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*fn)(void *), void *arg)
{
	(void)t;
	(void)a;
	(void)fn;
	(void)arg;
	return EAGAIN;
}

/* Children are few here: what is owed to those that are left is paid later. */
int
__wrap_sq_round(void)
{
	return 1 + (int)(sim.seed % 3);
}

void *
__wrap_tq_module_symbol(const char *file, const char *name, struct tq_err *err)
{
	extern const struct tq_store_ops tq_aws_ops;

	(void)file;
	(void)name;
	(void)err;
	return (void *)&tq_aws_ops;
}
