/*
 * tests/unit/test_aws_call.c -- signing, sending, trying again, without a
 * network: answers come from a script, sleeping moves the clock.
 */
#include "t.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "aws/call.h"
#include "aws/dynamodb.h"
#include "aws/retry.h"
#include "aws/s3.h"
#include "aws/sqs.h"
#include "t_env.h"
#include "t_reply.h"

#define NOW	INT64_C(1440938160000)	/* 2015-08-30T12:36:00Z */
#define URL	"https://sqs.eu-west-1.amazonaws.com/1/q"

/* The answers to come, and what was sent. */
static struct {
	int		 status;	/* 0: none */
	const char	*head, *body;
	bool		 sent;		/* with status 0: some of it was */
	enum tq_code	 code;		/* with status 0 */
} script[16];
static size_t script_at, script_n;
static char log_text[16384];
static int64_t slept;
static struct t_env vars;
static struct tq_env env;
static struct tq_aws *client;
static struct tq_err err;

static void
note(const char *s)
{
	size_t n = strlen(log_text);

	snprintf(log_text + n, sizeof(log_text) - n, "%s", s);
}

static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t i, j, at;

	(void)arg;
	for (i = 0; i < n; i++) {
		note(reqs[i].url);
		for (j = 0; j < reqs[i].nheaders; j++) {
			note("|");
			note(reqs[i].headers[j].name);
			note(": ");
			note(reqs[i].headers[j].value);
		}
		note("\n");
		at = script_at < script_n ? script_at++ : script_n - 1;
		res[i] = t_reply(script[at].status, script[at].head,
		    script[at].body ? script[at].body : "");
		if (script[at].status == 0) {
			res[i].sent = script[at].sent;
			tq_err_set(&res[i].err, TQ_AT_SEND, script[at].code,
			    "no answer");
			res[i].err.retryable = true;
		}
		if (script[at].head != NULL &&
		    strstr(script[at].head, "Date:") != NULL)
			res[i].date_ms = NOW + 3600000;
		if (reqs[i].to_fd && script[at].body != NULL &&
		    write(reqs[i].fd, script[at].body,
		    strlen(script[at].body)) == -1)
			T_FAIL("write");
	}
	return 0;
}

static void
sleep_fake(void *arg, int64_t ms)
{
	(void)arg;
	slept += ms;
	vars.now += ms;
}

/* The counters, one after the other. */
static char told[256];

static void
called(void *arg, const struct tq_called *c)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%s %d;", c->what, c->tries);
}

static void
start(void)
{
	struct tq_aws_opts opts = { .env = &env, .perform = perform,
	    .sleep = sleep_fake };

	vars = (struct t_env){ .now = NOW, .random = 0x80, .vars = { T_ENV_AWS,
	    NULL } };
	env = t_env_make(&vars);
	env.called = called;
	told[0] = '\0';
	script_at = script_n = 0;
	slept = 0;
	log_text[0] = '\0';
	err = (struct tq_err)TQ_ERR_INIT;
	if (tq_aws_new(&opts, &client, &err) == -1)
		T_FAIL("%s", err.msg);
}

static void
answer(int status, const char *head, const char *body)
{
	script[script_n].status = status;
	script[script_n].head = head;
	script[script_n++].body = body;
}

static void
silence(enum tq_code code, bool sent)
{
	script[script_n].status = 0;
	script[script_n].head = script[script_n].body = NULL;
	script[script_n].code = code;
	script[script_n++].sent = sent;
}

static struct tq_aws_call
sqs_call(void)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs DeleteMessage" };

	T_INT(tq_sqs_delete(&c.req, tq_aws_base(client, TQ_AWS_SQS), URL, "r",
	    &err), 0);
	return c;
}

static struct tq_aws_call
ddb_call(void)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb GetItem" };

	T_INT(tq_ddb_get(&c.req, tq_aws_base(client, TQ_AWS_DYNAMODB), "t",
	    tq_span_of("{\"pk\":{\"S\":\"a\"}}"), true, &err), 0);
	return c;
}

static void
end(struct tq_aws_call *c)
{
	tq_aws_call_free(c);
	tq_aws_free(client);
}

static void
test_plain(void)
{
	struct tq_aws_call c;

	start();
	c = sqs_call();
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_INT(c.err.code, TQ_OK);
	T_INT(c.tries, 1);
	T_OK(!c.repeated);
	T_OK(strstr(log_text, "https://sqs.eu-west-1.amazonaws.com/|") ==
	    log_text);
	T_OK(strstr(log_text, "Credential=AKID/20150830/eu-west-1/sqs/") !=
	    NULL);
	T_OK(strstr(log_text, "very-secret") == NULL);
	T_STR(told, "sqs DeleteMessage 1;");
	end(&c);
}

static void
test_again(void)
{
	struct tq_aws_call c;
	const char *second;

	start();
	c = sqs_call();
	answer(500, NULL, "");
	answer(503, "x-amz-retry-after: 2000\n", "");
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_INT(c.tries, 3);
	T_OK(c.repeated);
	T_INT(slept, 25 + 2000);
	/* The second try was signed anew, once, and says that it is one. */
	second = strchr(log_text, '\n');
	T_OK(strstr(log_text, "amz-sdk") > second);
	T_MUST(second != NULL && strchr(second + 1, '\n') != NULL);
	*strchr(second + 1, '\n') = '\0';
	T_OK(strstr(second, "Authorization") != NULL);
	T_OK(strstr(strstr(second, "Authorization") + 1, "Authorization") ==
	    NULL);
	T_OK(strstr(second, "|amz-sdk-request: attempt=2; max=3|"
	    "amz-sdk-invocation-id: 80808080-8080-4080-8080-808080808080") !=
	    NULL);
	end(&c);
}

static void
test_gives_up(void)
{
	struct tq_aws_call c;

	start();
	c = ddb_call();
	answer(500, NULL, "{\"__type\":\"x#InternalServerError\","
	    "\"message\":\"m\"}");
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.tries, 4);
	T_INT(c.err.code, TQ_E_UNAVAILABLE);
	T_OK(strstr(c.err.msg, "dynamodb GetItem: InternalServerError: m") ==
	    c.err.msg);
	tq_aws_call_free(&c);
	c = ddb_call();
	script_at = script_n = 0;
	answer(400, NULL, "{\"__type\":\"x#ValidationException\"}");
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.tries, 1);
	T_INT(c.err.code, TQ_E_DATA);
	T_OK(!c.repeated);
	end(&c);
}

static void
test_attempts(void)
{
	static const struct {
		const char *text;
		int tries;
	} t[] = { { "1", 1 }, { "5", 5 }, { "1000", 20 }, { "none", 3 } };
	struct tq_aws_opts opts = { .env = &env, .perform = perform,
	    .sleep = sleep_fake };
	struct tq_aws_call c;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start();
		tq_aws_free(client);
		vars.vars[10] = "AWS_MAX_ATTEMPTS";
		vars.vars[11] = t[i].text;
		T_INT(tq_aws_new(&opts, &client, &err), 0);
		c = sqs_call();
		answer(500, NULL, "");
		T_INT(tq_aws_call(client, &c, 1), 1);
		T_INT(c.tries, t[i].tries);
		end(&c);
	}
}

static void
test_silence(void)
{
	struct tq_aws_call c;

	start();
	c = sqs_call();
	silence(TQ_E_UNAVAILABLE, false);
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_OK(!c.repeated);
	tq_aws_call_free(&c);
	c = sqs_call();
	script_at = script_n = 0;
	silence(TQ_E_TIMEOUT, true);
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.err.code, TQ_E_TIMEOUT);
	T_INT(c.tries, 3);
	T_OK(c.repeated);
	end(&c);
}

static void
test_damaged(void)
{
	struct tq_aws_call c;

	start();
	c = ddb_call();
	answer(200, "x-amz-crc32: 1\n", "{}");
	answer(200, NULL, "{\"Item\":{");
	answer(200, NULL, "");
	answer(200, "x-amz-crc32: 2745614147\n", "{}");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_INT(c.tries, 4);
	T_OK(c.repeated);
	end(&c);
}

/* As a gateway answers that says 200 to anything: never "there is none". */
static void
test_empty(void)
{
	struct tq_aws_call c;

	start();
	c = sqs_call();
	c.what = "sqs ReceiveMessage";
	answer(200, NULL, "");
	answer(200, NULL, "<html>All is well</html>");
	answer(200, NULL, "");
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.err.code, TQ_E_CORRUPT);
	T_OK(strstr(c.err.msg, "the answer came damaged") != NULL);
	end(&c);
	start();
	c = sqs_call();
	c.what = "sqs SetQueueAttributes";
	answer(200, NULL, "");
	T_INT(tq_aws_call(client, &c, 1), 0);
	end(&c);
}

static void
test_interrupted(void)
{
	struct tq_aws_call c[3];
	size_t i;

	start();
	for (i = 0; i < 3; i++)
		c[i] = sqs_call();
	answer(200, NULL, "{}");
	answer(500, NULL, "");
	silence(TQ_E_INTR, true);
	T_INT(tq_aws_call(client, c, 3), 2);
	T_INT(c[0].err.code, TQ_OK);
	T_INT(c[1].err.code, TQ_E_INTR);
	T_INT(c[2].err.code, TQ_E_INTR);
	T_INT(c[2].tries, 1);
	for (i = 0; i < 3; i++)
		tq_aws_call_free(&c[i]);
	tq_aws_free(client);
}

static void
test_many(void)
{
	struct tq_aws_call c[2];

	start();
	c[0] = sqs_call();
	c[1] = ddb_call();
	answer(400, NULL, "{\"__type\":\"ThrottlingException\"}");
	answer(200, NULL, "{}");
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, c, 2), 0);
	T_INT(c[0].tries, 2);
	T_INT(c[1].tries, 1);
	T_INT(slept, 501);	/* rnd is a little over a half */
	tq_aws_call_free(&c[0]);
	end(&c[1]);
}

static void
test_skew(void)
{
	struct tq_aws_call c;

	start();
	c = sqs_call();
	answer(403, "Date: later\n",
	    "{\"__type\":\"InvalidSignatureException\"}");
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_OK(strstr(log_text, "X-Amz-Date: 20150830T123600Z") != NULL);
	T_OK(strstr(log_text, "X-Amz-Date: 20150830T133600Z") != NULL);
	T_INT(tq_aws_now(client), NOW + 3600000);
	T_INT(slept, 0);
	end(&c);
}

static void
test_skew_of_many(void)
{
	static const char bad[] = "{\"__type\":\"InvalidSignatureException\"}";
	struct tq_aws_call c[2];

	start();
	c[0] = sqs_call();
	c[1] = sqs_call();
	answer(403, "Date: later\n", bad);
	answer(403, "Date: later\n", bad);
	answer(200, NULL, "{}");
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, c, 2), 0);
	T_INT(c[0].tries, 2);
	T_INT(c[1].tries, 2);
	tq_aws_call_free(&c[0]);
	end(&c[1]);
}

static void
test_unprocessed(void)
{
	static const char none[] = "{\"Responses\":{\"t\":[]},"
	    "\"UnprocessedKeys\":{\"t\":{\"Keys\":[{\"pk\":{\"S\":\"a\"}}]}}}";
	static const char one[] = "{\"Responses\":{\"t\":[{\"pk\":"
	    "{\"S\":\"b\"}}]},\"UnprocessedKeys\":{\"t\":{\"Keys\":"
	    "[{\"pk\":{\"S\":\"a\"}}]}}}";
	struct tq_aws_call c;

	start();
	c = ddb_call();
	c.what = "dynamodb BatchGetItem";
	answer(200, NULL, none);
	answer(200, NULL, one);
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_INT(c.tries, 2);
	T_INT(slept, 501);	/* rnd is a little over a half */
	end(&c);

	start();
	c = ddb_call();
	c.what = "dynamodb BatchGetItem";
	answer(200, NULL, none);
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.tries, 4);
	T_INT(c.err.code, TQ_E_THROTTLED);
	T_OK(strstr(c.err.msg, "UnprocessedItems") != NULL);
	end(&c);
}

/* How often ${text} is in the log. */
static int
logged(const char *text)
{
	const char *p = log_text;
	int n = 0;

	for (; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void
test_refused(void)
{
	static const char *const codes[] = { "ExpiredTokenException",
	    "UnrecognizedClientException", "InvalidClientTokenId",
	    "com.amazonaws#InvalidAccessKeyId" };
	struct tq_aws_call c[2];
	char body[80];
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		start();
		snprintf(body, sizeof(body), "{\"__type\":\"%s\"}", codes[i]);
		answer(400, NULL, body);
		/* Looked for once, and the same: so it is not sent again. */
		c[0] = sqs_call();
		T_INT(tq_aws_call(client, c, 1), 1);
		T_INT(c[0].tries, 1);
		T_INT(c[0].err.code, TQ_E_DENIED);
		tq_aws_call_free(&c[0]);
		/* The next time the environment has others. */
		vars.now += 60000;
		vars.vars[3] = "NEWID";
		script_at = script_n = 0;
		log_text[0] = '\0';
		answer(400, NULL, body);
		answer(400, NULL, body);
		answer(200, NULL, "{}");
		c[0] = sqs_call();
		c[1] = ddb_call();
		T_INT(tq_aws_call(client, c, 2), 0);
		T_INT(logged("Credential=AKID/"), 2);
		T_INT(logged("Credential=NEWID/"), 2);
		tq_aws_call_free(&c[1]);
		end(&c[0]);
	}
}

/* One that asks fails: that is what went wrong. */
static void
test_refused_for_good(void)
{
	struct tq_aws_call c;

	start();
	answer(200, NULL, "{}");
	answer(400, NULL, "{\"__type\":\"ExpiredTokenException\"}");
	c = sqs_call();
	T_INT(tq_aws_call(client, &c, 1), 0);
	tq_aws_call_free(&c);
	c = sqs_call();
	/* The environment has half a pair by now. */
	vars.vars[5] = "";
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.err.stage, TQ_AT_CREDS);
	T_OK(strstr(c.err.msg, "AWS_SECRET_ACCESS_KEY is not") != NULL);
	T_INT(c.tries, 1);
	end(&c);
}

/* A folder whose files the client reads; ${path} gets a file's name in it. */
static char dir[96], path[160];

static const char *
in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		T_FAIL("%s: can't be written", path);
}

/* A client's config, and a credential_process, ${text}, in a new ${dir}. */
static void
start_program(const char *text)
{
	static const char config[] = "[default]\n"
	    "credential_process = sh %s/program\n";
	char filled[256];

	start();
	tq_aws_free(client);
	T_MUST(t_mkdir(dir, sizeof(dir), "aws"));
	snprintf(filled, sizeof(filled), config, dir);
	write_file("config", filled);
	write_file("program", text);
	vars.vars[3] = "";
	in_dir("config");
	vars.vars[7] = path;
}

/* A program that was asked last may just be making its mark anew. */
static void
end_program(void)
{
	int i;

	T_INT(unlink(in_dir("config")), 0);
	T_INT(unlink(in_dir("program")), 0);
	for (i = 0; i < 60000 && rmdir(dir) == -1; i++) {
		rmdir(in_dir("program.once"));
		usleep(1000);
	}
	T_OK(i < 60000);
}

#define PROGRAM_JSON	"echo '{\"Version\":1,\"AccessKeyId\":\"PROG\","	\
	"\"SecretAccessKey\":\"S\","					\
	"\"Expiration\":\"2015-08-30T14:46:00+0200\"}'\n"

static void
test_provider_hangs(void)
{
	/* From the second time on it hangs. */
	static const char program[] = "mkdir $0.once 2>/dev/null || "
	    "exec sleep 1000\n" PROGRAM_JSON;
	struct tq_aws_opts opts = { .env = &env, .perform = perform,
	    .sleep = sleep_fake };
	struct tq_aws_call c;
	int i;

	start_program(program);
	T_MUST(tq_aws_new(&opts, &client, &err) == 0);
	answer(200, NULL, "{}");
	/* Two more than is needed to see it asked again. */
	for (i = 0; i < 4; i++) {
		c = sqs_call();
		T_INT(tq_aws_call(client, &c, 1), 0);
		tq_aws_call_free(&c);
		vars.now += 61000;
	}
	T_INT(logged("Credential=PROG/"), 4);
	/* Nor does it hold up the end. */
	tq_aws_free(client);
	end_program();
}

/* Handles of a process, as its threads open them: no parent, any order. */
static void
test_one_asks(void)
{
	static const char program[] = "mkdir $0.once || exit 1\n"
	    PROGRAM_JSON;
	struct tq_aws_opts opts = { .env = &env }, other = { .env = &env,
	    .region = "eu-west-3" };
	struct tq_aws *a, *b, *c;
	const char *source;
	int64_t ends;

	start_program(program);
	T_MUST(tq_aws_new(&opts, &a, &err) == 0);
	T_MUST(tq_aws_new(&opts, &b, &err) == 0);
	T_INT(tq_aws_who(b, &source, &ends, &err), 0);
	tq_aws_free(b);
	T_MUST(tq_aws_new(&opts, &b, &err) == 0);
	T_INT(tq_aws_who(a, &source, &ends, &err), 0);
	tq_aws_free(a);
	T_INT(tq_aws_who(b, &source, &ends, &err), 0);
	T_STR(source, "process");
	/* One that is to be different is; and the last one forgets. */
	T_MUST(tq_aws_new(&other, &c, &err) == 0);
	T_STR(tq_aws_region_of(c), "eu-west-3");
	T_INT(tq_aws_who(c, &source, &ends, &err), -1);
	tq_aws_free(c);
	tq_aws_free(b);
	T_MUST(tq_aws_new(&opts, &a, &err) == 0);
	T_INT(tq_aws_who(a, &source, &ends, &err), -1);
	tq_aws_free(a);
	end_program();
}

static void
test_no_creds(void)
{
	struct tq_aws_call c;

	start();
	vars.vars[2] = "AWS_EC2_METADATA_DISABLED";
	vars.vars[3] = "true";
	c = sqs_call();
	answer(200, NULL, "{}");
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_INT(c.err.stage, TQ_AT_CREDS);
	T_INT(c.err.code, TQ_E_DENIED);
	T_STR(log_text, "");
	end(&c);
}

static void
test_moved(void)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .what = "s3 GetObject",
	    .bucket = "my-bucket", .to_fd = true };
	struct tq_s3_bucket b;
	char got[16] = "";
	FILE *f = tmpfile();

	T_MUST(f != NULL);
	start();
	T_INT(tq_aws_bucket(client, "my-bucket", &b, &err), 0);
	T_STR(b.base, "https://s3.eu-west-1.amazonaws.com");
	T_OK(!b.path_style);
	T_INT(tq_s3_get(&c.req, &b, "k", 0, -1, &err), 0);
	c.fd = fileno(f);
	answer(301, "x-amz-bucket-region: us-west-2\n", "elsewhere");
	answer(500, NULL, "hal");
	answer(200, NULL, "whole");
	T_INT(tq_aws_call(client, &c, 1), 0);
	T_OK(strstr(log_text, "https://my-bucket.s3.us-west-2.amazonaws.com/k"
	    ) != NULL);
	T_OK(strstr(log_text, "/us-west-2/s3/aws4_request") != NULL);
	T_INT(pread(c.fd, got, sizeof(got), 0), 5);
	T_STR(got, "whole");
	/* It is known from now on. */
	T_INT(tq_aws_bucket(client, "my-bucket", &b, &err), 0);
	T_STR(b.base, "https://s3.us-west-2.amazonaws.com");
	fclose(f);
	end(&c);
}

static void
test_presign(void)
{
	struct tq_buf url = TQ_BUF_INIT(4096);
	struct tq_s3_bucket b;

	start();
	T_INT(tq_aws_bucket(client, "my-bucket", &b, &err), 0);
	T_INT(tq_aws_presign(client, &b, "GET", "k", 60, &url, &err), 0);
	T_OK(strstr(url.data, "X-Amz-Credential=AKID%2F20150830%2Feu-west-1")
	    != NULL);
	tq_buf_clear(&url);
	T_INT(tq_aws_presign_new(client, &b, "k", 1, 60, &url, &err), 0);
	T_OK(strstr(url.data, "X-Amz-Credential=AKID%2F20150830%2Feu-west-1")
	    != NULL);
	tq_buf_free(&url);
	tq_aws_free(client);
}

static void
test_siblings(void)
{
	struct tq_aws *other = NULL;
	struct tq_aws_call c;

	start();
	T_INT(tq_aws_sibling(client, &other, &err), 0);
	c = sqs_call();
	answer(200, NULL, "{}");
	tq_aws_free(client);
	T_INT(tq_aws_call(other, &c, 1), 0);
	client = other;
	end(&c);
}

static void
test_setup(void)
{
	struct tq_aws_opts opts = { .env = &env };
	struct tq_aws *a = NULL;

	/* Others of the same user must not read its secrets. */
	T_MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	start();
	T_INT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	tq_aws_free(client);
	vars.vars[0] = "AWS_PROFILE";
	T_INT(tq_aws_new(&opts, &a, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "eu-west-1") != NULL);
	vars.vars[1] = "default";
	T_INT(tq_aws_new(&opts, &a, &err), -1);
	T_OK(strstr(err.msg, "AWS_REGION") != NULL);
	T_OK(a == NULL);
}

T_MAIN(
	{ "a call is signed, sent and counted", test_plain },
	{ "a transient error is tried again, signed anew", test_again },
	{ "a lasting error is not, and errors name the call", test_gives_up },
	{ "AWS_MAX_ATTEMPTS counts the first try, up to twenty",
	    test_attempts },
	{ "no answer: whether it may have been done is told", test_silence },
	{ "a damaged answer is asked for again", test_damaged },
	{ "an empty 200 is an answer only where none is due", test_empty },
	{ "an interruption ends all that is not done", test_interrupted },
	{ "each of several calls is tried as often as it needs", test_many },
	{ "a wrong clock is corrected and the call repeated", test_skew },
	{ "of many requests by a wrong clock each is repeated",
	    test_skew_of_many },
	{ "a batch of which nothing was done is repeated, more slowly",
	    test_unprocessed },
	{ "refused credentials are found anew, and the request sent again",
	    test_refused },
	{ "who can't find others is told why", test_refused_for_good },
	{ "a credential program that hangs holds up no call, and not the end",
	    test_provider_hangs },
	{ "of a process's clients one asks for credentials", test_one_asks },
	{ "without credentials nothing is sent", test_no_creds },
	{ "a bucket is followed to its region, its file starts over",
	    test_moved },
	{ "URLs are presigned with the client's credentials", test_presign },
	{ "siblings share what outlives either", test_siblings },
	{ "a missing profile or region is named with its remedy", test_setup }
)
