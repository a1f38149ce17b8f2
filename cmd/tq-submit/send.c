/* cmd/tq-submit/send.c -- tasks go to the store in groups, ids come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "submit.h"
#include "task/command.h"
#include "task/request.h"
#include "util/hash.h"

int
submit_begin(struct submit *s)
{
	struct group *g = &s->g;

	g->cap = s->many ? GROUP_TASKS : 1;
	g->tasks = calloc(g->cap, sizeof(*g->tasks));
	g->in = calloc(g->cap, sizeof(*g->in));
	g->out = calloc(g->cap, sizeof(*g->out));
	g->items = calloc(g->cap, sizeof(*g->items));
	if (g->tasks == NULL || g->in == NULL || g->out == NULL ||
	    g->items == NULL)
		return tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_NOMEM,
		    "out of memory");
	s->submit_id = tq_random_u64(s->cli->env);
	return 0;
}

void
submit_end(struct submit *s)
{
	tq_arena_free(&s->g.arena);
	free(s->g.tasks);
	free(s->g.in);
	free(s->g.out);
	free(s->g.items);
	free(s->done);
	free(s->runs);
	tq_store_close(s->st);
}

struct tq_task *
submit_slot(struct submit *s)
{
	struct tq_task *t = &s->g.tasks[s->g.n];

	*t = s->def;
	return t;
}

bool
submit_full(const struct submit *s)
{
	const struct group *g = &s->g;

	return g->n == g->cap || g->arena.total >= GROUP_BYTES ||
	    (g->n >= GROUP_FILES && g->items[g->n - 1].blob != NULL);
}

/* One system call for many ids. */
static uint64_t
fresh_random(struct submit *s)
{
	if (s->nrnd == 0) {
		s->nrnd = s->many ? sizeof(s->rnd) / sizeof(s->rnd[0]) : 1;
		tq_random(s->cli->env, s->rnd, s->nrnd * sizeof(s->rnd[0]));
	}
	return s->rnd[--s->nrnd];
}

static const char *
fresh_submit_id(struct submit *s)
{
	char *out = tq_arena_alloc(&s->g.arena, TQ_SUBMIT_ID);

	tq_submit_id(s->submit_id++, out);
	return out;
}

int
submit_add(struct submit *s, const char *key, const char *path,
    struct tq_err *err)
{
	struct group *g = &s->g;
	struct tq_task *t = &g->tasks[g->n];
	struct item *it = &g->items[g->n];
	char sha[2 * TQ_SHA256_LEN + 1] = "", *print;
	struct tq_identify w = { .key = key, .every = s->o->every,
	    .now = tq_wall_ms(s->cli->env),
	    .rnd = t->id == NULL && key == NULL ? fresh_random(s) : 0 };

	*it = (struct item){ .line = s->line, .key = key };
	t->submit_id = fresh_submit_id(s);
	t->payload_size = t->payload.n;
	if (tq_identify(t, &w, &s->ids, &g->arena, err) == -1 ||
	    (t->argv.n > 0 && tq_command_fits(t, (size_t)sysconf(_SC_ARG_MAX),
	    err) == -1))
		return -1;
	if (path != NULL && submit_stage(s, t, path, &it->blob,
	    key == NULL ? NULL : sha, err) == -1)
		return -1;
	if (key != NULL) {
		print = tq_arena_alloc(&g->arena, TQ_FINGERPRINT);
		tq_task_fingerprint(t, sha[0] == '\0' ? NULL : sha, print);
		t->fingerprint = print;
	}
	g->in[g->n] = (struct tq_submit){ .task = t, .keyed = key != NULL,
	    .replace = s->o->replace_ended ? TQ_REPLACE_ENDED :
	    s->o->replace_dead ? TQ_REPLACE_DEAD : TQ_REPLACE_NEVER };
	g->n++;
	return 0;
}

bool
submit_fault(const struct tq_err *err)
{
	return err->code != TQ_E_INTR &&
	    (err->stage == TQ_AT_PARSE || err->stage == TQ_AT_INPUT);
}

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

int
submit_stopped(struct submit *s)
{
	struct tq_err *err = &s->cli->err;
	size_t n = strlen(err->msg);

	if (s->many)
		snprintf(err->msg + n, sizeof(err->msg) - n,
		    "; submitted %llu, stopped at %s%sline %llu",
		    (unsigned long long)s->stored,
		    s->file == NULL ? "" : s->file,
		    s->file == NULL ? "" : " ",
		    (unsigned long long)s->line);
	return -1;
}

static int
print_record(struct submit *s, const struct tq_task *t)
{
	struct tq_buf *out = &s->cli->out;

	tq_task_write(t, out);
	return tq_cli_line(s->cli, TQ_SPAN_NONE);
}

/* The records as they stand in the store now. */
static int
print_stored(struct submit *s, const char *const *ids, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t[64];
	size_t i, k, step = sizeof(t) / sizeof(t[0]);
	int rc = 0;

	for (i = 0; i < n && rc == 0; i += step) {
		k = n - i < step ? n - i : step;
		if ((rc = tq_store_get(s->st, ids + i, k, TQ_WITH_PAYLOAD, &a,
		    t, &s->cli->err)) == -1)
			break;
		for (size_t j = 0; j < k && rc == 0; j++)
			if (t[j] != NULL)
				rc = print_record(s, t[j]);
		tq_arena_reset(&a);
	}
	tq_arena_free(&a);
	return rc;
}

static int
print_ids(struct submit *s, const char *const *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (tq_cli_line(s->cli, tq_span_of(ids[i])) == -1)
			return -1;
	return 0;
}

/* We had read further, but from item ${i} on nothing is known to be in. */
static int
stopped_at(struct submit *s, size_t i)
{
	s->line = s->g.items[i].line;
	return -1;
}

/* Ask the store, deal with the answers, print what went in. */
static int
exchange(struct submit *s)
{
	struct group *g = &s->g;
	struct tq_err err = TQ_ERR_INIT;
	const char **ids;
	size_t i, n = 0;
	bool in;
	int rc = 0;

	if (s->st == NULL &&
	    tq_cli_open(s->cli, TQ_OPEN_CREATE, &s->st) == -1)
		return -1;
	if (tq_store_submit(s->st, g->in, g->n, g->out, &err) == -1) {
		s->cli->err = err;
		return stopped_at(s, 0);
	}
	submit_owed(s, &err);
	ids = tq_arena_alloc(&g->arena, g->n * sizeof(*ids));
	for (i = 0; i < g->n; i++) {
		if (submit_answer(s, i, &in) == -1)
			rc = rc == -1 ? -1 : stopped_at(s, i);
		else if (in)
			ids[n++] = g->tasks[i].id;
	}
	if (rc == -1 || s->o->result)
		return rc;
	return s->cli->json ? print_stored(s, ids, n) : print_ids(s, ids, n);
}

static int
print_dry(struct submit *s)
{
	size_t i;

	for (i = 0; i < s->g.n; i++)
		if (print_record(s, &s->g.tasks[i]) == -1)
			return -1;
	return 0;
}

int
submit_send(struct submit *s)
{
	int rc;

	if (s->g.n == 0)
		return 0;
	rc = s->o->dry_run ? print_dry(s) : exchange(s);
	if (rc == 0)
		rc = tq_cli_flush(s->cli);
	if (s->many && !s->o->dry_run)
		tq_cli_work(s->cli, s->stored, 0, "submitted");
	s->g.n = 0;
	tq_arena_reset(&s->g.arena);
	if (rc == 0 && s->many && tq_cli_interrupted())
		rc = tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_INTR,
		    "interrupted");
	return rc == 0 ? 0 : submit_stopped(s);
}
