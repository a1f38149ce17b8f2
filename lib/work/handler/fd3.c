/* lib/work/handler/fd3.c -- see fd3.h. */
#include "work/handler/fd3.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

void
tq_fd3_init(struct tq_fd3 *f)
{
	f->len = 0;
	f->skip = f->progressed = false;
	f->done = f->total = f->retry_after = -1;
	f->text[0] = f->output[0] = '\0';
}

/* "40/100", "40", "40%" in front of the text; what is neither is text. */
static void
progress(struct tq_fd3 *f, const char *s)
{
	int64_t done, total = -1;
	char word[64], *slash;
	size_t n = strcspn(s, " \t");

	f->progressed = true;
	f->done = f->total = -1;
	if (n > 0 && n < sizeof(word)) {
		memcpy(word, s, n);
		word[n] = '\0';
		if ((slash = strchr(word, '/')) != NULL)
			*slash = '\0';
		else if (word[n - 1] == '%') {
			word[n - 1] = '\0';
			total = 100;
		}
		if (tq_str_int(word, 0, INT64_MAX, &done) == 0 &&
		    (slash == NULL ||
		    tq_str_int(slash + 1, 0, INT64_MAX, &total) == 0)) {
			f->done = done;
			f->total = total;
			s += n;
		}
	}
	s += strspn(s, " \t");
	n = strlen(s);
	if (n >= sizeof(f->text))
		n = sizeof(f->text) - 1;
	memcpy(f->text, s, n);
	f->text[n] = '\0';
}

static void
retry_after(struct tq_fd3 *f, const char *s)
{
	int64_t v;

	if (tq_duration_parse(s, &v) == 0)
		f->retry_after = v;
	else if (tq_str_int(s, 0, 100 * 365 * 86400LL, &v) == 0)
		f->retry_after = v * 1000;	/* as HTTP's Retry-After */
}

static void
output(struct tq_fd3 *f, const char *s)
{
	snprintf(f->output, sizeof(f->output), "%s", s);
}

static const struct {
	const char	*verb;
	void		(*said)(struct tq_fd3 *, const char *);
} verbs[] = {
	{ "progress ", progress },
	{ "retry-after ", retry_after },
	{ "output ", output },
};

static void
line(struct tq_fd3 *f)
{
	size_t i, n;

	if (f->len > 0 && f->line[f->len - 1] == '\r')
		f->len--;
	f->line[f->len] = '\0';
	f->len = 0;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		n = strlen(verbs[i].verb);
		if (strncmp(f->line, verbs[i].verb, n) == 0)
			verbs[i].said(f, f->line + n);
	}
}

void
tq_fd3_feed(struct tq_fd3 *f, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n') {
			if (!f->skip)
				line(f);
			f->skip = false;
			f->len = 0;
		} else if (f->len < sizeof(f->line) - 1) {
			f->line[f->len++] = p[i];
		} else {
			f->skip = true;
		}
	}
}

void
tq_fd3_progress(const struct tq_fd3 *f, struct tq_buf *out)
{
	tq_buf_chr(out, '{');
	if (f->done >= 0)
		tq_json_member_int(out, "done", f->done);
	if (f->total >= 0)
		tq_json_member_int(out, "total", f->total);
	if (f->text[0] != '\0')
		tq_json_member_str(out, "text", f->text);
	tq_buf_chr(out, '}');
}
