/* lib/cli/cell.c -- see cell.h. */
#include "cli/cell.h"
#include "util/str.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

static bool utf8_terminal;

/* Text is UTF-8 whatever the locale says; so widths always are of that. */
void
tq_cell_locale(void)
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

bool
tq_cell_utf8(void)
{
	tq_cell_locale();
	return utf8_terminal;
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

size_t
tq_cell_width(struct tq_span s)
{
	size_t i = 0, w = 0, len;

	for (; i < s.n; i += len)
		w += char_width(s.p + i, s.n - i, &len);
	return w;
}

static void
put_blanks(struct tq_buf *out, size_t n)
{
	while (n-- > 0)
		tq_buf_chr(out, ' ');
}

void
tq_cell_put(struct tq_buf *out, struct tq_span s, size_t width,
    enum tq_cell how)
{
	const char *mark = utf8_terminal ? "\xe2\x80\xa6" : "~";
	size_t i = 0, w = 0, cw, len, all = tq_cell_width(s);
	bool cut = all > width;

	if (how == TQ_CELL_RIGHT && !cut)
		put_blanks(out, width - all);
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
	if (how == TQ_CELL_LEFT && w < width)
		put_blanks(out, width - w);
}
