/*
 * tests/unit/test_no_memory.c -- the Nth allocation of the library fails, for N = 1,
 * 2, ... until none does: the verb says so, or tq_must() ends the process, and nothing
 * crashes.  Linked with --wrap for the functions below, so that SQLite's own
 * and the program's succeed.
 */
#include "t.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/bulk.h"
#include "store/setup.h"
#include "store/store.h"
#include "util/env.h"
#include "work/handler/dataurl.h"
#include "work/handler/text.h"
#include "work/handler/webhook.h"

static unsigned long nth;	/* fails; 0: none does */
static char dir[96], url[192];
static struct tq_arena arena = TQ_ARENA_INIT;
static struct tq_err err;

void *__real_malloc(size_t), *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t), *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);

static bool
fails(void)
{
	return nth > 0 && --nth == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/* -- the verbs, each on a handle that is open ------------------------------------------ */

static const char *const type[] = { "t" };
static const struct tq_claim one = { .queue = "default", .types = type,
    .ntypes = 1, .worker = "host:1:1", .lease_ms = 60000, .n = 1, .slots = 1 };

static int
do_submit(struct tq_store *st)
{
	struct tq_task t = { .id = "new", .submit_id = "new", .queue =
	    "default", .type = "other", .max_attempts = 3 };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;

	return tq_store_submit(st, &in, 1, &out, &err);
}

static int
do_work(struct tq_store *st)
{
	struct tq_claimed got = { .arena = &arena };
	struct tq_answer out;
	struct tq_finish in;

	if (tq_store_claim(st, &one, &got, &err) == -1)
		return -1;
	if (got.n != 1)
		return tq_err_set(&err, TQ_AT_NONE, TQ_E_BUG, "none is due");
	in = (struct tq_finish){ .id = got.tasks[0].id, .queue = "default",
	    .token = got.tasks[0].token, .claim = got.tasks[0].claim,
	    .how = TQ_COMPLETE };
	return tq_store_finish(st, &in, 1, &out, NULL, NULL, &err);
}

static int
do_read(struct tq_store *st)
{
	struct tq_list req = { .limit = 10, .by_created = true };
	struct tq_presence *who;
	struct tq_count *rows;
	struct tq_page page;
	size_t n;

	return tq_store_list(st, &req, &arena, &page, &err) == -1 ||
	    tq_store_count(st, NULL, &arena, &rows, &n, &err) == -1 ||
	    tq_store_workers(st, &arena, &who, &n, &err) == -1 ? -1 : 0;
}

static int
do_follow(struct tq_store *st)
{
	struct tq_page page = { 0 };

	return tq_store_wait_changes(st, NULL, false, NULL, 0, &arena, &page,
	    &err) == -1 || tq_store_wait_changes(st, NULL, false, page.cursor,
	    0, &arena, &page, &err) == -1 ? -1 : 0;
}

static int
do_bulk(struct tq_store *st)
{
	struct tq_bulk b = { .verb = TQ_BULK_CANCEL, .all = true };
	int rc;

	if ((rc = tq_bulk_begin(&b, 0, &err)) == 0)
		while ((rc = tq_bulk_round(st, &b, &err)) == 1)
			;
	tq_bulk_end(&b);
	return rc;
}

static int
do_sweep(struct tq_store *st)
{
	struct tq_swept swept;

	return tq_store_sweep(st, "host:1:1", true, &swept, &err);
}

static int
do_pause(struct tq_store *st)
{
	struct tq_control c;

	if (tq_store_control_get(st, "default", &arena, &c, &err) == -1)
		return -1;
	c.paused = true;
	return tq_store_control_set(st, &c, &err);
}

static int
do_blob(struct tq_store *st)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	int fd = tq_store_blob_tmp(st, &err), rc = -1;

	if (fd == -1 || write(fd, "x", 1) != 1 || tq_store_blob_put(st,
	    "default/id/sub/in", fd, false, &err) == -1)
		goto out;
	rc = tq_store_blob_url(st, "default/id/sub/in", 1000, &b, &err);
out:
	tq_buf_free(&b);
	return rc;
}

/* -- what builds texts of a bounded length: too long is another matter ----------------- */

static int
do_dataurl(struct tq_store *st)
{
	char data[4096] = "data:image/png;base64,";
	struct tq_buf b = TQ_BUF_INIT(100000);
	size_t at = strlen(data);
	int rc;

	(void)st;
	memset(data + at, 'A', 3000);
	rc = tq_dataurl_decode(data, &b, &err);
	tq_buf_free(&b);
	return rc;
}

static int
do_text(struct tq_store *st)
{
	static char text[5000];
	struct tq_buf b = TQ_BUF_INIT(100000);
	int rc;

	(void)st;
	memset(text, 'a', sizeof(text));
	rc = tq_text_transform((struct tq_span){ text, sizeof(text) }, &b);
	if (rc == -1)
		tq_buf_why(&b, &err, TQ_AT_PROCESS, "too long");
	tq_buf_free(&b);
	return rc;
}

static int
do_webhook(struct tq_store *st)
{
	struct tq_webhook hook;

	(void)st;
	return tq_webhook_parse(tq_span_of("{\"url\":\"http://a.example/\","
	    "\"headers\":{\"X-A\":\"1\"},\"body\":\"b\"}"), &arena, &hook, &err);
}

/* -- one fault ------------------------------------------------------------------------- */

enum { DONE, NOT_DONE, WRONG, GIVEN_UP = 70 /* tq_give_up() */ };

/* What a process of its own makes of it. */
static int
with_fault(int (*verb)(struct tq_store *), unsigned long at)
{
	struct tq_store *st;
	int rc;

	if (tq_store_open(url, &tq_env_system, TQ_OPEN_WRITE, &st, &err) == -1) {
		printf("# %s\n", err.msg);
		return WRONG;
	}
	nth = at;
	rc = verb(st);
	if (nth > 0 && rc == 0)		/* there were not so many */
		return DONE;
	if (rc == -1 && (err.code != TQ_E_NOMEM || err.msg[0] == '\0')) {
		printf("# allocation %lu: %s: %s\n", at,
		    tq_code_name(err.code), err.msg);
		return WRONG;
	}
	return NOT_DONE;	/* or well, without */
}

static bool
copy(const char *from, const char *to)
{
	static char buf[1 << 20];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t n = in == NULL ? 0 : fread(buf, 1, sizeof(buf), in);
	bool done = out != NULL && n > 0 && n < sizeof(buf) &&
	    fwrite(buf, 1, n, out) == n;

	if (in != NULL)
		fclose(in);
	return out != NULL && fclose(out) == 0 && done;
}

/* A store of its own, as the one that was made: SQLite leaves its log behind. */
static bool
lay_out(void)
{
	static const char *const ends[] = { "", "-wal" };
	char from[144], to[144];
	size_t i;

	snprintf(to, sizeof(to), "%s/%d", dir, (int)getpid());
	if (mkdir(to, 0700) == -1)
		return false;
	snprintf(url, sizeof(url), "sqlite:%s/tq.db?sync=normal", to);
	for (i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "%s/tq.db%s", dir, ends[i]);
		snprintf(to, sizeof(to), "%s/%d/tq.db%s", dir, (int)getpid(),
		    ends[i]);
		if (!copy(from, to))
			return false;
	}
	return true;
}

static int
child(int (*verb)(struct tq_store *), unsigned long at)
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		close(STDERR_FILENO);	/* tq_must() says it there */
		status = lay_out() ? with_fault(verb, at) : WRONG;
		fflush(stdout);
		_exit(status);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return WRONG;
	if (WIFSIGNALED(status))
		printf("# allocation %lu: killed by signal %d\n", at,
		    WTERMSIG(status));
	return WIFSIGNALED(status) ? WRONG : WEXITSTATUS(status);
}

/* Two tasks that are due. */
static bool
make(void)
{
	static const char *const ids[] = { "a", "b" };
	struct tq_submitted out;
	struct tq_store *st;
	size_t i;

	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	if (tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) == -1)
		return false;
	for (i = 0; i < 2; i++) {
		struct tq_task t = { .id = ids[i], .submit_id = ids[i],
		    .queue = "default", .type = "t", .max_attempts = 3 };
		struct tq_submit in = { .task = &t };

		if (tq_store_submit(st, &in, 1, &out, &err) == -1)
			return false;
	}
	tq_store_close(st);
	return true;
}

static int
do_open(struct tq_store *st)
{
	struct tq_store *other;

	(void)st;
	if (tq_store_open(url, &tq_env_system, TQ_OPEN_WRITE, &other, &err) ==
	    -1)
		return -1;
	tq_store_close(other);
	return 0;
}

static void
test_all(void)
{
	static const struct {
		const char	*name;
		int		(*verb)(struct tq_store *);
	} verbs[] = {
		{ "open", do_open }, { "submit", do_submit },
		{ "work", do_work }, { "read", do_read },
		{ "follow", do_follow }, { "bulk", do_bulk },
		{ "sweep", do_sweep }, { "pause", do_pause },
		{ "blob", do_blob }, { "data URL", do_dataurl },
		{ "text", do_text }, { "webhook", do_webhook },
	};
	unsigned long at, said = 0;
	char cmd[128];
	size_t i;
	int is;

	T_MUST(t_mkdir(dir, sizeof(dir), "no-memory") && make());
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		for (at = 1; (is = child(verbs[i].verb, at)) == NOT_DONE ||
		    is == GIVEN_UP; at++)
			said += is == NOT_DONE;
		if (is != DONE)
			T_FAIL("%s, allocation %lu", verbs[i].name, at);
	}
	T_OK(said > 20);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	T_INT(system(cmd), 0);
}

T_MAIN({ "an allocation that fails is reported, whichever it is",
	test_all })
