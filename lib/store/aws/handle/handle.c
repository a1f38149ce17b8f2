/* lib/store/aws/handle/handle.c -- the handle, as it is before any verb. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/handle/handle.h"

int
aq_new(const char *url, const struct tq_env *env, int attempts,
    aq_explain_fn *explain, struct aq **out, struct tq_err *err)
{
	struct aq *s = tq_must(calloc(1, sizeof(*s)));
	struct tq_aws_opts opts = { .env = env, .user_agent =
	    "tq/" TQ_VERSION, .attempts = attempts, .conns = AQ_CALLS,
	    .explain = explain, .arg = s };

	s->base.env = env;
	if (aq_url_parse(url, &s->url, err) == -1 ||
	    tq_aws_new(&opts, &s->a, err) == -1) {
		aq_url_free(&s->url);
		free(s);
		return -1;
	}
	s->base.name = s->url.text;
	s->base.url = tq_must(strdup(url));
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return 0;
}

void
aq_free(struct aq *s)
{
	aq_queues_free(s);
	while (s->owed.n > 0)
		free(s->owed.ids[--s->owed.n]);
	free(s->owed.ids);
	tq_aws_free(s->a);
	aq_url_free(&s->url);
	pthread_mutex_destroy(&s->lock);
	free(s->base.url);
	free(s);
}
