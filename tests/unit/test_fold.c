/* tests/unit/test_fold.c -- which errors are taken for one. */
#include "t.h"

#include "task/failure.h"
#include "task/fold.h"

static struct tq_buf b = TQ_BUF_INIT(4096);

static const char *
fold(const char *reason)
{
	tq_fold_error(&b, reason, 160);
	return b.data == NULL ? "" : b.data;
}

static void
numbers(void)
{
	T_STR(fold("exit status 137"), "exit status N");
	T_STR(fold("smtp 10.0.0.7:25 refused (try 3)"),
	    "smtp N.N.N.N:N refused (try N)");
	T_STR(fold("read tcp 10.0.0.7:41872->10.0.0.9:5432: i/o timeout"),
	    "read tcp N.N.N.N:N->N.N.N.N:N: i/o timeout");
	T_STR(fold("no answer for 1m30s, 12 of 40MB read, 5%"),
	    "no answer for NmNs, N of NMB read, N%");
	T_STR(fold("2026-11-22T18:34:00.123Z: over quota"),
	    "N-N-NTN:N:N.NZ: over quota");
	T_STR(fold("Error 1045 (28000): Access denied for user 'app'@'db-3'"),
	    "Error N (N): Access denied for user 'app'@'db-N'");
	T_STR(fold("Foo$1.run(Foo.java:42)"), "Foo$N.run(Foo.java:N)");
	T_STR(fold("IMG_20260101_120000.jpg: not an image"),
	    "IMG_N_N.jpg: not an image");
	T_STR(fold("DSC01234.JPG: not an image"), "DSCN.JPG: not an image");
}

static void
names(void)
{
	static const char *const same[] = {
		"s3://photos/k7.jpg: NoSuchKey", "libx264: no encoder here",
		"no build for x86_64-linux-gnu", "sha256 mismatch",
		"UTF-8: invalid", "ec2, ipv4, mp3, h2, i686, base64, oauth2",
		"Straße ﬁn", "", "b4 l8r",
	};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		T_STR(fold(same[i]), same[i]);
	T_STR(fold("HTTP 503 from https://api2.example.com/v1/items/18234?page=2"),
	    "HTTP N from https://api2.example.com/v1/items/N?page=N");
	T_STR(fold("'utf-8' codec can't decode byte 0xff in position 1042"),
	    "'utf-8' codec can't decode byte * in position N");
	T_STR(fold("utf-80"), "utf-N");
}

static void
ids(void)
{
	T_STR(fold("no user 0190c2f4-7f1e-7abc-8def-0123456789ab"),
	    "no user *");
	T_STR(fold("task-0190c2f4-7f1e-7abc-8def-0123456789ab."), "task-*.");
	T_STR(fold("0190c2f4-7f1e-7abc-8def-0123456789"), "*-NfNe-Nabc-Ndef-N");
	T_STR(fold("commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is gone"),
	    "commit * is gone");
	T_STR(fold("at 0x7ffd5a30, object@1a2b3c4, hash deadbeef00"),
	    "at *, object@*, hash *");
	T_STR(fold("worker i-0abc12345def67890 (request TX234S0F24A06C7)"),
	    "worker i-* (request *)");
	T_STR(fold("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "*");
	T_STR(fold("0x, deadbeef, a decade2"), "Nx, deadbeef, a decade2");
}

static void
length(void)
{
	tq_fold_error(&b, "12 34 56 78", 3);
	T_STR(b.data, "N N");
	/* No reading behind the end, wherever it is. */
	T_STR(fold("0190c2f4-7f1e-7abc-8def-"), "*-NfNe-Nabc-Ndef-");
	T_STR(fold("utf-"), "utf-");
	T_STR(fold("0"), "N");
}

/* Five of three kinds: by how many, then the newest, then the id. */
static void
sorting(void)
{
	/* The same type, somewhere else. */
	static const char elsewhere[] = "?x";
	static const struct tq_task dead[] = {
		{ .id = "a", .type = "x", .reason = "exit 1", .finished_at = 5 },
		{ .id = "b", .type = "x", .reason = "gone", .finished_at = 7 },
		{ .id = "c", .type = &elsewhere[1], .reason = "exit 2", .finished_at = 4 },
		{ .id = "d", .type = "y", .reason = "gone", .finished_at = 9 },
		{ .id = "e", .type = "z", .reason = NULL, .finished_at = 9 },
	};
	static const char *const want[] = { "a", "d", "e", "b" };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_failures f;
	struct tq_failure **all;
	size_t i;

	tq_failures_init(&f, &a);
	for (i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		tq_failures_add(&f, &dead[i]);
	T_MUST(f.n == 4);
	all = tq_failures_sorted(&f);
	for (i = 0; i < 4; i++)
		T_STR(all[i]->example, want[i]);
	T_INT(all[0]->count, 2);
	T_INT(all[0]->newest, 5);
	T_STR(all[0]->error, "exit N");
	T_STR(all[2]->error, "");
	tq_arena_free(&a);
}

static void
shown(void)
{
	static const char *const rows[][2] = {
		{ "exec: thumb exited with status 3 on attempt 1 of 3: no disk",
		    "no disk (exited with status 3)" },
		{ "exec: thumb exited with status 3 on attempt 1 of 3",
		    "exited with status 3" },
		{ "exec: thumb was killed by signal 9 on attempt N of N: x",
		    "x (was killed by signal 9)" },
		{ "exec: thumb exited with status 65 (never again): bad",
		    "bad (exited with status 65)" },
		{ "timeout: thumb was stopped after 5s on attempt 2 of 2",
		    "was stopped after 5s" },
		{ "decode: image.grayscale: not an image (never again)",
		    "not an image" },
		{ "it is broken (never again)", "it is broken" },
		{ "it was cancelled", "it was cancelled" },
		{ "failed on attempt x of 3", "failed on attempt x of 3" },
		{ "failed on attempt 1 of", "failed on attempt 1 of" },
		{ "a on attempt 1 of 3: b exited with status 2", "a" },
		{ "", "" },
	};
	struct tq_buf out = TQ_BUF_INIT(4096);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tq_buf_clear(&out);
		tq_failure_shown(rows[i][0], &out);
		T_STR(out.data == NULL ? "" : out.data, rows[i][1]);
	}
	tq_buf_clear(&out);
	tq_failure_shown(NULL, &out);
	T_INT(out.len, 0);
	tq_buf_free(&out);
}

T_MAIN({ "errors are counted, the most frequent first, then the newest",
      sorting },
    { "a reason is shown without what every reason says", shown },
    { "numbers are one, with their units", numbers },
    { "digits in names stay", names },
    { "ids are one, whatever they are made of", ids },
    { "a long reason is cut, a short one not overrun", length })
