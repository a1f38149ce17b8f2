/*
 * tests/fuzz/fuzz_terminal.c -- any bytes as the text of a task that a terminal
 * shows, as a log that grows, and as what is typed at --watch.  The first byte
 * chooses.
 *
 * Beyond "no crash": what was made visible is UTF-8 without controls, and stays as
 * it is the second time; a cell takes the columns it was given, and a line those it
 * says; what was shown of a log is the longest end of it that the new one begins
 * with; keys are the same whether they come at once or byte by byte.
 */
#include "fuzz.h"

#include "../../cmd/tq-status/text.h"
#include "../../cmd/tq-status/watch_key.h"
#include "../../cmd/tq-status/watch_pen.h"
#include "cli/cell.h"
#include "task/failure.h"
#include "task/fold.h"
#include "util/str.h"

#define SIZE_MAX_OUT	((size_t)1 << 20)

/* ${s} has no control but those of ${but}. */
static void
check_harmless(struct tq_span s, const char *but)
{
	size_t i, len;

	for (i = 0; i < s.n; i += len) {
		len = tq_utf8_len(s.p + i, s.n - i);
		MUST(len > 0);
		MUST(tq_printable_len(s.p + i, len) == len ||
		    (s.p[i] != '\0' && strchr(but, s.p[i]) != NULL));
	}
}

static void
visible(struct tq_span in)
{
	struct tq_buf once = TQ_BUF_INIT(SIZE_MAX_OUT),
	    twice = TQ_BUF_INIT(SIZE_MAX_OUT);

	tq_visible(&once, in, 0);
	check_harmless(tq_buf_span(&once), "");
	tq_visible(&twice, tq_buf_span(&once), 0);
	MUST(once.len == twice.len && (once.len == 0 ||
	    memcmp(once.data, twice.data, once.len) == 0));
	tq_buf_clear(&once);
	tq_visible(&once, in, 40);
	MUST(once.len <= 4 * 40 + 3);
	tq_buf_clear(&once);
	text_visible(&once, in);
	check_harmless(tq_buf_span(&once), "\n\t");
	MUST(text_binary(in) || memchr(in.p, 0, in.n) == NULL);
	tq_buf_free(&once);
	tq_buf_free(&twice);
}

/* In 0 to 63 columns, by the first byte. */
static void
cells(struct tq_span in)
{
	size_t width = (unsigned char)in.p[0] & 63, w, how;
	struct tq_buf text = TQ_BUF_INIT(SIZE_MAX_OUT),
	    out = TQ_BUF_INIT(SIZE_MAX_OUT);
	bool cut;

	tq_visible(&text, in, 0);
	cut = tq_cell_width(tq_buf_span(&text)) > width;
	for (how = TQ_CELL_LEFT; how <= TQ_CELL_END; how++) {
		tq_buf_clear(&out);
		tq_cell_put(&out, tq_buf_span(&text), width,
		    (enum tq_cell)how);
		w = tq_cell_width(tq_buf_span(&out));
		/* Half of a wide character is left out where it is cut. */
		MUST(how == TQ_CELL_LEFT ? w == width : w <= width);
		MUST(how != TQ_CELL_RIGHT || w + cut >= width);
		check_harmless(tq_buf_span(&out), "");
	}
	tq_buf_free(&text);
	tq_buf_free(&out);
}

/* Without what sets and ends a color, which is all that may be there. */
static size_t
drop_colors(char *p, size_t n)
{
	size_t i, to = 0, len;

	for (i = 0; i < n; i += len) {
		if (p[i] != '\033') {
			p[to++] = p[i];
			len = 1;
			continue;
		}
		MUST(i + 1 < n && p[i + 1] == '[');
		for (len = 2; i + len < n && p[i + len] >= '0' &&
		    p[i + len] <= '9'; len++)
			;
		MUST(i + len < n && p[i + len] == 'm');
		len++;
	}
	return to;
}

/* A line of cells; two bytes say how each is to be, a line feed ends it. */
static void
pen(struct tq_span in)
{
	struct tq_buf out = TQ_BUF_INIT(SIZE_MAX_OUT);
	struct pen p = { .out = &out, .width = 1 + (in.p[0] & 127),
	    .height = 1, .color = in.p[0] < 0, .utf8 = in.n % 2 == 0,
	    .text = TQ_BUF_INIT(SIZE_MAX_OUT) };
	const char *at = in.p + 1, *end = in.p + in.n, *stop;
	size_t n;

	pen_line(&p);
	pen_select(&p, in.n % 3 == 0);
	for (; end - at > 2; at = stop + (stop < end)) {
		if ((stop = memchr(at + 2, '\n', (size_t)(end - at) - 2)) ==
		    NULL)
			stop = end;
		if (at[1] == 0)
			pen_span(&p, (enum pen_style)(at[0] & 3),
			    (struct tq_span){ at + 2,
			    (size_t)(stop - at) - 2 });
		else
			pen_cell(&p, (enum pen_style)(at[0] & 3), at[1],
			    at + 2);
		MUST(p.left >= 0 && p.left < p.width);
	}
	n = drop_colors(out.data, out.len);
	MUST(tq_cell_width((struct tq_span){ out.data, n }) ==
	    (size_t)(p.width - p.left));
	check_harmless((struct tq_span){ out.data, n }, "");
	tq_buf_free(&out);
	tq_buf_free(&p.text);
}

/* What was shown, and, behind the first line feed, what there is now. */
static void
slide(struct tq_span in)
{
	const char *nl = memchr(in.p, '\n', in.n);
	struct tq_span old = in, now = TQ_SPAN_NONE;
	size_t got, n;

	if (nl != NULL) {
		old.n = (size_t)(nl - in.p);
		now = (struct tq_span){ nl + 1, in.n - old.n - 1 };
	}
	got = text_shown(old, now);
	MUST(got <= old.n && got <= now.n);
	for (n = old.n < now.n ? old.n : now.n; n > got; n--)
		MUST(memcmp(old.p + old.n - n, now.p, n) != 0);
	MUST(got == 0 || memcmp(old.p + old.n - got, now.p, got) == 0);
}

static size_t
press(struct watch_keys *k, bool over, struct watch_press *out, size_t n)
{
	while (watch_keys_next(k, over, &out[n])) {
		MUST(out[n].key <= KEY_COPIES);
		if (out[n].key == KEY_TEXT)
			MUST(tq_utf8_valid(tq_span_of(out[n].text)));
		n++;
	}
	return n;
}

static void
keys(struct tq_span in)
{
	static struct watch_press once[256], bytes[256];
	struct watch_keys k = { .n = 0 }, l = { .n = 0 };
	size_t i, n, m = 0;

	if (in.n > sizeof(k.buf))
		in.n = sizeof(k.buf);
	watch_keys_add(&k, in.p, in.n);
	n = press(&k, true, once, press(&k, false, once, 0));
	for (i = 0; i < in.n; i++) {
		watch_keys_add(&l, in.p + i, 1);
		m = press(&l, false, bytes, m);
	}
	m = press(&l, true, bytes, m);
	MUST(k.n == 0 && l.n == 0 && n == m);
	for (i = 0; i < n; i++)
		MUST(once[i].key == bytes[i].key &&
		    (once[i].key != KEY_TEXT ||
		    strcmp(once[i].text, bytes[i].text) == 0));
}

/* A failureReason, as others may have written it into a store. */
static void
reason(const char *s)
{
	struct tq_buf b = TQ_BUF_INIT(SIZE_MAX_OUT);

	tq_failure_shown(s, &b);
	MUST(!b.failed && b.len <= strlen(s) + 3);
	tq_fold_error(&b, s, TQ_FOLD_MAX);
	MUST(!b.failed && b.len <= strlen(s));
	tq_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s;
	struct tq_span in;

	tq_cell_locale();
	if (n < 2)
		return 0;
	s = fuzz_string(data + 1, n - 1);
	in = (struct tq_span){ s, n - 1 };
	switch (data[0]) {
	case 'v': visible(in); break;
	case 'c': cells(in); break;
	case 'p': pen(in); break;
	case 's': slide(in); break;
	case 'k': keys(in); break;
	case 'r': reason(s); break;
	}
	free(s);
	return 0;
}
