/* lib/cli/out.c -- what is written: stdout checked, stderr in whole lines. */
#include "cli/out.h"
#include "cli/cli.h"
#include "util/fd.h"
#include "util/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAY_MAX		4096
#define OUT_FLUSH	(64 * 1024)

/* 0 or an errno. */
static int
put(int fd, struct tq_span v)
{
	return tq_fd_write_till(fd, v, tq_cli_interrupted) == -1 ? errno : 0;
}

/*
 * Backslashes stay as they are: text that was escaped already is not escaped
 * again, and paths stay readable.
 */
static void
add_visible(struct tq_buf *out, const char *s)
{
	size_t n;

	for (;;) {
		n = strcspn(s, "\\");
		tq_visible(out, (struct tq_span){ s, n }, 0);
		if (s[n] == '\0')
			return;
		tq_buf_chr(out, '\\');
		s += n + 1;
	}
}

/* One write, so that lines of several processes do not mix; no memory from
   malloc, so that its lack can be said too. */
static void __attribute__((format(printf, 3, 0)))
say(const struct tq_cli *cli, const char *tail, const char *fmt, va_list ap)
{
	char msg[SAY_MAX], store[4 * SAY_MAX + 256];
	struct tq_buf line = { store, 0, sizeof(store), sizeof(store) - 1,
	    false, false };

	vsnprintf(msg, sizeof(msg), fmt, ap);
	if (cli->bar_open)
		tq_buf_str(&line, "\r\033[K");
	tq_buf_str(&line, cli->tool->name);
	tq_buf_str(&line, ": ");
	add_visible(&line, msg);
	tq_buf_str(&line, "\n");
	tq_buf_str(&line, tail);
	put(STDERR_FILENO, tq_buf_span(&line));
}

int
tq_cli_usage(struct tq_cli *cli, const char *fmt, ...)
{
	char tail[128];
	va_list ap;

	snprintf(tail, sizeof(tail), "Try '%s --help'.\n", cli->tool->name);
	va_start(ap, fmt);
	say(cli, tail, fmt, ap);
	va_end(ap);
	return TQ_EX_USAGE;
}

void
tq_cli_note(const struct tq_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	say(cli, "", fmt, ap);
	va_end(ap);
}

void
tq_cli_warn(const struct tq_cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, "", fmt, ap);
	va_end(ap);
}

void
tq_cli_warn_err(const struct tq_cli *cli, const char *subject,
    const struct tq_err *err)
{
	tq_cli_warn(cli, "%s: %s", subject, err->msg);
}

int
tq_cli_confirm(struct tq_cli *cli, const char *question)
{
	struct tq_buf line = TQ_BUF_INIT(SAY_MAX);
	char answer[256];
	ssize_t n;

	if (!cli->in_tty || !cli->err_tty)
		return -1;
	tq_buf_fmt(&line, "%s: ", cli->tool->name);
	add_visible(&line, question);
	tq_buf_str(&line, " [y/N] ");
	put(STDERR_FILENO, tq_buf_span(&line));
	tq_buf_free(&line);
	n = read(STDIN_FILENO, answer, sizeof(answer));
	return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Lines that begin where a bar stands would have its rest behind them. */
static void
erase_bar(struct tq_cli *cli)
{
	static const char erase[] = "\r\033[K";

	if (!cli->bar_open || !cli->out_tty || cli->out.len == 0)
		return;
	put(STDERR_FILENO, tq_span_of(erase));
	cli->bar_open = false;
}

int
tq_out_write(struct tq_cli *cli)
{
	int errnum;

	erase_bar(cli);
	errnum = cli->out.failed ? ENOMEM :
	    put(STDOUT_FILENO, tq_buf_span(&cli->out));
	tq_buf_clear(&cli->out);
	if (errnum == 0)
		return 0;
	cli->out_failed = true;
	if (errnum == EINTR)
		return tq_err_set(&cli->err, TQ_AT_OUTPUT, TQ_E_INTR,
		    "stdout: interrupted");
	return tq_err_sys(&cli->err, TQ_AT_OUTPUT,
	    errnum == ENOMEM ? TQ_E_NOMEM : TQ_E_IO, errnum, "stdout");
}

int
tq_cli_flush(struct tq_cli *cli)
{
	if (!cli->tool->effects && tq_cli_interrupted())
		return tq_err_set(&cli->err, TQ_AT_OUTPUT, TQ_E_INTR,
		    "interrupted");
	return tq_out_write(cli);
}

int
tq_cli_line(struct tq_cli *cli, struct tq_span s)
{
	tq_buf_add(&cli->out, s.p, s.n);
	tq_buf_chr(&cli->out, '\n');
	if (cli->out.len < OUT_FLUSH && !cli->out.failed)
		return 0;
	return tq_cli_flush(cli);
}
