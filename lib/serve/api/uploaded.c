/*
 * lib/serve/api/uploaded.c -- a task that takes over what POST /v1/uploads gave
 * an address for.
 *
 * That address is an input's already: of the one task that may have it, and of
 * the one request that may submit it (submitId).  So an upload belongs to whoever
 * was told its name, goes when its task does, and is removed by the sweep, as a
 * blob that no record names, when nobody submits it.
 */
#include <string.h>

#include "serve/api/inside.h"
#include "store/offer.h"
#include "task/input.h"
#include "task/request.h"

static int
bad(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "input: %s", what);
}

/* The part of ${s} before the next slash, in ${a}; ${s} is then behind it. */
static const char *
part(const char **s, struct tq_arena *a)
{
	const char *p = *s;
	size_t n = strcspn(p, "/");

	*s = p[n] == '/' ? p + n + 1 : p + n;
	return tq_arena_dup(a, p, n);
}

int
sv_upload_named(struct sv_req *r, struct tq_task *t, const char *key,
    struct tq_err *err)
{
	const char *p = tq_blob_name(t->input), *queue, *id, *submit;

	if (p == NULL || !r->s->offers)
		return 0;
	queue = part(&p, &r->arena);
	id = part(&p, &r->arena);
	submit = part(&p, &r->arena);
	if (strcmp(p, "in") != 0 || !tq_name_ok(id) ||
	    strlen(submit) != TQ_SUBMIT_ID - 1 ||
	    strspn(submit, "0123456789abcdef") != TQ_SUBMIT_ID - 1)
		return bad(err, "a blob: address must be one that "
		    "POST /v1/uploads has answered");
	if (strcmp(queue, t->queue) != 0)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "queue: the "
		    "upload is for a task of the queue %s", queue);
	if (key != NULL || (t->id != NULL && strcmp(t->id, id) != 0))
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s: the "
		    "upload is the task %s's, which is stored once", key !=
		    NULL ? "key" : "taskId", id);
	t->id = id;
	t->submit_id = submit;
	return 0;
}

int
sv_upload_look(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_task *t = r->tasks;

	if (tq_store_offered(st, t->input, &t->input_size, err) == 0)
		return 0;
	if (err->code == TQ_E_NOTFOUND)
		return bad(err, "nothing has been uploaded there yet");
	if (err->code == TQ_E_STATE)
		return bad(err, "it was uploaded over 12 hours ago; "
		    "upload it anew");
	return -1;
}
