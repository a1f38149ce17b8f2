/* tests/unit/test_work_run.c -- whole workers, each a child of the test. */
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"
#include "util/env.h"
#include "util/err.h"
#include "work/spawn/spawn.h"
#include "work/work.h"

/* A gray picture of 2 by 1. */
#define PNG "data:image/png;base64," \
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGMQaAAAAKMAkQ5lK7AA" \
    "AAAASUVORK5CYII="
#define LIST(...) (struct tq_work_list){ (const char *const []){ __VA_ARGS__ }, \
    sizeof((const char *const []){ __VA_ARGS__ }) / sizeof(const char *) }

static char dir[96], url[160], out[65536], err_out[65536];
static struct tq_store *st;
static struct tq_arena arena = TQ_ARENA_INIT;

static void
begin(void)
{
	struct tq_err err = TQ_ERR_INIT;

	T_MUST(t_mkdir(dir, sizeof(dir), "run"));
	setenv("TMPDIR", dir, 1);
	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	T_MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) == 0);
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
put_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	T_OK(fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void
put(struct tq_task t)
{
	struct tq_submit in = { .task = &t };
	struct tq_submitted got;
	struct tq_err err = TQ_ERR_INIT;

	t.submit_id = t.id;
	t.queue = "default";
	if (t.payload.n > 0) {
		t.payload_kind = TQ_KIND_JSON;
		t.payload_size = t.payload.n;
	}
	if (tq_store_submit(st, &in, 1, &got, &err) == -1 || got.what == TQ_REFUSED)
		T_FAIL("%s is refused: %s", t.id, err.msg);
}

static const struct tq_task *
record(const char *id)
{
	static const struct tq_task none = { .id = "" };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task *t = NULL;

	T_OK(tq_store_get(st, &id, 1, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &arena, &t,
	    &err) == 0 && t != NULL);
	return t != NULL ? t : &none;
}

static pid_t
start(struct tq_work_opts o)
{
	static const char *const queues[] = { "default" };
	struct tq_err err = TQ_ERR_INIT;
	pid_t pid;
	int rc;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	dup2(open(in_dir("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
	dup2(open(in_dir("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
	o.store_url = url;
	o.queues = (struct tq_work_list){ queues, 1 };
	o.grace_ms = 100;
	o.chatty = true;
	rc = tq_work_run(&o, &tq_env_system, &err);
	if (rc == -1)
		fprintf(stderr, "%s\n", err.msg);
	fflush(stdout);
	_exit(rc == -1 ? 99 : rc);
}

static void
slurp(const char *name, char *text)
{
	int fd = open(in_dir(name), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(out) - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* Its exit status, or, after a minute, -1; what it wrote is in out and err_out. */
static int
wait_for(pid_t pid)
{
	static const struct timespec nap = { 0, 5000000 };
	int status, i;
	pid_t got;

	for (i = 0; i < 12000 && (got = waitpid(pid, &status, WNOHANG)) == 0; i++)
		nanosleep(&nap, NULL);
	if (got != pid) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	slurp("out", out);
	slurp("err", err_out);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
run(struct tq_work_opts o)
{
	return wait_for(start(o));
}

#define SAID(text) do {							\
	if (strstr(err_out, (text)) == NULL)				\
		T_FAIL("no %s in: %s", (text), err_out);		\
} while (0)

#define NOT_SAID(text) do {						\
	if (strstr(err_out, (text)) != NULL)				\
		T_FAIL("%s in: %s", (text), err_out);			\
} while (0)

static void
commands(void)
{
	const struct tq_work_list on = LIST("cat=cat",
	    "cut=sh -c 'printf \"[%s]\" \"$(cat \"$TQ_INPUT\")\"'",
	    "fails=exit 3", "none=true");

	begin();
	put((struct tq_task){ .id = "a", .type = "cat", .payload = tq_span_of("{\"a\":1}") });
	put((struct tq_task){ .id = "b", .type = "cut", .input = "data:,hello" });
	put((struct tq_task){ .id = "c", .type = "fails", .max_attempts = 1 });
	put((struct tq_task){ .id = "d", .type = "none" });
	T_INT(run((struct tq_work_opts){ .on = on, .drain = TQ_DRAIN_ALL, .jobs = 2,
	    .emf = true }), TQ_WORK_DEAD);
	T_INT(record("a")->status, TQ_COMPLETED);
	T_OK(tq_span_eq(record("a")->result, "{\"a\":1}"));
	T_OK(tq_span_eq(record("b")->result, "[hello]"));
	T_INT(record("c")->status, TQ_FAILED);
	T_OK(strstr(record("c")->reason, "status 3") != NULL);
	T_INT(record("d")->status, TQ_COMPLETED);
	SAID("\ndone      cat a ");
	SAID("\ndead      fails c ");
	/* CloudWatch's lines: one of each type. */
	T_OK(strstr(out, "\"cat\"") != NULL && strstr(out, "\"none\"") != NULL);
	end();
}

static void
outputs(void)
{
	const struct tq_work_list on = LIST("o=echo hi >$TQ_OUTPUT",
	    "bad=echo hi >$TQ_OUTPUT; exit 3", "much=head -c 200000 /dev/zero | tr '\\0' 7");
	const struct tq_work_list stream = LIST(
	    "s=while read -r line; do echo '{\"ok\":true,\"result\":7}'; done");

	begin();
	put((struct tq_task){ .id = "a", .type = "o" });
	put((struct tq_task){ .id = "b", .type = "bad", .max_attempts = 1 });
	put((struct tq_task){ .id = "c", .type = "s" });
	put((struct tq_task){ .id = "d", .type = "s" });
	put((struct tq_task){ .id = "e", .type = "much" });
	T_INT(run((struct tq_work_opts){ .on = on, .stream = stream,
	    .drain = TQ_DRAIN_DUE, .jobs = 1 }), TQ_WORK_DEAD);
	T_INT(record("a")->output_size, 3);
	T_OK(record("b")->output == NULL);
	T_OK(tq_span_eq(record("c")->result, "7"));
	T_OK(tq_span_eq(record("d")->result, "7"));
	T_INT(record("e")->result_size, 200000);
	end();
}

/* One that does not read what it is sent: a pipe holds less. */
static void
deaf(void)
{
	static char big[200000];

	memset(big, '7', sizeof(big));
	begin();
	put((struct tq_task){ .id = "a", .type = "s", .timeout_ms = 250, .max_attempts = 1,
	    .payload = { big, sizeof(big) } });
	put((struct tq_task){ .id = "b", .type = "c", .payload = { big, sizeof(big) } });
	T_INT(run((struct tq_work_opts){ .stream = LIST("s=exec sleep 100"),
	    .on = LIST("c=true"), .drain = TQ_DRAIN_DUE, .jobs = 2 }), TQ_WORK_DEAD);
	T_INT(record("a")->err_stage, TQ_AT_TIMEOUT);
	T_INT(record("b")->status, TQ_COMPLETED);
	end();
}

static void
builtins(void)
{
	begin();
	put((struct tq_task){ .id = "a", .type = "text.transform",
	    .payload = tq_span_of("{\"text\":\"ab cd\"}") });
	put((struct tq_task){ .id = "b", .type = "image.grayscale", .input = PNG,
	    .payload = tq_span_of("{\"format\":\"jpeg\",\"quality\":50}") });
	put((struct tq_task){ .id = "c", .type = "image.grayscale", .input = PNG });
	T_INT(run((struct tq_work_opts){ .builtin = "", .drain = TQ_DRAIN_DUE,
	    .jobs = 2, .image_memory = 256 << 20 }), TQ_WORK_OK);
	T_OK(tq_span_eq(record("a")->result,
	    "{\"originalLength\":5,\"upper\":\"AB CD\",\"wordCount\":2}"));
	T_OK(record("b")->output_size > 0);
	T_OK(record("c")->output_size > 0);
	end();
}

static void
folder(void)
{
	begin();
	T_MUST(mkdir(in_dir("handlers"), 0700) == 0);
	put_file("handlers/plain", "#!/bin/sh\ncat\n", 0700);
	put_file("handlers/lines", "#!/bin/sh\nwhile read -r l; do echo '{\"ok\":true,\"result\":8}'; "
	    "done\n", 0700);
	put_file("handlers/lines.conf", "stream = yes\n", 0600);
	put_file("handlers/long", "#!/bin/sh\nexec sleep 100\n", 0700);
	put_file("handlers/long.conf", "timeout = 250ms\n", 0600);
	put((struct tq_task){ .id = "a", .type = "plain", .payload = tq_span_of("[1]") });
	put((struct tq_task){ .id = "b", .type = "lines" });
	put((struct tq_task){ .id = "c", .type = "long", .max_attempts = 1 });
	T_INT(run((struct tq_work_opts){ .handlers = in_dir("handlers"),
	    .drain = TQ_DRAIN_DUE, .jobs = 3 }), TQ_WORK_DEAD);
	T_OK(tq_span_eq(record("a")->result, "[1]"));
	T_OK(tq_span_eq(record("b")->result, "8"));
	T_INT(record("c")->err_stage, TQ_AT_TIMEOUT);
	T_OK(strstr(record("c")->reason, "250ms") != NULL);
	end();
}

/* Until ${id} has the status, a minute at most. */
static void
await(const char *id, enum tq_status status)
{
	static const struct timespec nap = { 0, 5000000 };
	int i;

	for (i = 0; i < 12000 && record(id)->status != status; i++)
		nanosleep(&nap, NULL);
	T_INT(record(id)->status, status);
}

static void
slow(void)
{
	const struct tq_work_list on = LIST("t=read -r line <$TMPDIR/go");
	pid_t pid;
	int fd;

	begin();
	T_MUST(mkfifo(in_dir("go"), 0600) == 0);
	put((struct tq_task){ .id = "a", .type = "t" });
	put((struct tq_task){ .id = "b", .type = "t" });
	put((struct tq_task){ .id = "c", .type = "t" });
	pid = start((struct tq_work_opts){ .on = on, .jobs = 1, .max_tasks = 2 });
	await("a", TQ_RUNNING);
	T_INT(record("b")->status, TQ_PENDING);
	T_MUST((fd = open(in_dir("go"), O_WRONLY)) != -1 && write(fd, "\n", 1) == 1);
	close(fd);
	await("b", TQ_RUNNING);
	T_MUST((fd = open(in_dir("go"), O_WRONLY)) != -1 && write(fd, "\n", 1) == 1);
	close(fd);
	T_INT(wait_for(pid), TQ_WORK_OK);
	T_INT(record("a")->status, TQ_COMPLETED);
	T_INT(record("b")->status, TQ_COMPLETED);
	T_INT(record("c")->status, TQ_PENDING);
	end();
}

static void
told_to_end(void)
{
	const struct tq_work_list on = LIST("t=exec sleep 1000");
	int64_t ms;
	pid_t pid;

	begin();
	put((struct tq_task){ .id = "a", .type = "t" });
	pid = start((struct tq_work_opts){ .on = on, .jobs = 1, .heartbeat = in_dir("beat") });
	await("a", TQ_RUNNING);
	kill(pid, SIGTERM);
	T_INT(wait_for(pid), TQ_WORK_OK);
	T_INT(record("a")->status, TQ_PENDING);
	T_INT(record("a")->attempts, 0);
	SAID("\nreleased  t a ");
	/* So much of it that the task is running then. */
	for (ms = 1000; ms < 100000; ms *= 8) {
		T_INT(run((struct tq_work_opts){ .on = on, .jobs = 1,
		    .max_time_ms = ms }), TQ_WORK_OK);
		if (strstr(err_out, "\nreleased  t a ") != NULL)
			break;
	}
	SAID("\nreleased  t a ");
	NOT_SAID("function");
	end();
}

static void
stuck(void)
{
	begin();
	put((struct tq_task){ .id = "a", .type = "t", .max_attempts = 1 });
	put((struct tq_task){ .id = "b", .type = "t", .after = tq_span_of("[\"a\"]") });
	T_INT(run((struct tq_work_opts){ .on = LIST("t=exit 3"), .jobs = 1,
	    .drain = TQ_DRAIN_ALL }), TQ_WORK_DEAD);
	T_INT(record("b")->status, TQ_BLOCKED);
	SAID("1 task is left blocked behind dead or held ones");
	end();
}

static void
parents(void)
{
	begin();
	put((struct tq_task){ .id = "a", .type = "none" });
	put((struct tq_task){ .id = "b", .type = "t", .after = tq_span_of("[\"a\"]") });
	T_INT(run((struct tq_work_opts){ .on = LIST("none=true", "t=cat $TQ_AFTER"),
	    .jobs = 1, .drain = TQ_DRAIN_ALL }), TQ_WORK_OK);
	T_OK(tq_span_eq(record("b")->result, "a\tCOMPLETED\n"));
	end();
}

/* Those that are due later are run, too, by a drain that is for all. */
static void
later(void)
{
	int64_t soon = tq_wall_ms(&tq_env_system) + 400;
	int drain;

	for (drain = TQ_DRAIN_DUE; drain <= TQ_DRAIN_ALL; drain++) {
		begin();
		put((struct tq_task){ .id = "a", .type = "t",
		    .not_before = drain == TQ_DRAIN_ALL ? soon : soon + 3600000 });
		put((struct tq_task){ .id = "b", .type = "t" });
		T_INT(run((struct tq_work_opts){ .on = LIST("t=true"), .jobs = 1,
		    .drain = drain }), TQ_WORK_OK);
		T_INT(record("a")->status, drain == TQ_DRAIN_ALL ? TQ_COMPLETED :
		    TQ_PENDING);
		T_INT(record("b")->status, TQ_COMPLETED);
		end();
	}
}

static void
no_handler(void)
{
	begin();
	put((struct tq_task){ .id = "a", .type = "t" });
	T_INT(run((struct tq_work_opts){ .on = LIST("t=/proc/nonexistent/x"), .jobs = 1,
	    .drain = TQ_DRAIN_ALL }), TQ_WORK_HANDLER);
	SAID("/proc/nonexistent/x");
	put_file("x", "#!/proc/nonexistent/y\n", 0700);
	T_INT(run((struct tq_work_opts){ .on = LIST(tq_arena_fmt(&arena, "t=%s",
	    in_dir("x"))), .jobs = 1, .drain = TQ_DRAIN_ALL }), TQ_WORK_HANDLER);
	T_INT(record("a")->attempts, 0);
	end();
}

/* Two lines, none, or one without an end: its task fails, the next has a new one. */
static void
distrusted(void)
{
	const struct tq_work_list stream = LIST(
	    "two=while read -r l; do printf '{\"ok\":true}\\n{\"ok\":true}\\n'; done",
	    "none=read -r l; exit 0",
	    "much=read -r l; head -c 17000000 /dev/zero; sleep 100");
	static const char *const types[] = { "two", "none", "much" };
	static const char *const why[] = { "bad answer: more than one line",
	    "it ended without an answer", "bad answer: it is over the limit" };
	size_t i;

	begin();
	for (i = 0; i < 3; i++)
		put((struct tq_task){ .id = types[i], .type = types[i], .max_attempts = 1 });
	put((struct tq_task){ .id = "again", .type = "two", .max_attempts = 1 });
	T_INT(run((struct tq_work_opts){ .stream = stream, .drain = TQ_DRAIN_DUE,
	    .jobs = 1 }), TQ_WORK_DEAD);
	for (i = 0; i < 3; i++) {
		T_INT(record(types[i])->status, TQ_FAILED);
		if (record(types[i])->reason == NULL ||
		    strstr(record(types[i])->reason, why[i]) == NULL)
			T_FAIL("%s: %s", types[i], record(types[i])->reason);
	}
	T_OK(strstr(record("again")->reason, why[0]) != NULL);
	end();
}

/* Dead at once: another attempt would be no better. */
static void
no_picture(void)
{
	static const struct {
		const char	*id, *payload, *why;
	} c[] = {
		{ "format", "{\"format\":\"gif\"}", "\"format\" must be" },
		{ "quality", "{\"quality\":101}", "\"quality\" must be 1 to 100" },
		{ "pixels", "{\"max_pixels\":0}", "\"max_pixels\" must be" },
		{ "number", "7", "the payload is not a JSON object" },
		{ "none", "{}", "submit it with --input FILE" },
	};
	size_t i;

	begin();
	for (i = 0; i < 5; i++)
		put((struct tq_task){ .id = c[i].id, .type = "image.grayscale",
		    .payload = tq_span_of(c[i].payload), .max_attempts = 3,
		    .input = strcmp(c[i].id, "none") == 0 ? NULL : PNG });
	T_INT(run((struct tq_work_opts){ .builtin = "", .drain = TQ_DRAIN_ALL,
	    .jobs = 2 }), TQ_WORK_DEAD);
	for (i = 0; i < 5; i++) {
		T_INT(record(c[i].id)->status, TQ_FAILED);
		T_INT(record(c[i].id)->attempts, 1);
		if (record(c[i].id)->reason == NULL ||
		    strstr(record(c[i].id)->reason, c[i].why) == NULL)
			T_FAIL("%s: %s", c[i].id, record(c[i].id)->reason);
	}
	end();
}

/* Others may write to this store: whose command it is counts, unless all are trusted. */
static void
queued_by_others(void)
{
	const struct tq_span cmd = tq_span_of("[\"echo\",\"hi\"]");
	struct tq_task t = { .id = "a", .submit_id = "a", .queue = "default",
	    .type = TQ_EXEC_TYPE, .argv = cmd, .uid = "54321" };
	struct tq_submit in = { .task = &t, .moved = true };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_submitted got;

	begin();
	T_MUST(chmod(in_dir("tq.db"), 0660) == 0);
	T_INT(tq_store_submit(st, &in, 1, &got, &err), 0);
	put((struct tq_task){ .id = "b", .type = TQ_EXEC_TYPE, .argv = cmd });
	T_INT(run((struct tq_work_opts){ .exec = true, .drain = TQ_DRAIN_DUE, .jobs = 1 }),
	    TQ_WORK_OK);
	T_INT(record("a")->attempts, 0);
	T_OK(record("a")->reason != NULL && strstr(record("a")->reason,
	    "queued by user 54321, and this worker is of user") != NULL);
	T_OK(tq_span_eq(record("b")->result, "hi\n"));
	t.id = t.submit_id = "c";
	T_INT(tq_store_submit(st, &in, 1, &got, &err), 0);
	put((struct tq_task){ .id = "d", .type = TQ_EXEC_TYPE });
	put((struct tq_task){ .id = "e", .type = TQ_EXEC_TYPE, .argv = tq_span_of("[7]") });
	T_INT(run((struct tq_work_opts){ .exec = true, .exec_shared = true,
	    .drain = TQ_DRAIN_DUE, .jobs = 1 }), TQ_WORK_DEAD);
	T_OK(tq_span_eq(record("c")->result, "hi\n"));
	T_OK(strstr(record("d")->reason, "the task holds no command") != NULL);
	T_OK(strstr(record("e")->reason, "the task holds no command") != NULL);
	end();
}

/* A lease that a dead worker left behind, of a task that was cancelled. */
static void
swept(void)
{
	static const char *const type[] = { "old" }, *const ids[] = { "a" };
	struct tq_claim req = { .queue = "default", .types = type, .ntypes = 1,
	    .worker = "host:1:1", .lease_ms = 1, .n = 1, .slots = 1 };
	struct tq_claimed got = { .arena = &arena };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_answer a;
	pid_t pid;
	int i;

	begin();
	put((struct tq_task){ .id = "a", .type = "old" });
	T_MUST(tq_store_claim(st, &req, &got, &err) == 0 && got.n == 1);
	T_INT(tq_store_cancel(st, ids, 1, &a, &err), 0);
	pid = start((struct tq_work_opts){ .on = LIST("t=true"), .jobs = 1, .emf = true,
	    .sweep_ms = 50 });
	await("a", TQ_CANCELLED);
	/* What the sweeper did is told as the worker comes around. */
	for (i = 0; i < 1000; i++) {
		const char *id = tq_arena_fmt(&arena, "t%d", i);

		put((struct tq_task){ .id = id, .type = "t" });
		await(id, TQ_COMPLETED);
		slurp("err", err_out);
		if (strstr(err_out, "1 leases ended") != NULL)
			break;
	}
	kill(pid, SIGTERM);
	T_INT(wait_for(pid), TQ_WORK_OK);
	SAID("1 leases ended, 0 records and 0 blobs removed");
	T_OK(strstr(out, "\"OldestRunnable\"") != NULL);
	end();
}

/* What waits for a dead worker's task waits for a sweep. */
static void
drains_swept(void)
{
	static const char *const type[] = { "old" }, *const ids[] = { "a" };
	struct tq_claim req = { .queue = "default", .types = type, .ntypes = 1,
	    .worker = "host:1:1", .lease_ms = 1, .n = 1, .slots = 1 };
	struct tq_claimed got = { .arena = &arena };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_answer a;

	begin();
	put((struct tq_task){ .id = "a", .type = "old" });
	put((struct tq_task){ .id = "b", .type = "t",
	    .after_ended = tq_span_of("[\"a\"]") });
	T_MUST(tq_store_claim(st, &req, &got, &err) == 0 && got.n == 1);
	T_INT(tq_store_cancel(st, ids, 1, &a, &err), 0);
	T_INT(run((struct tq_work_opts){ .on = LIST("t=true"), .jobs = 1,
	    .drain = TQ_DRAIN_ALL, .sweep_ms = 50 }), TQ_WORK_OK);
	T_INT(record("b")->status, TQ_COMPLETED);
	end();
}

T_MAIN(
	{ "a command gets payload and input, and is judged by its exit", commands },
	{ "an output is stored when its command succeeds; a stream answers by lines",
	    outputs },
	{ "a stream that answers twice, never or without end is not trusted", distrusted },
	{ "a picture that can't be made is dead at once, and says why", no_picture },
	{ "a handler that reads nothing keeps nobody from anything", deaf },
	{ "built-in handlers answer, and read what a payload asks for", builtins },
	{ "a folder's programs are handlers, their settings beside them", folder },
	{ "slow commands are claimed one by one, and no more than were asked for", slow },
	{ "a worker that is told to end gives its task back", told_to_end },
	{ "a worker that drains does not wait for what is behind dead tasks", stuck },
	{ "a command that another queued waits, unless all are trusted", queued_by_others },
	{ "a worker that stays sweeps, says what it did, and measures what waits", swept },
	{ "a worker that drains all sweeps, for what waits for the dead", drains_swept },
	{ "a drain of what is due leaves what is not, one of all runs it", later },
	{ "a task that waited for others is told how they ended", parents },
	{ "a handler that can't be started uses no attempt", no_handler },
)
