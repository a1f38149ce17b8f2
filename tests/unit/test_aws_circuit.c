/*
 * tests/unit/test_aws_circuit.c -- a service that does not answer: when it
 * counts as silent, and what calls cost then.
 */
#include "t.h"

#include "aws/call.h"
#include "aws/circuit.h"
#include "aws/dynamodb.h"
#include "aws/sqs.h"
#include "t_env.h"
#include "t_reply.h"

static void
test_opens(void)
{
	struct tq_circuit c = { 0 };

	tq_circuit_answered(&c, 100);
	/* One try may get lost. */
	T_OK(!tq_circuit_silent(&c, 1000, 1, 3000));
	T_OK(tq_circuit_admits(&c, 3000));
	T_OK(tq_circuit_silent(&c, 1000, 2, 5000));
	T_INT(c.since_ms, 1000);
	T_OK(!tq_circuit_admits(&c, 5999));
	/* One at a time is let through. */
	T_OK(tq_circuit_admits(&c, 6000));
	T_OK(!tq_circuit_admits(&c, 6000));
	T_OK(!tq_circuit_admits(&c, 6000 + TQ_CIRCUIT_PROBE_MS - 1));
	tq_circuit_answered(&c, 7000);
	T_OK(tq_circuit_admits(&c, 7000));
	T_OK(tq_circuit_admits(&c, 7000));
}

static void
test_others(void)
{
	struct tq_circuit c = { 0 };

	/* Somebody was answered meanwhile: the call is what is wrong. */
	tq_circuit_answered(&c, 1500);
	T_OK(!tq_circuit_silent(&c, 1000, 2, 5000));
	T_OK(!tq_circuit_silent(&c, 1000, 9, 50000));
	T_OK(tq_circuit_admits(&c, 50000));
}

static void
test_pauses(void)
{
	struct tq_circuit c = { 0 };
	int64_t now = 10000, pause = TQ_CIRCUIT_PAUSE_MS;
	int i;

	T_OK(tq_circuit_silent(&c, 1000, 2, now));
	/* Calls that were on their way with it do not count twice. */
	T_OK(tq_circuit_silent(&c, 1000, 1, now + 1));
	T_OK(tq_circuit_silent(&c, 2000, 2, now + 2));
	T_INT(c.pause_ms, pause);
	for (i = 0; i < 5; i++) {
		now = c.next_ms;
		T_OK(tq_circuit_admits(&c, now));
		T_OK(tq_circuit_silent(&c, now, 1, now + 2000));
		pause = pause * 2 < TQ_CIRCUIT_PAUSE_MAX_MS ? pause * 2 :
		    TQ_CIRCUIT_PAUSE_MAX_MS;
		T_INT(c.next_ms, now + 2000 + pause);
	}
}

/* A world in which services can be silent; a try then takes its time-out. */
static struct t_env vars;
static struct tq_env env;
static struct tq_aws *client;
static bool sqs_is_silent;
static int asked[2];		/* SQS, DynamoDB */
static int64_t slept;

static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	int64_t longest = 0;
	size_t i;
	bool sqs;

	(void)arg;
	for (i = 0; i < n; i++) {
		sqs = strstr(reqs[i].url, "//sqs.") != NULL;
		asked[!sqs]++;
		res[i] = t_reply(200, NULL, "{}");
		if (!sqs || !sqs_is_silent)
			continue;
		res[i].status = 0;
		tq_err_set(&res[i].err, TQ_AT_SEND, TQ_E_TIMEOUT,
		    "no answer");
		res[i].err.retryable = true;
		if (reqs[i].timeout_ms > longest)
			longest = reqs[i].timeout_ms;
	}
	vars.now += longest;
	return 0;
}

static void
sleep_fake(void *arg, int64_t ms)
{
	(void)arg;
	slept += ms;
	vars.now += ms;
}

static void
start(void)
{
	struct tq_aws_opts opts = { .env = &env, .perform = perform,
	    .sleep = sleep_fake };
	struct tq_err err = TQ_ERR_INIT;

	vars = (struct t_env){ .now = 1440938160000, .random = 0x80,
	    .vars = { T_ENV_AWS, NULL } };
	env = t_env_make(&vars);
	sqs_is_silent = true;
	asked[0] = asked[1] = 0;
	slept = 0;
	T_INT(tq_aws_new(&opts, &client, &err), 0);
}

/* How long one call takes; ${err} is its own. */
static int64_t
call(enum tq_aws_service service, bool long_poll, struct tq_err *err)
{
	struct tq_aws_call c = { .service = service, .what = "the call",
	    .long_poll = long_poll };
	int64_t begun = vars.now;

	T_INT(service == TQ_AWS_SQS ?
	    tq_sqs_delete(&c.req, tq_aws_base(client, service),
	    "https://sqs.eu-west-1.amazonaws.com/1/q", "r", err) :
	    tq_ddb_get(&c.req, tq_aws_base(client, service), "t",
	    tq_span_of("{}"), true, err), 0);
	tq_aws_call(client, &c, 1);
	*err = c.err;
	tq_aws_call_free(&c);
	return vars.now - begun;
}

static void
test_costs_once(void)
{
	struct tq_err err = TQ_ERR_INIT;

	start();
	T_OK(call(TQ_AWS_SQS, false, &err) < 5000);
	T_INT(err.code, TQ_E_TIMEOUT);
	T_INT(asked[0], 2);
	T_OK(tq_aws_silent(client, TQ_AWS_SQS));
	/* Known: the next ones fail at once, and say why. */
	T_INT(call(TQ_AWS_SQS, false, &err), 0);
	T_INT(err.code, TQ_E_UNAVAILABLE);
	T_OK(err.retryable);
	T_OK(strstr(err.msg, "the call: https://sqs.eu-west-1.amazonaws.com: "
	    "no answer for 4 s") != NULL);
	T_INT(asked[0], 2);
	/* Other services are asked. */
	T_INT(call(TQ_AWS_DYNAMODB, false, &err), 0);
	T_INT(err.code, TQ_OK);
	/* Now and then one is let through; its answer ends it. */
	vars.now += TQ_CIRCUIT_PAUSE_MS;
	T_OK(call(TQ_AWS_SQS, false, &err) < 3000);
	T_INT(asked[0], 3);
	T_INT(call(TQ_AWS_SQS, false, &err), 0);
	sqs_is_silent = false;
	vars.now += TQ_CIRCUIT_PAUSE_MAX_MS;
	T_INT(call(TQ_AWS_SQS, false, &err), 0);
	T_INT(err.code, TQ_OK);
	T_OK(!tq_aws_silent(client, TQ_AWS_SQS));
	T_INT(call(TQ_AWS_SQS, false, &err), 0);
	T_INT(asked[0], 5);
	tq_aws_free(client);
}

static void
test_siblings(void)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws *first;

	start();
	call(TQ_AWS_SQS, false, &err);
	first = client;
	T_INT(tq_aws_sibling(first, &client, &err), 0);
	T_INT(call(TQ_AWS_SQS, false, &err), 0);
	T_INT(asked[0], 2);
	/* One that waits for messages does not spin meanwhile. */
	slept = 0;
	T_OK(call(TQ_AWS_SQS, true, &err) > 0);
	T_OK(slept > 0);
	T_INT(asked[0], 2);
	tq_aws_free(client);
	tq_aws_free(first);
}

T_MAIN(
	{ "two unanswered tries open it, one call at a time is let through",
	    test_opens },
	{ "while others are answered it stays closed", test_others },
	{ "the pauses between probes grow, to four seconds", test_pauses },
	{ "a silent service costs its time-out once, and the others nothing",
	    test_costs_once },
	{ "all clients of a process know it", test_siblings }
)
