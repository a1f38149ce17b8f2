/* cmd/tq-submit/line.c -- what a line of --each or --batch means. */
#include <string.h>
#include <unistd.h>

#include "cli/submit_payload.h"
#include "submit.h"
#include "task/command.h"
#include "task/request.h"
#include "util/hash.h"
#include "util/str.h"

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
fresh_submit_id(struct submit *s, struct tq_arena *a)
{
	char *out = tq_arena_alloc(a, TQ_SUBMIT_ID);

	tq_submit_id(s->submit_id++, out);
	return out;
}

int
submit_identify(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	struct tq_task *t = &g->tasks[i];
	const char *key = g->items[i].key;
	struct tq_identify w = { .key = key, .every = s->o->every,
	    .now = tq_wall_ms(s->cli->env),
	    .rnd = t->id == NULL && key == NULL ? fresh_random(s) : 0 };

	t->submit_id = fresh_submit_id(s, &g->arena);
	t->payload_size = t->payload.n;
	if (tq_identify(t, &w, &s->ids, &g->arena, err) == -1)
		return -1;
	return t->argv.n == 0 ? 0 :
	    tq_command_fits(t, (size_t)sysconf(_SC_ARG_MAX), err);
}

/* A task that the options made: that of a --batch line was checked. */
static int
check_and_identify(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	return tq_task_check(&g->tasks[i], err) == -1 ? -1 :
	    submit_identify(s, g, i, err);
}

static int
payload(struct submit *s, struct group *g, size_t i, enum tq_kind kind,
    struct tq_err *err)
{
	struct tq_task *t = &g->tasks[i];

	if (tq_submit_payload_check(g->items[i].text, kind, err) == -1)
		return -1;
	*t = s->def;
	t->type = s->cli->argv[0];
	t->payload_kind = kind;
	t->payload = g->items[i].text;
	return check_and_identify(s, g, i, err);
}

int
submit_line_json(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	return payload(s, g, i, TQ_KIND_JSON, err);
}

int
submit_line_text(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	return payload(s, g, i, TQ_KIND_TEXT, err);
}

int
submit_line_input(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	struct item *it = &g->items[i];

	if (memchr(it->text.p, '\0', it->text.n) != NULL)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_DATA,
		    "a NUL byte in a path; -0 separates by them");
	g->tasks[i] = s->def;
	g->tasks[i].type = s->cli->argv[0];
	it->path = it->text.p;
	return check_and_identify(s, g, i, err);
}

int
submit_line_task(struct submit *s, struct group *g, size_t i,
    struct tq_err *err)
{
	struct item *it = &g->items[i];
	struct tq_task *t = &g->tasks[i];

	if (tq_task_parse(it->text, &s->def, tq_wall_ms(s->cli->env),
	    &g->arena, t, &it->key, err) == -1)
		return -1;
	if (t->notify != NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "notify: is for "
		    "REST; here a line of type http.post, with afterEnded, "
		    "does it");
	if (t->input != NULL && tq_str_starts(t->input, "blob:"))
		it->path = t->input;
	return submit_identify(s, g, i, err);
}

void
submit_parse(struct submit *s, struct group *g)
{
	struct tq_err err = TQ_ERR_INIT;
	struct item *it;
	size_t i;

	for (i = 0; i < g->n; i++) {
		it = &g->items[i];
		if (it->err != NULL || s->parse(s, g, i, &err) == 0)
			continue;
		it->err = tq_arena_alloc(&g->arena, sizeof(err));
		*it->err = err;
		err = (struct tq_err)TQ_ERR_INIT;
	}
}
