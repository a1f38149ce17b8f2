/* lib/cli/submit_payload.c -- see submit_payload.h. */
#include "cli/submit_payload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

static int
too_big(struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_INPUT, TQ_E_TOOBIG,
	    "payload: over the limit of 16 MiB; use --input for data");
}

static int
read_all(int fd, const char *name, struct tq_buf *b, struct tq_err *err)
{
	ssize_t n;
	char *p;

	for (;;) {
		size_t want = b->max - b->len;

		if (want > 64 * 1024)
			want = 64 * 1024;
		if (want == 0)
			return too_big(err);
		if ((p = tq_buf_room(b, want)) == NULL)
			return tq_err_set(err, TQ_AT_INPUT, TQ_E_NOMEM,
			    "payload: out of memory");
		if ((n = read(fd, p, want)) == -1)
			return tq_err_sys(err, TQ_AT_INPUT, TQ_E_IO, errno, "%s", name);
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
}

static int
read_from(const char *path, struct tq_arena *a, struct tq_span *out,
    struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_PAYLOAD_MAX + 1);
	int fd = STDIN_FILENO, rc;

	if (path != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_INPUT, TQ_E_IO, errno, "%s",
		    path);
	rc = read_all(fd, path == NULL ? "stdin" : path, &b, err);
	if (rc == 0)
		*out = (struct tq_span){ tq_arena_dup(a, b.data, b.len),
		    b.len };
	if (path != NULL)
		close(fd);
	tq_buf_free(&b);
	return rc;
}

int
tq_submit_payload_check(struct tq_span p, enum tq_kind kind,
    struct tq_err *err)
{
	if (p.n > TQ_PAYLOAD_MAX)
		return too_big(err);
	if (kind == TQ_KIND_TEXT)
		return tq_utf8_valid(p) ? 0 : tq_err_set(err, TQ_AT_PARSE,
		    TQ_E_DATA, "payload: not UTF-8 text; use --input for "
		    "other bytes");
	if (tq_json_check(p, err) == -1) {
		tq_err_prefix(err, "payload");
		return -1;
	}
	return 0;
}

int
tq_submit_payload(const char *operand, enum tq_kind kind, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_span p = tq_span_of(operand);

	if (strcmp(operand, "-") == 0) {
		if (read_from(NULL, a, &p, err) == -1)
			return -1;
	} else if (operand[0] == '@') {
		if (read_from(operand + 1, a, &p, err) == -1)
			return -1;
	}
	if (tq_submit_payload_check(p, kind, err) == -1)
		return -1;
	*out = p;
	return 0;
}
