/* tests/unit/test_serve_who.c -- keys, sessions, proxies, quotas. */
#include "t.h"

#include "serve/http/forwarded.h"
#include "serve/server/keys.h"
#include "serve/server/quota.h"
#include "serve/server/sessions.h"
#include "util/err.h"
#include "util/hash.h"

/* sha256 of "secret" */
#define HASH "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
/* sha256 of "other" */
#define HASH2 "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"

static struct tq_keys *
keys(const char *text)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_keys *k = NULL;

	T_OK(tq_keys_parse(tq_span_of(text), &k, &err) == 0);
	return k;
}

static void
test_keys(void)
{
	static const char *const bad[] = {
		"me", "me:" HASH, "me:" HASH ":", "me:" HASH ":write",
		"me:" HASH "a:read", "me:ABCD:read", ":" HASH ":read",
		"m e:" HASH ":read", "me:" HASH ":read:", "me:" HASH
		":read:queue=", "me:" HASH ":read:queue=a;queue=b",
		"me:" HASH ":read:rate=0/s", "me:" HASH ":read:rate=5/d",
		"me:" HASH ":read:colour=red", "me:" HASH ":read:queue=a,,b",
		"me:" HASH ":read:type=a b", "me:" HASH ":read:queue=a;",
		"a:" HASH ":read\na:" HASH ":read",
	};
	struct tq_err err = TQ_ERR_INIT;
	struct tq_keys *k = keys("# keys\n\nme:" HASH2
	    ":read,submit\nboss:" HASH ":admin\n");
	struct tq_who who;
	size_t i;

	T_OK(tq_keys_find(k, "secret", &who));
	T_STR(who.id, "boss");
	T_OK(who.scopes == (TQ_SCOPE_READ | TQ_SCOPE_SUBMIT | TQ_SCOPE_ADMIN));
	T_OK(tq_keys_find(k, "other", &who));
	T_STR(who.id, "me");
	T_INT(who.scopes, TQ_SCOPE_READ | TQ_SCOPE_SUBMIT);
	T_OK(!tq_keys_find(k, "Secret", &who));
	tq_keys_free(k);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tq_keys_parse(tq_span_of(bad[i]), &k, &err) != -1)
			T_FAIL("%s was taken", bad[i]);
	T_OK(strstr(err.msg, "line 2") != NULL);
}

static void
test_keys_private(void)
{
	T_OK(tq_keys_private(0100600, 1000, 1000));
	T_OK(tq_keys_private(0100400, 0, 0));
	T_OK(!tq_keys_private(0100640, 1000, 1000));
	T_OK(!tq_keys_private(0100604, 1000, 1000));
	/* A mounted secret is root's, and our group's to read. */
	T_OK(tq_keys_private(0100440, 0, 1000));
	T_OK(!tq_keys_private(0100460, 0, 1000));
	T_OK(!tq_keys_private(0100444, 0, 1000));
	T_OK(!tq_keys_private(0100640, 0, 0));
}

static void
test_bounds(void)
{
	struct tq_keys *k = keys("a:" HASH
	    ":submit,operate:queue=q,mail;type=t;rate=2/s\nb:" HASH2 ":read");
	const char *queue, *type;
	struct tq_who who;

	T_MUST(tq_keys_find(k, "secret", &who));
	T_INT(who.scopes, TQ_SCOPE_SUBMIT | TQ_SCOPE_OPERATE);
	T_OK(tq_key_may(who.key, "q", "t"));
	T_OK(tq_key_may(who.key, "mail", NULL));
	T_OK(!tq_key_may(who.key, "mai", "t"));
	T_OK(!tq_key_may(who.key, "mail2", "t"));
	T_OK(!tq_key_may(who.key, "q", "u"));
	tq_key_only(who.key, &queue, &type);
	T_OK(queue == NULL);
	T_STR(type, "t");
	T_OK(tq_key_pace(who.key, 1000) && tq_key_pace(who.key, 1000));
	T_OK(!tq_key_pace(who.key, 1400));
	T_OK(tq_key_pace(who.key, 1500));
	T_MUST(tq_keys_find(k, "other", &who));
	T_OK(tq_key_may(who.key, "q", "u") && tq_key_may(NULL, "q", "u"));
	T_OK(tq_key_pace(who.key, 0) && tq_key_pace(who.key, 0));
	tq_keys_free(k);
}

static void
test_changed_keys(void)
{
	struct tq_keys *old = keys("a:" HASH ":read\nb:" HASH2 ":read");
	struct tq_keys *new = keys("a:" HASH ":submit\nb:" HASH ":read");
	struct tq_who a, b, now;

	T_MUST(tq_keys_find(old, "secret", &a));
	T_MUST(tq_keys_find(old, "other", &b));
	T_OK(tq_keys_match(new, "a", a.hash, &now));
	T_INT(now.scopes, TQ_SCOPE_SUBMIT);
	T_OK(!tq_keys_match(new, "b", b.hash, &now));	/* another secret */
	T_OK(!tq_keys_match(new, "c", a.hash, &now));
	/* Held keys outlive those that are loaded after them. */
	tq_keys_free(tq_keys_hold(old));
	T_OK(tq_key_may(a.key, "q", "t"));
	tq_keys_free(old);
	tq_keys_free(new);
}

static void
test_sessions(void)
{
	static struct tq_sessions s;
	struct tq_keys *k = keys("me:" HASH ":read\nyou:" HASH2 ":read");
	struct tq_keys *less = keys("you:" HASH2 ":read\nme:" HASH2 ":read");
	char a[TQ_SESSION_TEXT], b[TQ_SESSION_TEXT];
	struct tq_who me, you, got;
	int i;

	T_MUST(tq_keys_find(k, "secret", &me));
	T_MUST(tq_keys_find(k, "other", &you));
	tq_session_new(&s, &me, 1000, &tq_env_system, a);
	T_OK(tq_session_find(&s, a, k, 2000, &got));
	T_STR(got.id, "me");
	T_OK(!tq_session_find(&s, a, less, 2000, &got));
	T_OK(!tq_session_find(&s, a, k, 1000 + TQ_SESSION_MS, &got));
	T_OK(!tq_session_find(&s, "00", k, 2000, &got));
	tq_session_new(&s, &you, 1000, &tq_env_system, b);
	tq_session_end(&s, a);
	T_OK(!tq_session_find(&s, a, k, 2000, &got));
	T_OK(tq_session_find(&s, b, less, 2000, &got));
	T_STR(got.id, "you");
	for (i = 0; i < TQ_SESSIONS_MAX; i++)
		tq_session_new(&s, &me, 1000, &tq_env_system, a);
	T_OK(!tq_session_find(&s, b, k, 2000, &got));
	tq_keys_free(k);
	tq_keys_free(less);
}

static void
test_cookie(void)
{
	char got[TQ_SESSION_TEXT];

	T_OK(tq_cookie("a=1; tq_session=abc; b=2", "tq_session", got,
	    sizeof(got)));
	T_STR(got, "abc");
	T_OK(!tq_cookie("xtq_session=abc", "tq_session", got, sizeof(got)));
}

static const char *
client(const char *x_for, const char *forwarded)
{
	static struct tq_arena a;
	static char text[TQ_IP_TEXT];
	struct tq_err err = TQ_ERR_INIT;
	struct tq_via v = { .forwarded = forwarded, .x_for = x_for };
	struct tq_cidr trusted[2];
	struct tq_forwarded out;

	tq_arena_reset(&a);
	T_OK(tq_cidr_parse("10.0.0.0/8", &trusted[0], &err) == 0);
	T_OK(tq_cidr_parse("fd00::/8", &trusted[1], &err) == 0);
	tq_forwarded(&v, trusted, 2, &a, &out);
	return out.has_client ? tq_ip_text(&out.client, text) : "";
}

static void
test_forwarded_client(void)
{
	T_STR(client(NULL, NULL), "");
	T_STR(client("192.0.2.1", NULL), "192.0.2.1");
	/* Anybody may have written the entries before the last stranger. */
	T_STR(client("1.1.1.1, 192.0.2.1 , 10.1.1.1", NULL), "192.0.2.1");
	T_STR(client("10.1.1.1,10.2.2.2", NULL), "10.1.1.1");
	T_STR(client("1.1.1.1, nonsense, 10.1.1.1", NULL), "10.1.1.1");
	T_STR(client("nonsense", NULL), "");
	T_STR(client("1.1.1.0/24", NULL), "");
	T_STR(client("192.0.2.1:4711", NULL), "192.0.2.1");
	T_STR(client("2001:db8::1", NULL), "2001:db8::1");
	T_STR(client("[2001:db8::1]:80, fd00::2", NULL), "2001:db8::1");
	T_STR(client(NULL, "for=192.0.2.1;proto=https"), "192.0.2.1");
	T_STR(client(NULL, "for=\"[2001:db8::1]:80\", For=10.0.0.1; by=x"),
	    "2001:db8::1");
	T_STR(client(NULL, "for=_hidden, for=10.0.0.1"), "10.0.0.1");
	T_STR(client("192.0.2.9", "for=192.0.2.1"), "192.0.2.9");
}

static void
test_forwarded_place(void)
{
	static const struct {
		struct tq_via	 v;
		bool		 tls;
		const char	*prefix;
	} rows[] = {
		{ { .x_proto = "https" }, true, "" },
		{ { .x_proto = "https, http" }, false, "" },
		{ { .forwarded = "for=1.1.1.1;proto=HTTPS" }, true, "" },
		{ { .forwarded = "proto=https, proto=http" }, false, "" },
		{ { .x_prefix = "/tq/" }, false, "/tq" },
		{ { .x_prefix = "/a/b" }, false, "/a/b" },
		{ { .x_prefix = "/azAZ09._~-" }, false, "/azAZ09._~-" },
		{ { .x_prefix = "/" }, false, "" },
		{ { .x_prefix = "/a:b" }, false, "" },
		{ { .x_prefix = "/a@b" }, false, "" },
		{ { .x_prefix = "/a`b" }, false, "" },
		{ { .x_prefix = "/a{b" }, false, "" },
		{ { .x_prefix = "tq" }, false, "" },
		{ { .x_prefix = "//evil.example" }, false, "" },
		{ { .x_prefix = "/a/../b" }, false, "" },
		{ { .x_prefix = "/a\"b" }, false, "" },
		{ { .x_prefix = "/a;b" }, false, "" },
	};
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_forwarded out;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tq_forwarded(&rows[i].v, NULL, 0, &a, &out);
		T_OK(out.tls == rows[i].tls);
		T_STR(out.prefix, rows[i].prefix);
	}
	tq_arena_free(&a);
}

static void
test_quota(void)
{
	static struct tq_quota q;

	T_OK(!tq_quota_take(&q, "a", 0));
	T_OK(tq_quota_take(&q, "a", 2) && tq_quota_take(&q, "a", 2));
	T_OK(!tq_quota_take(&q, "a", 2));
	T_OK(tq_quota_take(&q, "b", 1) && !tq_quota_take(&q, "b", 1));
	tq_quota_give(&q, "a");
	T_OK(tq_quota_take(&q, "a", 2));
	tq_quota_give(&q, "nobody");
	tq_quota_give(&q, "a");
	tq_quota_give(&q, "a");
	tq_quota_give(&q, "b");
	T_OK(tq_quota_take(&q, "b", 1));
	tq_quota_give(&q, "b");
}

static void
test_throttle(void)
{
	static struct tq_throttle t;
	char name[16];
	int i;

	for (i = 0; i < 10; i++)
		T_OK(tq_throttle_take(&t, "evil", 1, 10, 1000));
	T_OK(!tq_throttle_take(&t, "evil", 1, 10, 1000));
	T_OK(tq_throttle_take(&t, "good", 1, 10, 1000));
	T_OK(!tq_throttle_take(&t, "evil", 1, 10, 1900));
	T_OK(tq_throttle_take(&t, "evil", 1, 10, 2900));
	/* Old names make room for new ones. */
	for (i = 0; i < 3 * TQ_THROTTLE_ROWS; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		T_OK(tq_throttle_take(&t, name, 1, 1, 5000 + i));
	}
}

T_MAIN(
	{ "keys are read strictly and found by their hash", test_keys },
	{ "keys are private, or root's and a group's", test_keys_private },
	{ "a key's bounds are its queues, its types and its rate",
	    test_bounds },
	{ "a key is the same while its id and its secret are",
	    test_changed_keys },
	{ "sessions end with time, at the 256th newer one, on request, and "
	    "with their key", test_sessions },
	{ "a cookie is found among others", test_cookie },
	{ "the client is the last address that is no proxy's",
	    test_forwarded_client },
	{ "a proxy says whether it was TLS, and where it put us",
	    test_forwarded_place },
	{ "a quota counts by name", test_quota },
	{ "a throttle knows a name from another and forgets with time",
	    test_throttle }
)
