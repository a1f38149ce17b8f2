/*
 * lib/work/image_child.c -- a picture turned gray, in a sandboxed child.
 */
#include "work/image_child.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/json.h"
#include "work/runner.h"

#define MIB		(1024u * 1024)
#define PROGRAM_BYTES	(512ull * MIB)	/* address space of code, stacks and
					   arenas, most of it never touched */

static int
read_all(int fd, int64_t size, struct tq_buf *b, struct tq_err *err)
{
	ssize_t n;
	char *p;

	if (size < 0 || (uint64_t)size > b->max)
		return tq_err_set(err, TQ_AT_DECODE, TQ_E_TOOBIG,
		    "the picture's %lld bytes are over the limit of %zu",
		    (long long)size, b->max);
	while (b->len < (size_t)size) {
		if ((p = tq_buf_room(b, (size_t)size - b->len)) == NULL)
			return tq_err_set(err, TQ_AT_DECODE, TQ_E_NOMEM,
			    "out of memory");
		if ((n = read(fd, p, (size_t)size - b->len)) <= 0)
			return tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO,
			    n == 0 ? EIO : errno, "can't read the picture");
		b->len += (size_t)n;
	}
	return 0;
}

/* The child's picture, or the memory that it is short of. */
struct made {
	struct tq_image_info	info;
	struct tq_buf		out;	/* the gray picture */
	uint64_t		need;	/* bytes; over o->memory: it gave up */
};

/* The sandbox closes when all is open: before the first byte is understood. */
static int
enter(const struct tq_image_order *o, const struct tq_buf *in,
    struct tq_image_tools *tools, struct tq_err *err)
{
	struct tq_sandbox_limits limits = { .cpu_seconds = 120,
	    .file_bytes = TQ_IMAGE_OUTPUT_MAX,
	    .memory_bytes = PROGRAM_BYTES + o->memory };

	if (tq_image_load(tools, in->data, in->len, err) == -1)
		return -1;
	limits.threads = tools->threads;
	return tq_sandbox_enter(&limits, err);
}

static int
gray(const struct tq_image_order *o, struct tq_buf *in, struct made *m,
    struct tq_err *err)
{
	struct tq_image_tools tools;

	if (o->size > 0 && (uint64_t)o->size > o->memory &&
	    (uint64_t)o->size <= in->max) {
		m->need = (uint64_t)o->size;
		return -1;
	}
	if (read_all(0, o->size, in, err) == -1 ||
	    enter(o, in, &tools, err) == -1 ||
	    tq_image_need(&tools, in->data, in->len, &o->opts, &m->info,
	    &m->need, err) == -1 || m->need > o->memory ||
	    tq_image_gray(&tools, in->data, in->len, &o->opts, &m->out,
	    &m->info, err) == -1)
		return -1;
	return tq_fd_write(4, tq_buf_span(&m->out)) == 0 ? 0 :
	    tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno,
	    "can't write the gray picture");
}

/* The result, or why there is none; the exit status. */
static int
tell(struct tq_buf *say, const struct tq_image_order *o,
    const struct made *m, int rc, const struct tq_err *err)
{
	if (rc == 0) {
		tq_buf_chr(say, '{');
		tq_json_member_int(say, "width", m->info.width);
		tq_json_member_int(say, "height", m->info.height);
		tq_json_member_str(say, "format",
		    tq_image_format_name(m->info.format));
		tq_json_member_int(say, "bytes", (int64_t)m->out.len);
		tq_buf_chr(say, '}');
		return 0;
	}
	if (m->need > o->memory) {
		tq_buf_fmt(say, "%" PRIu64 " ", m->need);
		if (m->info.width == 0)		/* not read yet */
			tq_buf_fmt(say, "%" PRId64 " bytes", o->size);
		else
			tq_buf_fmt(say, "%ux%u pixels", m->info.width,
			    m->info.height);
		return TQ_IMAGE_MORE;
	}
	tq_buf_fmt(say, "%d %d %s", (int)err->stage, (int)err->code,
	    err->msg);
	return TQ_IMAGE_FAILED;
}

int
tq_image_child(struct tq_span arg)
{
	struct tq_buf in = TQ_BUF_INIT(TQ_IMAGE_INPUT_MAX);
	struct tq_buf say = TQ_BUF_INIT(MIB);
	struct made m = { .out = TQ_BUF_INIT(TQ_IMAGE_OUTPUT_MAX) };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_image_order o;
	int status;

	memcpy(&o, arg.p, sizeof(o));
	status = tell(&say, &o, &m, gray(&o, &in, &m, &err), &err);
	if (tq_fd_write(1, tq_buf_span(&say)) == -1)
		status = TQ_IMAGE_FAILED;
	tq_buf_free(&in);
	tq_buf_free(&m.out);
	tq_buf_free(&say);
	return status;
}
