/*
 * lib/store/by_url.c -- picks the store by its URL.
 *
 * Apart from the verbs (store.c): what calls those need not have every store
 * linked in, as the module of the aws store has not.
 */
#include <string.h>

#include "store/ops.h"
#include "util/module.h"
#include "util/str.h"

/* The aws store is in the module: a tool on sqlite does not load libcurl. */
static const struct {
	const char	*scheme;
	const struct tq_store_ops *ops;
	const char	*symbol;
	bool		 adopts;
} stores[] = {
	{ "sqlite:", &tq_sqlite_ops, NULL, false },
	{ "aws:", NULL, "tq_aws_ops", true },
};

static const struct tq_store_ops *
ops_of(const char *url, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (tq_str_starts(url, stores[i].scheme))
			return stores[i].ops != NULL ? stores[i].ops :
			    tq_module_symbol(TQ_NET_SO, stores[i].symbol, err);
	tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
	    "store \"%.200s\": must start with sqlite: or aws:, as in "
	    "sqlite:/var/lib/tq/tq.db or aws:myapp", url);
	return NULL;
}

bool
tq_store_adopts(const char *url)
{
	size_t i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (tq_str_starts(url, stores[i].scheme))
			return stores[i].adopts;
	return false;
}

int
tq_store_open(const char *url, const struct tq_env *env, enum tq_open how,
    struct tq_store **out, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->open(url, env, how, out, err);
}

int
tq_store_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->init(url, env, opts, report, arg, err);
}

int
tq_store_policy(const char *url, const struct tq_env *env, const char *role,
    const char *const *queues, size_t n, struct tq_buf *out, bool *whole,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	if (ops == NULL)
		return -1;
	if (ops->policy == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s has no policies; --print-policy is for aws: stores",
		    ops->scheme);
	return ops->policy(url, env, role, queues, n, out, whole, err);
}

int
tq_store_template(const char *url, const struct tq_env *env,
    const struct tq_init *opts, struct tq_buf *out, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	if (ops == NULL)
		return -1;
	if (ops->template == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s has no template; --print-template is for aws: stores",
		    ops->scheme);
	return ops->template(url, env, opts, out, err);
}

static int
no_backup(const char *url, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%.200s: has no "
	    "backup as a file: point-in-time recovery of its table and "
	    "versions of its bucket do that (tq-ctl mv --copy copies ended "
	    "tasks to another store)", url);
}

int
tq_store_backup(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->backup == NULL ? no_backup(url, err) :
	    ops->backup(url, env, fd, b, err);
}

int
tq_store_restore(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->restore == NULL ? no_backup(url, err) :
	    ops->restore(url, env, fd, b, err);
}

int
tq_store_doctor(const char *url, const struct tq_env *env,
    tq_finding_fn *report, void *arg, enum tq_level *worst,
    struct tq_err *err)
{
	const struct tq_store_ops *ops = ops_of(url, err);

	return ops == NULL ? -1 : ops->doctor(url, env, report, arg, worst,
	    err);
}
