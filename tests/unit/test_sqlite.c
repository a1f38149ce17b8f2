/* tests/unit/test_sqlite.c -- what the sqlite store leaves on disk, and tells of it. */
#include "t.h"
#include "t_fd.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/setup.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"
#include "util/env.h"
#include "util/err.h"
#include "work/spawn/spawn.h"

#define SUBMIT_ID	"0123456789abcdef"
#define BIG		(100 * 1024)	/* too much for a row */

static char dir[128], url[160], big[BIG];
static struct tq_store *st;
static struct tq_arena arena = TQ_ARENA_INIT;
static struct tq_err err;

static void
open_again(void)
{
	err = (struct tq_err)TQ_ERR_INIT;
	T_MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) == 0);
}

static void
begin(void)
{
	T_MUST(t_mkdir(dir, sizeof(dir), "sqlite"));
	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	memset(big, '7', sizeof(big));
	open_again();
}

static void
end(void)
{
	tq_store_close(st);
	tq_spawn_remove(dir);
	tq_arena_reset(&arena);
}

static const char *
in_dir(const char *name)
{
	return tq_arena_fmt(&arena, "%s/%s", dir, name);
}

static void
put(struct tq_task t)
{
	struct tq_submit in = { .task = &t };
	struct tq_submitted got;

	t.submit_id = SUBMIT_ID;
	t.queue = "default";
	t.type = "t";
	if (t.payload.n > 0) {
		t.payload_kind = TQ_KIND_JSON;
		t.payload_size = t.payload.n;
	}
	if (tq_store_submit(st, &in, 1, &got, &err) == -1 || got.what == TQ_REFUSED)
		T_FAIL("%s is refused: %s", t.id, err.msg);
}

static struct tq_task *
record(const char *id)
{
	struct tq_task *t = NULL;

	T_INT(tq_store_get(st, &id, 1, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &arena, &t,
	    &err), 0);
	return t;
}

static char findings[8192];

static void
note(void *arg, const struct tq_finding *f)
{
	size_t n = strlen(findings);

	(void)arg;
	snprintf(findings + n, sizeof(findings) - n, "%d %s: %s\n", (int)f->level,
	    f->subject, f->text);
}

static enum tq_level
doctor(void)
{
	enum tq_level worst = TQ_LEVEL_OK;

	findings[0] = '\0';
	T_INT(tq_store_doctor(url, &tq_env_system, note, NULL, &worst, &err), 0);
	return worst;
}

#define FOUND(text) do {						\
	if (strstr(findings, (text)) == NULL)				\
		T_FAIL("no %s in:\n%s", (text), findings);		\
} while (0)

static void
links(void)
{
	begin();
	tq_store_close(st);
	T_MUST(symlink("there", in_dir("a.db")) == 0);
	T_MUST(symlink(in_dir("b.db"), in_dir("there")) == 0);
	snprintf(url, sizeof(url), "sqlite:%s/a.db", dir);
	open_again();
	T_OK(access(in_dir("b.db"), F_OK) == 0);
	T_OK(strstr(tq_store_url(st), "/b.db") != NULL);
	put((struct tq_task){ .id = "a" });
	tq_store_close(st);
	snprintf(url, sizeof(url), "sqlite:%s/b.db", dir);
	open_again();
	T_OK(record("a") != NULL);
	end();
}

/* Lines of the process's map that are of files in dir. */
static int
mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 100];
	int n = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, dir) != NULL;
	if (f != NULL)
		fclose(f);
	return n;
}

static void
nothing_left(void)
{
	int fds = t_descriptors();

	begin();
	T_OK(mappings() > 0 && t_descriptors() > fds);
	put((struct tq_task){ .id = "a", .payload = { big, BIG } });
	tq_store_close(st);
	T_INT(mappings(), 0);
	T_INT(t_descriptors(), fds);
	open_again();
	end();
}

static void
big_payloads(void)
{
	static const char blob[] = "tq.db.blobs/default/a/" SUBMIT_ID "/payload";
	const struct tq_task *t;
	int fd;

	begin();
	put((struct tq_task){ .id = "a", .payload = { big, BIG } });
	put((struct tq_task){ .id = "b", .payload = { big, 100 } });
	T_OK(access(in_dir(blob), F_OK) == 0);
	T_OK(access(in_dir("tq.db.blobs/default/b"), F_OK) == -1);
	t = record("a");
	T_OK(t->payload.n == BIG && memcmp(t->payload.p, big, BIG) == 0 && !t->damaged);
	/* One byte becomes another. */
	chmod(in_dir(blob), 0600);
	T_MUST((fd = open(in_dir(blob), O_WRONLY | O_CLOEXEC)) != -1);
	T_INT(pwrite(fd, "8", 1, 5000), 1);
	close(fd);
	t = record("a");
	T_OK(t->damaged && t->payload.n == 0);
	T_OK(!record("b")->damaged);
	doctor();
	T_OK(truncate(in_dir(blob), 7) == 0);
	T_OK(record("a")->damaged);
	T_OK(doctor() >= TQ_LEVEL_WARN);
	FOUND("payload");
	T_OK(unlink(in_dir(blob)) == 0);
	T_OK(doctor() >= TQ_LEVEL_WARN);
	end();
}

/* The other tasks of a claim are worked all the same. */
static void
passed(void)
{
	static const char *const types[] = { "t" };
	const struct tq_claim c = { .queue = "default", .types = types, .ntypes = 1,
	    .worker = "w", .lease_ms = 60000, .n = 3, .slots = 3 };
	struct tq_claimed got = { .arena = &arena };
	int fd;

	begin();
	put((struct tq_task){ .id = "a", .payload = { big, BIG } });
	put((struct tq_task){ .id = "b", .payload = { big, BIG } });
	put((struct tq_task){ .id = "c", .payload = { big, 100 } });
	T_OK(unlink(in_dir("tq.db.blobs/default/a/" SUBMIT_ID "/payload")) == 0);
	fd = open(in_dir("tq.db.blobs/default/b/" SUBMIT_ID "/payload"),
	    O_WRONLY | O_TRUNC | O_CLOEXEC);
	T_OK(fd != -1);
	close(fd);
	T_INT(tq_store_claim(st, &c, &got, &err), 0);
	T_MUST(got.n == 1 && got.npassed == 2 && got.more);
	T_STR(got.tasks[0].id, "c");
	T_STR(got.passed[0].id, "a");
	T_INT(got.passed[0].status, TQ_RETRYING);
	T_STR(got.passed[1].id, "b");
	T_INT(got.passed[1].status, TQ_FAILED);
	T_OK(strstr(got.passed[1].reason, "payload") != NULL);
	T_INT(record("a")->status, TQ_RETRYING);
	T_STR(record("a")->err_code, "payload-missing");
	T_INT(record("b")->status, TQ_FAILED);
	T_STR(record("b")->err_code, "payload-damaged");
	end();
}

static void
workers(void)
{
	const struct tq_presence p = { .worker = "w", .queue = "default", .types = "t",
	    .slots = 1, .started_at = 1 };

	begin();
	doctor();
	FOUND("workers: none is running, and nothing waits\n");
	put((struct tq_task){ .id = "a" });
	doctor();
	FOUND("workers: none is running, and the oldest due task has waited for ");
	T_INT(tq_store_present(st, &p, false, &err), 0);
	doctor();
	FOUND("workers: 1 running\n");
	end();
}

/* More children than are told in two transactions: a thread tells the others. */
static void
many_children(void)
{
	enum { N = 1100 };
	static struct tq_task t[N];
	static struct tq_submit in[N];
	static struct tq_submitted got[N];
	static char id[N][8];
	const char *parent = "p";
	struct tq_answer out;
	int i, waiting = 0;

	begin();
	put((struct tq_task){ .id = parent });
	for (i = 0; i < N; i++) {
		snprintf(id[i], sizeof(id[i]), "c%d", i);
		t[i] = (struct tq_task){ .id = id[i], .submit_id = SUBMIT_ID,
		    .queue = "default", .type = "t", .after = tq_span_of("[\"p\"]") };
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	T_INT(tq_store_submit(st, in, N, got, &err), 0);
	T_INT(tq_store_cancel(st, &parent, 1, &out, &err), 0);
	/* Before it is closed what is owed is paid, and no longer waited for. */
	tq_store_close(st);
	open_again();
	for (i = 0; i < N; i++)
		waiting += record(id[i])->status == TQ_BLOCKED;
	T_INT(waiting, 0);
	end();
}

static void
run_sql(const char *sql)
{
	T_INT(sqlite3_exec(sq_of(st)->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
planted(void)
{
	const char *ended = "a", *other = "b";
	struct tq_answer out;

	begin();
	put((struct tq_task){ .id = ended });
	put((struct tq_task){ .id = other });
	run_sql("CREATE TRIGGER t AFTER INSERT ON ended BEGIN"
	    " DELETE FROM task; END");
	T_INT(tq_store_cancel(st, &ended, 1, &out, &err), 0);
	T_INT(record(ended)->status, TQ_CANCELLED);
	T_OK(record(other) != NULL && !tq_is_gone(record(other)));
	end();
}

static void
changed(void)
{
	struct tq_count *rows;
	size_t n;

	begin();
	run_sql("DROP TABLE tally");
	T_INT(tq_store_count(st, NULL, &arena, &rows, &n, &err), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	T_OK(strstr(err.msg, "changed by another program: no such table: ") !=
	    NULL);
	end();
}

/* Each of them ended a claim without a word, or its search never. */
static void
priorities(void)
{
	static const char *const types[] = { "t" };
	static const char *const prios[] = { "-1", "-2", "10", "'x'", "4.5",
	    "-9223372036854775808", "9223372036854775807" };
	struct tq_claim claim = { .queue = "default", .types = types, .ntypes = 1,
	    .worker = "w", .lease_ms = 60000, .n = 1, .slots = 1 };
	struct tq_list list = { .limit = 5, .filter = { .type = "t" } };
	struct tq_claimed got = { .arena = &arena };
	struct tq_count *rows;
	struct tq_page page;
	size_t i, n;

	begin();
	put((struct tq_task){ .id = "a" });
	for (i = 0; i < sizeof(prios) / sizeof(prios[0]); i++) {
		run_sql(tq_arena_fmt(&arena, "UPDATE ready SET prio=%s", prios[i]));
		T_INT(tq_store_count(st, NULL, &arena, &rows, &n, &err), 0);
		T_INT(tq_store_list(st, &list, &arena, &page, &err), 0);
		T_INT(tq_store_claim(st, &claim, &got, &err), 0);
		T_INT(got.n, 0);
	}
	end();
}

T_MAIN(
	{ "a store is made where dangling links point", links },
	{ "a store that was closed leaves no mapping and no descriptor", nothing_left },
	{ "a payload too big for a row is a file, and a changed one is not given out",
	    big_payloads },
	{ "a claim ends what has no payload any more, and tells of it", passed },
	{ "the doctor says who works, and since when nobody does", workers },
	{ "a parent's end reaches all of its children before its store is closed",
	    many_children },
	{ "a trigger that others put into the database never runs", planted },
	{ "tables that others have changed are damage, and no fault of ours", changed },
	{ "a priority that is none is no task's turn", priorities },
)
