/* cmd/tq-submit/answer.c -- what the store said of each task. */
#include <stdio.h>
#include <stdlib.h>

#include "submit.h"
#include "util/str.h"

void
submit_bad(struct submit *s, uint64_t line, const struct tq_err *err)
{
	char where[300] = "";

	s->bad = true;
	snprintf(where, sizeof(where), "%s%sline %llu",
	    s->file == NULL ? "" : s->file, s->file == NULL ? "" : ": ",
	    (unsigned long long)line);
	tq_cli_warn_err(s->cli, where, err);
}

/* Why the store refused a task; the subject is in front. */
static void
refusal(const struct submit *s, size_t i, struct tq_err *err)
{
	const struct group *g = s->g;
	const struct tq_submitted *a = &g->out[i];
	struct tq_buf b = TQ_BUF_INIT(4096);

	switch (a->code) {
	case TQ_E_TAKEN:
		tq_err_set(err, TQ_AT_INPUT, a->code,
		    "taskId %s exists (%s) in %s", g->tasks[i].id,
		    tq_status_name(a->status), tq_store_name(s->st));
		break;
	case TQ_E_CONFLICT:
		tq_visible(&b, tq_span_of(g->items[i].key), 80);
		tq_err_set(err, TQ_AT_INPUT, a->code,
		    "key \"%s\" was used for another request",
		    b.data == NULL ? "" : b.data);
		break;
	case TQ_E_NOTFOUND:
		tq_err_set(err, TQ_AT_INPUT, a->code, "task %s is to wait for "
		    "%s, and there is no such task in %s", g->tasks[i].id,
		    a->parent, tq_store_name(s->st));
		break;
	case TQ_E_STATE:
		tq_err_set(err, TQ_AT_INPUT, a->code, "task %s (%s) can't be "
		    "replaced by one that waits: others wait for it",
		    g->tasks[i].id, tq_status_name(a->status));
		break;
	case TQ_E_NOQUEUE:
		tq_store_no_queue(s->st, g->tasks[i].queue, err);
		break;
	case TQ_E_TOOBIG:
		tq_err_set(err, TQ_AT_INPUT, a->code, "queue %s, type %s: %s "
		    "has tasks of as many types and queues as it takes: more "
		    "with ?types=N&queues=N in its URL (tq(7), STORES)",
		    g->tasks[i].queue, g->tasks[i].type,
		    tq_store_name(s->st));
		break;
	case TQ_E_DATA:
		tq_err_set(err, TQ_AT_INPUT, a->code, "task %s: its command, "
		    "variables or data: input are more than a record of %s "
		    "holds, about 300 KiB: put them in a file (--input)",
		    g->tasks[i].id, tq_store_name(s->st));
		break;
	default:
		tq_err_set(err, TQ_AT_INPUT, a->code, "task %s: refused: %s",
		    g->tasks[i].id, tq_code_name(a->code));
	}
	tq_buf_free(&b);
}

static void
met_existing(struct submit *s, size_t i)
{
	const struct tq_submitted *a = &s->g->out[i];
	const char *id = s->g->tasks[i].id;

	if (a->status == TQ_FAILED || a->status == TQ_CANCELLED) {
		s->bad = true;
		tq_cli_warn(s->cli, "task %s exists and is %s; "
		    "--replace-dead starts it anew", id,
		    tq_status_name(a->status));
	} else if (s->o->replace_ended) {
		tq_cli_note(s->cli, "task %s lives already (%s)", id,
		    tq_status_name(a->status));
	} else if (s->cli->verbose > 0) {
		tq_cli_note(s->cli, "task %s exists (%s)", id,
		    tq_status_name(a->status));
	}
}

/* A blob that no record names would only wait for the sweep. */
static void
drop_blob(struct submit *s, size_t i)
{
	struct tq_err err = TQ_ERR_INIT;
	const char *blob = s->g->items[i].blob;

	if (blob != NULL && tq_store_blob_del(s->st, blob, &err) == -1 &&
	    s->cli->verbose > 0)
		tq_cli_warn_err(s->cli, blob, &err);
}

static void
keep_id(struct submit *s, const struct tq_task *t, bool own)
{
	struct tq_arena *a = &s->cli->arena;

	if (s->ndone == s->done_cap) {
		s->done_cap = s->done_cap == 0 ? 64 : s->done_cap * 2;
		s->done = tq_must(realloc(s->done, s->done_cap *
		    sizeof(*s->done)));
		s->runs = tq_must(realloc(s->runs, s->done_cap *
		    sizeof(*s->runs)));
	}
	s->runs[s->ndone] = own && t->submit_id != NULL ?
	    tq_arena_str(a, t->submit_id) : NULL;
	s->done[s->ndone++] = tq_arena_str(a, t->id);
}

void
submit_owed(struct submit *s, const struct tq_err *why)
{
	const struct group *g = s->g;
	const char *id = NULL;
	size_t i, n = 0;

	for (i = 0; i < g->nin; i++)
		if (g->out[i].what == TQ_OWED && n++ == 0)
			id = g->tasks[i].id;
	if (n == 1)
		tq_cli_warn(s->cli, "task %s is stored, its delivery is owed: "
		    "a sweep sends it (%s)", id, why->msg);
	else if (n > 1)
		tq_cli_warn(s->cli, "%zu tasks are stored, their delivery is "
		    "owed: a sweep sends them (%s)", n, why->msg);
}

/* --each has one queue for all lines: without it none of them goes in. */
static bool
ends_us(const struct submit *s, const struct tq_submitted *a)
{
	return !s->many || (s->o->each != NULL && a->code == TQ_E_NOQUEUE);
}

int
submit_answer(struct submit *s, size_t i, bool *in)
{
	struct tq_err err = TQ_ERR_INIT;
	const struct group *g = s->g;

	*in = g->out[i].what != TQ_REFUSED;
	switch (g->out[i].what) {
	case TQ_OWED:
	case TQ_STORED:
		break;
	case TQ_EXISTS:
		met_existing(s, i);
		drop_blob(s, i);
		break;
	case TQ_REFUSED:
		refusal(s, i, &err);
		drop_blob(s, i);
		if (ends_us(s, &g->out[i])) {
			s->cli->err = err;
			return -1;
		}
		submit_bad(s, g->items[i].line, &err);
		return 0;
	}
	s->stored++;
	if (s->keep_ids)
		keep_id(s, &g->tasks[i], g->out[i].what != TQ_EXISTS);
	return 0;
}
