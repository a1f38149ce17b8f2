/* lib/cli/table.c -- the tables of cli.h. */
#include "cli/cell.h"
#include "cli/cli.h"
#include "cli/stack.h"
#include "util/str.h"
#include "util/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GAP		2
#define FLEX_MIN	10	/* columns that the flexible one keeps */
#define FLEX_GOOD	36	/* enough to tell something of a long text */
#define COLUMN_MIN	8	/* that others keep */
#define CELL_MAX	2048	/* bytes of a cell that a terminal may need */
#define TSV_FLUSH	(64 * 1024)

void
tq_table_init(struct tq_table *t, struct tq_cli *cli, const char *const *heads,
    size_t ncols, size_t flex)
{
	memset(t, 0, sizeof(*t));
	t->cli = cli;
	t->heads = heads;
	t->ncols = ncols;
	t->flex = flex;
	t->whole = flex != 0;
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
measure(struct tq_table *t, size_t n)
{
	size_t i, w;

	for (i = 0; i < t->ncols && !t->headed; i++)
		t->widths[i] = tq_cell_width(tq_span_of(t->heads[i]));
	for (i = 0; i < n; i++) {
		w = tq_cell_width(t->cells[i]);
		if (w > t->widths[i % t->ncols])
			t->widths[i % t->ncols] = w;
	}
}

/* How a table is shown now: the width of each column, 0 for one that has
   no place in the line. */
struct layout {
	size_t	*fit;
	bool	 below;		/* long cells of the last column stand below */
	bool	 stacked;	/* nothing helps: see stack.h */
};

static bool
is_whole(const struct tq_table *t, size_t i)
{
	return (t->whole >> i & 1) != 0;
}

/* Columns that may be cut give way; false when that is not enough. */
static bool
narrow(const struct tq_table *t, struct layout *l, size_t over)
{
	size_t i, n = t->ncols, widest;

	for (; over > 0; over--) {
		widest = n;
		for (i = 0; i < n; i++)
			if (i != t->flex && !is_whole(t, i) &&
			    l->fit[i] > COLUMN_MIN &&
			    (widest == n || l->fit[i] > l->fit[widest]))
				widest = i;
		if (widest == n)
			return false;
		l->fit[widest]--;
	}
	return true;
}

/* A flexible column that has little room, at the end of a line, puts its long
   cells on lines of their own. */
static bool
goes_below(const struct tq_table *t, size_t room)
{
	return t->ncols > 1 && t->flex + 1 == t->ncols &&
	    room < t->widths[t->flex] &&
	    (room < FLEX_GOOD || is_whole(t, t->flex));
}

static void
lay_out(struct tq_table *t, struct layout *l)
{
	size_t i, used = 0, room, width = (size_t)t->cli->out_width;
	size_t want = t->widths[t->flex];

	l->fit = tq_arena_alloc(&t->arena, t->ncols * sizeof(*l->fit));
	for (i = 0; i < t->ncols; i++) {
		l->fit[i] = t->widths[i];
		used += (i > 0 ? GAP : 0) + (i != t->flex ? l->fit[i] : 0);
	}
	room = width > used ? width - used : 0;
	l->below = goes_below(t, room);
	if (l->below && room < tq_cell_width(tq_span_of(t->heads[t->flex])))
		l->fit[t->flex] = 0;
	else
		l->fit[t->flex] = room > want ||
		    (is_whole(t, t->flex) && !l->below) ? want :
		    room < FLEX_MIN && !l->below ? FLEX_MIN : room;
	if (l->fit[t->flex] == 0 && t->ncols > 1)
		used -= GAP;
	used += l->fit[t->flex];
	l->stacked = used > width &&
	    !narrow(t, l, used - width);
}

static void
put_below(struct tq_table *t, struct tq_span cell)
{
	size_t width = (size_t)t->cli->out_width;

	width = is_whole(t, t->flex) ? SIZE_MAX : width > 8 ? width - 4 : 4;
	tq_buf_str(&t->cli->out, "\n    ");
	tq_cell_put(&t->cli->out, cell, width, TQ_CELL_END);
}

static void
put_row(struct tq_table *t, const struct tq_span *row, const struct layout *l)
{
	size_t i, w, n = t->ncols, left = (size_t)t->cli->out_width;
	bool below = l->below && tq_cell_width(row[n - 1]) > l->fit[n - 1];
	enum tq_cell how;

	if (below || l->fit[n - 1] == 0)
		n--;
	for (i = 0; i < n && left > 0; i++) {
		w = l->fit[i] > left ? left : l->fit[i];
		how = (t->right >> i & 1) != 0 ? TQ_CELL_RIGHT :
		    i + 1 < n ? TQ_CELL_LEFT : TQ_CELL_END;
		tq_cell_put(&t->cli->out, row[i], w, how);
		left -= w;
		if (i + 1 < n && left > GAP) {
			tq_buf_str(&t->cli->out, "  ");
			left -= GAP;
		} else
			left = 0;
	}
	if (below && !tq_span_eq(row[n], "-"))
		put_below(t, row[n]);
}

static void
put_head(struct tq_table *t, const struct layout *l)
{
	struct tq_span *row = tq_arena_alloc(&t->arena,
	    t->ncols * sizeof(*row));
	size_t i;

	for (i = 0; i < t->ncols; i++)
		row[i] = tq_span_of(t->heads[i]);
	if (l->fit[t->ncols - 1] == 0)
		row[t->ncols - 1] = tq_span_of("-");
	if (t->cli->color_out)
		tq_buf_str(&t->cli->out, "\033[1m");
	put_row(t, row, l);
	if (t->cli->color_out)
		tq_buf_str(&t->cli->out, "\033[0m");
	tq_buf_chr(&t->cli->out, '\n');
	t->headed = true;
}

int
tq_table_flush(struct tq_table *t)
{
	struct layout l;
	size_t i, n = t->ncells - t->ncells % t->ncols;

	if (t->failed)
		return -1;
	if (t->cli->out_tty && n > 0) {
		tq_cell_locale();
		measure(t, n);
		lay_out(t, &l);
		if (!t->headed && !l.stacked)
			put_head(t, &l);
		for (i = 0; i < n; i += t->ncols) {
			if (l.stacked) {
				tq_stack_put(&t->cli->out, t->heads,
				    t->cells + i, t->ncols,
				    t->flex + 1 == t->ncols, t->whole,
				    (size_t)t->cli->out_width);
				continue;
			}
			put_row(t, t->cells + i, &l);
			tq_buf_chr(&t->cli->out, '\n');
		}
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

	if (then == 0) {
		snprintf(out, 32, "-");
		return out;
	}
	while (i < 3 && d < units[i].ms)
		i++;
	snprintf(out, 32, "%s%" PRId64 "%c", then > now ? "in " : "",
	    d / units[i].ms, units[i].unit);
	return out;
}
