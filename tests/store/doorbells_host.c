/* tests/store/doorbells_host.c -- processes that have the store open. */
#include "doorbells.h"

#include <unistd.h>

#include "aws/call_inside.h"
#include "store/aws/setup/setup.h"
#include "task/id.h"
#include "util/str.h"

struct host w1 = { .name = "w1" }, w2 = { .name = "w2" };
int64_t now;

static bool running;		/* the clock, since let_run() */
static int64_t offset;
static bool boot_stands;		/* since stop_boot() */
static int64_t boot_now, boot_offset;
static struct tq_idgen gen;
static const char *address;	/* the store's */

/* -- the clock ----------------------------------------------------------------- */

static int64_t
wall(void *arg)
{
	(void)arg;
	return running ? tq_wall_ms(&tq_env_system) + offset : now;
}

static int64_t
boot(void *arg)
{
	(void)arg;
	return boot_stands ? boot_now : tq_boot_ms(&tq_env_system) + boot_offset;
}

struct tq_env env;

void
set_clock(void)
{
	env = tq_env_system;
	env.wall_ms = wall;
	env.boot_ms = boot;
	running = false;
	now = tq_wall_ms(&tq_env_system);
	boot_stands = false;
	boot_offset = 0;
}

/* Before a request is sent once more, which is waited for by this clock. */
static void
wait_a_bit(void *arg, int64_t ms)
{
	(void)arg;
	usleep((useconds_t)ms * 1000);
	boot_now += ms;
}

void
stop_boot(void)
{
	boot_now = boot(NULL);
	boot_stands = true;
	aq_of(w1.st)->a->opts.sleep = wait_a_bit;
	aq_of(w2.st)->a->opts.sleep = wait_a_bit;
}

void
pass_boot(int64_t ms)
{
	boot_now += ms;
}

void
pass(int64_t ms)
{
	now += ms;
	offset += ms;
}

void
let_run(void)
{
	offset = now - tq_wall_ms(&tq_env_system);
	running = true;
}

/* -- what is sent ---------------------------------------------------------------- */

static const char *
op_of(const struct tq_http_req *req)
{
	const char *dot;
	size_t i;

	for (i = 0; i < req->nheaders; i++)
		if (strcasecmp(req->headers[i].name, "x-amz-target") == 0 &&
		    (dot = strrchr(req->headers[i].value, '.')) != NULL)
			return dot + 1;
	return "s3";
}

static void
write_down(struct host *h, const struct tq_http_req *req)
{
	if (h->deaf)
		return;
	if (h->n == h->cap) {
		h->cap = h->cap == 0 ? 64 : 2 * h->cap;
		h->seen = tq_must(realloc(h->seen, h->cap *
		    sizeof(*h->seen)));
	}
	h->seen[h->n++] = (struct seen){ tq_arena_str(&arena, op_of(req)),
	    tq_span_of(tq_arena_dup(&arena, req->body.p, req->body.n)) };
}

static bool
is(const struct tq_http_req *req, const char *op, const char *in)
{
	return op != NULL && tq_str_starts(op_of(req), op) && (in == NULL ||
	    memmem(req->body.p, req->body.n, in, strlen(in)) != NULL);
}

static bool
ends_upload(const struct host *h, const struct tq_http_req *req)
{
	return h->vague && strcmp(req->method, "POST") == 0 &&
	    strstr(req->url, "?uploadId=") != NULL;
}

static void
refuse(const struct host *h, const struct tq_http_req *req,
    struct tq_http_res *res)
{
	static const char body[] = "{\"__type\":\"com.amazonaws.sqs#"
	    "InvalidMessageContents\",\"message\":\"refused by the test\"}";
	static const char denied[] = "{\"__type\":\"com.amazonaws.dynamodb."
	    "v20120810#AccessDeniedException\",\"message\":\"not authorized\"}";
	/* As AWS names it (Developer Guide, "Diagnosing throttling"). */
	static const char hot[] = "{\"__type\":\"com.amazonaws.dynamodb."
	    "v20120810#ThrottlingException\",\"message\":\"Throughput exceeds"
	    " ...\",\"throttlingReasons\":[{\"reason\":"
	    "\"IndexWriteKeyRangeThroughputExceeded\",\"resource\":"
	    "\"arn:aws:dynamodb:us-east-1:000000000000:table/t/index/"
	    "by-status\"}]}";
	bool vague = ends_upload(h, req);

	*res = (struct tq_http_res){ .status = vague ? 200 : 400,
	    .body = TQ_BUF_INIT(4096) };
	tq_buf_str(&res->body, vague ? "  " : h->was_hot ? hot :
	    h->denies ? denied : body);
}

static void
remember_message(struct host *h, struct tq_http_res *res)
{
	static const char md5[] = "\"MD5OfBody\":\"";
	struct tq_sqs_msg *msgs;
	char *p;
	size_t n;

	if (res->status != 200 || tq_sqs_received(res, &arena, &msgs, &n,
	    NULL) == -1 || n == 0)
		return;
	h->receipt = tq_arena_str(&arena, msgs[n - 1].receipt);
	h->bell = tq_arena_str(&arena, msgs[n - 1].id);
	if (h->spoil && (p = strstr(res->body.data, md5)) != NULL) {
		p += strlen(md5);
		*p = *p == '0' ? '1' : '0';
	}
}

/* The actions before a request goes out; true: it is refused. */
static bool
stopped(struct host *h, const struct tq_http_req *req)
{
	void (*before)(void) = h->before;

	h->calls++;
	write_down(h, req);
	if (before != NULL && is(req, h->before_op != NULL ? h->before_op :
	    "PutItem", h->before_in)) {
		h->before = NULL;
		before();
	}
	if (h->dies == 1)
		return true;
	if (h->dies > 1 && (is(req, "PutItem", NULL) ||
	    is(req, "SendMessage", NULL) || is(req, "DeleteMessage", NULL)))
		h->dies--;
	h->was_hot = h->hot > 0 && is(req, "PutItem", NULL);
	h->hot -= h->was_hot;
	return h->was_hot || is(req, h->refuse, h->refuse_in) ||
	    ends_upload(h, req);
}

/* The service has done it, and the answer does not come. */
static void
lose_answer(struct host *h, const struct tq_http_req *req,
    struct tq_http_res *res)
{
	void (*after)(void) = h->after;

	if (after == NULL || !is(req, "PutItem", h->after_in))
		return;
	h->after = NULL;
	after();
	tq_http_res_free(res);
	*res = (struct tq_http_res){ .sent = true };
	tq_err_set(&res->err, TQ_AT_SEND, TQ_E_UNAVAILABLE,
	    "the connection was reset");
	res->err.retryable = true;
}

/* The store's requests go out here; see struct tq_aws_opts. */
static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	struct host *h = arg;
	bool *stop = tq_must(calloc(n, sizeof(*stop)));
	size_t i, bad = 0, nstopped = 0;

	h->rounds++;
	for (i = 0; i < n; i++)
		nstopped += stop[i] = stopped(h, &reqs[i]);
	if (nstopped == 0)
		bad = tq_http_perform(h->http, reqs, n, res);
	for (i = 0; i < n; i++) {
		if (stop[i])
			refuse(h, &reqs[i], &res[i]);
		else if (nstopped > 0)
			bad += tq_http_perform(h->http, &reqs[i], 1, &res[i]);
		if (strcmp(op_of(&reqs[i]), "ReceiveMessage") == 0)
			remember_message(h, &res[i]);
		lose_answer(h, &reqs[i], &res[i]);
	}
	free(stop);
	return bad;
}

void
forget(struct host *h)
{
	h->from = h->n;
}

size_t
sent(const struct host *h, const char *op)
{
	size_t i, n = 0;

	for (i = h->from; i < h->n; i++)
		n += tq_str_starts(h->seen[i].op, op);
	return n;
}

int
place_of(const struct host *h, const char *op, const char *in_body)
{
	size_t i;

	for (i = h->from; i < h->n; i++)
		if (tq_str_starts(h->seen[i].op, op) &&
		    strstr(h->seen[i].body.p, in_body) != NULL)
			return (int)i;
	return -1;
}

int
hidden_for(const struct host *h)
{
	static const char name[] = "\"VisibilityTimeout\":";
	const char *p;
	size_t i;

	for (i = h->n; i-- > h->from; )
		if (tq_str_starts(h->seen[i].op, "ChangeMessageVisibility") &&
		    (p = strstr(h->seen[i].body.p, name)) != NULL)
			return atoi(p + strlen(name));
	return -1;
}

/* -- open and close ----------------------------------------------------------------- */

/* As the store does, whose argument is ours now. */
static void
explain(void *arg, struct tq_aws_call *c)
{
	aq_explain(aq_of(((struct host *)arg)->st), c);
}

int
host_open(struct host *h, const char *url)
{
	struct tq_http_opts opts = { .conns = AQ_CALLS };
	struct aq *s;

	address = url;
	*h = (struct host){ .name = h->name };
	if (tq_http_new(&opts, &h->http, &err) == -1 ||
	    tq_aws_ops.open(url, &env, TQ_OPEN_CREATE, &h->st, &err) == -1)
		return -1;
	s = aq_of(h->st);
	s->a->opts.explain = explain;
	s->a->opts.perform = perform;
	s->a->opts.arg = h;
	claim_of(h, "a", 0);		/* looks, and takes no message */
	return 0;
}

void
host_close(struct host *h)
{
	tq_store_close(h->st);
	tq_http_free(h->http);
	free(h->seen);
	*h = (struct host){ .name = h->name };
}

void
host_anew(struct host *h)
{
	host_close(h);
	if (host_open(h, address) == -1)
		T_FAIL("open: %s", err.msg);
}

/* -- the verbs ------------------------------------------------------------------------- */

const char *
put_due(const char *type, int64_t due, enum tq_stored want)
{
	struct tq_task t = { .queue = QUEUE, .type = type,
	    .payload = tq_span_of("{}"), .payload_kind = TQ_KIND_JSON,
	    .max_attempts = 3, .not_before = due };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out = { .what = TQ_REFUSED };
	char id[TQ_UUID_TEXT];

	tq_id_new(&gen, tq_wall_ms(&env), tq_random_u64(&env), id);
	t.id = tq_arena_str(&arena, id);
	t.submit_id = t.id;
	if (tq_store_submit(w1.st, &in, 1, &out, &err) == -1)
		T_FAIL("submit: %s", err.msg);
	T_INT(out.what, want);
	return t.id;
}

const char *
put(void)
{
	return put_due("a", 0, TQ_STORED);
}

void
put_many(const char *type, size_t n, int64_t due)
{
	struct tq_task *t = tq_arena_alloc(&arena, n * sizeof(*t));
	struct tq_submit *in = tq_arena_alloc(&arena, n * sizeof(*in));
	struct tq_submitted *out = tq_arena_alloc(&arena, n * sizeof(*out));
	char id[TQ_UUID_TEXT];
	size_t i, stored = 0;

	for (i = 0; i < n; i++) {
		tq_id_new(&gen, tq_wall_ms(&env), tq_random_u64(&env), id);
		t[i] = (struct tq_task){ .queue = QUEUE, .type = type,
		    .payload = tq_span_of("{}"),
		    .payload_kind = TQ_KIND_JSON, .not_before = due };
		t[i].id = t[i].submit_id = tq_arena_str(&arena, id);
		in[i].task = &t[i];
	}
	if (tq_store_submit(w1.st, in, n, out, &err) == -1)
		T_FAIL("submit: %s", err.msg);
	for (i = 0; i < n; i++)
		stored += out[i].what == TQ_STORED;
	T_INT(stored, n);
}

struct tq_claimed
claim_of(struct host *h, const char *type, size_t n)
{
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = h->name, .lease_ms = LEASE_MS, .n = n, .slots = n };

	if (tq_store_claim(h->st, &req, &got, &err) == -1)
		T_FAIL("claim: %s", err.msg);
	return got;
}

const struct tq_task *
claim(struct host *h)
{
	struct aq_queue *q = aq_queue(aq_of(h->st), QUEUE);
	struct tq_claimed got;
	size_t i;

	/* It has just looked for expired leases in the index. */
	for (i = 0; i < AQ_LOOKS; i++)
		q->looks.last[AQ_LOOK_EXPIRED][i].at =
		    q->looks.last[AQ_LOOK_LEFT][i].at = tq_boot_ms(&env) +
		    HOUR;
	got = claim_of(h, "a", 1);
	return got.n == 1 ? &got.tasks[0] : NULL;
}

int
wait_ready(struct host *h, uint64_t bell, int64_t ms)
{
	bool stood = boot_stands;
	int rc;

	if (stood)
		boot_offset = boot_now - tq_boot_ms(&tq_env_system);
	boot_stands = false;
	rc = tq_store_wait_ready(h->st, QUEUE, bell, ms, &err);
	if (stood)
		stop_boot();
	return rc;
}

struct tq_answer
finish(struct host *h, const struct tq_task *t, enum tq_how how,
    int64_t not_before)
{
	struct tq_finish in = { .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = how,
	    .not_before = not_before };
	struct tq_answer out = { .code = TQ_E_BUG };

	if (how == TQ_FAIL || how == TQ_RETRY) {
		in.reason = "it broke";
		in.err_stage = TQ_AT_PROCESS;
	}
	if (tq_store_finish(h->st, &in, 1, &out, NULL, NULL, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	T_INT(out.code, TQ_OK);
	return out;
}

const struct tq_task *
get(const char *id)
{
	static const struct tq_task none = { .status = TQ_STATUS_MAX };
	struct tq_task *out = NULL;

	if (tq_store_get(w2.st, &id, 1, 0, &arena, &out, &err) == -1)
		T_FAIL("get: %s", err.msg);
	return out != NULL ? out : &none;
}

struct tq_swept
sweep(struct host *h)
{
	struct tq_swept all = { 0 }, one = { .more = true };

	while (one.more) {
		one = (struct tq_swept){ 0 };	/* or a failure has no end */
		if (tq_store_sweep(h->st, h->name, true, &one, &err) == -1)
			T_FAIL("sweep: %s", err.msg);
		all.rung += one.rung;
		all.told += one.told;
		all.expired += one.expired;
		all.removed += one.removed;
	}
	return all;
}

const char *
put_dead(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	if (t == NULL)
		T_FAIL("no task was claimed");
	else
		T_INT(finish(&w1, t, TQ_FAIL, 0).status, TQ_FAILED);
	return id;
}
