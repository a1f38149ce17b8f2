/* cmd/tq-work/lambda_dead.c -- messages of a dead-letter queue: each dead task
   goes to the log, with its details, and its message away. */
#include "lambda.h"

#include <string.h>
#include <unistd.h>

#include "store/pushed.h"
#include "store/store.h"
#include "util/fd.h"
#include "util/json.h"

/* The task that ${m} names, in ${a}; NULL: it is none of tq's. */
static const char *
task_of(const struct tq_pushed *m, struct tq_arena *a)
{
	struct tq_span v, id;

	return tq_json_check(m->body, NULL) == 0 &&
	    tq_json_kind(m->body) == TQ_JSON_OBJECT &&
	    tq_json_get(m->body, "taskId", &v) && tq_json_str(v, a, &id) &&
	    tq_name_ok(id.p) ? id.p : NULL;
}

/* Why ${m} was moved, which is none of tq's. */
static const char *
reason_of(const struct tq_pushed *m, struct tq_arena *a)
{
	size_t i;

	for (i = 0; i < m->nattrs; i++)
		if (strcmp(m->attrs[i].name, "tq-reason") == 0)
			return tq_arena_dup(a, m->attrs[i].value.p,
			    m->attrs[i].value.n);
	return "a message that is not tq's";
}

static void
tell(struct invocation *v, const struct tq_pushed *m, const char *id,
    const struct tq_task *t, struct tq_buf *out, struct tq_arena *a)
{
	struct tq_event e = { .name = "dead", .task = id, .duration_ms = -1,
	    .trace = v->c->trace };

	if (id == NULL) {
		e.name = "foreign";
		e.text = reason_of(m, a);
	} else if (t == NULL) {
		e.text = "its record is gone";
	} else {
		e.name = t->status == TQ_FAILED ? "dead" : "alive";
		e.type = t->type;
		e.attempt = t->attempts;
		e.worker = t->worker;
		e.stage = t->err_stage == TQ_AT_NONE ? NULL :
		    tq_stage_name(t->err_stage);
		e.text = t->status == TQ_FAILED ? t->reason :
		    "it was redriven, or ended since";
		if (t->traceparent != NULL)
			e.trace = t->traceparent;
	}
	tq_log_event(out, v->o->log_format, tq_wall_ms(v->cli->env), &e);
}

static int
tell_all(struct invocation *v, struct tq_store *st)
{
	struct tq_buf out = TQ_BUF_INIT(1024 * 1024);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t;
	const char *id;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < v->call.n; i++) {
		t = NULL;
		id = task_of(&v->call.msgs[i], &a);
		if (id != NULL)
			rc = tq_store_get(st, &id, 1, 0, &a, &t, &v->err);
		if (rc == -1)
			break;
		tell(v, &v->call.msgs[i], id, t, &out, &a);
		if (tq_fd_write(STDERR_FILENO, tq_buf_span(&out)) == 0)
			v->call.msgs[i].gone = true;
		tq_buf_clear(&out);
	}
	tq_buf_free(&out);
	tq_arena_free(&a);
	return rc;
}

int
lambda_dead(void *arg)
{
	struct invocation *v = arg;
	struct tq_store *st;
	int rc = tq_store_open(v->o->store_url, v->cli->env, TQ_OPEN_READ,
	    &st, &v->err);

	if (rc == -1)
		return 1;
	rc = tell_all(v, st);
	tq_store_close(st);
	return rc == -1;
}
