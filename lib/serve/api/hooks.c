/*
 * lib/serve/api/hooks.c -- "notify": a task's hook goes to the store with it.
 *
 * All hooks of a batch stand behind all its tasks, so that a store that writes
 * parents before children does so once.
 */
#include "serve/api/inside.h"
#include "task/hook.h"
#include "util/json.h"

struct hooks {
	size_t		 n;		/* tasks, in front of their hooks */
	struct tq_task	*stored;	/* as they go to the store */
	sv_handler	*next;
};

size_t
sv_hooks_count(const struct tq_task *t, size_t n)
{
	size_t i, hooks = 0;

	for (i = 0; i < n; i++)
		hooks += t[i].notify != NULL;
	return hooks;
}

/* If a hook alone was refused, that is what is answered: it was asked for. */
static enum MHD_Result
hooks_sent(struct sv_req *r)
{
	const struct hooks *h = r->hooks;
	struct sv_op *j = &r->op;
	size_t i, k = h->n;

	for (i = 0; i < h->n && j->rc == 0; i++) {
		if (r->tasks[i].notify == NULL)
			continue;
		if (j->out[i].what != TQ_REFUSED &&
		    j->out[k].what == TQ_REFUSED) {
			j->out[i] = j->out[k];
			r->tasks[i] = h->stored[k];
		}
		k++;
	}
	return h->next(r);
}

sv_handler *
sv_hooks_add(struct sv_req *r, size_t n, sv_handler *next)
{
	struct hooks *h = tq_arena_alloc(&r->arena, sizeof(*h));
	struct sv_op *j = &r->op;
	size_t i, k = n;

	*h = (struct hooks){ n, tq_arena_alloc(&r->arena,
	    j->n * sizeof(*h->stored)), next };
	for (i = 0; i < n; i++) {
		h->stored[i] = r->tasks[i];
		h->stored[i].notify = NULL;
		j->in[i].task = &h->stored[i];
		if (r->tasks[i].notify == NULL)
			continue;
		tq_hook_of(&r->tasks[i], &r->arena, &h->stored[k]);
		j->in[k] = (struct tq_submit){ .task = &h->stored[k],
		    .keyed = true, .with = k - i };
		k++;
	}
	r->hooks = h;
	return hooks_sent;
}

void
sv_hook_member(struct sv_req *r, const struct tq_task *t, struct tq_buf *b)
{
	const char *id = tq_hook_id(t, &r->arena);

	if (id == NULL || b->failed)
		return;
	b->data[--b->len] = '\0';	/* its closing brace */
	tq_json_member_str(b, "notifyTaskId", id);
	tq_buf_chr(b, '}');
}
