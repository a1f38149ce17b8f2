/* cmd/tq-status/watch_close.c -- see watch_close.h. */
#include "watch_close.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/stuck.h"

#define LOG_SHOWN	(128 * 1024)

/* The last bytes of the log, from the start of a line. */
static void
read_log(struct status *s, struct watch_close *c, const char *name)
{
	struct tq_err err = TQ_ERR_INIT;
	int64_t size, from;
	char *p, *nl;
	ssize_t n;
	int fd;

	if ((fd = tq_store_blob_get(s->st, name, &size, &err)) == -1) {
		c->detail.log_trouble = tq_arena_str(&c->a, err.msg);
		return;
	}
	from = size > LOG_SHOWN ? size - LOG_SHOWN : 0;
	p = tq_arena_alloc(&c->a, LOG_SHOWN);
	n = pread(fd, p, LOG_SHOWN, from);
	if (n == -1)
		c->detail.log_trouble = tq_arena_str(&c->a, strerror(errno));
	close(fd);
	if (n <= 0)
		return;
	nl = from > 0 ? memchr(p, '\n', (size_t)n) : NULL;
	if (nl != NULL) {
		n -= nl + 1 - p;
		p = nl + 1;
	}
	c->detail.log = (struct tq_span){ p, (size_t)n };
}

static int
read_why(struct status *s, struct watch_close *c, const struct tq_facts *f,
    const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	struct tq_parent by;
	struct tq_why w;

	tq_facts_why(f, t, &w);
	if (t->status == TQ_BLOCKED) {
		if (tq_blocker(s->st, t, &c->a, &by, &w.waits_more,
		    &s->cli->err) == -1)
			return -1;
		w.waits_for = by.id;
		w.waits_status = by.status;
	}
	tq_why_write(&w, &b);
	c->detail.why = tq_arena_dup(&c->a, b.data, b.len);
	tq_buf_free(&b);
	return 0;
}

struct watch_close *
watch_close_new(struct status *s, const struct tq_facts *f, const char *id)
{
	struct watch_close *c = tq_must(calloc(1, sizeof(*c)));
	struct tq_task *t;

	c->at = tq_boot_ms(s->cli->env);
	c->detail.id = tq_arena_str(&c->a, id);
	if (tq_store_get(s->st, &id, 1, 0, &c->a, &t, &s->cli->err) == -1 ||
	    (t != NULL && read_why(s, c, f, t) == -1)) {
		watch_close_free(c);
		return NULL;
	}
	c->detail.task = t;
	if (t != NULL && t->log != NULL)
		read_log(s, c, t->log);
	return c;
}

void
watch_close_free(struct watch_close *c)
{
	if (c != NULL)
		tq_arena_free(&c->a);
	free(c);
}
