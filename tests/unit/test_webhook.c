/* tests/unit/test_webhook.c -- what http.post sends, and how it signs. */
#include "t.h"

#include <string.h>
#include <sys/prctl.h>

#include "work/handler/webhook.h"
#include "util/err.h"
#include "work/worker.h"

static struct tq_arena a;
static struct tq_err err;

static int
parse(const char *payload, struct tq_webhook *w)
{
	return tq_webhook_parse(tq_span_of(payload), &a, w, &err);
}

static void
payloads(void)
{
	struct tq_webhook w;

	T_INT(parse("{\"url\":\"https://h/x?y\",\"body\":{\"a\": 1},"
	    "\"headers\":{\"X-Key\":\"k v\",\"A\":\"b\"}}", &w), 0);
	T_STR(w.url, "https://h/x?y");
	T_OK(tq_span_eq(w.body, "{\"a\": 1}") && !w.text);
	T_OK(tq_span_eq(w.headers, "X-Key: k v\nA: b\n"));
	T_INT(parse("{\"url\":\"http://h\",\"body\":\"a\\nb\"}", &w), 0);
	T_OK(tq_span_eq(w.body, "a\nb") && w.text && w.headers.n == 0);
	T_INT(parse("{\"url\":\"http://h\"}", &w), 0);
	T_OK(w.body.p == NULL);
}

static void
refused(void)
{
	static const char *const bad[] = { "17", "{}", "{\"url\":17}",
	    "{\"url\":\"ftp://h\"}", "{\"url\":\"http://user@h/\"}",
	    "{\"url\":\"http://h\",\"headers\":[]}",
	    "{\"url\":\"http://h\",\"headers\":{\"a\":1}}",
	    "{\"url\":\"http://h\",\"headers\":{\"a\":\"\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"a b\":\"c\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"\":\"c\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"a\":\"b\\r\\nc: d\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"Host\":\"x\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"Proxy-X\":\"x\"}}",
	    "{\"url\":\"http://h\",\"headers\":{\"Webhook-Id\":\"x\"}}" };
	struct tq_webhook w;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_INT(parse(bad[i], &w), -1);
}

/* The example of the specification's own libraries. */
static void
signatures(void)
{
	static const char key[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	struct tq_webhook_keys k;
	struct tq_buf b = TQ_BUF_INIT(4096);

	T_INT(tq_webhook_keys(tq_span_of(key), &k, &err), 0);
	tq_webhook_sign(&k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	    tq_span_of("{\"test\": 2432232314}"), &b);
	T_STR(b.data, "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\n"
	    "webhook-timestamp: 1614265330\nwebhook-signature: "
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n");
	tq_buf_clear(&b);
	T_INT(tq_webhook_keys(tq_span_of("whsec_"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n"
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"), &k, &err), 0);
	T_INT(k.n, 2);
	tq_webhook_sign(&k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	    tq_span_of("{\"test\": 2432232314}"), &b);
	T_OK(strstr(b.data,
	    " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n") != NULL);
	/* Without a key there is an id, for the receiver to know it again. */
	k.n = 0;
	tq_buf_clear(&b);
	tq_webhook_sign(&k, "i", 1, TQ_SPAN_NONE, &b);
	T_STR(b.data, "webhook-id: i\nwebhook-timestamp: 1\n");
	tq_buf_free(&b);
}

static void
keys_refused(void)
{
	static const char *const bad[] = { "", "\n", "secret",
	    "whsec_c2hvcnQ=", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
	    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
	struct tq_webhook_keys k;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_INT(tq_webhook_keys(tq_span_of(bad[i]), &k, &err), -1);
		T_OK(i < 2 || strstr(err.msg, bad[i]) == NULL);
	}
}

/* Whoever holds them is no process that others may look into. */
static void
keys_kept(void)
{
	struct tq_work_opts o = { .webhook_key = "/proc/nonexistent/keys" };
	struct worker w = { .o = &o };

	T_MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	T_INT(tq_post_init(&w, &err), -1);
	T_OK(strstr(err.msg, "--webhook-key /proc/nonexistent/keys: No such") != NULL);
	T_INT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	free(w.webhook_keys);
}

T_MAIN(
	{ "payloads", payloads },
	{ "what can't be sent is refused", refused },
	{ "signatures are those of Standard Webhooks", signatures },
	{ "a file of keys that is wrong is refused and not shown",
	    keys_refused },
	{ "a worker that reads keys can't be looked into", keys_kept })
