/* lib/cli/progress.c -- a progress line on a terminal's stderr. */
#include "cli/cli.h"
#include "util/str.h"
#include "util/periodic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_MS	100
#define PATIENCE_MS	1000	/* work that takes longer is seen to be done */
#define BAR_CELLS	30

#define ERASE		"\r\033[K"

/* Drawing takes escapes, so where there may be none is no bar. */
static bool
may_draw(const struct tq_cli *cli)
{
	return cli->color_err && !cli->quiet;
}

static void
draw(struct tq_cli *cli, const struct tq_buf *line, bool stays)
{
	(void)!write(STDERR_FILENO, line->data, line->len);
	cli->bar_open = stays;
	cli->bar_at = tq_boot_ms(cli->env);
}

static void
put_bar(struct tq_buf *line, uint64_t done, uint64_t total, const char *text)
{
	size_t i, full = total == 0 ? 0 : (size_t)((double)done /
	    (double)total * BAR_CELLS);

	tq_buf_str(line, ERASE);
	for (i = 0; total != 0 && i < BAR_CELLS; i++)
		tq_buf_fmt(line, "%s%c", i == 0 ? "[" : "", i < full ? '#' :
		    '.');
	tq_buf_fmt(line, "%s%" PRIu64, total != 0 ? "] " : "", done);
	if (total != 0)
		tq_buf_fmt(line, "/%" PRIu64, total);
	if (text != NULL) {
		tq_buf_chr(line, ' ');
		tq_visible(line, tq_span_of(text), 30);
	}
}

static bool
too_soon(const struct tq_cli *cli)
{
	return cli->bar_open && tq_boot_ms(cli->env) - cli->bar_at < REDRAW_MS;
}

void
tq_cli_progress(struct tq_cli *cli, uint64_t done, uint64_t total,
    const char *text)
{
	struct tq_buf line = TQ_BUF_INIT(1024);
	bool end = done == total && total != 0;

	if (!may_draw(cli) || (!end && too_soon(cli)))
		return;
	put_bar(&line, done, total, text);
	if (end)
		tq_buf_chr(&line, '\n');
	draw(cli, &line, !end);
	tq_buf_free(&line);
}

void
tq_cli_work(struct tq_cli *cli, uint64_t done, uint64_t total,
    const char *text)
{
	struct tq_buf line = TQ_BUF_INIT(1024);

	if (!may_draw(cli) || too_soon(cli) ||
	    tq_boot_ms(cli->env) - cli->started_at < PATIENCE_MS)
		return;
	put_bar(&line, done, total, text);
	draw(cli, &line, true);
	tq_buf_free(&line);
}

struct tq_busy {
	struct tq_cli	*cli;
	const char	*text;
	struct tq_periodic beside;
	int64_t		 since;
};

static int64_t
draw_busy(void *arg)
{
	struct tq_busy *b = arg;
	struct tq_buf line = TQ_BUF_INIT(1024);

	tq_buf_fmt(&line, ERASE "%s, %" PRId64 "s", b->text,
	    (tq_boot_ms(b->cli->env) - b->since) / 1000);
	draw(b->cli, &line, true);
	tq_buf_free(&line);
	return PATIENCE_MS;
}

void
tq_cli_busy(struct tq_cli *cli, const char *text)
{
	struct tq_busy *b;

	if (!may_draw(cli) || cli->busy != NULL)
		return;
	b = tq_must(calloc(1, sizeof(*b)));
	*b = (struct tq_busy){ .cli = cli, .text = text,
	    .since = tq_boot_ms(cli->env) };
	if (tq_periodic_start(&b->beside, PATIENCE_MS, draw_busy, b) == 0)
		cli->busy = b;
	else
		free(b);
}

void
tq_cli_work_end(struct tq_cli *cli)
{
	struct tq_busy *b = cli->busy;

	if (b != NULL) {
		tq_periodic_stop(&b->beside, TQ_UNTIL_WOKEN);
		tq_periodic_free(&b->beside);
		free(b);
		cli->busy = NULL;
	}
	if (cli->bar_open)
		(void)!write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1);
	cli->bar_open = false;
}
