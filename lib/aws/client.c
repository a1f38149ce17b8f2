/* lib/aws/client.c -- one thread's client; see call.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "aws/call_inside.h"
#include "util/env.h"
#include "util/secret.h"

/* A client over ${s}, of which it becomes a user; drops ${s} on failure. */
static int
client(struct shared *s, const struct tq_aws_opts *opts, struct tq_aws **out,
    struct tq_err *err)
{
	struct tq_aws *a = calloc(1, sizeof(*a));
	int i;

	if (a == NULL) {
		tq_aws_shared_drop(s);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "aws: no memory");
	}
	a->s = s;
	a->opts = *opts;
	for (i = 0; i < TQ_AWS_SERVICE_MAX; i++)
		tq_retry_init(&a->retry[i]);
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wake_fd == -1) {
		tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "aws: eventfd");
		goto fail;
	}
	if (tq_http_sibling(s->http, &a->http, err) == -1)
		goto fail;
	*out = a;
	return 0;
fail:
	tq_aws_free(a);
	return -1;
}

int
tq_aws_new(const struct tq_aws_opts *opts, struct tq_aws **out,
    struct tq_err *err)
{
	struct shared *s;

	tq_secret_process();
	if (tq_aws_shared_get(opts, &s, err) == -1)
		return -1;
	return client(s, opts, out, err);
}

int
tq_aws_sibling(struct tq_aws *a, struct tq_aws **out, struct tq_err *err)
{
	tq_aws_shared_ref(a->s);
	return client(a->s, &a->opts, out, err);
}

void
tq_aws_free(struct tq_aws *a)
{
	if (a == NULL)
		return;
	tq_http_free(a->http);
	if (a->wake_fd != -1)
		close(a->wake_fd);
	tq_sigv4_cache_wipe(&a->keys);
	tq_aws_shared_drop(a->s);
	free(a);
}

const char *
tq_aws_base(const struct tq_aws *a, enum tq_aws_service service)
{
	return a->s->endpoint[service].base;
}

bool
tq_aws_custom(const struct tq_aws *a, enum tq_aws_service service)
{
	return a->s->endpoint[service].custom;
}

const char *
tq_aws_region_of(const struct tq_aws *a)
{
	return a->s->region;
}

int64_t
tq_aws_ahead(const struct tq_aws *a)
{
	int64_t skew = 0;
	int i;

	for (i = 0; i < TQ_AWS_SERVICE_MAX; i++)
		if (a->retry[i].skew_ms != 0)
			skew = a->retry[i].skew_ms;
	return skew;
}

int64_t
tq_aws_now(const struct tq_aws *a)
{
	return tq_wall_ms(a->s->env) + tq_aws_ahead(a);
}

const char *
tq_aws_ca(const struct tq_aws *a)
{
	return a->s->ca_bundle;
}

int
tq_aws_who(struct tq_aws *a, const char **source, int64_t *expires_ms,
    struct tq_err *err)
{
	struct tq_creds c = { 0 };

	if (tq_aws_creds(a, &c, err) == -1)
		return -1;
	*source = c.source;
	*expires_ms = c.expires_ms;
	tq_creds_free(&c);
	return 0;
}
