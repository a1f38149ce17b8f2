/* tests/unit/test_request.c -- ids, marks, and the addresses of inputs. */
#include "t.h"

#include "task/input.h"
#include "task/request.h"
#include "util/limits.h"

#define NOW	INT64_C(1790000000000)

static void
test_addresses(void)
{
	static const struct {
		const char	*s;
		enum tq_input	 kind;
		bool		 ok;
	} rows[] = {
		{ "http://example.org", TQ_INPUT_HTTP, true },
		{ "HTTPS://example.org:8443/a?b=c", TQ_INPUT_HTTP, true },
		{ "http://", TQ_INPUT_HTTP, false },
		{ "http:///x", TQ_INPUT_HTTP, false },
		{ "http://me:pw@example.org/", TQ_INPUT_HTTP, false },
		{ "http://a b/", TQ_INPUT_HTTP, false },
		{ "s3://bucket/key", TQ_INPUT_S3, true },
		{ "s3://b/", TQ_INPUT_S3, false },
		{ "data:text/plain,x", TQ_INPUT_DATA, true },
		{ "blob:default/t1/in", TQ_INPUT_BLOB, true },
		{ "blob:nonsense", TQ_INPUT_BLOB, false },
		{ "blob:", TQ_INPUT_BLOB, false },
		{ "blob:a/../b", TQ_INPUT_BLOB, false },
		{ "blob:a/b/.c", TQ_INPUT_BLOB, false },
		{ "blob:a//c", TQ_INPUT_BLOB, false },
		{ "file:///etc/passwd", TQ_INPUT_OTHER, false },
		{ "photo.jpg", TQ_INPUT_OTHER, false },
		{ "", TQ_INPUT_OTHER, false },
	};
	struct tq_err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(tq_input_kind(rows[i].s), rows[i].kind);
		T_INT(tq_input_check(rows[i].s, &err), rows[i].ok ? 0 : -1);
		if (!rows[i].ok && (strncmp(err.msg, "input", 5) != 0 ||
		    strstr(err.msg, "pw@") != NULL))
			T_FAIL("%s: %s", rows[i].s, err.msg);
	}
}

static void
test_ids(void)
{
	struct tq_task t = { .queue = "q", .type = "x" }, u = t;
	struct tq_identify w = { .key = "k", .now = NOW };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_idgen ids = { 0 };
	struct tq_err err = TQ_ERR_INIT;
	char text[TQ_SUBMIT_ID];
	const char *first;

	T_INT(tq_identify(&t, &w, &ids, &a, &err), 0);
	first = t.id;
	T_INT(tq_identify(&t, &w, &ids, &a, &err), -1);
	T_INT(tq_identify(&u, &w, &ids, &a, &err), 0);
	T_STR(u.id, first);
	/* A period is part of the key. */
	w.every = 86400000;
	u.id = NULL;
	tq_identify(&u, &w, &ids, &a, &err);
	T_OK(strcmp(u.id, first) != 0);
	first = u.id;
	w.now += 86400000;
	u.id = NULL;
	tq_identify(&u, &w, &ids, &a, &err);
	T_OK(strcmp(u.id, first) != 0);
	/* Without a key: another each time, or the caller's own. */
	w = (struct tq_identify){ .now = NOW, .rnd = 7 };
	t.id = u.id = NULL;
	tq_identify(&t, &w, &ids, &a, &err);
	tq_identify(&u, &w, &ids, &a, &err);
	T_OK(strcmp(t.id, u.id) < 0);
	t.id = "mine";
	T_INT(tq_identify(&t, &w, &ids, &a, &err), 0);
	T_STR(t.id, "mine");
	tq_submit_id(UINT64_C(0x0123456789abcdef), text);
	T_STR(text, "0123456789abcdef");
	tq_arena_free(&a);
}

/* An input may name another task's output, which outlives this one. */
static void
test_blobs(void)
{
	struct tq_task t = { .queue = "q", .id = "t", .input = "blob:q/t/s/in",
	    .output = "blob:q/t/2/out", .log = "blob:q/tt/2/log" };
	const char *own[TQ_OWN_BLOBS];

	T_STR(tq_blob_name("blob:q/t/n"), "q/t/n");
	T_OK(tq_blob_name("s3://blob:/x") == NULL && tq_blob_name(NULL) == NULL);
	T_OK(tq_task_names_blob(&t, "q/tt/2/log"));
	T_OK(!tq_task_names_blob(&t, "q/t/s/i"));
	T_INT(tq_task_own_blobs(&t, own), 2);
	T_STR(own[0], "blob:q/t/s/in");
	T_STR(own[1], "blob:q/t/2/out");
	t.input = "https://example.org/q/t/in";
	t.output = "blob:q/t";
	t.log = NULL;
	T_INT(tq_task_own_blobs(&t, own), 0);
}

T_MAIN(
    { "a task's own blobs are those under its queue and id", test_blobs },
    { "an input's address is judged by its scheme, and no secret is shown",
      test_addresses },
    { "ids: of a key, of its period, new, or the caller's", test_ids },
)
