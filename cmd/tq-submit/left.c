/* cmd/tq-submit/left.c -- what an ended task left: result, log, exit. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "submit.h"
#include "util/limits.h"
#include "util/str.h"

static int
copy_blob(struct submit *s, const char *name)
{
	struct tq_cli *cli = s->cli;
	char buf[64 * 1024];
	int64_t size;
	ssize_t n = 0;
	int fd, rc = 0;

	if ((fd = tq_store_blob_get(s->st, name, &size, &cli->err)) == -1)
		return -1;
	while (rc == 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		tq_buf_add(&cli->out, buf, (size_t)n);
		rc = tq_cli_flush(cli);
	}
	if (rc == 0 && n == -1)
		rc = tq_err_sys(&cli->err, TQ_AT_STORE, TQ_E_IO, errno, "%s",
		    name);
	close(fd);
	return rc;
}

static int
print_result(struct submit *s, const struct tq_task *t)
{
	struct tq_cli *cli = s->cli;
	size_t at, n;

	if (t->output != NULL)
		return copy_blob(s, t->output);
	for (at = 0; at < t->result.n; at += n) {
		n = t->result.n - at < 65536 ? t->result.n - at : 65536;
		tq_buf_add(&cli->out, t->result.p + at, n);
		if (tq_cli_flush(cli) == -1)
			return -1;
	}
	return 0;
}

/* The handler's stderr, as if it had run here; escaped for a terminal. */
static int
print_log(struct submit *s, const struct tq_task *t)
{
	struct tq_cli *cli = s->cli;
	struct tq_lines l;
	struct tq_span line;
	int64_t size;
	int fd, rc;

	if (t->log == NULL)
		return 0;
	if ((fd = tq_store_blob_get(s->st, t->log, &size, &cli->err)) == -1)
		return cli->err.code == TQ_E_NOTFOUND ? 0 : -1;
	tq_lines_init(&l, fd, '\n', 2 * TQ_LOG_MAX);
	while ((rc = tq_lines_next(&l, &line, true, &cli->err)) == 1) {
		struct tq_buf b = TQ_BUF_INIT(16 * TQ_LOG_MAX);

		if (cli->err_tty)
			tq_visible(&b, line, 0);
		else
			tq_buf_add(&b, line.p, line.n);
		tq_buf_chr(&b, '\n');
		fwrite(b.data, 1, b.len, stderr);
		tq_buf_free(&b);
	}
	tq_lines_free(&l);
	close(fd);
	return rc;
}

/* "exit-N" and "signal-N" are what lib/work writes for a handler's end. */
static int
handler_exit(const struct tq_task *t, int verdict)
{
	int64_t n;

	if (t->status != TQ_FAILED || t->err_code == NULL)
		return verdict;
	if (tq_str_starts(t->err_code, "exit-") &&
	    tq_str_int(t->err_code + 5, 0, 255, &n) == 0)
		return (int)n;
	if (tq_str_starts(t->err_code, "signal-") &&
	    tq_str_int(t->err_code + 7, 1, 64, &n) == 0)
		return 128 + (int)n;
	return verdict;
}

int
submit_left(struct submit *s, int verdict)
{
	struct tq_cli *cli = s->cli;
	struct tq_task *t;

	if (tq_store_get(s->st, s->done, 1, TQ_WITH_RESULT, &cli->arena, &t,
	    &cli->err) == -1)
		return -1;
	if (t == NULL)
		return TQ_EX_NOTASK;
	if (s->o->pass_exit) {
		if (print_log(s, t) == -1)
			return -1;
		verdict = handler_exit(t, verdict);
	}
	if (s->o->result && t->status == TQ_COMPLETED &&
	    print_result(s, t) == -1)
		return -1;
	return verdict;
}
