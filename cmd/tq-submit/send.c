/* cmd/tq-submit/send.c -- tasks go to the store in groups, ids come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "submit.h"
#include "task/request.h"
#include "util/hash.h"
#include "util/json.h"

static int
group_init(struct group *g, size_t cap)
{
	g->cap = cap;
	g->tasks = calloc(cap, sizeof(*g->tasks));
	g->items = calloc(cap, sizeof(*g->items));
	g->in = calloc(cap, sizeof(*g->in));
	g->out = calloc(cap, sizeof(*g->out));
	return g->tasks == NULL || g->items == NULL || g->in == NULL ||
	    g->out == NULL ? -1 : 0;
}

static void
group_free(struct group *g)
{
	tq_arena_free(&g->arena);
	free(g->tasks);
	free(g->items);
	free(g->in);
	free(g->out);
}

int
submit_begin(struct submit *s)
{
	s->g = &s->groups[0];
	if (group_init(s->g, s->many ? GROUP_TASKS : 1) == -1 ||
	    (s->many && group_init(&s->groups[1], GROUP_TASKS) == -1))
		return tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_NOMEM,
		    "out of memory");
	s->submit_id = tq_random_u64(s->cli->env);
	return 0;
}

void
submit_end(struct submit *s)
{
	submit_ahead_end(s);
	group_free(&s->groups[0]);
	group_free(&s->groups[1]);
	free(s->done);
	free(s->runs);
	tq_store_close(s->st);
}

struct tq_task *
submit_slot(struct submit *s)
{
	struct tq_task *t = &s->g->tasks[0];

	*t = s->def;
	return t;
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

static int
print_one(struct submit *s, const struct tq_task *t, bool created)
{
	struct tq_buf *out = &s->cli->out;

	tq_task_write(t, out);
	out->len -= !out->failed;	/* its closing brace */
	tq_json_member_bool(out, "created", created);
	tq_buf_chr(out, '}');
	return tq_cli_line(s->cli, TQ_SPAN_NONE);
}

/* The records as they stand in the store now; were they ${created} by us? */
static int
print_stored(struct submit *s, const char *const *ids, const bool *created,
    size_t n)
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
				rc = print_one(s, t[j], created[i + j]);
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
	s->line = s->g->items[i].line;
	return -1;
}

/* Ask the store, deal with the answers, print what went in. */
static int
exchange(struct submit *s)
{
	struct group *g = s->g;
	struct tq_err err = TQ_ERR_INIT;
	const char **ids;
	size_t i, n = 0;
	bool in, *created;
	int rc = 0;

	if (s->st == NULL &&
	    tq_cli_open(s->cli, TQ_OPEN_CREATE, &s->st) == -1)
		return -1;
	if (tq_store_submit(s->st, g->in, g->nin, g->out, &err) == -1) {
		s->cli->err = err;
		return stopped_at(s, 0);
	}
	submit_owed(s, &err);
	ids = tq_arena_alloc(&g->arena, g->nin * sizeof(*ids));
	created = tq_arena_alloc(&g->arena, g->nin * sizeof(*created));
	for (i = 0; i < g->nin; i++) {
		if (submit_answer(s, i, &in) == -1)
			rc = rc == -1 ? -1 : stopped_at(s, i);
		else if (in) {
			created[n] = g->out[i].what != TQ_EXISTS;
			ids[n++] = g->tasks[i].id;
		}
	}
	if (rc == -1 || s->o->result)
		return rc;
	return s->cli->json ? print_stored(s, ids, created, n) :
	    print_ids(s, ids, n);
}

static int
print_dry(struct submit *s)
{
	size_t i;

	for (i = 0; i < s->g->nin; i++)
		if (print_record(s, &s->g->tasks[i]) == -1)
			return -1;
	return 0;
}

/* Give what can go in to the store, or print it. */
static int
send_ready(struct submit *s)
{
	int rc;

	if (s->g->nin == 0)
		return 0;
	rc = s->o->dry_run ? print_dry(s) : exchange(s);
	s->g->nin = 0;
	if (rc == 0)
		rc = tq_cli_flush(s->cli);
	if (s->many && !s->o->dry_run)
		tq_cli_work(s->cli, s->stored, 0, "submitted");
	if (rc == 0 && s->many && tq_cli_interrupted())
		rc = tq_err_set(&s->cli->err, TQ_AT_INPUT, TQ_E_INTR,
		    "interrupted");
	return rc;
}

/* Store the input of task ${i}, and tell by its bytes what was asked for. */
static int
finish_task(struct submit *s, size_t i, struct tq_err *err)
{
	struct group *g = s->g;
	struct tq_task *t = &g->tasks[i];
	struct item *it = &g->items[i];
	char sha[2 * TQ_SHA256_LEN + 1] = "", *print;

	if (it->path != NULL && submit_stage(s, t, it->path, &it->blob,
	    it->key == NULL ? NULL : sha, err) == -1)
		return -1;
	if (it->key != NULL) {
		print = tq_arena_alloc(&g->arena, TQ_FINGERPRINT);
		tq_task_fingerprint(t, sha[0] == '\0' ? NULL : sha, print);
		t->fingerprint = print;
	}
	return 0;
}

/* Is it the task that is wrong, and not the store? */
static bool
is_fault(const struct tq_err *err)
{
	return err->code != TQ_E_INTR &&
	    (err->stage == TQ_AT_PARSE || err->stage == TQ_AT_INPUT);
}

/* Move task ${i} up to those that go in; -1 with cli->err when none can. */
static int
make_ready(struct submit *s, size_t i)
{
	struct tq_err err = TQ_ERR_INIT;
	struct group *g = s->g;
	struct item *it = &g->items[i];

	s->line = it->line;
	if (it->err != NULL)
		err = *it->err;
	if (it->err != NULL || finish_task(s, i, &err) == -1) {
		if (!s->many || !is_fault(&err)) {
			s->cli->err = err;
			return -1;
		}
		submit_bad(s, it->line, &err);
		return 0;
	}
	if (i != g->nin) {
		g->tasks[g->nin] = g->tasks[i];
		g->items[g->nin] = *it;
	}
	g->in[g->nin] = (struct tq_submit){ .task = &g->tasks[g->nin],
	    .keyed = it->key != NULL,
	    .replace = s->o->replace_ended ? TQ_REPLACE_ENDED :
	    s->o->replace_dead ? TQ_REPLACE_DEAD : TQ_REPLACE_NEVER };
	g->nin++;
	return 0;
}

static int
send_group(struct submit *s)
{
	struct group *g = s->g;
	size_t i, files = 0;

	for (i = 0; i < g->n; i++) {
		if (make_ready(s, i) == -1)
			return -1;
		if (g->items[i].blob != NULL && ++files % GROUP_FILES == 0 &&
		    send_ready(s) == -1)
			return -1;
	}
	return send_ready(s);
}

int
submit_send(struct submit *s)
{
	struct group *g = s->g;
	int rc;

	if (g->n == 0)
		return 0;
	rc = send_group(s);
	g->n = g->nin = 0;
	tq_arena_reset(&g->arena);
	return rc == 0 ? 0 : submit_stopped(s);
}
