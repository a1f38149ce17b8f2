/* lib/cli/progress.c -- a progress line on a terminal's stderr. */
#include "cli/cli.h"
#include "util/str.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_MS	100
#define BAR_CELLS	30

void
tq_cli_progress(struct tq_cli *cli, uint64_t done, uint64_t total,
    const char *text)
{
	struct tq_buf line = TQ_BUF_INIT(1024);
	int64_t now = tq_boot_ms(cli->env);
	bool end = done == total && total != 0;
	size_t i, full;

	/* Drawing takes escapes, so where there may be none is no bar. */
	if (!cli->color_err || cli->quiet ||
	    (!end && cli->bar_open && now - cli->bar_at < REDRAW_MS))
		return;
	full = total == 0 ? 0 : (size_t)((double)done / (double)total *
	    BAR_CELLS);
	tq_buf_str(&line, "\r\033[K[");
	for (i = 0; i < BAR_CELLS; i++)
		tq_buf_chr(&line, i < full ? '#' : '.');
	tq_buf_fmt(&line, "] %" PRIu64, done);
	if (total != 0)
		tq_buf_fmt(&line, "/%" PRIu64, total);
	if (text != NULL) {
		tq_buf_chr(&line, ' ');
		tq_visible(&line, tq_span_of(text), 30);
	}
	if (end)
		tq_buf_chr(&line, '\n');
	(void)!write(STDERR_FILENO, line.data, line.len);
	tq_buf_free(&line);
	cli->bar_open = !end;
	cli->bar_at = now;
}
