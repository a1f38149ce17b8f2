/* lib/serve/http/multipart.c -- see multipart.h. */
#include "serve/http/multipart.h"

#include <string.h>
#include <strings.h>

#include "util/str.h"

#define HEAD_MAX	4096
#define PARTS_MAX	32

enum state { START, HEAD, DATA, BOUNDARY, END };

static int
bad(struct tq_err *err, const char *why)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "form: %s", why);
}

int
tq_multipart_init(struct tq_multipart *m, const char *type,
    const struct tq_multipart_fn *fn, void *arg, struct tq_err *err)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?";
	const char *p = strcasestr(type, "boundary=");
	size_t n;

	memset(m, 0, sizeof(*m));
	m->buf.max = 4 * 1024 * 1024;
	m->fn = fn;
	m->arg = arg;
	if (p == NULL)
		return bad(err, "Content-Type has no boundary");
	p += strlen("boundary=");
	if (*p == '"')
		n = strspn(++p, ok);
	else
		n = strcspn(p, "; \t");
	if (n == 0 || n > TQ_BOUNDARY_MAX || strspn(p, ok) < n ||
	    (p[-1] == '"' && p[n] != '"'))
		return bad(err, "the boundary is malformed");
	memcpy(m->delim, "\r\n--", 4);
	memcpy(m->delim + 4, p, n);
	m->delim_n = n + 4;
	return 0;
}

static void
drop(struct tq_buf *b, size_t n)
{
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

/* The value of ; key="..." in a header; NULL when absent; "" on bad form. */
static const char *
quoted(char *line, const char *key, struct tq_arena *a, bool *malformed)
{
	char *p = line, *out, *w;
	size_t n = strlen(key);

	while ((p = strchr(p, ';')) != NULL) {
		p++;
		p += strspn(p, " \t");
		if (strncasecmp(p, key, n) != 0 || p[n] != '=')
			continue;
		p += n + 1;
		if (*p++ != '"')
			break;
		w = out = tq_arena_alloc(a, strlen(p) + 1);
		for (; *p != '"' && *p != '\0'; p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			*w++ = *p;
		}
		if (*p == '"')
			return out;
		break;
	}
	*malformed |= p != NULL;
	return NULL;
}

static int
take_line(char *line, struct tq_part *part, struct tq_arena *a, bool *form,
    struct tq_err *err)
{
	static const char cd[] = "Content-Disposition:", ct[] = "Content-Type:";
	bool malformed = false;

	if (strncasecmp(line, ct, sizeof(ct) - 1) == 0) {
		line += sizeof(ct) - 1;
		part->type = tq_arena_str(a, line + strspn(line, " \t"));
		return 0;
	}
	if (strncasecmp(line, cd, sizeof(cd) - 1) != 0)
		return strchr(line, ':') != NULL ? 0 :
		    bad(err, "a part's header is malformed");
	line += sizeof(cd) - 1;
	line += strspn(line, " \t");
	if (*form || strncasecmp(line, "form-data;", 10) != 0)
		return bad(err, "a part's Content-Disposition is malformed");
	*form = true;
	part->name = quoted(line, "name", a, &malformed);
	part->filename = quoted(line, "filename", a, &malformed);
	return malformed || part->name == NULL ?
	    bad(err, "a part has no proper name") : 0;
}

/* The header of a part: "...\r\n\r\n" at the start of the buffer. */
static int
take_head(struct tq_multipart *m, size_t n, struct tq_err *err)
{
	struct tq_part part = { NULL, NULL, NULL };
	struct tq_arena a = TQ_ARENA_INIT;
	char *text = tq_arena_dup(&a, m->buf.data, n), *line = text, *end;
	bool form = false;
	int rc = -1;

	if (memchr(text, '\0', n) != NULL ||
	    !tq_utf8_valid((struct tq_span){ text, n })) {
		bad(err, "a part's header is not UTF-8 text");
		goto out;
	}
	while (*line != '\0') {
		end = strstr(line, "\r\n");
		if (end != NULL)
			*end = '\0';
		if (take_line(line, &part, &a, &form, err) == -1)
			goto out;
		line = end != NULL ? end + 2 : line + strlen(line);
	}
	if (!form)
		bad(err, "a part has no Content-Disposition");
	else if (++m->parts > PARTS_MAX)
		bad(err, "too many parts");
	else
		rc = m->fn->begin(m->arg, &part, err);
out:
	tq_arena_free(&a);
	return rc;
}

/* Each step: 1 when it went on, 0 when it needs more bytes, -1 failed. */
static int
step_start(struct tq_multipart *m, struct tq_err *err)
{
	if (m->buf.len < m->delim_n - 2)
		return 0;
	if (memcmp(m->buf.data, m->delim + 2, m->delim_n - 2) != 0)
		return bad(err, "does not start with its boundary");
	drop(&m->buf, m->delim_n - 2);
	m->state = BOUNDARY;
	return 1;
}

static int
step_boundary(struct tq_multipart *m, struct tq_err *err)
{
	if (m->buf.len < 2)
		return 0;
	if (memcmp(m->buf.data, "--", 2) == 0)
		m->state = END;
	else if (memcmp(m->buf.data, "\r\n", 2) == 0)
		m->state = HEAD;
	else
		return bad(err, "a boundary is not followed by a line end");
	drop(&m->buf, 2);
	return 1;
}

static int
step_head(struct tq_multipart *m, struct tq_err *err)
{
	char *end = m->buf.len == 0 ? NULL :
	    memmem(m->buf.data, m->buf.len, "\r\n\r\n", 4);
	size_t n;

	if (end == NULL)
		return m->buf.len > HEAD_MAX ?
		    bad(err, "a part's header is too long") : 0;
	n = (size_t)(end - m->buf.data);
	if (n > HEAD_MAX)
		return bad(err, "a part's header is too long");
	if (take_head(m, n, err) == -1)
		return -1;
	drop(&m->buf, n + 4);
	m->state = DATA;
	return 1;
}

static int
step_data(struct tq_multipart *m, struct tq_err *err)
{
	char *at = m->buf.len == 0 ? NULL :
	    memmem(m->buf.data, m->buf.len, m->delim, m->delim_n);
	size_t n;

	if (at != NULL)
		n = (size_t)(at - m->buf.data);
	else
		n = m->buf.len >= m->delim_n ? m->buf.len - m->delim_n + 1 : 0;
	if (n > 0 && m->fn->data(m->arg, (struct tq_span){ m->buf.data, n },
	    err) == -1)
		return -1;
	if (at == NULL) {
		drop(&m->buf, n);
		return 0;
	}
	drop(&m->buf, n + m->delim_n);
	m->state = BOUNDARY;
	return m->fn->end(m->arg, err) == -1 ? -1 : 1;
}

static int
step_end(struct tq_multipart *m, struct tq_err *err)
{
	if (m->buf.len > 2 ||
	    (m->buf.len > 0 && memcmp(m->buf.data, "\r\n", m->buf.len) != 0))
		return bad(err, "goes on behind its last boundary");
	return 0;
}

int
tq_multipart_feed(struct tq_multipart *m, struct tq_span data,
    struct tq_err *err)
{
	static int (*const steps[])(struct tq_multipart *, struct tq_err *) = {
		[START] = step_start, [HEAD] = step_head, [DATA] = step_data,
		[BOUNDARY] = step_boundary, [END] = step_end,
	};
	int rc;

	if (tq_buf_add(&m->buf, data.p, data.n) == -1)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_NOMEM,
		    "out of memory");
	while ((rc = steps[m->state](m, err)) == 1)
		;
	return rc;
}

int
tq_multipart_end(struct tq_multipart *m, struct tq_err *err)
{
	return m->state == END ? 0 : bad(err, "ends before its last boundary");
}

void
tq_multipart_free(struct tq_multipart *m)
{
	tq_buf_free(&m->buf);
}
