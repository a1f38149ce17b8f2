/* cmd/tq-submit/left.c -- what an ended task left: result, log, exit. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "submit.h"
#include "util/limits.h"
#include "util/str.h"

static int
put(void *arg, struct tq_span piece)
{
	struct submit *s = arg;

	tq_buf_add(&s->cli->out, piece.p, piece.n);
	return tq_cli_flush(s->cli);
}

int
submit_more(struct submit *s, const struct tq_task *t)
{
	return tq_tail_more(s->cli, s->st, t, &s->tail, put, s);
}

/* A file that a handler declared comes before what it wrote to stdout. */
static int
print_result(struct submit *s, const struct tq_task *t)
{
	struct tq_task file = *t;

	if (t->output == NULL || t->result.n == 0)
		return submit_more(s, t);
	s->tail.at = 0;
	file.status = TQ_FAILED;
	file.out_log = t->output;
	return submit_more(s, &file);
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
	if (s->o->result && print_result(s, t) == -1)
		return -1;
	return verdict;
}
