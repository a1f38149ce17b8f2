/*
 * lib/store/aws/message/push.c -- messages come in that somebody else has
 * received; see store/pushed.h.
 */
#include <string.h>

#include "store/aws/message/message.h"
#include "util/str.h"

bool
aq_pushed_more(struct aq *s, const struct tq_claim *req)
{
	const struct aq_msg *m;
	bool more = false;

	pthread_mutex_lock(&s->lock);
	for (m = s->buffer; m != NULL && !more; m = m->next)
		more = strcmp(m->queue, req->queue) == 0 &&
		    (m->type == NULL || aq_wants(req, m->type));
	pthread_mutex_unlock(&s->lock);
	return more;
}

static bool
is_named(const char *url, const char *source)
{
	const char *slash = strrchr(url, '/');

	return slash != NULL && strcmp(slash + 1, source) == 0;
}

/* Which of ${queues} has this name in SQS; NULL with ${err}. */
static const char *
queue_of(struct aq *s, const char *const *queues, size_t n,
    const char *source, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const struct aq_named *named;
	const char *name, *found = NULL;
	size_t i;

	for (i = 0; i < n && found == NULL; i++) {
		name = aq_queue_name(s, queues[i], false, &a, NULL);
		for (named = s->url.queues; named != NULL; named = named->next)
			if (strcmp(named->queue, queues[i]) == 0)
				name = is_named(named->url, source) ? source :
				    "";
		if (name != NULL && strcmp(name, source) == 0)
			found = queues[i];
	}
	tq_arena_free(&a);
	if (found == NULL && tq_str_ends(source, ".fifo"))
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: a FIFO queue "
		    "will not do: tq needs a standard one", source);
	else if (found == NULL)
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: messages of "
		    "the queue %s, which is none of those of --queue",
		    s->base.name, source);
	return found;
}

static struct tq_sqs_msg
as_received(const struct tq_pushed *p, struct tq_arena *a)
{
	struct tq_sqs_msg m = { .id = p->id, .receipt = p->receipt,
	    .body = p->body, .intact = p->intact, .receives = p->receives,
	    .sent_ms = p->sent_ms, .group = p->group, .trace = p->trace,
	    .attrs = tq_arena_alloc(a, (p->nattrs + 1) * sizeof(*m.attrs)),
	    .nattrs = p->nattrs };
	size_t i;

	for (i = 0; i < p->nattrs; i++)
		m.attrs[i] = (struct tq_sqs_attr){ p->attrs[i].name,
		    p->attrs[i].type, p->attrs[i].value };
	return m;
}

int
aq_push(struct tq_store *st, const char *const *queues, size_t nqueues,
    struct tq_pushed *msgs, size_t n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	const char **of = tq_arena_alloc(&a, (n + 1) * sizeof(*of));
	struct tq_sqs_msg m;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		of[i] = queue_of(s, queues, nqueues, msgs[i].source, err);
		rc = of[i] == NULL ? -1 : 0;
	}
	s->pushed = (struct aq_pushing){ true, msgs, n };
	for (i = 0; rc == 0 && i < n; i++) {
		m = as_received(&msgs[i], &a);
		aq_buffer_add(s, of[i], &m, 1, aq_now(s));
	}
	tq_arena_free(&a);
	return rc;
}
