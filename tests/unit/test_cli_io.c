/* tests/unit/test_cli_io.c -- lines, ids, tables. */
#include "cli/cell.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/signals.h"
#include "cli/stack.h"
#include "util/time.h"
#include "test_cli.h"

#include <fcntl.h>
#include <signal.h>

static const struct tq_tool tool = { .name = "tq-try", .effects = true };
static struct tq_err err;

static struct tq_cli
fresh(void)
{
	struct tq_cli cli;

	memset(&cli, 0, sizeof(cli));
	cli.tool = &tool;
	cli.env = &tq_env_system;
	cli.out.max = 1 << 20;
	cli.out_width = 40;
	memset(&err, 0, sizeof(err));
	return cli;
}

/* The first to ask chooses the locale, whoever that is. */
static void
test_utf8(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	T_OK(tq_cell_utf8());
	setenv("LC_ALL", "C", 1);
	T_OK(tq_cell_utf8());
}

static void
expect(struct tq_lines *l, const char *want)
{
	struct tq_span s;

	T_INT(tq_lines_next(l, &s, true, &err), 1);
	if (!tq_span_eq(s, want))
		T_FAIL("\"%.*s\", not \"%s\"", (int)s.n, s.p, want);
}

static void
test_lines(void)
{
	static const char in[] = "one\n\r\ntwo\r\n\nthr\ree\r\nlast\r";
	struct tq_span s;
	struct tq_lines l;

	tq_lines_init(&l, t_pipe(in, sizeof(in) - 1, NULL), '\n', 100);
	expect(&l, "one");
	expect(&l, "");
	expect(&l, "two");
	expect(&l, "");
	expect(&l, "thr\ree");
	T_INT(l.number, 5);
	expect(&l, "last\r");
	T_INT(tq_lines_next(&l, &s, true, &err), 0);
	T_INT(tq_lines_next(&l, &s, true, &err), 0);
	close(l.fd);
	tq_lines_free(&l);
}

static void
test_nul(void)
{
	static const char in[] = "a\nb\r\0c\0";
	struct tq_span s;
	struct tq_lines l;

	tq_lines_init(&l, t_pipe(in, sizeof(in) - 1, NULL), '\0', 100);
	expect(&l, "a\nb\r");
	expect(&l, "c");
	T_INT(tq_lines_next(&l, &s, true, &err), 0);
	close(l.fd);
	tq_lines_free(&l);
}

static void
test_too_long(void)
{
	static const char in[] = "12345\r\n123456\n\n1234567890\n12345\n123456";
	struct tq_span s;
	struct tq_lines l;

	tq_lines_init(&l, t_pipe(in, sizeof(in) - 1, NULL), '\n', 5);
	expect(&l, "12345");
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_STR(err.msg, "line 2: longer than 5 bytes");
	expect(&l, "");
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	expect(&l, "12345");
	T_INT(l.number, 5);
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	T_STR(err.msg, "line 6: longer than 5 bytes");
	T_INT(tq_lines_next(&l, &s, true, &err), 0);
	close(l.fd);
	tq_lines_free(&l);
}

/* Lines over several reads; one over the maximum by several reads. */
static void
test_big(void)
{
	size_t n = 3000000, i;
	struct tq_span s;
	struct tq_lines l;
	FILE *f = tmpfile();

	T_MUST(f != NULL);
	for (i = 0; i < n; i++)
		fputc(i == 400000 || i == 2400000 ? '\n' : 'x', f);
	fputs("\nend", f);
	rewind(f);
	tq_lines_init(&l, fileno(f), '\n', 1000000);
	T_INT(tq_lines_next(&l, &s, true, &err), 1);
	T_INT(s.n, 400000);
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_INT(tq_lines_next(&l, &s, true, &err), 1);
	T_INT(s.n, n - 2400001);
	T_INT(l.number, 3);
	expect(&l, "end");
	T_INT(tq_lines_next(&l, &s, true, &err), 0);
	T_OK(l.buf.cap < 2500000);
	tq_lines_free(&l);
	fclose(f);
}

static void
test_not_blocking(void)
{
	struct tq_span s;
	struct tq_lines l;
	int hold;

	tq_lines_init(&l, t_pipe("a\nb", 3, &hold), '\n', 100);
	T_INT(tq_lines_next(&l, &s, false, &err), 1);
	T_INT(tq_lines_next(&l, &s, false, &err), 2);
	T_INT(write(hold, "c\n", 2), 2);
	T_INT(tq_lines_next(&l, &s, false, &err), 1);
	T_OK(tq_span_eq(s, "bc"));
	T_INT(tq_lines_next(&l, &s, false, &err), 2);
	close(hold);
	T_INT(tq_lines_next(&l, &s, false, &err), 0);
	close(l.fd);
	tq_lines_free(&l);
}

static void
test_read_error(void)
{
	struct tq_span s;
	struct tq_lines l;

	tq_lines_init(&l, open("/", O_RDONLY), '\n', 100);
	T_INT(tq_lines_next(&l, &s, true, &err), -1);
	T_INT(err.code, TQ_E_IO);
	T_STR(err.msg, "Is a directory");
	close(l.fd);
	tq_lines_free(&l);
}

static char seen[1024];

static int
see(void *arg, const char *const *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		strcat(seen, ids[i]);
		strcat(seen, i + 1 < n ? "," : ";");
	}
	return arg != NULL && strstr(seen, (const char *)arg) != NULL ? 7 : 0;
}

/* ${words}: operands, NULL ends them. */
static int
ids_of(struct tq_cli *cli, const char *const *words, const char *in,
    const char *stop)
{
	int rc, fd = t_pipe(in, strlen(in), NULL), saved = dup(0);
	char *argv[8];

	for (cli->argc = 0; words[cli->argc] != NULL; cli->argc++)
		argv[cli->argc] = (char *)(uintptr_t)words[cli->argc];
	cli->argv = argv;
	seen[0] = '\0';
	dup2(fd, 0);
	close(fd);
	rc = tq_cli_ids(cli, 2, see, (void *)(uintptr_t)stop);
	dup2(saved, 0);
	close(saved);
	return rc;
}

static void
test_ids(void)
{
	static const char *const words[] = { "a", "-", "z", NULL };
	struct tq_cli cli = fresh();

	T_INT(ids_of(&cli, words, "b\tCOMPLETED\n\n  c x\r\n"
	    "{\"x\":{\"taskId\":\"no\"},\"taskId\":\"d\"}\n\te", NULL), 0);
	T_STR(seen, "a,b;c,d;e,z;");
	T_INT(ids_of(&cli, words + 3, "", NULL), 0);
	T_STR(seen, "");
	T_INT(ids_of(&cli, words, "b\nc\nd\n", "b"), 7);
	T_STR(seen, "a,b;");
	tq_arena_free(&cli.arena);
}

static void
test_bad_ids(void)
{
	static const char *const words[] = { "-", NULL };
	static const char *const bad[] = { "x", "a/b", NULL };
	static const char *const lines[] = { "a\n\n-x\n", "a\n\n{\"id\":1}\n",
	    "a\n\n{\"taskId\":\"\"}\n", "a\n\n{\"taskId\":1}\n",
	    "a\n\n{\"taskId\":\"b\"\n" };
	const char *no = "stdin: line 3 holds no task id";
	struct tq_cli cli = fresh();
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		T_INT(ids_of(&cli, words, lines[i], NULL), -1);
		T_STR(seen, "a;");
		T_INT(cli.err.code, TQ_E_DATA);
		T_OK(strncmp(cli.err.msg, no, strlen(no)) == 0);
		/* JSON that goes on on the next line gets a hint. */
		T_INT(strstr(cli.err.msg, "jq -c") != NULL, i == 4);
	}
	T_INT(ids_of(&cli, bad, "", NULL), -1);
	T_STR(seen, "x;");
	T_STR(cli.err.msg, "\"a/b\" is not a task id");
	tq_arena_free(&cli.arena);
}

static const char *const heads[] = { "ID", "STATUS", "REASON" };

static void
rows(struct tq_table *t)
{
	tq_table_cell(t, "a1");
	tq_table_cell(t, "FAILED");
	tq_table_cell(t, "a\tb\nc\x1b[31m");
	tq_table_cell(t, "a2");
	tq_table_cell(t, "COMPLETED");
	tq_table_cell(t, NULL);
}

static void
flush_table(struct tq_table *t)
{
	struct t_capture c;
	int rc;

	t_capture(&c);
	rc = tq_table_flush(t);
	t_release(&c);
	T_INT(rc, 0);
}

static void
test_tsv(void)
{
	struct tq_cli cli = fresh();
	struct tq_table t;

	tq_table_init(&t, &cli, heads, 3, 2);
	rows(&t);
	T_OK(cli.out.len > 0);
	flush_table(&t);
	T_STR(t_out, "a1\tFAILED\ta\\tb\\nc\\x1b[31m\na2\tCOMPLETED\t-\n");
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

static void
test_terminal(void)
{
	struct tq_cli cli = fresh();
	struct tq_table t;

	cli.out_tty = true;
	tq_table_init(&t, &cli, heads, 3, 2);
	rows(&t);
	T_INT(cli.out.len, 0);
	flush_table(&t);
	T_STR(t_out,
	    "ID  STATUS     REASON\n"
	    "a1  FAILED     a\\tb\\nc\\x1b[31m\n"
	    "a2  COMPLETED  -\n");
	tq_table_cell(&t, "a3");
	tq_table_cell(&t, "x");
	tq_table_cell(&t, "y");
	flush_table(&t);
	T_STR(t_out, "a3  x          y\n");
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

static void
test_widths(void)
{
	static const char *const two[] = { "NAME", "AGE" };
	struct tq_cli cli = fresh();
	struct tq_table t;

	cli.out_tty = true;
	cli.out_width = 20;
	tq_table_init(&t, &cli, two, 2, 0);
	/* Two columns each: U+6F22 U+5B57. */
	tq_table_cell(&t, "\xe6\xbc\xa2\xe5\xad\x97");
	tq_table_cell(&t, "1m");
	tq_table_cell(&t, "abcdefghijklmnopqrstuvwxyz");
	tq_table_cell(&t, "200d");
	flush_table(&t);
	T_OK(strstr(t_out, "\xe6\xbc\xa2\xe5\xad\x97            1m\n"));
	T_OK(strstr(t_out, "\nabcdefghijklm") != NULL);
	T_OK(strstr(t_out, "lmn") == NULL);
	T_OK(strstr(t_out, "  200d\n") != NULL);
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

#define UUID	"01a22c0f-fb3c-736e-addf-56fc1d8bce23"

/* A list of tasks, as at so many columns. */
static const char *
tasks_at(int width)
{
	static const char *const four[] = { "TASK", "STATUS", "TRIES", "WHY" };
	static const char *const cells[] = {
		UUID, "COMPLETED", "1", "took 3s", UUID, "CANCELLED", "0", "-",
		UUID, "FAILED", "3", "kein Platz auf "
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 mehr "
		"(exited with status 1)",
	};
	struct tq_cli cli = fresh();
	struct tq_table t;
	size_t i;

	cli.out_tty = true;
	cli.out_width = width;
	tq_table_init(&t, &cli, four, 4, 3);
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		tq_table_cell(&t, cells[i]);
	flush_table(&t);
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
	return t_out;
}

static size_t
widest_line(const char *text)
{
	size_t n, most = 0;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (tq_cell_width((struct tq_span){ text, n }) > most)
			most = tq_cell_width((struct tq_span){ text, n });
	}
	return most;
}

static void
test_columns(void)
{
	int width;

	T_STR(tasks_at(40),
	    UUID "\n  COMPLETED  tries 1\n  took 3s\n"
	    UUID "\n  CANCELLED\n"
	    UUID "\n  FAILED  tries 3\n  kein Platz auf "
	    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 mehr (exited\n"
	    "  with status 1)\n");
	T_OK(strstr(tasks_at(80), "TASK") == t_out);
	T_OK(strstr(t_out, UUID "  CANCELLED  0") != NULL);
	T_OK(strstr(t_out, "\n    kein Platz") != NULL);
	T_OK(strstr(tasks_at(200), "  FAILED     3      kein Platz auf") != NULL);
	for (width = 20; width < 210; width += 1 + width / 30)
		if (widest_line(tasks_at(width)) > (size_t)width &&
		    width >= 38)
			T_FAIL("%zu columns at %d", widest_line(t_out), width);
}

static void
test_stack(void)
{
	static const char *const four[] = { "COUNT", "TYPE", "AGE", "LAST" };
	struct tq_span row[] = { { "12", 2 }, { "thumb", 5 },
	    { "33m", 3 }, { "longer than it is wide", 22 } };
	struct tq_buf b = TQ_BUF_INIT(1000);

	tq_stack_put(&b, four, row, 4, false, 0, 20);
	T_STR(b.data, "count 12\n  thumb  age 33m\n  longer than it is\xe2\x80\xa6\n");
	tq_buf_clear(&b);
	row[1] = tq_span_of("01a22e42-05dd-7272-8e59-7ea63bb7c147");
	tq_stack_put(&b, four, row, 4, false, 2, 20);
	T_STR(b.data, "count 12\n  01a22e42-05dd-7272-8e59-7ea63bb7c147\n"
	    "  age 33m\n  longer than it is\xe2\x80\xa6\n");
	tq_buf_clear(&b);
	tq_stack_put(&b, four, row, 4, true, 0, 3);
	T_OK(strlen(b.data) > 30);
	tq_buf_free(&b);
}

/* The last column gets little room: long cells stand below, short ones not. */
static void
test_narrow(void)
{
	static const char *const three[] = { "TASK", "N", "WHY" };
	struct tq_cli cli = fresh();
	struct tq_table t;

	cli.out_tty = true;
	cli.out_width = 30;
	tq_table_init(&t, &cli, three, 3, 2);
	t.right = 2;
	tq_table_cell(&t, "0123456789");
	tq_table_cell(&t, "7");
	tq_table_cell(&t, "a reason that is longer than this line");
	tq_table_cell(&t, "0123456789");
	tq_table_cell(&t, "1000");
	tq_table_cell(&t, "took 5ms");
	flush_table(&t);
	T_OK(strncmp(t_out,
	    "TASK           N  WHY\n"
	    "0123456789     7\n"
	    "    a reason that is longer t", 66) == 0);
	T_OK(strstr(t_out, "0123456789  1000  took 5ms\n") != NULL);
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

/* Whatever the width, and wherever its column is, an id is there as a whole. */
static void
whole_at(size_t at, size_t ncols, int width)
{
	static const char *const four[] = { "COUNT", "TYPE", "NEWEST", "ERROR" };
	static const char *const texts[] = {
		"12", "a.type.with.many.parts", "12m",
		"it can't reach the host that it was told of",
	};
	static const char id[] = "01a22e42-05dd-7272-8e59-7ea63bb7c147";
	struct tq_cli cli = fresh();
	const char *p = t_out;
	struct tq_table t;
	size_t i;

	cli.out_tty = true;
	cli.out_width = width;
	tq_table_init(&t, &cli, four, ncols, ncols - 1);
	t.whole = 1ULL << at;
	for (i = 0; i < 3 * ncols; i++)
		tq_table_cell(&t, i % ncols == at ? id : texts[i % ncols]);
	flush_table(&t);
	for (i = 0; i < 3 && p != NULL; i++)
		if ((p = strstr(p, id)) != NULL)
			p += strlen(id);
	T_OK(p != NULL);
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

static void
test_whole(void)
{
	size_t at, ncols;
	int width;

	for (width = 10; width < 130; width += 3)
		for (ncols = 1; ncols <= 4; ncols++)
			for (at = 0; at < ncols; at++)
				whole_at(at, ncols, width);
}

/* No room for it at all: the others but the first are cut. */
/* With nothing in front of them cells have nothing to stand below. */
static void
test_one_column(void)
{
	static const char *const one[] = { "NAME" };
	struct tq_cli cli = fresh();
	struct tq_table t;

	cli.out_tty = true;
	cli.out_width = 10;
	tq_table_init(&t, &cli, one, 1, 0);
	tq_table_cell(&t, "twelve bytes");
	tq_table_cell(&t, "two");
	flush_table(&t);
	T_STR(t_out, "NAME\ntwelve by\xe2\x80\xa6\ntwo\n");
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

static void
test_too_narrow(void)
{
	static const char *const three[] = { "TASK", "TYPE", "WHY" };
	struct tq_cli cli = fresh();
	struct tq_table t;

	cli.out_tty = true;
	cli.out_width = 24;
	tq_table_init(&t, &cli, three, 3, 2);
	tq_table_cell(&t, "0123456789");
	tq_table_cell(&t, "a type of a long name");
	tq_table_cell(&t, "a reason");
	tq_table_cell(&t, "0123456789");
	tq_table_cell(&t, "x");
	tq_table_cell(&t, NULL);
	flush_table(&t);
	T_OK(strncmp(t_out, "TASK        TYPE", 16) == 0);
	T_OK(strstr(t_out, "WHY") == NULL);
	T_OK(strstr(t_out, "\n0123456789  a type of a") != NULL);
	T_OK(strstr(t_out, "\n    a reason\n0123456789  x\n") != NULL);
	T_OK(strstr(t_out, " -") == NULL);
	tq_table_free(&t);
	tq_buf_free(&cli.out);
	tq_arena_free(&cli.arena);
}

static void
test_ago(void)
{
	char s[32];

	T_STR(tq_ago(100000, 0, s), "-");
	T_STR(tq_ago(100000, 100000, s), "0s");
	T_STR(tq_ago(100000, 88000, s), "12s");
	T_STR(tq_ago(TQ_HOUR_MS, TQ_SECOND_MS, s), "59m");
	T_STR(tq_ago(50 * TQ_DAY_MS, 1, s), "49d");
	T_STR(tq_ago(1, TQ_HOUR_MS + 1, s), "in 1h");
}

static void
test_progress(void)
{
	struct tq_cli cli = fresh();
	struct t_capture c;

	t_capture(&c);
	tq_cli_progress(&cli, 1, 2, "off a terminal");
	t_release(&c);
	T_STR(t_err, "");
	cli.err_tty = cli.color_err = true;
	t_capture(&c);
	tq_cli_progress(&cli, 1, 2, "half");
	tq_cli_progress(&cli, 1, 2, "too soon");
	tq_cli_note(&cli, "said");
	tq_cli_progress(&cli, 2, 2, "full");
	t_release(&c);
	T_STR(t_err, "\r\033[K[###############...............] 1/2 half"
	    "\r\033[Ktq-try: said\n"
	    "\r\033[K[##############################] 2/2 full\n");
}

/* Lines on the terminal on which a bar stands: it goes, once. */
static void
test_bar_gone(void)
{
	struct tq_cli cli = fresh();
	struct t_capture c;

	cli.err_tty = cli.color_err = cli.out_tty = true;
	t_capture(&c);
	tq_cli_progress(&cli, 1, 2, "half");
	tq_out_write(&cli);
	T_OK(cli.bar_open);
	tq_cli_line(&cli, tq_span_of("a"));
	tq_out_write(&cli);
	T_OK(!cli.bar_open);
	tq_cli_line(&cli, tq_span_of("b"));
	tq_out_write(&cli);
	t_release(&c);
	T_STR(t_err, "\r\033[K[###############...............] 1/2 half\r\033[K");
	T_STR(t_out, "a\nb\n");
	tq_buf_free(&cli.out);
}

static int64_t boot;

static int64_t
fake_boot(void *arg)
{
	(void)arg;
	return boot;
}

static void
test_work(void)
{
	struct tq_env env = tq_env_system;
	struct tq_cli cli = fresh();
	struct t_capture c;

	env.boot_ms = fake_boot;
	cli.env = &env;
	cli.started_at = boot = 50000;
	cli.err_tty = cli.color_err = true;
	t_capture(&c);
	tq_cli_work(&cli, 1, 4, "moved");
	boot += 999;
	tq_cli_work(&cli, 2, 4, "moved");
	tq_cli_work_end(&cli);
	t_release(&c);
	T_STR(t_err, "");
	t_capture(&c);
	boot += 1;
	tq_cli_work(&cli, 2, 4, "moved");
	boot += 50;
	tq_cli_work(&cli, 3, 4, "too soon");
	boot += 50;
	tq_cli_work(&cli, 1200, 0, "moved");
	tq_cli_work_end(&cli);
	tq_cli_work_end(&cli);
	t_release(&c);
	T_STR(t_err, "\r\033[K[###############...............] 2/4 moved"
	    "\r\033[K1200 moved\r\033[K");
	/* Off a terminal, with --quiet and on a dumb one there is none. */
	boot += 1000;
	t_capture(&c);
	cli.quiet = true;
	tq_cli_work(&cli, 2, 4, "moved");
	cli.quiet = false;
	cli.color_err = false;
	tq_cli_work(&cli, 2, 4, "moved");
	tq_cli_busy(&cli, "moving");
	tq_cli_work_end(&cli);
	t_release(&c);
	T_STR(t_err, "");
}

static void
test_busy(void)
{
	struct tq_cli cli = fresh();
	struct t_capture c;
	int tries;

	cli.err_tty = cli.color_err = true;
	t_capture(&c);
	tq_cli_busy(&cli, "moving");
	for (tries = 0; tries < 6000 && !__atomic_load_n(&cli.bar_open,
	    __ATOMIC_ACQUIRE); tries++)
		usleep(10000);
	tq_cli_work_end(&cli);
	t_release(&c);
	T_OK(strncmp(t_err, "\r\033[Kmoving, ", 12) == 0);
	T_OK(strcmp(t_err + strlen(t_err) - 5, "s\r\033[K") == 0);
	T_OK(cli.busy == NULL && !cli.bar_open);
}

static void
test_signals_block(void)
{
	struct timespec none = { 0, 0 };
	sigset_t set;

	tq_cli_signals(true);
	raise(SIGTERM);
	T_OK(tq_cli_interrupted());
	tq_cli_signals_block();
	T_OK(!tq_cli_interrupted());
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	T_INT(sigtimedwait(&set, NULL, &none), SIGTERM);
	T_INT(sigtimedwait(&set, NULL, &none), -1);
	tq_cli_signals_block();
	T_INT(sigtimedwait(&set, NULL, &none), -1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGTERM, SIG_DFL);
}

T_MAIN(
	{ "a signal that came before who takes it is not lost",
	    test_signals_block },
	{ "a terminal has UTF-8 if the locale says so when it is first asked",
	    test_utf8 },
	{ "lines end in LF or CRLF, the last in nothing", test_lines },
	{ "NUL separates where it is asked to", test_nul },
	{ "a line over the maximum is named and passed over", test_too_long },
	{ "lines may be longer than a read", test_big },
	{ "reading stops where it would block", test_not_blocking },
	{ "a read that fails says why", test_read_error },
	{ "ids come from operands, fields and JSON lines in groups", test_ids },
	{ "a line without an id is named, the ids before it count",
	    test_bad_ids },
	{ "in a pipe a table is TSV without a header", test_tsv },
	{ "on a terminal a table is aligned", test_terminal },
	{ "widths are columns, and one column gives way", test_widths },
	{ "on a narrow terminal long cells stand below", test_narrow },
	{ "at 40, 80 and 200 columns states can be told apart, wide characters "
	    "too", test_columns },
	{ "a row that no line can hold takes several", test_stack },
	{ "an id is never cut, whatever the width and the column", test_whole },
	{ "one column is cut at the width", test_one_column },
	{ "on a very narrow one all but the first are cut", test_too_narrow },
	{ "ages have one unit", test_ago },
	{ "progress is for terminals, and notes go above it", test_progress },
	{ "lines on the bar's terminal take its place", test_bar_gone },
	{ "long work is seen after a second, and leaves nothing", test_work },
	{ "a call that does not come back is said to go on", test_busy })
