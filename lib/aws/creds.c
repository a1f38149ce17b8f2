/* lib/aws/creds.c -- the chain of providers; see creds.h. */
#include "aws/creds.h"

#include "aws/creds_inside.h"

static provider *const chain[] = {
	tq_creds_env, tq_creds_role, tq_creds_web_identity, tq_creds_sso,
	tq_creds_shared, tq_creds_login, tq_creds_process, tq_creds_config,
	tq_creds_container, tq_creds_instance,
};

int
tq_creds_find(const struct tq_aws_setup *s, const struct tq_creds_io *io,
    struct tq_creds *out, struct tq_err *err)
{
	struct ask a = { s, io, TQ_ARENA_INIT };
	size_t i;
	int rc = 0;

	*out = (struct tq_creds){ 0 };
	for (i = 0; i < sizeof(chain) / sizeof(chain[0]) && rc == 0; i++)
		rc = chain[i](&a, s->profile, out, err);
	tq_arena_wipe(&a.mem);
	if (rc == 0)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "AWS credentials: none found for profile %s; set "
		    "AWS_PROFILE or AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or run `aws configure'",
		    s->profile);
	return rc == 1 ? 0 : -1;
}
