/* cmd/tq-status/ids.c -- from ids to records; see status.h. */
#include "status.h"

#include <stdio.h>
#include <string.h>

#define GROUP	500

int
status_open(struct status *s)
{
	if (s->st != NULL)
		return 0;
	return tq_cli_open(s->cli, TQ_OPEN_READ, &s->st);
}

void
status_no_task(struct status *s, const char *id)
{
	tq_cli_warn(s->cli, "no such task %s in %s", id, tq_store_name(s->st));
	s->rc = TQ_EX_NOTASK;
}

struct each {
	struct status	*s;
	status_fn	*fn;
	void		*arg;
	struct tq_arena	 a;
};

static int
each_group(void *arg, const char *const *ids, size_t n)
{
	struct tq_task *tasks[GROUP];
	struct each *e = arg;
	struct status *s = e->s;
	size_t i;

	if (status_open(s) == -1 ||
	    tq_store_get(s->st, ids, n, 0, &e->a, tasks, &s->cli->err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (tasks[i] == NULL)
			status_no_task(s, ids[i]);
		else if (e->fn(s, tasks[i], e->arg) == -1)
			return -1;
	}
	tq_arena_reset(&e->a);
	return tq_cli_flush(s->cli);
}

int
status_each(struct status *s, status_fn *fn, void *arg)
{
	struct each e = { .s = s, .fn = fn, .arg = arg };
	int rc;

	rc = tq_cli_ids(s->cli, GROUP, each_group, &e);
	tq_arena_free(&e.a);
	return rc;
}

struct one {
	char	id[256];
	size_t	n;
};

static int
one_group(void *arg, const char *const *ids, size_t n)
{
	struct one *o = arg;

	if (o->n == 0)
		snprintf(o->id, sizeof(o->id), "%s", ids[0]);
	o->n += n;
	return 0;
}

int
status_one(struct status *s, unsigned with, struct tq_arena *a,
    struct tq_task **t)
{
	struct one o = { .n = 0 };
	const char *id = o.id;

	if (tq_cli_ids(s->cli, GROUP, one_group, &o) == -1)
		return -1;
	if (o.n == 0) {
		tq_cli_warn(s->cli, "no task was named");
		s->rc = TQ_EX_NOTASK;
		return 0;
	}
	if (o.n > 1) {
		s->rc = tq_cli_usage(s->cli, "one task at a time, not %zu",
		    o.n);
		return 0;
	}
	if (status_open(s) == -1 ||
	    tq_store_get(s->st, &id, 1, with, a, t, &s->cli->err) == -1)
		return -1;
	if (*t == NULL) {
		status_no_task(s, id);
		return 0;
	}
	return 1;
}

int
status_full(struct status *s, const struct tq_task *t, struct tq_arena *a,
    const struct tq_task **full)
{
	struct tq_task *got;

	*full = t;
	if (t->payload_size <= t->payload.n && t->result_size <= t->result.n)
		return 0;
	if (tq_store_get(s->st, &t->id, 1, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, a,
	    &got, &s->cli->err) == -1)
		return -1;
	if (got != NULL)
		*full = got;
	return 0;
}

int
status_json(struct status *s, const struct tq_task *t)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const struct tq_task *full;
	int rc;

	if ((rc = status_full(s, t, &a, &full)) == 0) {
		tq_task_write(full, &s->cli->out);
		tq_buf_chr(&s->cli->out, '\n');
		if (s->cli->out.len > 64 * 1024)
			rc = tq_cli_flush(s->cli);
	}
	tq_arena_free(&a);
	return rc;
}
