/* tests/unit/test_aws_record.c -- a task's item, read and written. */
#include <string.h>

#include "t.h"

#include "aws/item.h"
#include "store/aws/record/record.h"
#include "task/turn.h"
#include "util/json.h"
#include "util/time.h"

#define HEAD	"\"taskId\":{\"S\":\"a\"},\"queue\":{\"S\":\"q\"},"	\
		"\"type\":{\"S\":\"x\"},\"status\":{\"S\":\"PENDING\"}"

static struct tq_arena mem;

static bool
read_text(const char *text, struct aq_rec *r)
{
	T_INT(tq_json_check(tq_span_of(text), NULL), 0);
	return aq_rec_read(tq_span_of(text), &mem, r);
}

static void
test_round_trip(void)
{
	struct tq_buf once = TQ_BUF_INIT(65536), twice = TQ_BUF_INIT(65536);
	struct aq_rec r = { .v = 1, .permit = "l#q#x#0",
	    .payload_at = NULL, .t = { .id = "a", .queue = "q", .type = "x",
	    .status = TQ_RUNNING, .alone = true, .token = 7, .claim = UINT64_MAX >> 1,
	    .rev = 12, .attempts = 2, .max_attempts = 3, .prio = 9,
	    .created_at = 1763812800123, .lease_until = 1763812860123,
	    .payload = tq_span_of("{\"a\": 1.50}"), .payload_size = 11,
	    .payload_kind = TQ_KIND_JSON, .labels = tq_span_of("{\"k\":\"v\"}"),
	    .err_stage = TQ_AT_FETCH, .err_code = "http-404",
	    .reason = "gone", .ring_at = 1763812900123, .rings = -1 } }, back;

	aq_rec_write(&r, &once);
	T_OK(read_text(once.data, &back));
	T_INT(back.t.token, 7);
	T_OK(back.t.claim == UINT64_MAX >> 1);
	T_INT(back.t.rings, -1);
	T_INT(back.t.lease_until, 1763812860123);
	T_INT(back.t.err_stage, TQ_AT_FETCH);
	T_STR(back.t.err_code, "http-404");
	T_OK(tq_span_eq(back.t.payload, "{\"a\": 1.50}"));
	T_OK(back.t.alone);
	T_STR(back.permit, "l#q#x#0");
	aq_rec_write(&back, &twice);
	T_STR(twice.data, once.data);
	tq_buf_free(&once);
	tq_buf_free(&twice);
	tq_arena_reset(&mem);
}

/* A claim leaves an entry where it is; what has another status never does. */
static void
test_place(void)
{
	static const struct {
		const char	*status, *gsi, *out;
	} t[] = {
		{ "RUNNING", "q#PENDING#3", "q#PENDING#3" },
		{ "RUNNING", "q#RETRYING#0", "q#RETRYING#0" },
		{ "RUNNING", "q#nonsense#0", "q#RUNNING#0" },
		{ "RUNNING", "q", "q#RUNNING#0" },
		{ "COMPLETED", "q#PENDING#0", "q#COMPLETED#0" },
	};
	char item[300], want[64];
	struct aq_rec r;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tq_buf b = TQ_BUF_INIT(65536);

		snprintf(item, sizeof(item), "{\"taskId\":{\"S\":\"a\"},"
		    "\"queue\":{\"S\":\"q\"},\"type\":{\"S\":\"x\"},"
		    "\"status\":{\"S\":\"%s\"},\"gsi\":{\"S\":\"%s\"}}",
		    t[i].status, t[i].gsi);
		snprintf(want, sizeof(want), "\"gsi\":{\"S\":\"%s\"}",
		    t[i].out);
		T_OK(read_text(item, &r));
		aq_rec_write(&r, &b);
		T_OK(strstr(b.data, want) != NULL);
		tq_buf_free(&b);
	}
	tq_arena_reset(&mem);
}

/* By what the record holds already, and never less than 1 KiB. */
static void
test_room(void)
{
	static char labels[2500];
	struct aq_rec r = { .t = { .id = "a", .queue = "q", .type = "x" } };
	size_t small = aq_body_room(&r, false);

	T_OK(small > 1500 && small < 2048);
	T_INT(aq_body_room(&r, true) - small, 2048);
	memset(labels, 'x', sizeof(labels));
	r.t.labels = (struct tq_span){ labels, 300 };
	T_INT(aq_body_room(&r, false), small - 300 - strlen("labels"));
	r.t.labels.n = sizeof(labels);
	T_INT(aq_body_room(&r, false), 1024);
}

static size_t
size_of(const struct tq_task *t)
{
	struct aq_rec r = { .t = *t, .write_id = "0123456789abcdef" };
	struct tq_buf b = TQ_BUF_INIT(65536);
	size_t n;

	r.t.bell = "5fea7756-0ea4-451a-a703-a558b933e274";
	r.t.ring_at = 1763812860123;
	aq_rec_write(&r, &b);
	n = tq_item_size(tq_buf_span(&b));
	tq_buf_free(&b);
	return n;
}

/*
 * A write costs a unit for each KiB that is begun: an ordinary task, a command
 * or one with a key, is to cost one at each step of its life.
 */
static void
lives_in_a_kib(const struct tq_task *request, const char *what)
{
	const int64_t at = 1763812800123;
	const struct tq_lease lease = { "build-host-17:123456:8812345", 60000,
	    false, UINT64_MAX / 3 };
	struct tq_finish end = { .how = TQ_COMPLETE, .result_kind =
	    TQ_KIND_JSON, .result = tq_span_of("{\"done\":true,\"n\":12}") };
	struct tq_task t = *request;
	size_t n[3];

	tq_turn_new(&t, at);
	n[0] = size_of(&t);
	T_INT(tq_turn_claim(&t, &lease, at + 5000, at + 5000, &mem).code, 0);
	n[1] = size_of(&t);
	end.id = t.id;
	end.queue = t.queue;
	end.token = t.token;
	end.claim = t.claim;
	T_INT(tq_turn_finish(&t, &end, at + 9000, at + 9000, &mem).code, 0);
	n[2] = size_of(&t);
	if (n[0] >= 1024 || n[1] >= 1024 || n[2] >= 1024)
		T_FAIL("%s: %zu, %zu, %zu bytes", what, n[0], n[1], n[2]);
	T_OK(n[0] > 200 && n[2] > n[0]);
	tq_arena_reset(&mem);
}

static void
test_small(void)
{
	struct tq_task t = { .id = "019aa5b4-7c3e-7b1a-9c0d-2f6e8a1b4c5d",
	    .queue = "default", .type = "image.grayscale", .prio = 5,
	    .max_attempts = 3, .submit_id = "0123456789abcdef",
	    .payload = tq_span_of("{\"url\":\"https://example.org/p/1.jpg\","
	    "\"width\":640}"), .payload_kind = TQ_KIND_JSON };

	lives_in_a_kib(&t, "a task with a payload");
	t.fingerprint = "0123456789abcdef0123456789abcdef";
	t.labels = tq_span_of("{\"team\":\"web\",\"run\":\"2026-11-30\"}");
	lives_in_a_kib(&t, "one with a key and labels");
	t.type = "command";
	t.payload = tq_span_of("{\"argv\":[\"convert\",\"in.jpg\",\"-resize\","
	    "\"50%\",\"out.jpg\"],\"cwd\":\"/srv/pictures/2026\",\"env\":"
	    "{\"LANG\":\"C.UTF-8\"}}");
	t.traceparent =
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	lives_in_a_kib(&t, "a command, traced");
}

static void
test_unknown(void)
{
	struct tq_buf b = TQ_BUF_INIT(65536);
	struct aq_rec r;

	T_OK(read_text("{\"fu\\u0074ure\":{\"NS\":[\"1\",\"2\"]},\"pk\":"
	    "{\"S\":\"old\"}," HEAD ",\"gr\\u00fcn\":{\"M\":{\"y\":{\"L\":[]}}}"
	    ",\"att\":{\"N\":\"3\"},\"attemptsMade\":{\"N\":\"4\"}}", &r));
	aq_rec_write(&r, &b);
	T_INT(tq_json_check(tq_buf_span(&b), NULL), 0);
	T_OK(strstr(b.data, ",\"fu\\u0074ure\":{\"NS\":[\"1\",\"2\"]}") !=
	    NULL);
	T_OK(strstr(b.data, ",\"gr\\u00fcn\":{\"M\":{\"y\":{\"L\":[]}}}") !=
	    NULL);
	T_OK(strstr(b.data, ",\"att\":{\"N\":\"3\"}") != NULL);
	T_OK(strstr(b.data, ",\"attemptsMade\":{\"N\":\"4\"}") != NULL);
	T_OK(strstr(b.data, "old") == NULL);
	tq_buf_free(&b);
	tq_arena_reset(&mem);
}

static void
test_expiry(void)
{
	static const struct {
		enum tq_status status;
		const char *payload_at, *result_at;
		bool by_ttl;
	} t[] = {
		{ TQ_COMPLETED, NULL, NULL, true },
		{ TQ_RUNNING, NULL, NULL, false },
		{ TQ_COMPLETED, "blob:q/a/x/payload", NULL, false },
		/* Nobody would find these when the record is gone. */
		{ TQ_COMPLETED, "b#a#x#payload", NULL, false },
		{ TQ_COMPLETED, NULL, "b#a#1-2#result", false },
	};
	struct tq_buf b = TQ_BUF_INIT(65536);
	struct aq_rec r;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = (struct aq_rec){ .v = 1, .payload_at = t[i].payload_at,
		    .result_at = t[i].result_at, .t = { .id = "a",
		    .queue = "q", .type = "x", .status = t[i].status,
		    .expires_at = t[i].status == TQ_RUNNING ? 1763812800123 :
		    0, .keep_until = 1763812800123 } };
		tq_buf_clear(&b);
		aq_rec_write(&r, &b);
		T_OK(strstr(b.data, "\"expiresAtMs\":{\"N\":"
		    "\"1763812800123\"}") != NULL);
		if ((strstr(b.data, "\"expiresAt\":{\"N\":\"1763812801\"}") !=
		    NULL) != t[i].by_ttl)
			T_FAIL("case %zu", i);
	}
	tq_buf_free(&b);
}

/* The index has one of the times: it says whether there is another. */
static bool
says_put_off(const struct tq_task *t)
{
	struct aq_rec r = { .v = 1, .t = *t };
	struct tq_buf b = TQ_BUF_INIT(65536);
	const char *text;
	int64_t at = 0;
	bool is;

	r.t.id = "a";
	r.t.queue = "q";
	r.t.type = "x";
	aq_rec_write(&r, &b);
	text = tq_item_get_text(tq_buf_span(&b), "notBefore", &mem);
	T_INT(text == NULL ? -1 : tq_time_parse(text, 0, &at), 0);
	T_INT(at, t->not_before);
	is = text != NULL && aq_is_put_off(text);
	T_INT(is, strstr(b.data, "dueSince") != NULL);
	tq_buf_free(&b);
	tq_arena_reset(&mem);
	return is;
}

static void
test_put_off(void)
{
	const int64_t t = 1763812800000;

	T_OK(says_put_off(&(struct tq_task){ .status = TQ_PENDING,
	    .updated_at = t, .due_since = t - 9, .not_before = t + 30123 }));
	T_OK(!says_put_off(&(struct tq_task){ .status = TQ_PENDING,
	    .updated_at = t, .not_before = t + 30001 }));
	T_OK(!says_put_off(&(struct tq_task){ .status = TQ_RETRYING,
	    .updated_at = t, .due_since = t + 30000,
	    .not_before = t + 30000 }));
	T_OK(!aq_is_put_off("2026-11-30T13:42:47.001Z"));
	T_OK(!aq_is_put_off("2026-11-30T13:42:47Z"));
	T_OK(!aq_is_put_off("soon"));
}

/* The times of ${t} are read back as they were written. */
static void
times(const struct tq_task *t, int at_line)
{
	struct aq_rec r = { .v = 1, .t = *t }, back;
	struct tq_buf b = TQ_BUF_INIT(65536);

	r.t.id = "a";
	r.t.queue = "q";
	r.t.type = "x";
	aq_rec_write(&r, &b);
	T_MUST(read_text(b.data, &back));
	if (back.t.not_before != t->not_before ||
	    back.t.due_since != t->due_since ||
	    back.t.expires_at != t->expires_at ||
	    back.t.keep_until != t->keep_until)
		T_FAIL("line %d: %s", at_line, b.data);
	tq_buf_free(&b);
	tq_arena_reset(&mem);
}
#define TIMES(...)	times(&(struct tq_task){ __VA_ARGS__ }, __LINE__)

static void
test_times(void)
{
	const int64_t t = 1763812800000;

	TIMES(.status = TQ_PENDING, .created_at = t, .updated_at = t);
	TIMES(.status = TQ_PENDING, .updated_at = t, .not_before = t + 1,
	    .expires_at = t + 5);
	/* Redriven, or given back: due, and since when. */
	TIMES(.status = TQ_PENDING, .updated_at = t, .due_since = t);
	TIMES(.status = TQ_PENDING, .updated_at = t, .due_since = t - 9,
	    .not_before = t + 30000);
	TIMES(.status = TQ_RETRYING, .updated_at = t, .not_before = t + 7,
	    .expires_at = t + 1);
	TIMES(.status = TQ_RUNNING, .updated_at = t, .due_since = t - 9,
	    .expires_at = t + 1);
	/* Its deadline is not until when it is kept. */
	TIMES(.status = TQ_COMPLETED, .updated_at = t, .expires_at = t - 1,
	    .keep_until = t + 99);
	TIMES(.status = TQ_CANCELLED, .updated_at = t, .keep_until = t + 99);
}

static void
test_by_hand(void)
{
	struct aq_rec r;

	T_OK(read_text("{" HEAD "}", &r));
	T_INT(r.v, 1);
	T_INT(r.t.token, 1);
	T_INT(r.t.rev, 1);
	T_INT(r.t.payload_kind, TQ_KIND_NONE);
	/* However its names are escaped. */
	T_OK(read_text("{" HEAD ",\"\\u0061ttempts\":{\"N\":\"2.0\"},"
	    "\"payload\":{\"B\":\"aGk=\"},\"expiresAt\":{\"N\":\"9\"}}", &r));
	T_INT(r.t.attempts, 2);
	T_OK(tq_span_eq(r.t.payload, "hi"));
	T_INT(r.t.payload_size, 2);
	T_INT(r.t.expires_at, 9000);
	tq_arena_reset(&mem);
}

static void
test_strange(void)
{
	static const char *const bad[] = {
		"{}", "{\"taskId\":{\"S\":\"a\"}}",
		"{\"taskId\":{\"N\":\"1\"},\"queue\":{\"S\":\"q\"},"
		"\"type\":{\"S\":\"x\"},\"status\":{\"S\":\"PENDING\"}}",
		"{\"taskId\":{\"S\":\"a\"},\"queue\":{\"S\":\"q\"},"
		"\"type\":{\"S\":\"x\"},\"status\":{\"S\":\"ODD\"}}",
		"{\"taskId\":\"a\",\"queue\":\"q\",\"type\":\"x\"}",
		"{\"taskId\":{\"S\":\"../a\"},\"queue\":{\"S\":\"q\"},"
		"\"type\":{\"S\":\"x\"},\"status\":{\"S\":\"PENDING\"}}",
		"{\"taskId\":{\"S\":\"a\"},\"queue\":{\"S\":\"q#\"},"
		"\"type\":{\"S\":\"x\"},\"status\":{\"S\":\"PENDING\"}}",
		"[]", "1", "\"x\"",
	};
	struct aq_rec r;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_text(bad[i], &r))
			T_FAIL("taken for a record: %s", bad[i]);
	/* A value of another type is as if it were not there. */
	T_OK(read_text("{" HEAD ",\"attempts\":{\"S\":\"2\"},\"prio\":7,"
	    "\"worker\":{\"N\":\"1\"},\"drained\":{\"S\":\"true\"},"
	    "\"createdAt\":{\"S\":\"yesterday\"},\"error\":{\"S\":\"x\"}}",
	    &r));
	T_INT(r.t.attempts, 0);
	T_INT(r.t.prio, 0);
	T_OK(r.t.worker == NULL);
	T_OK(!r.t.drained);
	T_INT(r.t.created_at, 0);
	/* One out of its range, or JSON that is none, does no harm. */
	T_OK(read_text("{" HEAD ",\"parents\":{\"N\":\"-1\"},"
	    "\"attempts\":{\"N\":\"9223372036854775807\"},"
	    "\"labels\":{\"S\":\"{x\"},\"history\":{\"S\":\"{}\"},"
	    "\"expiresAt\":{\"N\":\"9223372036854775807\"}}", &r));
	T_INT(r.t.parents, 0);
	T_OK(r.t.attempts >= 0 && r.t.labels.n == 0 && r.t.history.n == 0);
	T_INT(r.t.expires_at, INT64_C(253402300799000));
	/* A payload that says it is JSON, and is none, is text. */
	T_OK(read_text("{" HEAD ",\"payload\":{\"S\":\"{x\"},"
	    "\"payloadKind\":{\"S\":\"json\"},\"result\":{\"S\":\"\"},"
	    "\"resultKind\":{\"S\":\"json\"}}", &r));
	T_INT(r.t.payload_kind, TQ_KIND_TEXT);
	T_INT(r.t.result_kind, TQ_KIND_TEXT);
	tq_arena_reset(&mem);
}

T_MAIN(
	{ "a record is read as it was written", test_round_trip },
	{ "what runs stands where a claim left it", test_place },
	{ "a record holds what costs less in it", test_room },
	{ "an ordinary task is less than 1,024 bytes all its life",
	    test_small },
	{ "what a newer program wrote is kept, byte for byte", test_unknown },
	{ "DynamoDB expires what it can remove whole", test_expiry },
	{ "each time comes back as what it was", test_times },
	{ "the index tells which tasks were put off", test_put_off },
	{ "a record written by hand need not have everything", test_by_hand },
	{ "what is no record is not taken for one", test_strange }
)
