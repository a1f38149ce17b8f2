/* lib/aws/endpoint.c -- see endpoint.h. */
#include "aws/endpoint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aws/config.h"
#include "util/env.h"
#include "util/err.h"
#include "util/str.h"

/* The usual host is PREFIX[-fips].REGION.SUFFIX; botocore's rules say so. */
static const struct {
	const char	*id;		/* in AWS_ENDPOINT_URL_... */
	const char	*section;	/* in [services X] */
	const char	*prefix, *fips;
	const char	*signing;
	bool		 gov_plain;	/* its GovCloud host is FIPS as it is,
					   but not the dual-stack one */
} services[TQ_AWS_SERVICE_MAX] = {
	[TQ_AWS_SQS] = { "SQS", "sqs", "sqs", "sqs-fips", "sqs", true },
	[TQ_AWS_DYNAMODB] = { "DYNAMODB", "dynamodb", "dynamodb",
	    "dynamodb-fips", "dynamodb", true },
	[TQ_AWS_S3] = { "S3", "s3", "s3", "s3-fips", "s3", false },
	[TQ_AWS_STS] = { "STS", "sts", "sts", "sts-fips", "sts", true },
	[TQ_AWS_SSO] = { "SSO", "sso", "portal.sso", "portal.sso-fips",
	    "awsssoportal", true },
	[TQ_AWS_SSO_OIDC] = { "SSO_OIDC", "sso_oidc", "oidc", "oidc-fips",
	    "sso-oauth", true },
};

static const struct partition {
	const char	*start;		/* of the region's name */
	const char	*suffix, *dual;
} partitions[] = {
	{ "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
	{ "us-isob-", "sc2s.sgov.gov", "api.aws.scloud" },
	{ "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
	{ "us-iso-", "c2s.ic.gov", "api.aws.ic.gov" },
	{ "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
	{ "eusc-", "amazonaws.eu", "api.amazonwebservices.eu" },
	{ "", "amazonaws.com", "api.aws" },
};

const char *
tq_aws_signing_name(enum tq_aws_service service)
{
	return services[service].signing;
}

const char *
tq_aws_profile(const struct tq_env *env)
{
	const char *p = tq_getenv(env, "AWS_PROFILE");

	if (p == NULL)
		p = tq_getenv(env, "AWS_DEFAULT_PROFILE");
	return p != NULL ? p : "default";
}

int
tq_aws_profile_check(const struct tq_aws_setup *s, struct tq_err *err)
{
	const char *session = tq_aws_setting(s, NULL, "sso_session");
	const char *section = tq_aws_setting(s, NULL, "services");

	if (strcmp(s->profile, "default") != 0 && !tq_aws_config_has(s->config,
	    TQ_AWS_IN_BOTH, TQ_AWS_PROFILE, s->profile))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "AWS profile %s: in neither ~/.aws/config nor "
		    "~/.aws/credentials; check AWS_PROFILE", s->profile);
	if (tq_aws_config_check(s->config, TQ_AWS_PROFILE, s->profile,
	    err) == -1)
		return -1;
	if (session != NULL && tq_aws_config_check(s->config,
	    TQ_AWS_SSO_SESSION, session, err) == -1)
		return -1;
	return section == NULL ? 0 : tq_aws_config_check(s->config,
	    TQ_AWS_SERVICES, section, err);
}

const char *
tq_aws_setting(const struct tq_aws_setup *s, const char *var,
    const char *key)
{
	const char *v = var != NULL ? tq_getenv(s->env, var) : NULL;

	if (v == NULL && key != NULL)
		v = tq_aws_config_get(s->config, TQ_AWS_IN_BOTH,
		    TQ_AWS_PROFILE, s->profile, key);
	return v;
}

bool
tq_aws_flag(const struct tq_aws_setup *s, const char *var, const char *key)
{
	const char *v = tq_aws_setting(s, var, key);

	return v != NULL && strcasecmp(v, "true") == 0;
}

const char *
tq_aws_region(const struct tq_aws_setup *s, const char *wanted)
{
	if (wanted != NULL && *wanted != '\0')
		return wanted;
	if ((wanted = tq_getenv(s->env, "AWS_REGION")) != NULL)
		return wanted;
	wanted = tq_aws_setting(s, "AWS_DEFAULT_REGION", "region");
	return wanted != NULL ? wanted : s->region;
}

const char *
tq_aws_ca_bundle(const struct tq_aws_setup *s)
{
	return tq_aws_setting(s, "AWS_CA_BUNDLE", "ca_bundle");
}

static const char *
configured(const struct tq_aws_setup *s, enum tq_aws_service service)
{
	const char *v;
	char var[64];

	if (tq_aws_flag(s, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	    "ignore_configured_endpoint_urls"))
		return NULL;
	snprintf(var, sizeof(var), "AWS_ENDPOINT_URL_%s",
	    services[service].id);
	if ((v = tq_getenv(s->env, var)) != NULL ||
	    (v = tq_getenv(s->env, "AWS_ENDPOINT_URL")) != NULL)
		return v;
	if ((v = tq_aws_setting(s, NULL, "services")) != NULL &&
	    (v = tq_aws_config_sub(s->config, TQ_AWS_SERVICES, v,
	    services[service].section, "endpoint_url")) != NULL)
		return v;
	return tq_aws_setting(s, NULL, "endpoint_url");
}

bool
tq_aws_region_ok(const char *region)
{
	size_t n = strlen(region);

	return n > 0 && n <= 40 && region[0] != '-' &&
	    strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static const char *
amazon(enum tq_aws_service service, const char *region, bool fips, bool dual,
    struct tq_arena *mem)
{
	const struct partition *p = partitions;
	const char *prefix = services[service].prefix, *middle = "";
	const char *suffix;

	while (!tq_str_starts(region, p->start))
		p++;
	if (fips && !(services[service].gov_plain && !dual &&
	    tq_str_starts(region, "us-gov-")))
		prefix = services[service].fips;
	suffix = p->suffix;
	if (dual && service == TQ_AWS_S3)
		middle = "dualstack.";
	else if (dual)
		suffix = p->dual;
	return tq_arena_fmt(mem, "https://%s.%s%s.%s", prefix, middle, region,
	    suffix);
}

int
tq_aws_endpoint(const struct tq_aws_setup *s, enum tq_aws_service service,
    const char *region, struct tq_arena *mem, const char **base,
    bool *custom, struct tq_err *err)
{
	bool fips = tq_aws_flag(s, "AWS_USE_FIPS_ENDPOINT",
	    "use_fips_endpoint");
	bool dual = tq_aws_flag(s, "AWS_USE_DUALSTACK_ENDPOINT",
	    "use_dualstack_endpoint");
	const char *url = configured(s, service);

	if (region == NULL)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "AWS region: none is set; set AWS_REGION, or region in "
		    "~/.aws/config");
	if (!tq_aws_region_ok(region))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "AWS region: \"%s\" can't be one", region);
	if (url != NULL && (fips || dual))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: a custom endpoint can't be combined with %s", url,
		    fips ? "AWS_USE_FIPS_ENDPOINT" :
		    "AWS_USE_DUALSTACK_ENDPOINT");
	if (fips && service == TQ_AWS_S3 && url == NULL &&
	    tq_str_starts(region, "cn-"))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "AWS_USE_FIPS_ENDPOINT: S3 has none in %s", region);
	*custom = url != NULL;
	*base = url != NULL ? tq_arena_str(mem, url) :
	    amazon(service, region, fips, dual, mem);
	return 0;
}
