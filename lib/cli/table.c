/* lib/cli/table.c -- the tables of cli.h. */
#include "cli/cli.h"
#include "util/str.h"
#include "util/time.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define GAP		2
#define FLEX_MIN	10	/* columns that the flexible one keeps */
#define CELL_MAX	2048	/* bytes of a cell that a terminal may need */
#define TSV_FLUSH	(64 * 1024)

static bool utf8_terminal;

/* Text is UTF-8 whatever the locale says; so widths always are of that. */
static void
choose_locale(void)
{
	static bool chosen;

	if (chosen)
		return;
	chosen = true;
	if (setlocale(LC_CTYPE, "") != NULL)
		utf8_terminal = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!utf8_terminal)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* The columns of the character at ${p}, whose length goes to ${len}. */
static size_t
char_width(const char *p, size_t n, size_t *len)
{
	mbstate_t st;
	wchar_t wc;
	int w;

	*len = tq_utf8_len(p, n);
	if (*len <= 1) {
		*len = 1;
		return 1;
	}
	memset(&st, 0, sizeof(st));
	if (mbrtowc(&wc, p, *len, &st) != *len || (w = wcwidth(wc)) < 0)
		return 1;
	return (size_t)w;
}

static size_t
text_width(struct tq_span s)
{
	size_t i = 0, w = 0, len;

	for (; i < s.n; i += len)
		w += char_width(s.p + i, s.n - i, &len);
	return w;
}

/* Append ${s} in ${width} columns: cut with a mark, or filled with blanks. */
static void
put_cell(struct tq_buf *out, struct tq_span s, size_t width, bool pad)
{
	const char *mark = utf8_terminal ? "\xe2\x80\xa6" : "~";
	size_t i = 0, w = 0, cw, len;
	bool cut = text_width(s) > width;

	while (i < s.n) {
		cw = char_width(s.p + i, s.n - i, &len);
		if (w + cw + cut > width)
			break;
		tq_buf_add(out, s.p + i, len);
		w += cw;
		i += len;
	}
	if (cut && width > 0) {
		tq_buf_str(out, mark);
		w++;
	}
	for (; pad && w < width; w++)
		tq_buf_chr(out, ' ');
}

void
tq_table_init(struct tq_table *t, struct tq_cli *cli, const char *const *heads,
    size_t ncols, size_t flex)
{
	memset(t, 0, sizeof(*t));
	t->cli = cli;
	t->heads = heads;
	t->ncols = ncols;
	t->flex = flex;
	t->text.max = SIZE_MAX / 2;
	t->widths = tq_arena_alloc(&cli->arena, ncols * sizeof(*t->widths));
}

static void
tsv_cell(struct tq_table *t, struct tq_span text)
{
	struct tq_buf *out = &t->cli->out;

	if (t->failed)
		return;
	tq_visible(out, text, 0);
	tq_buf_chr(out, ++t->ncells % t->ncols == 0 ? '\n' : '\t');
	if (t->ncells % t->ncols == 0 && out->len > TSV_FLUSH)
		t->failed = tq_cli_flush(t->cli) == -1;
}

/* In the table's arena: what it outgrows is given back with the rest. */
static void
grow(struct tq_table *t)
{
	struct tq_span *cells;

	t->cap = t->cap == 0 ? 64 * t->ncols : 2 * t->cap;
	cells = tq_arena_alloc(&t->arena, t->cap * sizeof(*cells));
	if (t->ncells > 0)
		memcpy(cells, t->cells, t->ncells * sizeof(*cells));
	t->cells = cells;
}

void
tq_table_cell(struct tq_table *t, const char *text)
{
	struct tq_span s = tq_span_of(text == NULL || text[0] == '\0' ? "-" :
	    text);

	if (!t->cli->out_tty) {
		tsv_cell(t, s);
		return;
	}
	if (t->ncells == t->cap)
		grow(t);
	tq_buf_clear(&t->text);
	tq_visible(&t->text, s, CELL_MAX);
	t->cells[t->ncells++] = tq_arena_span(&t->arena, tq_buf_span(&t->text));
}

/* Widths never shrink, so that a table that grows stays in line. */
static void
measure(struct tq_table *t, size_t n, size_t *fit)
{
	size_t i, w, total = 0, width = (size_t)t->cli->out_width;

	for (i = 0; i < t->ncols && !t->headed; i++)
		t->widths[i] = text_width(tq_span_of(t->heads[i]));
	for (i = 0; i < n; i++) {
		w = text_width(t->cells[i]);
		if (w > t->widths[i % t->ncols])
			t->widths[i % t->ncols] = w;
	}
	for (i = 0; i < t->ncols; i++)
		total += t->widths[i] + (i > 0 ? GAP : 0);
	*fit = t->widths[t->flex];
	if (total > width)
		*fit = *fit + width < total + FLEX_MIN ? FLEX_MIN :
		    *fit + width - total;
	if (*fit > t->widths[t->flex])
		*fit = t->widths[t->flex];
}

static void
put_row(struct tq_table *t, const struct tq_span *row, size_t fit)
{
	size_t i, w, left = (size_t)t->cli->out_width;

	for (i = 0; i < t->ncols && left > 0; i++) {
		w = i == t->flex ? fit : t->widths[i];
		w = w > left ? left : w;
		put_cell(&t->cli->out, row[i], w, i + 1 < t->ncols);
		left -= w;
		if (i + 1 < t->ncols && left > GAP) {
			tq_buf_str(&t->cli->out, "  ");
			left -= GAP;
		} else
			left = 0;
	}
	tq_buf_chr(&t->cli->out, '\n');
}

static void
put_head(struct tq_table *t, size_t fit)
{
	struct tq_span *row = tq_arena_alloc(&t->arena,
	    t->ncols * sizeof(*row));
	size_t i;

	for (i = 0; i < t->ncols; i++)
		row[i] = tq_span_of(t->heads[i]);
	if (t->cli->color_out)
		tq_buf_str(&t->cli->out, "\033[1m");
	put_row(t, row, fit);
	if (t->cli->color_out)
		tq_buf_str(&t->cli->out, "\033[0m");
	t->headed = true;
}

int
tq_table_flush(struct tq_table *t)
{
	size_t i, fit, n = t->ncells - t->ncells % t->ncols;

	if (t->failed)
		return -1;
	if (t->cli->out_tty && n > 0) {
		choose_locale();
		measure(t, n, &fit);
		if (!t->headed)
			put_head(t, fit);
		for (i = 0; i < n; i += t->ncols)
			put_row(t, t->cells + i, fit);
		tq_arena_reset(&t->arena);
		t->cells = NULL;
		t->ncells = t->cap = 0;
	}
	return tq_cli_flush(t->cli);
}

void
tq_table_free(struct tq_table *t)
{
	tq_arena_free(&t->arena);
	tq_buf_free(&t->text);
	t->cells = NULL;
	t->ncells = t->cap = 0;
}

const char *
tq_ago(int64_t now, int64_t then, char out[32])
{
	static const struct {
		int64_t	ms;
		char	unit;
	} units[] = {
		{ TQ_DAY_MS, 'd' }, { TQ_HOUR_MS, 'h' }, { TQ_MINUTE_MS, 'm' },
		{ TQ_SECOND_MS, 's' },
	};
	int64_t d = now > then ? now - then : then - now;
	size_t i = 0;

	if (then == 0)
		return strcpy(out, "-");
	while (i < 3 && d < units[i].ms)
		i++;
	snprintf(out, 32, "%s%" PRId64 "%c", then > now ? "in " : "",
	    d / units[i].ms, units[i].unit);
	return out;
}
